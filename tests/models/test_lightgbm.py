"""The trees: float32 thresholds, and the trap they avoid."""

import itertools

import numpy as np
import pytest

from alphaplus.models.boosting import float32_floor
from alphaplus.models.family import get_family
from alphaplus.models.fit import fit
from alphaplus.models.lightgbm_text import floor_thresholds
from alphaplus.models.onnx import OnnxModel
from alphaplus.models.spec import ModelSpec


def test_the_floor_is_the_largest_float32_not_above():
    random = np.random.default_rng(0)
    for value in [0.1, -0.1, 1.0, 50_000.004, -50_000.004, 1e-35, *random.standard_normal(500).tolist()]:
        floor = float(float32_floor(np.array([value]))[0])
        assert floor <= value
        assert float(np.float32(floor)) == floor
        assert float(np.nextafter(np.float32(floor), np.float32(np.inf))) > value


def boosted(dataset):
    """LightGBM itself on the rows, its text as it writes it."""
    import lightgbm

    data = lightgbm.Dataset(dataset.X, label=(dataset.y > 0).astype(float), params={"verbose": -1})
    settings = {"objective": "binary", "verbose": -1, "num_threads": 1, "num_leaves": 31}
    return lightgbm.train(settings, data, num_boost_round=60)


def test_flooring_changes_no_native_prediction(dataset_of):
    import lightgbm

    dataset = dataset_of(rows=4000)
    booster = boosted(dataset)
    floored = lightgbm.Booster(model_str=floor_thresholds(booster.model_to_string()))
    assert np.array_equal(booster.predict(dataset.X), floored.predict(dataset.X))


def test_without_the_floor_onnx_takes_other_branches(dataset_of):
    """The control: the plain export misses rows in the finely spaced column; were it not so, no fix were needed."""
    import lightgbm
    from onnxmltools.convert import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    dataset = dataset_of(rows=4000, strength=0.0)
    dataset.y[:] = np.where(dataset.X[:, 1] > 50_000, 1.0, -1.0) * np.where(np.arange(4000) % 5 > 0, 1.0, -1.0)
    booster = boosted(dataset)

    def worst(model):
        proto = convert_lightgbm(
            model, name="g", zipmap=False, initial_types=[("X", FloatTensorType([None, 5]))], target_opset=15
        )
        del proto.graph.output[0]  # the label
        return np.abs(OnnxModel(proto.SerializeToString()).run(dataset.X)[:, 1] - booster.predict(dataset.X)).max()

    assert worst(booster) > 1e-3
    assert worst(lightgbm.Booster(model_str=floor_thresholds(booster.model_to_string()))) < 1e-6


def test_parameters_reach_the_trees(dataset_of):
    dataset = dataset_of(rows=600)
    spec = ModelSpec.of(dataset, family="lightgbm", params={"rounds": 3, "num_leaves": 4})
    text = fit(spec, dataset).native().decode()
    assert "Tree=2\n" in text
    assert "Tree=3\n" not in text
    assert all(int(line[11:]) <= 4 for line in text.split("\n") if line.startswith("num_leaves="))


def test_other_seeds_give_other_trees(dataset_of):
    dataset = dataset_of(rows=600)
    texts = {fit(ModelSpec.of(dataset, family="lightgbm", seed=seed), dataset).native() for seed in (0, 1)}
    assert len(texts) == 2


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_file_says_what_was_fitted(dataset_of, task):
    dataset = dataset_of(task, rows=900)
    fitted = fit(ModelSpec.of(dataset, family="lightgbm", params={"rounds": 20}), dataset)
    read = get_family("lightgbm").load(fitted.native())
    for method in ("predict", "raw", "contributions"):
        assert np.array_equal(getattr(fitted, method)(dataset.X), getattr(read, method)(dataset.X)), method
    np.testing.assert_allclose(fitted.importance(), read.importance(), atol=1e-5)  # the text has six digits of gains
    assert read.native() == fitted.native()


def trained(x, y, **settings):
    import lightgbm

    settings = {"verbose": -1, "num_threads": 1, "min_data_in_leaf": 5, **settings}
    return lightgbm.train(settings, lightgbm.Dataset(x, label=y, params=settings), num_boost_round=15)


