"""Every model family keeps the contract of `models/family.py`, on every task it claims."""

import re
from pathlib import Path

import numpy as np
import pytest

from alphaplus.core.bars import Instrument, Timeframe
from alphaplus.core.enums import Task
from alphaplus.core.errors import ConfigError
from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.models.family import families, get_family
from alphaplus.models.fit import fit
from alphaplus.models.onnx import OnnxModel, parity
from alphaplus.models.search import Search, space_of
from alphaplus.models.spec import ModelSpec

HOUR = 3_600_000
LABELS = {
    Task.BINARY: ("signal_direction", {"threshold": 0.0}),
    Task.MULTICLASS: ("signal_direction", {"threshold": 0.25}),
    Task.REGRESSION: ("target_return", {}),
}
CASES = [(name, task) for name in families() for task in sorted(get_family(name).tasks)]
LEARNING = [name for name in families() if get_family(name).tasks]  # the others hold what was learned elsewhere
CLOSED = 1e-9


BLIND_TO_SIDES = {"isolation_forest"}  # families that see how unusual a row is, and no side of a column


def made(task, rows=800, columns=6, *, of_unusual_rows=False):
    random = np.random.default_rng(7)
    x = random.standard_normal((rows, columns))
    x[:, 1] = 50_000 + 0.01 * x[:, 1]  # finely spaced far from zero: where float32 thresholds go wrong
    x[:, 2] = np.round(x[:, 2])  # few values
    x[:, 3] = 1.0  # constant
    score = x[:, 0] + random.standard_normal(rows)
    if of_unusual_rows:
        far = np.sum(x[:, [0, 4, 5]] ** 2, axis=1)
        score = far - np.median(far) + random.standard_normal(rows)
    y = {Task.BINARY: np.where(score > 0, 1.0, -1.0), Task.MULTICLASS: np.sign(np.trunc(score))}.get(task, score)
    as_of = (np.arange(rows, dtype=np.int64) + 400_000) * HOUR
    name, params = LABELS[task]
    return Dataset(
        X=x.astype(np.float32),
        y=y,
        as_of=as_of,
        span_end=as_of + HOUR,
        instrument_id=np.zeros(rows, dtype=np.int32),
        outcome=score / 100,
        last_return=np.zeros(rows),
        last_known=np.full(len(x), np.nan),
        missing_share=np.zeros(columns),
        instruments=(Instrument("BTCUSDT"),),
        timeframe=Timeframe.H1,
        columns=tuple("abcdef"),
        label=LabelSpec(name, 1, params),
        feature_set="made",
        feature_set_hash="0" * 64,
    )


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def case(request):
    name, task = request.param
    dataset = made(task)
    return get_family(name), dataset, fit(ModelSpec.of(dataset, family=name, seed=3), dataset)


def test_outputs_are_probabilities_or_one_value(case):
    _, dataset, fitted = case
    out = fitted.predict(dataset.X)
    assert out.dtype == np.float64
    if dataset.task is Task.REGRESSION:
        assert out.shape == (len(dataset), 1)
    else:
        assert out.shape == (len(dataset), len(dataset.classes))
        assert np.all((out >= 0.0) & (out <= 1.0))
        np.testing.assert_allclose(out.sum(axis=1), 1.0, atol=1e-6)


def test_contributions_add_up_to_the_raw_output(case):
    _, dataset, fitted = case
    raw, parts = fitted.raw(dataset.X), fitted.contributions(dataset.X)
    assert parts.shape == (len(dataset), raw.shape[1], len(dataset.columns) + 1)
    np.testing.assert_allclose(parts.sum(axis=2), raw, atol=1e-9)


def test_the_raw_output_is_the_one_behind_the_prediction(case):
    _, dataset, fitted = case
    raw, out = fitted.raw(dataset.X), fitted.predict(dataset.X)
    if dataset.task is Task.REGRESSION:
        np.testing.assert_allclose(raw, out, atol=CLOSED)
    elif dataset.task is Task.BINARY:
        np.testing.assert_allclose(1 / (1 + np.exp(-raw[:, 0])), out[:, 1], atol=1e-7)
    else:
        odds = np.exp(raw - raw.max(axis=1, keepdims=True))
        np.testing.assert_allclose(odds / odds.sum(axis=1, keepdims=True), out, atol=1e-7)


