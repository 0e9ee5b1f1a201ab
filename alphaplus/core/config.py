"""Settings: one model of everything that can be configured, read once at the edge and passed down.

A value comes from a flag, else from a variable `ALPHAPLUS_*` (nested: `ALPHAPLUS_FUSION__MIN_ML_CONFIDENCE`), else from
`alphaplus.toml` in the home folder, else from the defaults written here.
"""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from alphaplus.core.errors import ConfigError
from alphaplus.core.parallel import Backend

PREFIX = "ALPHAPLUS_"
FILE = "alphaplus.toml"
NOT_SETTINGS = frozenset({"TEST_DATA", "SKIP_ASSETS"})  # variables that steer tests and builds


def _split(value: object) -> object:
    """The words of a text with commas; anything else as it is."""
    return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value


class Section(BaseModel):
    """A frozen group of settings that refuses names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Trading(Section):
    """What a trade costs and how large it is."""

    fee_bps: float | None = Field(None, ge=0, description="fee a side; none takes the instrument's own")
    slippage_bps: float | None = Field(None, ge=0, description="slippage a side; none: 2, and 0 when simulated")
    capital: float = Field(10_000.0, gt=0, description="starting equity, quote currency")
    risk_fraction: float = Field(1.0, gt=0, le=1, description="share of equity that a full position takes")


class Fusion(Section):
    """How the two panels become one decision."""

    ml_weight: float = Field(0.3, ge=0, le=1)
    rule_based_weight: float = Field(0.7, ge=0, le=1)
    min_ml_confidence: float = Field(0.7, ge=0, le=1)
    min_coverage: float = Field(0.5, ge=0, le=1)
    min_votes: int = Field(3, ge=1)
    min_agreement: float = Field(0.1, ge=0, le=1)


class Gates(Section):
    """Thresholds of promotion (G0 to G6) and of the alarms on results that look too good."""

    max_parity_error: float = 1e-5
    min_effective_samples: float = 300
    min_trades: int = 30
    max_ece: float = 0.05
    min_slope: float = 0.7
    max_slope: float = 1.3
    min_deflated_sharpe: float = 0.95
    min_positive_folds: float = 0.6
    random_percentile: float = 95.0
    significance: float = 0.05
    min_share_of_logistic: float = 0.8
    max_pbo: float = 0.2
    min_trials_for_pbo: int = 10
    max_loss_to_champion: float = 0.001
    alarm_accuracy: float = 0.60
    alarm_auc: float = 0.65
    alarm_sharpe: float = 4.0
    min_f1: float | None = None
    min_precision: float | None = None
    min_recall: float | None = None


class Volume(Section):
    """What an analysis of volume reports. Each threshold can only be stricter than that of the feature behind it."""

    min_confidence: float = Field(0.5, ge=0, le=1, description="of a pattern, else it is left out")
    breakout_volume: float = Field(1.5, ge=1.5, description="volume of a breakout, in means of the 20 bars before")
    divergence: float = Field(
        0.1, ge=0.1, description="slope of OBV and CVD against a new extreme, in mean volumes a bar"
    )
    alive_bars: int = Field(5, ge=0, description="for how many bars after it was last seen a pattern is alive")


class Web(Section):
    """Where and how `alphaplus serve` listens."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    hosts: tuple[str, ...] = Field((), description="names besides loopback under which requests may address us")

    @field_validator("hosts", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return _split(value)


class Settings(Section):
    """All settings of one installation."""

    home: Path = Path("var")
    parallel: Backend = Field(
        Backend.PROCESSES, description="where models are fitted: sequential, threads, processes, or ray (a cluster)"
    )
    workers: int = Field(-1, ge=-1, description="how many fits go on at once; -1 is one a core")
    features: Path | None = Field(None, description="folder of your own feature files; none: `features` in the home")
    feature_sets: Mapping[str, tuple[str, ...]] = Field(
        {}, description="sets of your own: names of columns and of other sets"
    )
    trading: Trading = Trading()
    fusion: Fusion = Fusion()
    gates: Gates = Gates()
    volume: Volume = Volume()
    web: Web = Web()

    @field_validator("parallel", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("workers")
    @classmethod
    def _some(cls, value: int) -> int:
        if value == 0:
            raise ValueError("nobody would do the work: 1 or more, or -1 for one a core")
        return value

    @field_validator("feature_sets", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """Lists given as one text, as variables of the environment are."""
        if not isinstance(value, Mapping):
            return value
        return {name: _split(members) for name, members in value.items()}

    @property
    def features_folder(self) -> Path:
        """Files of features of the user."""
        return self.home / "features" if self.features is None else self.features

    @property
    def bars_folder(self) -> Path:
        """Parquet files of bars."""
        return self.home / "bars"

    @property
    def artifacts_folder(self) -> Path:
        """Model artefacts."""
        return self.home / "artifacts"

    @property
    def cache_folder(self) -> Path:
        """Compiled code."""
        return self.home / "cache"

    @property
    def scratch_folder(self) -> Path:
        """What unfinished work has got so far; nothing in it is missed but the time."""
        return self.home / "scratch"

    @property
    def database(self) -> Path:
        """The SQLite file of everything relational."""
        return self.home / "alphaplus.sqlite3"


def load_settings(environ: Mapping[str, str], flags: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings; raises ConfigError naming the setting, its origin and the nearest known name."""
    flags = dict(flags or {})
    home = Path(flags.get("home") or environ.get(PREFIX + "HOME") or Settings().home)
    merged: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for origin, values in (("file", _from_file(home / FILE)), ("environment", _from_environ(environ)), ("flag", flags)):
        _merge(merged, values, origins, origin)
    merged["home"] = home
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        known = sorted(_names(Settings))
        close = get_close_matches(name, known, n=1)
        why = first["msg"].removeprefix("Value error, ")
        hint = (
            f"did you mean {close[0]}?"
            if first["type"] == "extra_forbidden" and close
            else "correct it, or leave it out for the default"
        )
        message = f"setting {name} from {origins.get(name, 'the settings')}: {why}"
        raise ConfigError(message, hint=hint, setting=name) from error


def _from_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}", hint="mend or remove the file") from error


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, text in environ.items():
        if not key.startswith(PREFIX) or key.removeprefix(PREFIX) in NOT_SETTINGS:
            continue
        *sections, name = key.removeprefix(PREFIX).lower().split("__")
        place = values
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = text
    return values


def _merge(
    into: dict[str, Any], values: Mapping[str, Any], origins: dict[str, str], origin: str, path: str = ""
) -> None:
    for name, value in values.items():
        if isinstance(value, Mapping):
            _merge(into.setdefault(name, {}), value, origins, origin, f"{path}{name}.")
        else:
            into[name] = value
            origins[f"{path}{name}"] = origin


def _names(model: type[BaseModel], path: str = "") -> list[str]:
    names: list[str] = []
    for name, info in model.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            names += _names(inner, f"{path}{name}.")
        names.append(f"{path}{name}")
    return names
