"""Every gate passes a case built to pass it, fails one built to fail it, and says why in a sentence."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaplus.core.bars import Timeframe
from alphaplus.core.config import Gates
from alphaplus.core.enums import Task, Verdict
from alphaplus.core.errors import DataError
from alphaplus.evaluation.evidence import UNTOUCHED, Evidence
from alphaplus.evaluation.gating import ALARM, alarmed, gates, judge, risk_score, verdict

N = 6000
HOUR = Timeframe.H1.ms
SHARPE = 3.2  # a year, of the good candidate
THRESHOLDS = Gates()
FLOORS = Gates(min_f1=0.4, min_precision=0.5, min_recall=0.3)


def evidence(*, seed=0, edge=0.3, n=N, **changes):
    """A candidate that knows the true probabilities of a market with an edge, trades it and has a clean artefact.

    `edge` is the standard deviation of the true log-odds.
    """
    rng = np.random.default_rng(seed)
    true = 1.0 / (1.0 + np.exp(-edge * rng.normal(size=n)))
    up = (rng.random(n) < true).astype(float)
    fold = np.repeat(np.arange(10), n // 10)
    noise = rng.normal(size=n)
    returns = 0.01 * ((noise - noise.mean()) / noise.std() + SHARPE / np.sqrt(Timeframe.H1.per_year))
    usual = {
        "task": Task.BINARY,
        "timeframe": Timeframe.H1,
        "horizon": 1,
        "simulated": False,
        "as_of": np.arange(n, dtype=np.int64) * HOUR,
        "predicted": true,
        "actual": up,
        "fold": np.where(fold == 9, UNTOUCHED, fold).astype(np.int32),
        "base_rate": np.full(n, 0.5),
        "persistence": 0.5 + 0.01 * np.sign(rng.normal(size=n)),
        "one_lag": 0.5 + 0.005 * rng.normal(size=n),
        "n_eff": float(n),
        "returns": returns,
        "gross_returns": returns + 1e-4,
        "double_cost_returns": returns - 1e-4,
        "random_sharpes": rng.normal(0.0, 1.0, 500),
        "trades": 400,
        "parity_error": 2e-7,
        "artifact_ok": True,
        "features_ok": True,
        "leakage_ok": True,
    }
    return Evidence(**(usual | changes))


def result(found, gate, name):
    (one,) = [r for r in found if r.gate == gate and r.name == name]
    return one


@pytest.fixture(scope="module")
def good():
    return evidence()


@pytest.fixture(scope="module")
def judged(good):
    return judge(good, FLOORS)


def test_good_candidate_is_promoted(good, judged):
    assert [r for r in judged if not r.passed] == []
    assert verdict(judged) is Verdict.PROMOTE
    assert not alarmed(judged)
    assert 0.0 < risk_score(judged) < 1.0
    assert judge(good, FLOORS) == judged  # the same evidence gives the same judgement


def test_all_gates_are_judged_in_order(judged):
    assert gates() == ["G0", "G1", "G2", "G3", "G4", "G5", "G6", "alarm", "floor"]
    assert list(dict.fromkeys(r.gate for r in judged)) == gates()


def flip(e):
    """A rising share of calls in error: the market's edge turned round."""
    return replace(e, predicted=1.0 - e.predicted)


def lucky_folds(e):
    """Skill in two periods only, and a little less than none in the others."""
    rng = np.random.default_rng(1)
    noise = 0.5 + 0.02 * rng.normal(size=len(e.as_of))
    return replace(e, predicted=np.where(np.isin(e.fold, (0, 1)), e.predicted, noise))


def perfect_fold(e):
    sure = np.where(e.actual > 0.5, 0.51, 0.49)
    return replace(e, predicted=np.where(e.fold == 3, sure, e.predicted))


