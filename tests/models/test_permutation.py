"""Permutation p-values: right on average where nothing is there, small where something is."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from alphaplus.core.enums import Task
from alphaplus.datasets.splits import WalkForward
from alphaplus.evaluation.losses import binary_log_loss
from alphaplus.market.sources.simulated import simulate
from alphaplus.models.outofsample import OutOfSample
from alphaplus.models.permutation import refitted, shuffled_labels, shuffled_outcomes
from alphaplus.models.scoring import score
from alphaplus.models.spec import ModelSpec
from alphaplus.models.validate import validate

HOUR = 3_600_000


def rows_of(actual, predicted, *, horizon=1, instruments=1):
    """Out-of-sample rows of these outcomes and predictions, one a time and instrument."""
    n = len(actual)
    as_of = np.repeat(np.arange(n // instruments), instruments) * HOUR
    unused = np.full(n, 0.5)
    return OutOfSample(
        index=np.arange(n),
        as_of=as_of,
        span_end=as_of + horizon * HOUR,
        instrument_id=np.tile(np.arange(instruments, dtype=np.int32), n // instruments),
        y=actual,
        p=np.column_stack([1 - predicted, predicted]),
        predicted=predicted,
        actual=actual,
        fold=np.zeros(n, dtype=np.int32),
        base=np.full((n, 2), 0.5),
        base_rate=unused,
        persistence=unused,
        one_lag=unused,
    )


def p_value(rows, **given):
    return shuffled_outcomes(rows, task=Task.BINARY, **({"horizon": 1} | given)).p_value


def test_it_ranks_permutations_as_log_loss_does():
    """Twelve rows, blocks of one: against every block order that a brute force draws and scores by log loss."""
    rng = np.random.default_rng(0)
    up, p = (rng.random(12) < 0.5).astype(float), rng.uniform(0.2, 0.8, 12)
    found = shuffled_outcomes(rows_of(up, p), task=Task.BINARY, horizon=1, permutations=20_000)
    assert found.block == 1
    losses = np.array([binary_log_loss(up[rng.permutation(12)], p).mean() for _ in range(20_000)])
    expected = np.mean(losses <= binary_log_loss(up, p).mean() + 1e-12)
    assert found.p_value == pytest.approx(expected, abs=2.58 * np.sqrt(2 * 0.25 / 20_000))


def test_a_related_prediction_has_the_smallest_p_value_there_is():
    rng = np.random.default_rng(1)
    p = rng.uniform(0.3, 0.7, 3000)
    up = (rng.random(3000) < p).astype(float)
    found = shuffled_outcomes(rows_of(up, p), task=Task.BINARY, horizon=1, permutations=499)
    assert found.p_value == 1 / 500
    assert found.observed > found.usual
    assert p_value(rows_of(up, 1 - p)) == 1.0
    assert p_value(rows_of(up, np.full(3000, 0.5))) == 1.0  # says the same of everything


def test_a_forecast_of_an_amount_is_judged_too():
    rng = np.random.default_rng(2)
    forecast = rng.normal(size=2000)
    rows = rows_of(0.2 * forecast + rng.normal(size=2000), forecast)
    assert shuffled_outcomes(rows, task=Task.REGRESSION, horizon=1).p_value == 0.001
    rows = rows_of(rng.normal(size=2000), forecast)
    assert shuffled_outcomes(rows, task=Task.REGRESSION, horizon=1).p_value > 0.01


def test_rows_without_a_direction_are_left_out():
    rng = np.random.default_rng(3)
    p = rng.uniform(0.3, 0.7, 1000)
    up = (rng.random(1000) < p).astype(float)
    holes = np.where(rng.random(1000) < 0.1, np.nan, up)
    assert p_value(rows_of(holes, p)) <= 0.01


def persistent_guess(seed, *, horizon=24, n=2400):
    """Overlapping outcomes of a driftless walk, and a guess as persistent as they are."""
    rng = np.random.default_rng(seed)
    steps = np.concatenate([[0.0], np.cumsum(rng.normal(size=n + horizon))])
    up = (steps[horizon : n + horizon] > steps[:n]).astype(float)
    signal = np.convolve(rng.normal(size=n + horizon - 1), np.ones(horizon), mode="valid")
    return rows_of(up, 0.5 + 0.05 * np.tanh(signal / 5), horizon=horizon)


def one_by_one(rows, rng, count=199):
    """The p-value if outcomes changed places one by one."""
    said = np.log(rows.predicted / (1 - rows.predicted))
    drawn = np.array([rng.permutation(rows.actual) @ said for _ in range(count)])
    return (1 + np.sum(drawn >= rows.actual @ said)) / (1 + count)


def test_overlapping_labels_do_not_fool_it():
    games = [persistent_guess(seed) for seed in range(300)]
    found = np.array([p_value(game, horizon=24, permutations=199) for game in games])
    assert np.mean(found <= 0.05) <= 0.05 + 2.58 * np.sqrt(0.05 * 0.95 / 300)
    assert stats.kstest(found, "uniform").pvalue > 0.01
    naive = np.array([one_by_one(game, np.random.default_rng(seed)) for seed, game in enumerate(games[:100])])
    assert np.mean(naive <= 0.05) > 0.2


def test_four_symbols_that_move_together_are_one():
    """Each permuted by itself they would count as four times the evidence."""
    together = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        up, p = (rng.random(300) < 0.5).astype(float), rng.uniform(0.4, 0.6, 300)
        panel = rows_of(np.repeat(up, 4), np.repeat(p, 4), instruments=4)
        assert p_value(panel, permutations=99, seed=1) == p_value(rows_of(up, p), permutations=99, seed=1)
        together.append(p_value(panel, permutations=99))
    assert stats.kstest(together, "uniform").pvalue > 0.01


def dataset_of_market(market, dataset_of, *, bars, seed):
    """The last two returns of a simulated market and the direction of its next bar."""
    series = simulate(market, bars=bars + 4, seed=seed)
    change = np.diff(np.log(series.column("close")))
    x = np.column_stack([change[1:-1], change[:-2]])
    move = change[2:]
    keep = slice(0, bars)
    made = dataset_of(rows=bars, columns=2, seed=seed)
    y = np.where(move[keep] > 0, 1.0, -1.0)
    return replace(made, X=(100 * x[keep]).astype(np.float32), y=y, outcome=move[keep], last_return=x[keep, 0])


SPLITS = WalkForward(20, 8)


def test_shuffling_labels_takes_skill_to_zero(dataset_of):
    """The planted edge of M1 is found; with labels shuffled in blocks the same way of learning finds nothing."""
    dataset = dataset_of_market("M1", dataset_of, bars=2400, seed=3)
    spec = ModelSpec.of(dataset, family="logistic")
    real = score(validate(spec, dataset, splits=SPLITS).oos, label=dataset.label)["skill"]
    assert real > 0.01
    found = refitted(spec, dataset, splits=SPLITS, permutations=19, seed=1)
    assert found.observed == real
    assert found.p_value == 1 / 20
    assert -0.01 < found.usual < 0.002
    assert found.usual < 0.1 * real


def test_shuffled_labels_keep_their_blocks_and_everything_else(dataset_of):
    dataset = dataset_of(rows=605)
    shuffled = shuffled_labels(dataset, block=50, rng=np.random.default_rng(0))
    assert not np.array_equal(shuffled.outcome, dataset.outcome)
    assert np.array_equal(np.sort(shuffled.outcome), np.sort(dataset.outcome))
    position = {value: place for place, value in enumerate(dataset.outcome)}
    came_from = np.array([position[value] for value in shuffled.outcome])
    assert np.count_nonzero(np.diff(came_from) != 1) <= 12  # seams between 13 blocks
    assert np.array_equal(np.sign(shuffled.outcome), shuffled.y)  # outcome and label travel together
    assert shuffled.X is dataset.X
    assert np.array_equal(shuffled.span_end, dataset.span_end)


def null_p_values(dataset_of, seeds, *, bars):
    found = []
    for seed in seeds:
        dataset = dataset_of_market("N0", dataset_of, bars=bars, seed=seed)
        report = validate(ModelSpec.of(dataset, family="logistic"), dataset, splits=SPLITS)
        found.append(shuffled_outcomes(report.oos, task=Task.BINARY, horizon=1).p_value)
    return np.array(found)


def test_nothing_is_found_on_a_martingale(dataset_of):
    found = null_p_values(dataset_of, range(1, 7), bars=2000)
    assert stats.kstest(found, "uniform").pvalue > 0.01
    assert (found <= 0.05).sum() <= 2


@pytest.mark.slow
def test_p_values_of_a_martingale_are_uniform(dataset_of):
    found = null_p_values(dataset_of, range(1, 21), bars=6000)
    assert stats.kstest(found, "uniform").pvalue > 0.01
