"""Selection: what is dropped and why, that it agrees with scipy, and that the future has no part in it."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import spearmanr

from alphaplus.core.bars import BarFrame
from alphaplus.core.errors import ConfigError, NotEnoughSamples
from alphaplus.datasets.assemble import assemble, join, make_dataset
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.datasets.select import Rules, choose, spearman
from alphaplus.datasets.splits import WalkForward, holdout
from alphaplus.features.contract import feature, features
from alphaplus.features.frame import FeatureFrame
from alphaplus.features.sets import FeatureSet
from alphaplus.models.importance import PermutationImportance
from alphaplus.models.spec import ModelSpec

LABEL = LabelSpec("signal_direction", 4, {"threshold": 0.0})


def columns_of(n, rng):
    """Named columns (n,), among them one of every kind that is dropped."""
    noise = rng.normal(size=n)
    other = rng.normal(size=n)
    return {
        "noise": noise,
        "same_again": np.exp(noise) + 1e-3 * rng.normal(size=n),
        "upside_down": -(noise**3),
        "other": other,
        "constant": np.full(n, 7.0),
        "never": np.full(n, np.nan),
        "seldom": np.where(rng.random(n) < 0.3, rng.normal(size=n), np.nan),
        "mostly_there": np.where(rng.random(n) < 0.9, rng.normal(size=n), np.nan),
    }


@pytest.fixture(scope="module")
def table():
    return columns_of(2_000, np.random.default_rng(1))


def decide(table, **more):
    rules = more.pop("rules", Rules())
    return choose(tuple(table), np.column_stack(list(table.values())), until=5, rules=rules, **more)


def test_every_kind_is_dropped_with_its_reason(table):
    chosen = decide(table, leaking={"other": "changes once later bars are known"})
    assert chosen.kept == ("noise", "mostly_there")
    assert chosen.dropped["other"] == "looks ahead: changes once later bars are known"
    assert chosen.dropped["constant"] == "is constant"
    assert chosen.dropped["never"] == "is missing in 100% of the bars"
    assert chosen.dropped["seldom"].startswith("is missing in 7")
    assert chosen.dropped["same_again"].startswith("says what noise says: their ranks agree to ")
    assert chosen.dropped["upside_down"] == "says what noise says: their ranks agree to 1.000"
    assert chosen.clusters == (("noise", "same_again", "upside_down"),)
    assert (chosen.rows, chosen.until) == (2_000, 5)
    assert list(chosen.dropped) == [name for name in table if name in chosen.dropped]


def test_of_a_cluster_the_most_important_is_kept(table):
    weights = {"same_again": 0.2, "noise": 0.1, "upside_down": 0.0, "other": 0.05}
    asked = []

    def importance(names, rows):
        asked.append((names, rows.sum()))
        return {name: weights.get(name, 0.0) for name in names}

    chosen = decide(table, importance=importance)
    assert chosen.kept == ("same_again", "other", "mostly_there")
    assert asked[0][0] == ("noise", "same_again", "upside_down", "other", "mostly_there")
    assert asked[0][1] == np.isfinite(table["mostly_there"]).sum()
    fewer = decide(table, importance=importance, rules=Rules(most=2))
    assert fewer.kept == ("same_again", "other")
    assert fewer.dropped["mostly_there"] == "is number 3 in importance, and 2 are kept"


def test_rank_correlation_is_that_of_scipy(table):
    names = ("noise", "same_again", "upside_down", "other")
    values = np.column_stack([np.round(table[name], 1) for name in names])  # with ties
    assert spearman(values) == pytest.approx(spearmanr(values).statistic, rel=1e-9, abs=1e-12)


def test_clusters_are_those_of_scipy():
    rng = np.random.default_rng(2)
    roots = rng.normal(size=(1_000, 6))
    values = np.column_stack([roots[:, k % 6] + rng.normal(0, 0.1 + 0.05 * (k // 6), 1_000) for k in range(24)])
    names = tuple(f"c{k}" for k in range(24))
    chosen = choose(names, values, until=0, rules=Rules(max_correlation=0.95))
    distance = squareform(1.0 - np.abs(spearmanr(values).statistic), checks=False)
    labels = fcluster(linkage(distance, "average"), 0.05, "distance")
    theirs = {frozenset(np.array(names)[labels == label]) for label in set(labels)}
    ours = {frozenset(cluster) for cluster in chosen.clusters}
    assert ours == {cluster for cluster in theirs if len(cluster) > 1}
    assert len(chosen.kept) == len(theirs)


def test_nothing_left_says_why(table):
    with pytest.raises(NotEnoughSamples, match="never is missing in 100%"):
        decide({"constant": table["constant"], "never": table["never"]})


def test_few_rows_and_impossible_rules_are_refused(table):
    with pytest.raises(NotEnoughSamples, match="99 rows are too few"):
        decide({"noise": table["noise"][:99]})
    for wrong in ({"max_missing": 1.1}, {"max_correlation": 0.0}, {"most": 0}):
        with pytest.raises(ConfigError):
            Rules(**wrong)


def joined(bars, table, **more):
    values = np.column_stack(list(table.values()))
    frame = FeatureFrame(bars.instrument, bars.timeframe, tuple(table), bars.open_time, values)
    return join([bars], [frame], label=LABEL, feature_set_name="made", feature_set_hash="0", select=Rules(), **more)


@pytest.fixture(scope="module")
def bars(make_bars):
    return make_bars(3_000, seed=8)


def first_tested(dataset):
    """When a training first tests a row."""
    development = dataset.rows(holdout(dataset).train)
    return WalkForward.for_timeframe(dataset.timeframe).split(development)[0].start


def test_the_future_has_no_part_in_the_decision(bars):
    """All that comes after the training part times 1000, or gone: the decision is the same to the last word."""
    table = columns_of(len(bars), np.random.default_rng(3))
    measure = PermutationImportance("logistic", seed=1)
    dataset = joined(bars, table, measure=measure)
    later = bars.close_time > dataset.selection.until
    assert 0.2 < later.mean() < 0.9
    wild = {name: np.where(later, 1_000.0 * values, values) for name, values in table.items()}
    wild["constant"] = np.where(later, np.arange(len(bars)), 7.0)
    wild["noise"] = np.where(later, np.nan_to_num(table["other"]), table["noise"])
    prices = bars.table.with_columns(
        **{
            name: pl.Series(np.where(later, 1_000.0, 1.0)[::-1].cumsum()[::-1] * bars.column(name))
            if name == "volume"
            else pl.Series(np.where(later, 1_000.0 * bars.column(name), bars.column(name)))
            for name in ("open", "high", "low", "close", "volume")
        }
    )
    changed = joined(BarFrame(bars.instrument, bars.timeframe, prices), wild, measure=measure)
    assert changed.selection == dataset.selection


def test_the_decision_is_made_before_anything_is_tested(bars):
    dataset = joined(bars, columns_of(len(bars), np.random.default_rng(4)))
    assert dataset.selection.until < first_tested(dataset)


def test_a_column_that_ends_early_moves_the_decision_forward(bars):
    """Half of the history of a column is missing, the later half: rows end early, and the tests begin early."""
    table = columns_of(len(bars), np.random.default_rng(5))
    ended = np.arange(len(bars)) >= 1_800
    table["mostly_there"] = np.where(ended, np.nan, table["mostly_there"])
    dataset = joined(bars, table)
    assert "mostly_there" in dataset.columns
    assert dataset.selection.until < first_tested(dataset)


def test_the_decision_rests_with_the_dataset(bars):
    dataset = joined(bars, columns_of(len(bars), np.random.default_rng(6)))
    assert dataset.columns == dataset.selection.kept == ("noise", "other", "mostly_there")
    assert dataset.X.shape[1] == 3
    report = dataset.report()
    assert set(report["mostly_missing"]) == {"never", "seldom"}
    assert report["selection"]["dropped"]["constant"] == "is constant"
    assert replace(dataset, selection=None).hash != dataset.hash


def test_leaking_columns_of_a_set_are_dropped(make_bars, catalog, monkeypatch):
    """A column of the user reads what a batch function gives, and that is given all bars."""
    import talib
    from talib import stream

    from alphaplus.features.talib import talib_feature

    def ahead(close):
        return np.append(np.diff(close), 0.0)

    class Blind:
        """The live form, which cannot know."""

        def __init__(self, close):
            self.update = self.peek = lambda value: 0.0

    monkeypatch.setattr(talib, "AHEAD", ahead, raising=False)
    monkeypatch.setattr(stream, "AHEAD", Blind, raising=False)
    talib_feature(
        "AHEAD",
        inputs=("close",),
        outputs=("planted_ahead",),
        options={},
        warmup=1,
        group="test",
        unit="price",
        description="The next change.",
    )
    bars = make_bars(2_000, seed=9)
    chosen = FeatureSet("mine", ("return_1", "planted_ahead", "body_ratio"))
    dataset = assemble([bars], chosen, LABEL, select=Rules())
    assert "planted_ahead" not in dataset.columns
    assert dataset.selection.dropped["planted_ahead"].startswith("looks ahead: changes once later bars are known")
    assert dataset.feature_set_hash == chosen.without(dataset.selection.dropped).hash


def plant(name, step, **declared):
    step.__doc__ = "A planted step.\n\nReference: test."
    feature(**({"inputs": ("open_time",), "outputs": (name,), "unit": "price"} | declared))(step)


def reading_ahead(bars, *, silent=0):
    """A step that takes the next change from a global, by the time of the bar; no cut and no poison shows it."""
    first, step_ms = int(bars.open_time[0]), bars.timeframe.ms
    ahead = np.append(np.diff(bars.column("close")), 0.0)

    def step(s, b, n, open_time):
        place = int((open_time - first) / step_ms)
        return ahead[place] if n >= silent and 0 <= place < len(ahead) else np.nan

    return step


def test_a_column_that_reads_the_future_from_a_global_is_dropped(make_bars, catalog):
    bars = make_bars(3_000, seed=12)
    plant("planted_global", reading_ahead(bars))
    dataset = assemble([bars], FeatureSet("mine", ("return_1", "planted_global", "rsi_14")), LABEL, select=Rules())
    assert dataset.columns == ("return_1", "rsi_14")
    assert dataset.selection.dropped["planted_global"].startswith("looks ahead: orders the bars")
    assert dataset.selection.unjudged == {}


def test_a_column_that_begins_late_is_judged_where_it_has_values(make_bars, catalog):
    bars = make_bars(7_000, seed=13)
    plant("planted_late", reading_ahead(bars, silent=3_000), warmup=3_001)
    chosen = FeatureSet("mine", ("return_1", "planted_late", "rsi_14"))
    dataset = assemble([bars], chosen, LABEL, select=Rules(max_missing=1.0))
    assert dataset.selection.dropped["planted_late"].startswith("looks ahead: orders the bars")


def test_a_column_without_a_value_where_leaks_are_looked_for_is_kept_and_named(make_bars, catalog):
    """It begins later than any sample that can be afforded."""
    bars = make_bars(7_000, seed=14)

    def step(s, b, n, close):
        return close if n >= 3_000 else np.nan

    plant("planted_later", step, inputs=("close",), warmup=1_000_000)
    chosen = FeatureSet("mine", ("return_1", "planted_later", "rsi_14"))
    selection = assemble([bars], chosen, LABEL, select=Rules(max_missing=1.0)).selection
    assert "planted_later" in selection.kept
    assert selection.unjudged == {"planted_later": "not judged: no value in the bars looked at"}
    assert selection.to_json()["unjudged"] == selection.unjudged


def test_a_set_without_its_order_book_can_be_trained(make_bars):
    bars = make_bars(2_000, seed=10)
    rules = Rules(max_correlation=1.0, leaks=False)
    columns = ("return_1", "order_book_imbalance", "rsi_14")
    dataset = assemble([bars], FeatureSet("book", columns), LABEL, select=rules)
    assert dataset.columns == dataset.selection.kept == ("return_1", "rsi_14")
    assert dataset.absent == ("order_book_imbalance",)
    spec = ModelSpec.of(dataset, family="logistic")
    assert spec.left_out == ("order_book_imbalance",)
    assert ModelSpec.from_json(spec.to_json()).hash == spec.hash


def test_the_spec_of_a_selected_dataset_gives_its_columns(make_bars):
    """Serving finds the columns by the name of the set and what was left out; the hash proves them."""
    dataset = make_dataset(make_bars(2_000, seed=11), "lean", horizon=4, threshold=0, select=True)
    spec = ModelSpec.of(dataset, family="logistic")
    assert 0 < len(spec.left_out) < 23
    assert spec.features.columns == dataset.columns
    assert spec.features.hash == spec.feature_set_hash == dataset.feature_set_hash


@pytest.fixture
def catalog(monkeypatch):
    features.names()
    monkeypatch.setattr(features, "_things", dict(features._things))
    return features