BREAKS = {
    ("G0", "artifact"): lambda e: replace(e, artifact_ok=False),
    ("G0", "features"): lambda e: replace(e, features_ok=False),
    ("G0", "parity"): lambda e: replace(e, parity_error=2e-5),
    ("G0", "validation"): lambda e: replace(e, forward=False),
    ("G0", "leakage"): lambda e: replace(e, leakage_ok=False),
    ("G0", "effective samples"): lambda e: replace(e, n_eff=299.0),
    ("G0", "trades"): lambda e: replace(e, trades=29),
    ("G1", "skill"): flip,
    ("G1", "beats the base rate"): flip,
    ("G1", "beats the last direction"): lambda e: replace(e, persistence=e.predicted, predicted=e.base_rate),
    ("G1", "beats the one-lag logistic"): lambda e: replace(
        e, one_lag=e.predicted, predicted=0.5 + 0.5 * (e.predicted - 0.5)
    ),
    ("G2", "ECE"): lambda e: replace(e, predicted=0.5 + np.clip(3.5 * (e.predicted - 0.5), -0.49, 0.49)),
    ("G2", "slope"): lambda e: replace(e, predicted=0.5 + 0.4 * (e.predicted - 0.5)),
    ("G3", "net Sharpe"): lambda e: replace(e, returns=e.returns - e.returns.mean() + 1e-4),
    ("G3", "Sharpe at double cost"): lambda e: replace(e, double_cost_returns=e.returns - 1e-3),
    ("G3", "beats random signals"): lambda e: replace(e, random_sharpes=e.random_sharpes + 8.0),
    ("G4", "deflated Sharpe"): lambda e: replace(e, trials=500, trial_sharpes=tuple(np.linspace(-0.03, 0.06, 500))),
    ("G4", "overfitting"): lambda e: replace(e, trials=12, pbo=0.21),
    ("G5", "positive folds"): lucky_folds,
    ("G6", "not worse than champion"): lambda e: replace(
        e, champion=e.predicted, predicted=0.5 + 0.6 * (e.predicted - 0.5)
    ),
    ("floor", "F1"): lambda e: replace(e, predicted=np.minimum(e.predicted, 0.499)),
    ("floor", "precision"): flip,
    ("floor", "recall"): lambda e: replace(e, predicted=e.predicted - 0.1),
    (ALARM, "accuracy"): lambda e: replace(e, predicted=np.where(e.actual > 0.5, 0.7, 0.3)),
    (ALARM, "AUC"): lambda e: replace(e, predicted=np.clip(e.predicted + 0.1 * (e.actual - 0.5), 0.0, 1.0)),
    (ALARM, "net Sharpe"): lambda e: replace(e, returns=e.returns + 1e-3),
    (ALARM, "perfect fold"): perfect_fold,
}


def test_every_condition_has_a_case_that_fails_it(judged):
    assert {(r.gate, r.name) for r in judged} == set(BREAKS)


@pytest.mark.parametrize(("gate", "name"), list(BREAKS))
def test_broken_candidate_fails_that_gate_and_says_so(good, judged, gate, name):
    passed = result(judged, gate, name)
    found = judge(BREAKS[gate, name](good), FLOORS)
    failed = result(found, gate, name)
    assert passed.passed
    assert not failed.passed
    assert failed.risk == 1.0
    assert verdict(found) is Verdict.REJECT
    assert risk_score(found) == 1.0
    for one in (passed, failed):
        assert len(one.detail.split()) >= 3
        assert "nan" not in one.detail


def test_alarm_is_not_for_simulated_markets(good):
    miracle = replace(BREAKS[ALARM, "accuracy"](good), simulated=True)
    found = judge(miracle, THRESHOLDS)
    assert not alarmed(found)
    assert all("simulated" in r.detail for r in found if r.gate == ALARM)
    assert alarmed(judge(replace(miracle, simulated=False), THRESHOLDS))


@pytest.mark.parametrize("name", ["accuracy", "AUC", "net Sharpe"])
def test_alarm_fires_on_as_much_evidence_as_a_promotion_needs_and_on_no_less(good, name):
    miracle = BREAKS[ALARM, name](good)
    enough = result(judge(replace(miracle, n_eff=300.0), THRESHOLDS), ALARM, name)
    thin = result(judge(replace(miracle, n_eff=299.0), THRESHOLDS), ALARM, name)
    assert not enough.passed
    assert thin.passed
    assert thin.value == enough.value > enough.threshold
    assert "299 effective samples may show that by luck" in thin.detail
    assert not result(judge(replace(miracle, n_eff=299.0), THRESHOLDS), "G0", "effective samples").passed


def test_sharpe_alarm_needs_trades(good):
    miracle = BREAKS[ALARM, "net Sharpe"](good)
    assert not result(judge(replace(miracle, trades=30), THRESHOLDS), ALARM, "net Sharpe").passed
    few = result(judge(replace(miracle, trades=29), THRESHOLDS), ALARM, "net Sharpe")
    assert few.passed
    assert "29 trades may show that by luck" in few.detail


def test_perfect_fold_counts_effective_rows(good):
    """600 rows of a fold that overlap are worth 19 or 20 calls: the first may be luck, the second is a leak."""
    miracle = perfect_fold(good)
    assert not result(judge(replace(miracle, n_eff=200.0), THRESHOLDS), ALARM, "perfect fold").passed
    thin = result(judge(replace(miracle, n_eff=190.0), THRESHOLDS), ALARM, "perfect fold")
    assert thin.passed
    assert "no period has 20 effective rows" in thin.detail


