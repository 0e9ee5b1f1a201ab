"""Repeat a dataset from the bars that are stored, and say whether it is still the same."""

from alphaplus.datasets.repeat import Again, Stored, again
from alphaplus.models.importance import PermutationImportance
from alphaplus.workflows.base import Ports


def repeat(stored: Stored, ports: Ports) -> Again:
    """Assemble a dataset again by its recipe, whatever has changed since.

    Raises MissingBars where a series is stored no more, UnknownName where a feature or label is there no more.
    """
    recipe = stored.recipe
    ports.progress.stage("features and labels")
    return again(
        stored,
        [ports.bars.read(symbol, recipe.timeframe) for symbol in recipe.symbols],
        cache_folder=ports.settings.cache_folder,
        measure=None if recipe.measure is None else PermutationImportance(**recipe.measure),
    )
