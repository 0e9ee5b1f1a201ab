"""Assemble a dataset again from its recipe, and say what has changed where another one comes out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alphaplus.core.bars import BarFrame
from alphaplus.core.errors import ConfigError, DataError, MissingBars
from alphaplus.datasets.assemble import assemble, recipe_of
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.dataset_recipe import DatasetRecipe
from alphaplus.datasets.folder import FACTS
from alphaplus.datasets.selecting import Measure


@dataclass(frozen=True, slots=True)
class Stored:
    """A recipe with what is known of the dataset it gave: hash, and hash of the content alone; None where it is not."""

    recipe: DatasetRecipe
    hash: str | None = None
    content_hash: str | None = None

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Stored":
        """Read a recipe, or what has one by that name beside the hash and the report of its dataset.

        Raises DataError for what has none, UnknownName for a column that there is no more.
        """
        recipe = content.get("recipe", content)
        if not isinstance(recipe, Mapping):
            raise DataError("there is no recipe", hint="a dataset put together by hand has none; assemble it by name")
        try:
            found = DatasetRecipe.from_json(recipe)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"this is no recipe of a dataset: {error!r}") from error
        report = content.get("report", content)
        return cls(found, content.get("hash"), report.get("content_hash") if isinstance(report, Mapping) else None)

    @classmethod
    def read(cls, path: Path) -> "Stored":
        """Read a JSON file, or that in the folder of a saved dataset; raises DataError for anything else."""
        path = path / FACTS if path.is_dir() else path
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"no recipe can be read from {path}: {error}") from error
        if not isinstance(content, Mapping):
            raise DataError(f"{path} holds no recipe")
        return cls.from_json(content)


@dataclass(frozen=True, slots=True)
class Again:
    """A dataset that was assembled again, and what differs from the first time, in words; nothing where it is it."""

    dataset: Dataset
    differences: tuple[str, ...]
    same_content: bool | None


def bars_of(recipe: DatasetRecipe, bars: Sequence[BarFrame]) -> list[BarFrame]:
    """The series of a recipe, cut to the bars that it used; raises MissingBars for a symbol that is not among them."""
    found = {(series.instrument.symbol, series.timeframe): series for series in bars}
    missing = [symbol for symbol in recipe.symbols if (symbol, recipe.timeframe) not in found]
    if missing:
        raise MissingBars(
            f"no {recipe.timeframe} bars of {', '.join(missing)}", hint=f"the dataset is of {', '.join(recipe.symbols)}"
        )
    return [found[one.instrument.symbol, recipe.timeframe].between(one.first, one.last + 1) for one in recipe.series]


def again(
    stored: Stored,
    bars: Sequence[BarFrame],
    *,
    cache_folder: Path | None = None,
    measure: Measure | None = None,
    folder: Path | None = None,
) -> Again:
    """Assemble by a recipe whatever has changed since; bars that came later are left out.

    `measure` must be that of the recipe where it has one. Raises MissingBars and what `assemble` raises.
    """
    recipe = stored.recipe
    used = bars_of(recipe, bars)
    if recipe.measure is not None and measure is None:
        raise ConfigError("columns of this dataset were selected by importance", hint=f"give {recipe.measure}")
    dataset = assemble(
        used,
        recipe.features,
        recipe.label,
        cache_folder=cache_folder,
        start=recipe.start,
        end=recipe.end,
        regime=recipe.regime,
        weighting=recipe.weighting,
        select=recipe.select,
        measure=measure,
        folder=folder,
    )
    differences = [] if dataset.recipe is None else recipe.differences(dataset.recipe)
    same = None if stored.content_hash is None else stored.content_hash == dataset.content_hash
    if not differences and stored.hash not in (None, dataset.hash):
        differences = ["rows: others, though bars, code and libraries are the same"]
    return Again(dataset, tuple(differences), same)


def repeat_dataset(
    stored: Stored,
    bars: Sequence[BarFrame],
    *,
    cache_folder: Path | None = None,
    measure: Measure | None = None,
    folder: Path | None = None,
) -> Dataset:
    """Assemble the very same dataset again.

    Raises DataError that names every series, code and library that has changed, before the work is begun where that can
    be told, and MissingBars for a series that is not there.
    """
    recipe = stored.recipe
    now = recipe_of(
        bars_of(recipe, bars),
        recipe.features,
        recipe.label,
        start=recipe.start,
        end=recipe.end,
        regime=recipe.regime,
        weighting=recipe.weighting,
        select=recipe.select,
        measure=measure,
    )
    _refuse(recipe.differences(now))
    found = again(stored, bars, cache_folder=cache_folder, measure=measure, folder=folder)
    _refuse(found.differences)
    return found.dataset


def _refuse(differences: Sequence[str]) -> None:
    if differences:
        raise DataError(
            f"the dataset cannot be repeated, for this differs: {'; '.join(differences)}",
            hint="go back to the code, libraries and bars it was made with, or assemble a new one",
            differences=list(differences),
        )
