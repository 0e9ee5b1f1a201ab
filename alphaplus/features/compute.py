"""Features of a whole history in one call."""

from collections.abc import Sequence
from pathlib import Path

from alphaplus.core.bars import BarFrame
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.failures import named_failures
from alphaplus.features.frame import FeatureFrame
from alphaplus.features.sets import FeatureSet


def compute_features(
    bars: BarFrame, features: FeatureSet | str | Sequence[str] = "core", *, cache_folder: Path | None = None
) -> FeatureFrame:
    """Compute a feature set, by itself, by its name or as a list of columns, on all bars from their first one on.

    By name, a set is without the columns that bars of this timeframe can give no value. Raises UnknownName for a set
    or column that there is not, BadBars for bars that break the schema, and FailedFeature, naming file and line, for a
    step of the user that does not compile or raises.
    """
    if not isinstance(features, str | FeatureSet):
        features = FeatureSet("chosen", tuple(features))
    engine = FeatureEngine(features, bars.instrument, bars.timeframe, cache_folder=cache_folder)
    with named_failures(engine.columns, bars):
        return engine.advance(bars)
