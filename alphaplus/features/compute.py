"""Features of whole histories in one call, of one instrument or of many side by side."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from alphaplus.core.bars import BarFrame
from alphaplus.core.parallel import Backend, parallel_map
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.frame import FeatureFrame
from alphaplus.features.sets import FeatureSet

Wanted = FeatureSet | str | Sequence[str]


def compute_features(bars: BarFrame, features: Wanted = "core", *, cache_folder: Path | None = None) -> FeatureFrame:
    """Compute a feature set, by itself, by its name or as a list of columns, on all bars from their first one on.

    By name, a set is without the columns that bars of this timeframe can give no value. Raises UnknownName for a set
    or column that there is not, BadBars for bars that break the schema, and ConfigError, naming file and line, for a
    step that does not compile.
    """
    return _engine(bars, features, cache_folder).advance(bars)


def compute_many(
    frames: Iterable[BarFrame],
    features: Wanted = "core",
    *,
    cache_folder: Path | None = None,
    workers: int = -1,
) -> list[FeatureFrame]:
    """Compute a feature set for many instruments, side by side on threads (-1: one a core), as `compute_features` does.

    Code is compiled once for every timeframe.
    """
    pairs = [(bars, _engine(bars, features, cache_folder)) for bars in frames]
    return parallel_map(lambda pair: pair[1].advance(pair[0]), pairs, backend=Backend.THREADS, workers=workers)


def _engine(bars: BarFrame, features: Wanted, cache_folder: Path | None) -> FeatureEngine:
    if not isinstance(features, str | FeatureSet):
        features = FeatureSet("chosen", tuple(features))
    return FeatureEngine(features, bars.instrument, bars.timeframe, cache_folder=cache_folder)
