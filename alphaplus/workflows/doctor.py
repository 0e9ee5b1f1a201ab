"""Look over an installation: what is there, what is not, and what to do about it."""

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from alphaplus.core.enums import Stage
from alphaplus.core.errors import AlphaPlusError
from alphaplus.features.contract import features, listed
from alphaplus.models.artifact import load_model
from alphaplus.registry.audit import verify
from alphaplus.workflows.base import Ports

PACKAGES = ("numpy", "numba", "polars", "ta-lib", "lightgbm", "scikit-learn", "onnxruntime", "django", "uvicorn")
OPTIONAL = {"catboost": "catboost", "torch": "deep", "ccxt": "live", "psycopg": "postgres", "ray": "cluster"}
LEAST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; `remedy` says what to do when it is not `ok`."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


def doctor(ports: Ports, *, vendor_folder: Path) -> list[Check]:
    """Every check, in the order in which a person would mend things; `vendor_folder` holds the front-end files."""
    looks: tuple[Callable[[], Iterator[Check]], ...] = (
        _python,
        lambda: _home(ports.settings.home),
        lambda: _assets(vendor_folder),
        lambda: _features(ports.settings.features_folder),
        lambda: _series(ports),
        lambda: _serving(ports),
        lambda: _audit(ports),
    )
    return [check for look in looks for check in look()]


def _python() -> Iterator[Check]:
    yield Check(
        "python",
        sys.version_info >= LEAST_PYTHON,
        f"{platform.python_version()}, {os.cpu_count()} cores",
        "install Python 3.11 or newer",
    )
    missing = [name for name in PACKAGES if _version(name) is None]
    found = f"missing: {', '.join(missing)}" if missing else ", ".join(f"{n} {_version(n)}" for n in PACKAGES[:4])
    yield Check("packages", not missing, found, "pip install -c constraints.txt -e .")
    absent = [extra for name, extra in OPTIONAL.items() if _version(name) is None]
    yield Check("extras", True, f"not installed, not needed: {', '.join(absent)}" if absent else "all installed")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _home(home: Path) -> Iterator[Check]:
    writable = os.access(home, os.W_OK)
    yield Check("home", writable, str(home.resolve()), "choose a folder you may write to: ALPHAPLUS_HOME")
    free = shutil.disk_usage(home).free
    yield Check("disk", free > LEAST_FREE_BYTES, f"{free / 1e9:.1f} GB free", "make room: bars and artefacts need it")


def _assets(folder: Path) -> Iterator[Check]:
    there = folder.is_dir() and any(folder.glob("*.mjs"))
    found = f"in {folder}" if there else "not built; charts show as tables"
    yield Check("front-end files", there, found, "alphaplus assets build")


def _features(folder: Path) -> Iterator[Check]:
    try:
        own = sum(spec.group == "user" for _, spec in features)
    except AlphaPlusError as error:
        yield Check("features", False, error.message, error.hint)
    else:
        yield Check("features", True, f"{len(listed())} columns, {own} of them from {folder}")


def _series(ports: Ports) -> Iterator[Check]:
    series = ports.bars.series()
    bars = sum(one.bars for one in series)
    none = "none yet: alphaplus data import FILE --symbol BTCUSDT --timeframe 1h"
    yield Check("candles", True, f"{len(series)} series, {bars:,} bars" if series else none)


def _serving(ports: Ports) -> Iterator[Check]:
    serving = ports.models.find(stage=Stage.PRODUCTION)
    if not serving:
        yield Check("models", True, "none in production: the rules serve")
    for model in serving:
        try:
            load_model(ports.artifacts.open(model.artifact_uri), expected=model.sha256)
            current = model.spec.features.hash == model.featureset_hash
        except AlphaPlusError as error:
            yield Check(f"model {model.number}", False, str(error), "roll back, or train again")
            continue
        found = f"{model.label} serves {model.slot}" if current else f"{model.label} was trained on other features"
        yield Check(f"model {model.number}", current, found, "its features changed since: train it again")


def _audit(ports: Ports) -> Iterator[Check]:
    events = ports.models.audit()
    try:
        verify(events)
    except AlphaPlusError as error:
        yield Check("audit trail", False, str(error), "restore a backup and compare")
    else:
        yield Check("audit trail", True, f"{len(events)} events, unbroken")
