"""Features of a whole history in one call."""

from pathlib import Path

from alphaplus.core.bars import BarFrame
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.frame import FeatureFrame
from alphaplus.features.sets import FeatureSet


def compute_features(
    bars: BarFrame, features: FeatureSet | str = "core", *, cache_folder: Path | None = None
) -> FeatureFrame:
    """Compute a feature set, by itself or by name, on all bars from their first one on.

    Raises UnknownName for a set or column that there is not, BadBars for bars that break the schema.
    """
    engine = FeatureEngine(features, bars.instrument, bars.timeframe, cache_folder=cache_folder)
    return engine.advance(bars)