def test_lucky_little_windows_raise_no_alarm():
    """Guessers on 20 days of hourly bars, labels of 24 bars: some look like miracles, none is accused."""
    looked_like_one = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        n = 480
        sums = np.cumsum(rng.normal(size=n + 24))
        up = (sums[24:] > sums[:-24]).astype(float)
        drift = np.convolve(rng.normal(size=n + 23), np.ones(24), mode="valid")
        case = evidence(n=n, horizon=24, n_eff=n / 24, actual=up, predicted=0.5 + 0.01 * np.sign(drift), edge=0.0)
        case = replace(case, returns=rng.normal(0.0, 0.01, n))
        found = judge(case, THRESHOLDS)
        assert not alarmed(found)
        looked_like_one += any(r.gate == ALARM and r.value is not None and r.value > r.threshold for r in found)
    assert looked_like_one >= 10


def test_direction_alarms_are_for_bars_up_to_an_hour(good):
    miracle = BREAKS[ALARM, "accuracy"](good)
    assert not result(judge(replace(miracle, timeframe=Timeframe.H4), THRESHOLDS), ALARM, "accuracy").value
    assert alarmed(judge(replace(miracle, timeframe=Timeframe.M1), THRESHOLDS))


def test_floors_are_only_judged_where_set(good):
    assert not [r for r in judge(good, THRESHOLDS) if r.gate == "floor"]
    (only,) = [r for r in judge(good, Gates(min_recall=0.2)) if r.gate == "floor"]
    assert only.name == "recall"


def test_floor_shows_what_a_guesser_attains(good):
    calls_all = replace(good, predicted=np.full(N, 0.51), base_rate=np.full(N, 0.51))
    found = result(judge(calls_all, FLOORS), "floor", "F1")
    share = good.actual.mean()
    assert found.value == pytest.approx(2 * share / (1 + share))
    assert f"a guesser's {2 * share * 0.51 / (share + 0.51):.3f}" in found.detail


def test_what_is_absent_is_said_to_be(good):
    found = judge(replace(good, leakage_ok=None), THRESHOLDS)
    assert "no version serves yet" in result(found, "G6", "not worse than champion").detail
    assert "from 10 on" in result(found, "G4", "overfitting").detail
    assert "test suite" in result(found, "G0", "leakage").detail
    assert all(result(found, g, n).passed for g, n in (("G6", "not worse than champion"), ("G4", "overfitting")))


@pytest.mark.parametrize(("trials", "passed"), [(1, True), (9, True), (10, False), (500, False)])
def test_overfitting_that_was_not_computed_is_not_passed_where_it_is_asked_for(good, trials, passed):
    found = result(judge(replace(good, trials=trials, pbo=None), THRESHOLDS), "G4", "overfitting")
    assert found.passed is passed
    assert found.value is None
    assert found.risk == (0.0 if passed else 1.0)
    assert ("not applicable" if passed else "was not computed") in found.detail
    known = result(judge(replace(good, trials=trials, pbo=0.1), THRESHOLDS), "G4", "overfitting")
    assert known.passed
    assert (known.value is None) is passed


@pytest.mark.parametrize("pbo", [None, 0.9])
def test_the_first_spec_of_a_slot_was_not_chosen_for_its_luck(good, pbo):
    first = result(judge(replace(good, trials=50, pbo=pbo, chosen=False), THRESHOLDS), "G4", "overfitting")
    assert first.passed
    assert "first spec tried" in first.detail
    deflated = [judge(replace(good, trials=50, chosen=chosen), THRESHOLDS) for chosen in (True, False)]
    assert result(deflated[0], "G4", "deflated Sharpe") == result(deflated[1], "G4", "deflated Sharpe")


def test_model_that_was_not_exported_fails(good):
    found = result(judge(replace(good, parity_error=None), THRESHOLDS), "G0", "parity")
    assert not found.passed
    assert found.value is None


def test_market_with_an_open_edge_needs_its_greater_part_only(good):
    """Where one lag says it all nothing can beat the logistic; the model must then keep most of what it finds."""
    near = 0.5 + 0.85 * (good.predicted - 0.5)
    kept = result(
        judge(replace(good, one_lag=good.predicted, predicted=near), THRESHOLDS),
        "G1",
        "beats the one-lag logistic",
    )
    assert kept.passed
    assert kept.threshold == THRESHOLDS.min_share_of_logistic
    assert "finds the edge by itself" in kept.detail


