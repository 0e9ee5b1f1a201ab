"""The isolation forest: scores as scikit-learn's, sums without rounding, contributions that add up, safe to read."""

import json

import numpy as np
import pytest

from alphaplus.models.families.isolation_forest import FittedIsolationForest, IsolationForest
from alphaplus.models.fit import fit
from alphaplus.models.forest import STEP, Forest, average_path, float32_floor
from alphaplus.models.forest_graph import graph_after_forest
from alphaplus.models.onnx import OnnxModel
from alphaplus.models.spec import ModelSpec


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(3)
    x = random.standard_t(3, (1500, 4))
    x[:, 1] = 50_000 + 0.01 * x[:, 1]  # finely spaced: thresholds between neighbouring float32
    return x.astype(np.float32)


@pytest.fixture(scope="module")
def forest(rows):
    return Forest.grow(rows, trees=60, sample=128, seed=5)


def test_scores_are_those_of_scikit_learn_within_the_rounding(rows, forest):
    from sklearn.ensemble import IsolationForest as Reference

    reference = Reference(n_estimators=60, max_samples=128, random_state=5, n_jobs=1).fit(rows)
    found, expected = forest.score(rows), -reference.score_samples(rows)
    normal = float(average_path(np.array([128]))[0])
    bound = np.log(2.0) * (STEP / 2) / normal  # a mean path is off by half a step at most, and scores are below 1
    assert np.abs(found - expected).max() <= bound
    assert np.abs(found - expected).max() > 0.0  # they are rounded


def test_the_expected_path_is_that_of_a_random_search_tree():
    """Equation 1 by its recursion: the mean over all first splits, whose sides are as likely as they are many."""
    exact = [0.0, 0.0]
    for n in range(2, 200):  # c(n) = 1 + mean over the size of the left side, the row in a side by its share
        exact.append(1.0 + sum(k * exact[k] + (n - k) * exact[n - k] for k in range(1, n)) / (n * (n - 1)))
    # harmonic numbers in the paper are taken as ln(i) + Euler's constant, off by about 1/(2i)
    np.testing.assert_allclose(average_path(np.array([150, 199])), [exact[150], exact[199]], atol=0.01)
    assert average_path(np.array([1, 2])).tolist() == [0.0, 1.0]


def test_sums_are_exact_in_float32_in_any_order(rows, forest):
    lengths = forest.path_length(rows)
    assert np.array_equal(lengths / STEP, np.round(lengths / STEP))
    assert np.array_equal(lengths.astype(np.float32).astype(np.float64), lengths)
    graph = graph_after_forest(forest, identity(), with_columns=False)
    assert np.array_equal(OnnxModel(graph).run(rows)[:, 0].astype(np.float64), lengths)


def test_rows_on_every_threshold_and_beside_it_end_in_the_same_leaves(rows, forest):
    graph = OnnxModel(graph_after_forest(forest, identity(), with_columns=False))
    for column, values in forest.borders():
        for shifted in (np.nextafter(values, np.float32(-np.inf)), values, np.nextafter(values, np.float32(np.inf))):
            x = rows[np.arange(len(values)) % len(rows)].copy()
            x[:, column] = shifted
            assert np.array_equal(graph.run(x)[:, 0].astype(np.float64), forest.path_length(x))


