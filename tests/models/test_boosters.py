"""XGBoost and CatBoost: parameters, contributions by hand, the traps of their exports, and models from elsewhere."""

import json

import catboost
import numpy as np
import pytest
import xgboost
from onnx import load_model_from_string

from alphaplus.models.family import get_family
from alphaplus.models.fit import fit
from alphaplus.models.onnx import OnnxModel, parity
from alphaplus.models.spec import ModelSpec

QUIET = {"allow_writing_files": False, "logging_level": "Silent", "thread_count": 1}


def learned(dataset, family, **params):
    return fit(ModelSpec.of(dataset, family=family, params=params), dataset)


def test_parameters_reach_the_trees_of_xgboost(dataset_of):
    text = learned(dataset_of("multiclass", rows=600), "xgboost", rounds=4, max_depth=2).native()
    trees = json.loads(text)["learner"]["gradient_booster"]["model"]["trees"]
    assert len(trees) == 4 * 3
    assert max(len(tree["split_indices"]) for tree in trees) == 7


@pytest.mark.parametrize(("task", "curvature"), [("binary", 0.25), ("multiclass", 0.5), ("regression", 1.0)])
def test_leaves_of_xgboost_hold_the_share_of_rows_that_was_asked_for(dataset_of, task, curvature):
    """XGBoost weighs by second derivatives, which is why the share is turned into one of them."""
    dataset = dataset_of(task, rows=1000)
    text = learned(dataset, "xgboost", rounds=3, min_leaf_share=0.1, row_share=1.0).native()
    for tree in json.loads(text)["learner"]["gradient_booster"]["model"]["trees"]:
        leaves = [h for h, child in zip(tree["sum_hessian"], tree["left_children"], strict=True) if child < 0]
        assert min(leaves) / curvature > 0.07 * len(dataset)


def test_parameters_reach_the_trees_of_catboost(dataset_of):
    fitted = learned(dataset_of(rows=600), "catboost", rounds=5, depth=2, max_bin=8)
    model = catboost.CatBoost().load_model(blob=fitted.native())
    assert model.tree_count_ == 5
    assert len(model.get_leaf_values()) == 5 * 4
    assert max(len(borders) for borders in model.get_borders().values()) <= 7


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("family", ["lightgbm", "xgboost"])
def test_graphs_say_what_those_of_a_public_converter_say(dataset_of, family, task):
    import lightgbm
    from onnxmltools.convert import convert_lightgbm, convert_xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType

    dataset = dataset_of(task, rows=900)
    fitted = learned(dataset, family, rounds=30)
    given = [("X", FloatTensorType([None, 5]))]
    if family == "lightgbm":
        booster = lightgbm.Booster(model_str=fitted.native().decode())
        proto = convert_lightgbm(booster, initial_types=given, target_opset=15, zipmap=False)
    else:
        booster = xgboost.Booster()
        booster.load_model(bytearray(fitted.native()))
        proto = convert_xgboost(booster, initial_types=given, target_opset=15)
    if task != "regression":
        del proto.graph.output[0]  # the label
    rows = np.where(np.random.default_rng(0).random(dataset.X.shape) < 0.1, np.nan, dataset.X).astype(np.float32)
    theirs = OnnxModel(proto.SerializeToString()).run(rows)
    np.testing.assert_allclose(OnnxModel(fitted.to_onnx()).run(rows), theirs, atol=1e-6)


def stumps_of_xgboost(fitted):
    """Column, threshold, values below and not below, and the weights of both, of every tree."""
    for tree in json.loads(fitted.native())["learner"]["gradient_booster"]["model"]["trees"]:
        values, weights = tree["base_weights"], tree["sum_hessian"]
        if len(values) == 3:
            yield tree["split_indices"][0], tree["split_conditions"][0], values[1:], weights[1:]


def stumps_of_catboost(fitted, folder):
    model = catboost.CatBoost().load_model(blob=fitted.native())
    model.save_model(str(folder / "model.json"), format="json")
    for tree in json.loads((folder / "model.json").read_text())["oblivious_trees"]:
        if tree["splits"] is None:
            continue  # the columns that it might look at did not help
        [split] = tree["splits"]
        yield split["float_feature_index"], split["border"], tree["leaf_values"], tree["leaf_weights"]


@pytest.mark.parametrize("family", ["xgboost", "catboost"])
def test_contributions_of_stumps_are_the_distance_from_their_mean(dataset_of, family, tmp_path):
    """Trees of one split add up, so that a column's Shapley value is what its own trees say beyond their average."""
    dataset = dataset_of("regression", rows=500)
    depth = {"xgboost": "max_depth", "catboost": "depth"}[family]
    fitted = learned(dataset, family, rounds=20, **{depth: 1})
    rows = dataset.X[:40]
    stumps = list(stumps_of_xgboost(fitted) if family == "xgboost" else stumps_of_catboost(fitted, tmp_path))
    assert len(stumps) > 10
    shares = np.zeros((40, 5))
    for column, border, values, weights in stumps:
        above = rows[:, column] >= np.float32(border) if family == "xgboost" else rows[:, column] > np.float32(border)
        shares[:, column] += np.where(above, values[1], values[0]) - np.average(values, weights=weights)
    np.testing.assert_allclose(fitted.contributions(rows)[:, 0, :-1], shares, atol=2e-6)