def test_equal_champion_is_not_an_obstacle(good):
    assert result(judge(replace(good, champion=good.predicted), THRESHOLDS), "G6", "not worse than champion").passed


def test_champion_is_compared_on_the_untouched_slice_only(good):
    perfect_before = np.where(good.fold == UNTOUCHED, good.predicted, good.actual)
    found = result(judge(replace(good, champion=perfect_before), THRESHOLDS), "G6", "not worse than champion")
    assert found.passed
    assert found.n == N // 10
    nowhere = np.where(good.fold == UNTOUCHED, np.nan, good.predicted)
    assert not result(judge(replace(good, champion=nowhere), THRESHOLDS), "G6", "not worse than champion").passed


def test_ties_are_left_out_for_all(good):
    actual = good.actual.copy()
    actual[::5] = np.nan
    found = judge(replace(good, actual=actual), THRESHOLDS)
    assert result(found, "G1", "skill").n == N - N // 5
    assert all(np.isfinite(r.value) for r in found if r.value is not None)


@pytest.mark.parametrize("seed", range(5))
def test_guesser_is_never_promoted(seed):
    rng = np.random.default_rng(seed)
    market = evidence(seed=seed, edge=0.0)
    noise = replace(
        market,
        predicted=0.5 + 0.02 * rng.normal(size=N),
        returns=rng.normal(-1e-4, 0.01, N),
        double_cost_returns=rng.normal(-3e-4, 0.01, N),
    )
    failed = {r.gate for r in judge(noise, THRESHOLDS) if not r.passed}
    assert {"G1", "G3"} <= failed


def test_one_constant_forecast_is_never_promoted(good):
    found = judge(replace(good, predicted=np.full(N, 0.5)), THRESHOLDS)
    assert not result(found, "G2", "slope").passed
    assert "alike" in result(found, "G2", "slope").detail
    assert not result(found, "G1", "beats the base rate").passed


def test_evidence_without_outcomes_or_trades_is_rejected_in_words(good):
    flat = np.zeros(N)
    nothing = replace(
        good, actual=np.full(N, np.nan), returns=flat, gross_returns=flat, double_cost_returns=flat, trades=0
    )
    found = judge(nothing, FLOORS)
    assert verdict(found) is Verdict.REJECT
    assert "no outcome is known yet" in result(found, "G1", "skill").detail
    assert "did not trade" in result(found, "G3", "net Sharpe").detail
    assert "did not trade" in result(found, "G4", "deflated Sharpe").detail
    assert all(r.value is None or np.isfinite(r.value) for r in found)
    empty = {name: getattr(good, name)[:0] for name in ("as_of", "predicted", "actual", "fold")}
    guesses = dict.fromkeys(("base_rate", "persistence", "one_lag"), good.base_rate[:0])
    assert verdict(judge(replace(good, **empty, **guesses), FLOORS)) is Verdict.REJECT


def test_no_gates_at_all_reject():
    assert verdict(()) is Verdict.REJECT
    assert risk_score(()) == 1.0


def test_regression_is_judged_in_its_own_unit():
    rng = np.random.default_rng(3)
    forecast = rng.normal(0.0, 0.15, N)
    actual = forecast + rng.normal(size=N)
    base = {"base_rate": np.zeros(N), "persistence": np.zeros(N) + 0.01, "one_lag": 0.01 * rng.normal(size=N)}
    found = judge(evidence(task=Task.REGRESSION, predicted=forecast, actual=actual, **base), FLOORS)
    assert [r for r in found if not r.passed] == []
    assert "no probability" in result(found, "G2", "ECE").detail
    bold = judge(evidence(task=Task.REGRESSION, predicted=3.0 * forecast, actual=actual, **base), FLOORS)
    assert not result(bold, "G2", "slope").passed
    assert not result(bold, "G1", "skill").passed


FROZEN = {"actual": np.zeros(N), **dict.fromkeys(("base_rate", "persistence", "one_lag"), np.zeros(N))}


def test_frozen_market_shows_no_skill_and_says_so():
    """No baseline errs where nothing moves: a sentence, not a division by zero."""
    rng = np.random.default_rng(0)
    case = evidence(task=Task.REGRESSION, predicted=rng.normal(0.0, 0.1, N), **FROZEN)
    found = [r for r in judge(case, THRESHOLDS) if r.gate == "G1"]
    assert len(found) == 4
    assert not any(r.passed for r in found)
    assert all("the market stood still" in r.detail for r in found)


