"""A recipe gives the same dataset again, and says what has changed where it cannot."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl
import pytest

from alphaplus.core.bars import BarFrame
from alphaplus.core.errors import ArtifactCorrupt, DataError, MissingBars, StorageError, UnknownName
from alphaplus.core.hashing import stable_hash
from alphaplus.datasets import dataset_recipe, joining, labelling
from alphaplus.datasets.assemble import assemble, join, recipe_of
from alphaplus.datasets.dataset import ROW_FIELDS
from alphaplus.datasets.dataset_recipe import DatasetRecipe, SeriesUsed
from alphaplus.datasets.folder import open_dataset
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.datasets.repeat import Stored, again, repeat_dataset
from alphaplus.datasets.select import Rules
from alphaplus.datasets.weights import Weighting
from alphaplus.features.compute import compute_features
from alphaplus.features.sets import feature_set
from alphaplus.models.importance import PermutationImportance

LABEL = LabelSpec("signal_direction", 3, {"threshold": 0.0})


@pytest.fixture(scope="module")
def panel(make_bars):
    """Series of other lengths and times, with gaps short and long; the second begins later and ends earlier."""
    first = make_bars(1_500, symbol="BBB", missing=[*range(300, 303), *range(700, 760)])
    second = make_bars(1_400, seed=1, symbol="AAA").rows(90, 1_300)
    return [first, second]


@pytest.fixture(scope="module")
def put_together(compiled):
    return partial(assemble, features=feature_set("lean"), label=LABEL, cache_folder=compiled)


@pytest.fixture(scope="module")
def dataset(panel, put_together):
    return put_together(panel)


def at_once(panel, compiled, **more):
    """All columns of all bars in memory, joined with plain NumPy: what `assemble` did before it worked in pieces."""
    found = []
    for position, bars in enumerate(panel):
        values = compute_features(bars, feature_set("lean"), cache_folder=compiled).values
        labelled = labelling.make(LABEL, bars)
        close = bars.column("close")
        for i in range(1, len(bars)):
            if labelled.valid[i] and np.isfinite(values[i]).all():
                end = bars.close_time[labelled.span_end[i]]
                answers = (labelled.y[i], labelled.outcome[i], close[i] / close[i - 1] - 1.0, labelled.last_known[i])
                found.append((bars.close_time[i], position, end, answers, values[i].astype(np.float32)))
    found.sort(key=lambda row: row[:2])
    return found


@pytest.mark.parametrize("bars_a_piece", [1, 37, 500, 4096])
def test_pieces_of_any_length_give_what_the_whole_gives(
    panel, put_together, compiled, monkeypatch, bars_a_piece, dataset
):
    monkeypatch.setattr(joining, "BARS", bars_a_piece)
    pieced = put_together(panel)
    whole = at_once(panel, compiled)
    assert np.array_equal(pieced.as_of, [row[0] for row in whole])
    assert np.array_equal(pieced.instrument_id, [row[1] for row in whole])
    assert np.array_equal(pieced.span_end, [row[2] for row in whole])
    answers = np.column_stack([pieced.y, pieced.outcome, pieced.last_return, pieced.last_known])
    assert np.array_equal(answers, [row[3] for row in whole], equal_nan=True)
    assert pieced.X.tobytes() == np.stack([row[4] for row in whole]).tobytes()
    assert pieced.content_hash == dataset.content_hash


@pytest.mark.parametrize("select", [None, Rules(most=6, leaks=False)])
def test_a_dataset_in_a_folder_is_the_one_in_memory(panel, put_together, tmp_path, select):
    held = put_together(panel, select=select, regime="volatile", start=int(panel[0].close_time[100]))
    mapped = put_together(panel, select=select, regime="volatile", start=int(panel[0].close_time[100]), folder=tmp_path)
    assert mapped.hash == held.hash
    for name in (*ROW_FIELDS, "missing_share"):
        assert getattr(mapped, name).tobytes() == getattr(held, name).tobytes(), name
    assert not mapped.X.flags.writeable
    assert mapped.X.flags.c_contiguous
    assert open_dataset(tmp_path, verify=True).recipe.hash == held.recipe.hash
    assert (tmp_path / "X.npy").stat().st_size == 128 + mapped.X.nbytes
    with pytest.raises(StorageError, match="holds a dataset already"):
        put_together(panel, folder=tmp_path)


def test_join_and_assemble_agree_and_only_the_latter_has_a_recipe(panel, compiled, dataset):
    frames = [compute_features(bars, feature_set("lean"), cache_folder=compiled) for bars in panel]
    lean = feature_set("lean")
    joined = join(panel, frames, label=LABEL, feature_set_name="lean", feature_set_hash=lean.hash)
    assert joined.content_hash == dataset.content_hash == joined.hash
    assert joined.recipe is None
    assert dataset.hash == stable_hash({"content": dataset.content_hash, "recipe": dataset.recipe.hash})
    assert dataset.rows(slice(0, 10)).recipe is None


def test_recipe_gives_the_same_dataset_again(panel, put_together, compiled, tmp_path):
    weighting = Weighting(half_life_days=20.0, balance_classes=True)
    start, end = int(panel[0].close_time[50]), int(panel[0].close_time[-40])
    first = put_together(panel, weighting=weighting, regime="low_volatility", start=start, end=end)
    recipe = DatasetRecipe.from_json(json.loads(json.dumps(first.recipe.to_json())))
    assert recipe.hash == first.recipe.hash
    once_more = repeat_dataset(Stored(recipe), panel[::-1], cache_folder=compiled, folder=tmp_path / "kept")
    assert once_more.hash == first.hash
    assert np.array_equal(once_more.weight, first.weight)
    assert not np.array_equal(put_together(panel, regime="low_volatility", start=start, end=end).weight, first.weight)
    assert repeat_dataset(Stored.read(tmp_path / "kept"), panel, cache_folder=compiled).hash == first.hash
    (tmp_path / "recipe.json").write_text(json.dumps(recipe.to_json()))
    assert repeat_dataset(Stored.read(tmp_path / "recipe.json"), panel, cache_folder=compiled).hash == first.hash


def test_selected_by_importance_is_selected_again_the_same(panel, put_together, compiled):
    measure = PermutationImportance("logistic", params={"l2": 10.0}, seed=3)
    first = put_together(panel, select=Rules(most=5, leaks=False), measure=measure)
    stored = Stored(DatasetRecipe.from_json(json.loads(json.dumps(first.recipe.to_json()))), hash=first.hash)
    assert stored.recipe.measure == {"family": "logistic", "params": {"l2": 10.0}, "seed": 3, "repeats": 3}
    same = repeat_dataset(stored, panel, cache_folder=compiled, measure=PermutationImportance(**stored.recipe.measure))
    assert same.hash == first.hash
    with pytest.raises(DataError, match="measure"):
        repeat_dataset(stored, panel, cache_folder=compiled, measure=PermutationImportance("logistic", seed=4))


@pytest.mark.parametrize(
    ("family", "library"),
    [("lightgbm", "lightgbm"), ("xgboost", "xgboost"), ("catboost", "catboost"), ("logistic", "")],
)
def test_the_recipe_names_the_library_that_importance_was_learned_with(panel, family, library):
    """Which columns are kept depends on it; where none are selected it decides nothing."""
    if library:
        pytest.importorskip(library)
    names = partial(recipe_of, panel, feature_set("lean"), LABEL, measure=PermutationImportance(family))
    usual = set(names().libraries)
    assert not usual & {"lightgbm", "xgboost", "xgboost-cpu", "catboost"}
    more = set(names(select=Rules()).libraries) - usual
    assert {name.removesuffix("-cpu") for name in more} == ({library} if library else set())


def test_bars_that_came_later_change_nothing(make_bars, put_together, compiled):
    longer = make_bars(1_200)
    first = put_together([longer.rows(0, 1_000)])
    assert repeat_dataset(Stored(first.recipe), [longer], cache_folder=compiled).hash == first.hash


def changed(bars, **columns):
    return BarFrame(bars.instrument, bars.timeframe, bars.table.with_columns(**columns))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda bars: changed(bars, volume=pl.col("volume") * (1 + 1e-15)), "bars of AAA: other values"),
        (lambda bars: changed(bars, trade_count=pl.lit(3.0)), "bars of AAA: other values"),
        (
            lambda bars: BarFrame(bars.instrument, bars.timeframe, bars.table[np.r_[0:500, 501 : len(bars)]]),
            "bars of AAA: 1,210 then, 1,209 now",
        ),
        (lambda bars: bars.rows(0, 800), "bars of AAA: 1,210 then, 800 now"),
        (
            lambda bars: replace(bars, instrument=replace(bars.instrument, fee_bps=4.0)),
            "instrument AAA: fee_bps 10.0 to 4.0",
        ),
    ],
)
def test_a_changed_series_is_named(panel, dataset, compiled, change, said):
    with pytest.raises(DataError, match=said) as caught:
        repeat_dataset(Stored(dataset.recipe), [panel[0], change(panel[1])], cache_folder=compiled)
    assert len(caught.value.context["differences"]) == 1, "the other series is the same"


def test_a_side_column_without_values_is_as_none(panel):
    bars = panel[1]
    empty = changed(bars, trade_count=pl.lit(float("nan")))
    assert SeriesUsed.of(empty) == SeriesUsed.of(bars)


def test_missing_series_is_named(panel, dataset, compiled):
    with pytest.raises(MissingBars, match="no 1h bars of AAA"):
        repeat_dataset(Stored(dataset.recipe), panel[:1], cache_folder=compiled)


def test_changed_libraries_and_code_are_named(panel, dataset, compiled, monkeypatch):
    older = replace(
        dataset.recipe,
        libraries={**dataset.recipe.libraries, "numpy": "1.2.3"},
        code={**dataset.recipe.code, "putting together": "another"},
        features_hash="another",
    )
    with pytest.raises(DataError) as caught:
        repeat_dataset(Stored(older), panel, cache_folder=compiled)
    now = dataset.recipe.libraries["numpy"]
    assert caught.value.context["differences"] == [
        "code of the features lean",
        "code of putting together",
        f"numpy: 1.2.3 to {now}",
    ]
    found = again(Stored(older, hash="0", content_hash=dataset.content_hash), panel, cache_folder=compiled)
    assert len(found.differences) == 3
    assert found.same_content, "what has changed did not matter"
    assert found.dataset.hash == dataset.hash


def test_hash_follows_libraries_and_label_code(panel, put_together, dataset, monkeypatch):
    assert set(dataset.recipe.libraries) == {"python", "numpy", "polars", "numba", "ta-lib", "scikit-learn"}
    registered = labelling.get_label("signal_direction")

    def other(bars, spec, spans):
        """Answers the same by other code."""
        return np.array(registered.answer(bars, spec, spans))

    monkeypatch.setitem(labelling._LABELS._things, "signal_direction", replace(registered, answer=other))
    by_other_code = put_together(panel)
    assert by_other_code.content_hash == dataset.content_hash
    assert by_other_code.hash != dataset.hash
    assert dataset.recipe.differences(by_other_code.recipe) == ["code of the label signal_direction"]
    monkeypatch.undo()
    monkeypatch.setattr(dataset_recipe, "version", lambda name: "0")
    dataset_recipe.libraries.cache_clear()
    try:
        assert put_together(panel).hash != dataset.hash
    finally:
        dataset_recipe.libraries.cache_clear()


def test_rows_that_differ_for_no_known_reason_are_said(panel, dataset, compiled):
    with pytest.raises(DataError, match="rows: others, though bars, code and libraries are the same"):
        repeat_dataset(Stored(dataset.recipe, hash="0" * 64), panel, cache_folder=compiled)


def test_what_is_no_recipe_is_refused(dataset, tmp_path):
    for text in ("{", "[]", "{}", '{"recipe": null}', json.dumps({**dataset.recipe.to_json(), "timeframe": "7m"})):
        (tmp_path / "recipe.json").write_text(text)
        with pytest.raises(DataError):
            Stored.read(tmp_path / "recipe.json")
    with pytest.raises(DataError, match="no recipe can be read"):
        Stored.read(tmp_path / "nothing.json")
    gone = dataset.recipe.to_json()
    gone["features"]["columns"] = ["a_column_that_was"]
    with pytest.raises(UnknownName, match="a_column_that_was"):
        Stored.from_json(gone)


def test_a_recipe_that_was_changed_in_its_folder_is_found_out(dataset, tmp_path):
    dataset.save(tmp_path)
    facts = json.loads((tmp_path / "dataset.json").read_text())
    facts["recipe"]["start"] = 5
    (tmp_path / "dataset.json").write_text(json.dumps(facts))
    with pytest.raises(ArtifactCorrupt, match="not the one that was saved"):
        open_dataset(tmp_path, verify=True)