def test_two_classes_of_catboost_need_their_start_moved_into_the_trees(dataset_of, tmp_path):
    """The control: CatBoost's own graph says something else as soon as classes are not of one size."""
    dataset = dataset_of(rows=800)
    dataset.y[:] = np.where(dataset.X[:, 0] > 1.0, 1.0, -1.0)
    fitted = learned(dataset, "catboost", rounds=10)
    catboost.CatBoost().load_model(blob=fitted.native()).save_model(str(tmp_path / "own.onnx"), format="onnx")
    own = load_model_from_string((tmp_path / "own.onnx").read_bytes())
    own.graph.node.pop()  # dictionaries of probabilities
    del own.graph.output[:]
    own.graph.output.add(name="probability_tensor").type.tensor_type.elem_type = 1
    own.graph.input[0].name = own.graph.node[0].input[0] = "X"
    p = fitted.predict(dataset.X)
    assert np.abs(OnnxModel(own.SerializeToString()).run(dataset.X) - p).max() > 0.05
    assert np.abs(OnnxModel(fitted.to_onnx()).run(dataset.X) - p).max() < 1e-6


def test_a_model_that_was_stopped_early_uses_its_best_trees(dataset_of):
    dataset = dataset_of(rows=600, strength=0.3)
    first, second = (
        xgboost.DMatrix(dataset.X[part], label=dataset.y[part] > 0) for part in (slice(0, 400), slice(400, 600))
    )
    settings = {"objective": "binary:logistic", "max_depth": 6, "nthread": 1}
    booster = xgboost.train(
        settings, first, 100, evals=[(second, "later")], early_stopping_rounds=5, verbose_eval=False
    )
    fitted = get_family("xgboost").load(bytes(booster.save_raw("json")))
    best = booster.predict(xgboost.DMatrix(dataset.X), iteration_range=(0, booster.best_iteration + 1))
    assert booster.best_iteration + 1 < booster.num_boosted_rounds()
    np.testing.assert_allclose(fitted.predict(dataset.X)[:, 1], best, atol=1e-6)
    assert parity(fitted, fitted.to_onnx(), x=dataset.X).max_error < 1e-6


def foreign_xgboost(dataset, **settings):
    y = np.abs(dataset.y)
    data = xgboost.DMatrix(dataset.X, label=np.floor(y).clip(0, 2) if "num_class" in settings else y)
    return bytes(xgboost.train({"nthread": 1, "verbosity": 0, **settings}, data, 3).save_raw("json"))


def foreign_catboost(dataset, y, **settings):
    return catboost.CatBoost({"iterations": 3, **QUIET, **settings}).fit(dataset.X, y)._serialize_model()


def test_what_onnx_cannot_say_is_refused_by_name(dataset_of):
    import lightgbm

    dataset = dataset_of("regression", rows=200)
    for settings, words in (
        ({"booster": "dart"}, "dart cannot be exported"),
        ({"booster": "gblinear", "updater": "coord_descent"}, "gblinear cannot be exported"),
        ({"objective": "count:poisson"}, "count:poisson cannot be exported"),
        (
            {"objective": "multi:softprob", "num_class": 3, "multi_strategy": "multi_output_tree"},
            "several values cannot be exported",
        ),
    ):
        with pytest.raises(ValueError, match=words):
            get_family("xgboost").load(foreign_xgboost(dataset, **settings))
    for settings, words in (
        ({"objective": "poisson"}, "poisson cannot be exported"),
        ({"objective": "regression", "reg_sqrt": True}, "sqrt cannot be exported"),
        ({"objective": "regression", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}, "random forest"),
    ):
        data = lightgbm.Dataset(dataset.X, label=np.abs(dataset.y), params={"verbose": -1})
        booster = lightgbm.train({"verbose": -1, "num_threads": 1, **settings}, data, 3)
        with pytest.raises(ValueError, match=words):
            get_family("lightgbm").load(booster.model_to_string().encode())
    names = np.where(dataset.y > 0, "up", "down")
    with pytest.raises(ValueError, match="have no order"):
        get_family("catboost").load(foreign_catboost(dataset, names, loss_function="Logloss"))
    with pytest.raises(ValueError, match="Poisson cannot be exported"):
        get_family("catboost").load(foreign_catboost(dataset, np.abs(dataset.y), loss_function="Poisson"))
