"""Compile a feature set ahead of its use, in view of whoever waits for it."""

from alphaplus.core.bars import Timeframe
from alphaplus.features.compiler import still_to_compile
from alphaplus.features.engine import compile_engine
from alphaplus.features.sets import FeatureSet
from alphaplus.workflows.base import Ports


def compile_first(features: FeatureSet, timeframe: Timeframe, ports: Ports) -> None:
    """Compile a set as a stage of its own, unless the cache of the home has it: that takes long, once."""
    folder = ports.settings.cache_folder
    task = still_to_compile(features.columns, features.max_gap, timeframe, folder)
    if task is not None:
        ports.progress.stage(task)
        compile_engine(features, timeframe, cache_folder=folder)