def identity():
    from onnx import TensorProto, helper

    shape = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in "XY"]
    graph = helper.make_graph([helper.make_node("Identity", ["X"], ["Y"])], "g", shape[:1], shape[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8).SerializeToString()


def test_steps_along_the_paths_sum_to_the_path_length_exactly(rows, forest):
    assert np.array_equal(forest.expected + forest.steps(rows).sum(axis=1), forest.path_length(rows))


def test_the_expected_path_length_is_the_mean_over_the_rows_that_grew_the_trees(rows):
    whole = Forest.grow(rows[:200], trees=30, sample=1000, seed=1)  # every tree sees all 200
    assert whole.sample == 200
    assert whole.expected == pytest.approx(whole.path_length(rows[:200]).mean(), abs=30 * STEP)


def test_far_rows_score_high_and_the_column_that_is_far_explains_it(rows, forest):
    far = np.median(rows, axis=0)[None, :].repeat(2, axis=0).astype(np.float32)
    far[1, 2] = 40.0
    common, unusual = forest.score(far)
    assert common < 0.5 < unusual
    steps = forest.steps(far)[1]
    assert steps.argmin() == 2
    assert steps[2] < 5 * np.delete(steps, 2).min()


def test_gain_is_the_share_of_variance_that_the_splits_of_a_column_explain():
    """One tree on two columns, worked out by hand: (a <= 0: leaf of 3; else b <= 1: leaf of 4, else leaf of 1)."""
    made = Forest.from_json(
        {"columns": 2, "sample": 8, "split": [0, -1, 1, -1, -1], "threshold": [0.0, 1.0], "size": [3, 4, 1]}
    )
    c3, c4 = (np.round(value / STEP) * STEP for value in average_path(np.array([3, 4])))
    low, high, alone = 1 + c3, 2 + c4, 2.0
    assert made.value[[1, 3, 4]].tolist() == [low, high, alone]
    right = np.round((4 * (2 + average_path(np.array([4]))[0]) + alone) / 5 / STEP) * STEP
    of_a, of_b = 3 * 5 / 8 * (low - right) ** 2, 4 * 1 / 5 * (high - alone) ** 2
    np.testing.assert_allclose(made.gain(), [of_a / (of_a + of_b), of_b / (of_a + of_b)])
    x = np.array([[0.0, 9.0], [0.5, 1.0], [0.5, 1.5]], dtype=np.float32)
    assert made.path_length(x).tolist() == [low, high, alone]
    assert [border[0] for border in made.borders()] == [0, 1]


def test_json_gives_the_same_forest_back(rows, forest):
    again = Forest.from_json(json.loads(json.dumps(forest.to_json())))
    assert np.array_equal(again.path_length(rows), forest.path_length(rows))
    assert again.to_json() == forest.to_json()


WHOLE = {"columns": 2, "sample": 8, "split": [0, -1, -1], "threshold": [0.5], "size": [3, 5]}
BROKEN = {
    "no column": {"split": [2, -1, -1]},
    "a negative column": {"split": [-2, -1, -1]},
    "a tree cut off": {"split": [0, -1], "size": [3]},
    "no tree": {"split": [], "threshold": [], "size": []},
    "too few thresholds": {"threshold": []},
    "too many sizes": {"size": [3, 5, 1]},
    "an infinite threshold": {"threshold": [float("inf")]},
    "a threshold that is none": {"threshold": [float("nan")]},
    "an empty leaf": {"size": [0, 8]},
    "a sample of one": {"sample": 1},
    "paths too long": {"split": [-1] * 9000, "threshold": [], "size": [2000] * 9000},
    "a table": {"split": [[0, -1, -1]]},
}


@pytest.mark.parametrize("wrong", list(BROKEN))
def test_arrays_that_make_no_trees_are_refused(wrong):
    Forest.from_json(WHOLE)
    with pytest.raises(ValueError):  # noqa: PT011  # what is wrong with it is not the point
        Forest.from_json(WHOLE | BROKEN[wrong])


def test_rows_of_another_width_are_refused(rows, forest):
    with pytest.raises(ValueError, match=r"expected \(n, 4\)"):
        forest.path_length(rows[:, :3])


def test_the_float32_floor_is_the_largest_not_above():
    values = np.concatenate([[0.1, -0.1, 50_000.004, -50_000.004], np.random.default_rng(0).standard_normal(500)])
    floor = float32_floor(values)
    assert floor.dtype == np.float32
    assert np.all(floor.astype(np.float64) <= values)
    assert np.all(np.nextafter(floor, np.float32(np.inf)).astype(np.float64) > values)


def test_the_family_scores_rows_too_and_another_seed_grows_other_trees(dataset_of):
    dataset = dataset_of(rows=800)
    first, second = (fit(ModelSpec.of(dataset, family="isolation_forest", seed=seed), dataset) for seed in (1, 2))
    assert isinstance(first, FittedIsolationForest)
    scores = first.anomaly(dataset.X)
    assert np.all((scores > 0.0) & (scores < 1.0))
    assert not np.array_equal(scores, second.anomaly(dataset.X))


def test_labels_change_the_line_and_no_tree(dataset_of):
    dataset = dataset_of(rows=800)
    spec = ModelSpec.of(dataset, family="isolation_forest")
    fitted = IsolationForest().fit(dataset, spec)
    dataset.y[:] *= -1.0
    turned = IsolationForest().fit(dataset, spec)
    one, other = json.loads(fitted.native()), json.loads(turned.native())
    assert one["forest"] == other["forest"]
    assert one["line"] != other["line"]
