"""Named selections of features: what a model is trained on, with a hash of all that decides its values."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.metadata import version

from alphaplus.core.bars import SIDE_COLUMNS, Timeframe
from alphaplus.core.errors import ConfigError, UnknownName
from alphaplus.core.hashing import stable_hash
from alphaplus.features.codehash import code_hash
from alphaplus.features.contract import DENSE, FeatureSpec, features, listed
from alphaplus.features.selections import CORE, FULL, LEAN, VOLUME_ANALYSIS

MAX_GAP = 24  # missing bars that are passed over; more restart the state
BAR_COLUMNS = DENSE | frozenset(SIDE_COLUMNS)


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """An ordered selection of columns.

    More than `max_gap` missing bars restart all features but those declared `gaps="carry"`. Raises UnknownName for a
    column that no feature gives, and ConfigError for one named twice.
    """

    name: str
    columns: tuple[str, ...]
    max_gap: int = field(default=MAX_GAP)

    def __post_init__(self) -> None:
        for column in self.columns:
            features.get(column)
        twice = sorted({column for column in self.columns if self.columns.count(column) > 1})
        if twice:
            raise ConfigError(f"feature set {self.name} names {twice} twice", hint="drop the second")

    @property
    def hash(self) -> str:
        """Hex sha256 of columns, params and the code of all steps and helpers, those of needed features included."""
        return _set_hash(self.columns, tuple(features.get(column) for column in self.columns), self.max_gap)

    def without(self, columns: Collection[str]) -> "FeatureSet":
        """The set without some of its columns; itself where it has none of them."""
        kept = tuple(column for column in self.columns if column not in columns)
        return self if kept == self.columns else replace(self, columns=kept)

    def needing(self, sides: Collection[str]) -> tuple[str, ...]:
        """The columns that have no value where bars come without these side columns, themselves or through others."""
        return tuple(column for column in self.columns if _needs(column, frozenset(sides)))

    def for_timeframe(self, timeframe: Timeframe) -> "FeatureSet":
        """The set without the columns that can have no value on such bars; itself where all can.

        These are columns of a clock that the bars do not divide, as 4h on bars of 6h or a day, and what needs one.
        """
        kept = _usable(self.columns, tuple(features.get(column) for column in self.columns), timeframe)
        return self if kept == self.columns else replace(self, columns=kept)


def _needs(column: str, sides: frozenset[str]) -> bool:
    spec = features.get(column)
    needed = [name for name in spec.inputs if name not in spec.optional]
    return any(name in sides or (name not in BAR_COLUMNS and _needs(spec.prefix + name, sides)) for name in needed)


@lru_cache(maxsize=256)
def _usable(
    columns: tuple[str, ...],
    specs: tuple[FeatureSpec, ...],  # part of the key, for a name may come to mean something else
    timeframe: Timeframe,
) -> tuple[str, ...]:
    return tuple(column for column in columns if _can_exist(column, timeframe))


def _can_exist(column: str, timeframe: Timeframe, path: tuple[str, ...] = ()) -> bool:
    """Whether bars of this length can ever give the column a value, `path` being the columns that need it."""
    if column in path:
        return True  # features that need each other in a circle are refused by the engine, by name
    spec = features.get(column)
    if spec.every is not None and spec.every.ms % timeframe.ms != 0:
        return False
    needed = [spec.prefix + name for name in spec.inputs if name not in BAR_COLUMNS and name not in spec.optional]
    return all(_can_exist(name, timeframe, (*path, column)) for name in needed)


@lru_cache(maxsize=256)
def _set_hash(
    columns: tuple[str, ...],
    specs: tuple[FeatureSpec, ...],  # a name that came to mean something else is another set
    max_gap: int,
) -> str:
    content: dict[str, object] = {"columns": columns, "max_gap": max_gap}
    pending = list(columns)
    while pending:
        spec = features.get(pending.pop())
        key = f"feature {spec.outputs[0]}"
        if key in content:
            continue
        content[key] = _content(spec)
        pending += [spec.prefix + name for name in spec.inputs if name not in BAR_COLUMNS]
    return stable_hash(content)


def _content(spec: FeatureSpec) -> dict[str, object]:
    return {
        "inputs": spec.inputs,
        "outputs": spec.outputs,
        "params": spec.params,
        "history": spec.history,
        "optional": sorted(spec.optional),
        "every": spec.every,
        "state": spec.state_size,
        "gaps": spec.gaps,
        "talib": None if spec.talib is None else [spec.talib.function, spec.talib.options, version("ta-lib")],
        "code": None if spec.step is None else code_hash(spec.step),
    }


_NAMED = {"core": CORE, "lean": LEAN, "volume": VOLUME_ANALYSIS, "full": FULL}
_STANDING = ("core", "lean")
_OWN: dict[str, tuple[str, ...]] = {}  # the user's sets


@dataclass(frozen=True, slots=True)
class _Joined:
    """A set that a plug-in brings: its columns, worked out when it is asked for, and what it is for."""

    columns: Callable[[], Sequence[str]]
    purpose: str


_JOINED: dict[str, _Joined] = {}  # by name


def join_set(name: str, columns: Callable[[], Sequence[str]], *, purpose: str) -> None:
    """Let a plug-in bring a set: a function that gives its columns once all are registered, and what the set is for.

    Raises ConfigError where the name is taken, by a set of the user too.
    """
    if name in _OWN:
        raise _shipped(name)
    if name in _NAMED or name in _JOINED or name == "all":
        raise ConfigError(f"two feature sets are called {name!r}", hint="rename one of them")
    _JOINED[name] = _Joined(columns, purpose)


def purpose_of(name: str) -> str | None:
    """What the set of a plug-in is for; None for any other."""
    return _JOINED[name].purpose if name in _JOINED else None


def _shipped(name: str) -> ConfigError:
    return ConfigError(f"feature set {name} is shipped and cannot be named anew", hint="choose another name")


def use_sets(named: Mapping[str, Sequence[str]]) -> None:
    """Let sets of the user be found by name, each a list of columns and of other sets; raises ConfigError.

    Their columns are looked up when a set is asked for.
    """
    for name, members in named.items():
        if name in _NAMED or name in _JOINED or name == "all":
            raise _shipped(name)
        _OWN[name] = tuple(members)


def _members(name: str, path: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The columns of a set, those of sets that it names included, each once."""
    if name in _NAMED:
        return _NAMED[name]
    if name in _JOINED:
        return tuple(_JOINED[name].columns())
    if name in path:
        raise ConfigError(f"feature sets name each other: {' -> '.join((*path, name))}", hint="break the circle")
    found = dict.fromkeys(
        column
        for member in _OWN[name]
        for column in (_members(member, (*path, name)) if member in _known() else (member,))
    )
    return tuple(found)


def feature_set(name: str, timeframe: Timeframe | None = None) -> FeatureSet:
    """Find a named set: core, lean, volume, full, one of a plug-in or of the user, or all of the catalog.

    Raises UnknownName.

    A model's set is found by its name and timeframe: without the columns that such bars can give no value.
    """
    if name not in _known():
        raise UnknownName(name, kind="feature set", known=_known())
    found = FeatureSet(name, tuple(listed()) if name == "all" else _members(name))
    return found if timeframe is None else found.for_timeframe(timeframe)


def standing_sets() -> list[FeatureSet]:
    """The sets that every pipeline computes, whoever serves today."""
    return [feature_set(name) for name in _STANDING]


def feature_sets() -> list[FeatureSet]:
    """All named sets, the whole catalog last."""
    return [feature_set(name) for name in _known()]


def _known() -> list[str]:
    """The names of all sets; a plug-in brings its own as soon as the catalog of features is filled."""
    features.names()
    return [*_NAMED, *_JOINED, *_OWN, "all"]