def test_baseline_without_an_error_cannot_be_beaten():
    """A market that moved for a day and then stood still: some draws of the bootstrap see no move at all."""
    rng = np.random.default_rng(0)
    actual = np.where(np.arange(N) < 30, 1.0, 0.0)
    rows = {**FROZEN, "actual": actual, "persistence": actual}
    found = judge(evidence(task=Task.REGRESSION, predicted=rng.normal(0.0, 0.1, N), **rows), THRESHOLDS)
    beaten = result(found, "G1", "beats the last direction")
    assert not beaten.passed
    assert beaten.detail == "the last direction makes no error on these rows, so nothing can beat it"


@pytest.mark.parametrize("equal", [True, False])
def test_champion_without_an_error_is_judged_in_words(equal):
    predicted = np.zeros(N) if equal else np.full(N, 0.1)
    case = evidence(task=Task.REGRESSION, predicted=predicted, champion=np.zeros(N), **FROZEN)
    found = result(judge(case, THRESHOLDS), "G6", "not worse than champion")
    assert found.passed is equal
    assert "makes no error" in found.detail


def test_overlapping_labels_are_not_taken_for_evidence():
    """A persistent random forecaster of 24-bar outcomes: significant only if the overlap is ignored."""
    promoted = {1: 0, 24: 0}
    for seed in range(30):
        rng = np.random.default_rng(seed)
        n, horizon = 1500, 24
        sums = np.concatenate([[0.0], np.cumsum(rng.normal(size=n + horizon))])
        up = (sums[horizon : n + horizon] > sums[:n]).astype(float)
        drift = np.convolve(rng.normal(size=n + horizon - 1), np.ones(horizon), mode="valid")
        forecast = 0.5 + 0.005 * np.sign(drift)
        for assumed in promoted:
            case = evidence(n=n, horizon=assumed, actual=up, predicted=forecast, persistence=np.full(n, 0.5))
            promoted[assumed] += result(judge(case, THRESHOLDS), "G1", "beats the base rate").passed
    assert promoted[24] <= 3
    assert promoted[1] >= 6


def test_symbols_that_move_together_count_once(good):
    """The same rows under four symbols are no more evidence than under one."""
    weak = evidence(edge=0.06)
    rows = ("as_of", "predicted", "actual", "fold", "base_rate", "persistence", "one_lag")
    panel = replace(weak, **{name: np.repeat(getattr(weak, name), 4) for name in rows})
    once, fourfold = judge(weak, THRESHOLDS), judge(panel, THRESHOLDS)
    for name in ("skill", "beats the base rate"):
        assert result(fourfold, "G1", name).value == pytest.approx(result(once, "G1", name).value, rel=1e-6)
    assert result(fourfold, "G1", "skill").n == 4 * N


def test_thresholds_are_those_of_the_settings(good):
    strict = Gates(min_trades=1000, max_ece=1e-6, alarm_auc=0.5)
    failed = {(r.gate, r.name) for r in judge(good, strict) if not r.passed}
    assert failed == {("G0", "trades"), ("G2", "ECE"), (ALARM, "AUC")}
    patient = Gates(min_effective_samples=1e6, alarm_auc=0.5)
    failed = {(r.gate, r.name) for r in judge(good, patient) if not r.passed}
    assert failed == {("G0", "effective samples")}, "an alarm asks for as much evidence as G0 does"


def test_evidence_that_contradicts_itself_is_refused(good):
    with pytest.raises(DataError, match="other lengths"):
        replace(good, base_rate=np.zeros(3))
    with pytest.raises(DataError, match="ordered"):
        replace(good, as_of=good.as_of[::-1])
    with pytest.raises(DataError, match="NaN"):
        replace(good, predicted=np.where(good.as_of == 0, np.nan, good.predicted))
    with pytest.raises(DataError, match="champion"):
        replace(good, champion=np.zeros(3))


@given(
    n=st.integers(20, 400),
    seed=st.integers(0, 1000),
    edge=st.floats(0.0, 3.0),
    horizon=st.sampled_from([1, 5, 24, 100]),
    constant=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_any_evidence_is_judged(n, seed, edge, horizon, constant):
    case = evidence(seed=seed, edge=edge, n=n // 10 * 10, horizon=horizon)
    if constant:
        case = replace(case, predicted=case.base_rate)
    found = judge(case, FLOORS)
    for one in found:
        assert one.value is None or np.isfinite(one.value)
        assert 0.0 <= one.risk <= 1.0
        assert (one.risk == 1.0) >= (not one.passed)
        assert one.detail
    assert 0.0 <= risk_score(found) <= 1.0