def test_rows_without_a_value_go_the_way_that_was_learned(dataset_of):
    """Models from elsewhere may know missing values; those of ours take one for zero, as LightGBM does."""
    x = dataset_of("regression", rows=900).X.copy()
    y = np.where(np.isnan(holes := np.where(x > 1.2, np.nan, x)[:, 0]), 2.0, x[:, 1].astype(float))
    for rows in (np.column_stack([holes, x[:, 1:]]), x):
        fitted = get_family("lightgbm").load(trained(rows, y, objective="regression").model_to_string().encode())
        asked = np.where(np.random.default_rng(0).random(x.shape) < 0.3, np.nan, x).astype(np.float32)
        np.testing.assert_allclose(OnnxModel(fitted.to_onnx()).run(asked), fitted.predict(asked), rtol=1e-6, atol=1e-5)


def test_zeros_that_are_missing_values_are_refused(dataset_of):
    x = dataset_of("regression", rows=900).X.copy()
    x[x[:, 0] < 0.3, 0] = 0.0
    y = (x[:, 0] == 0.0) * 3.0 + x[:, 1].astype(float)
    booster = trained(x, y, objective="regression", zero_as_missing=True)
    with pytest.raises(ValueError, match="zeros are missing"):
        get_family("lightgbm").load(booster.model_to_string().encode()).to_onnx()


def test_trees_without_a_split_are_exported():
    x = np.random.default_rng(0).standard_normal((60, 3)).astype(np.float32)
    booster = trained(x, np.arange(60.0), objective="regression", min_data_in_leaf=50)
    fitted = get_family("lightgbm").load(booster.model_to_string().encode())
    np.testing.assert_allclose(OnnxModel(fitted.to_onnx()).run(x), np.full((60, 1), 29.5), atol=1e-6)


def test_a_column_may_be_called_like_a_line_of_the_text(dataset_of):
    import lightgbm

    x = dataset_of(rows=300).X[:, :3].copy()
    data = lightgbm.Dataset(x, label=x[:, 0].copy(), feature_name=["threshold", "leaf_value", "right_child"])
    booster = lightgbm.train({"verbose": -1, "num_threads": 1, "objective": "regression"}, data, 5)
    fitted = get_family("lightgbm").load(booster.model_to_string().encode())
    np.testing.assert_allclose(OnnxModel(fitted.to_onnx()).run(x)[:, 0], booster.predict(x), atol=1e-6)


def test_category_splits_are_refused():
    with pytest.raises(ValueError, match="categories"):
        floor_thresholds("tree\ndecision_type=2 1\nthreshold=0.5 0.5")


def expected(node, row, known):
    """Output of a tree when only the columns in `known` are, others averaged by how many rows went each way."""
    if "leaf_value" in node:
        return node["leaf_value"]
    left, right = node["left_child"], node["right_child"]
    if node["split_feature"] in known:
        return expected(left if float(row[node["split_feature"]]) <= node["threshold"] else right, row, known)
    counts = [child.get("internal_count", child.get("leaf_count")) for child in (left, right)]
    return np.average([expected(left, row, known), expected(right, row, known)], weights=counts)


def test_contributions_are_shapley_values(dataset_of):
    """By the definition: the mean change that a column makes over all orders in which columns become known."""
    dataset = dataset_of(rows=600, columns=4)
    spec = ModelSpec.of(dataset, family="lightgbm", params={"rounds": 12, "column_share": 1.0})
    fitted = fit(spec, dataset)
    trees = [tree["tree_structure"] for tree in fitted._booster.dump_model()["tree_info"]]
    rows = dataset.X[:10]
    found = fitted.contributions(rows)[:, 0, :]
    orders = list(itertools.permutations(range(4)))
    for row, parts in zip(rows, found, strict=True):
        shares = np.zeros(5)
        shares[4] = sum(expected(tree, row, set()) for tree in trees)
        for order in orders:
            for place, column in enumerate(order):
                before, after = set(order[:place]), set(order[: place + 1])
                change = sum(expected(tree, row, after) - expected(tree, row, before) for tree in trees)
                shares[column] += change / len(orders)
        np.testing.assert_allclose(parts, shares, atol=1e-9)