def test_the_native_file_is_no_pickle_and_gives_the_same_model_back(case):
    family, dataset, fitted = case
    native = fitted.native()
    assert native[:1] != b"\x80", "a pickle runs code when it is read"
    assert native[:4] != b"PK\x03\x04", "a zip may hold one"
    again = family.load(native)
    assert np.array_equal(again.predict(dataset.X), fitted.predict(dataset.X))
    assert again.native() == native


@pytest.mark.parametrize("junk", [b"", b"{}", b"[]", b"hello", b"\x80\x04K\x01.", b"tree\n"])
def test_other_text_is_refused_with_a_value_error(case, junk):
    family, _, _ = case
    with pytest.raises(ValueError):  # noqa: PT011  # the contract promises no more than the class
        family.load(junk)


def test_onnx_says_what_the_native_model_says(case):
    _, dataset, fitted = case
    found = parity(fitted, fitted.to_onnx(), x=dataset.X)
    assert found.max_error <= 1e-6
    assert found.random_rows == 10_000


def test_onnx_gives_batches_and_single_rows_the_same_bits(case):
    _, dataset, fitted = case
    model = OnnxModel(fitted.to_onnx())
    for size in (2, 3, 7, 64, 257):
        batch = model.run(dataset.X[:size])
        single = np.vstack([model.run(dataset.X[row : row + 1]) for row in range(size)])
        assert np.array_equal(batch, single), size


def test_the_same_rows_and_seed_give_the_same_bits(case):
    family, dataset, fitted = case
    again = family.fit(dataset, ModelSpec.of(dataset, family=family.name, seed=3))
    assert again.native() == fitted.native()
    assert again.to_onnx() == fitted.to_onnx()


def test_importance_is_a_share_of_every_column(case):
    _, dataset, fitted = case
    shares = fitted.importance()
    assert shares.shape == (len(dataset.columns),)
    assert np.all(shares >= 0)
    assert shares.sum() == pytest.approx(1.0) or not shares.any()
    assert shares[3] == 0.0  # the constant column


@pytest.mark.parametrize("name", families())
def test_every_parameter_has_a_default_and_a_description(name):
    params = get_family(name).Params
    params()
    for field, about in params.model_fields.items():
        assert about.description, field


@pytest.mark.parametrize("name", families())
def test_what_tuning_may_try_is_legal_and_holds_the_default(name):
    params = get_family(name).Params
    for field, info in params.model_fields.items():
        for search in (found for found in info.metadata if isinstance(found, Search)):
            assert search.low <= info.default <= search.high, field
            assert type(info.default) is (int if search.whole else float), field
            params(**{field: search.low})
            params(**{field: search.high})


@pytest.mark.parametrize("name", ["lightgbm", "xgboost", "catboost"])
def test_what_shapes_trees_can_be_tuned(name):
    tuned = set(space_of(name))
    assert {"rounds", "learning_rate", "column_share", "row_share", "l2"} <= tuned
    assert tuned & {"num_leaves", "max_depth", "depth"}


@pytest.mark.parametrize("name", LEARNING)
def test_an_unknown_parameter_is_refused_by_name(name):
    dataset = made(Task.BINARY)
    with pytest.raises(ConfigError, match="no_such"):
        fit(ModelSpec.of(dataset, family=name, params={"no_such": 1}), dataset)


@pytest.mark.parametrize("name", LEARNING)
def test_families_learn_something_but_the_prior(name):
    dataset = made(Task.BINARY, of_unusual_rows=name in BLIND_TO_SIDES)
    out = fit(ModelSpec.of(dataset, family=name), dataset).predict(dataset.X)[:, 1]
    accuracy = np.mean((out > 0.5) == (dataset.y > 0))
    if name == "prior":
        assert np.ptp(out) == 0.0
    else:
        assert accuracy > 0.7


PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "choose-a-family.md"


@pytest.mark.parametrize("name", ["prior", "logistic", "lightgbm", "xgboost", "catboost"])
def test_the_page_on_families_gives_the_defaults_that_there_are(name):
    row = next(line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{name}`"))
    defaults = {field: f"{about.default:g}" for field, about in get_family(name).Params.model_fields.items()}
    assert dict(re.findall(r"`(\w+)` ([\d.]+)", row.split("|")[3])) == defaults
