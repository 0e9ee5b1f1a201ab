"""Backtests of positions and of the pipeline: what they accept, what they refuse, and figures against empyrical."""

import json
from dataclasses import replace

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.config import Settings, Trading
from alphaplus.core.enums import Side
from alphaplus.core.errors import AlphaPlusError, ConfigError, DataError, MissingBars, ModelUnavailable
from alphaplus.core.records import Prediction
from alphaplus.features.sets import feature_set
from alphaplus.registry.routing import Service
from alphaplus.trading.backtest import backtest_positions, run_backtest
from alphaplus.trading.costs import Costs
from alphaplus.trading.pipeline import Pipeline
from alphaplus.trading.serving import nobody, pinned
from alphaplus.trading.simulated import FLAT

SETTINGS = Settings()


@pytest.fixture
def pipeline_of(compiled):
    """`pipeline_of(bars, predictor=, services=, settings=)`: a fresh pipeline."""

    def fresh(bars, *, predictor=None, services=nobody, settings=SETTINGS):
        given = {"settings": settings, "predictor": predictor, "services": services, "cache_folder": compiled}
        return Pipeline(bars.instrument, bars.timeframe, **given)

    return fresh


# positions


def test_positions_are_checked(markets):
    bars = markets.walk(10, seed=1)
    with pytest.raises(DataError, match=r"shape \(3,\), the bars are 10"):
        backtest_positions(bars, [1, 0, 1])
    with pytest.raises(DataError, match="not finite at 2 bars, the first is 4"):
        backtest_positions(bars, [0, 0, 0, 0, np.nan, 0, np.inf, 0, 0, 0])
    with pytest.raises(MissingBars, match="no bars"):
        backtest_positions(bars.rows(0, 0), [])
    with pytest.raises(ConfigError, match="out of range"):
        backtest_positions(bars, np.zeros(10), fee_bps=-1)


def test_the_fee_of_the_instrument_is_the_default(markets):
    bars = markets.walk(50, seed=1, fee_bps=25.0)
    assert backtest_positions(bars, np.ones(50)).costs == Costs(25.0, 0.0)


def test_costs_follow_settings_then_the_instrument(markets):
    real, simulated = markets.walk(2, seed=1), markets.walk(2, seed=1, venue="simulated", fee_bps=2.0)
    assert Costs.of(real.instrument, Trading()) == Costs(10.0, 2.0)
    assert Costs.of(simulated.instrument, Trading()) == Costs(2.0, 0.0)
    assert Costs.of(simulated.instrument, Trading(fee_bps=1, slippage_bps=3)) == Costs(1.0, 3.0)
    assert Costs(10.0, 2.0).round_trip == pytest.approx(0.0024)


def test_figures_agree_with_empyrical(markets):
    import empyrical

    bars = markets.walk(3_000, seed=2)
    positions = np.sign(np.sin(np.arange(3_000) / 17))
    found = backtest_positions(bars, positions, fee_bps=3.0, slippage_bps=1.0)
    returns, year = found.returns, 8_760
    figures = found.metrics
    assert np.cumprod(1 + returns)[-1] * found.capital == pytest.approx(found.equity[-1], rel=1e-12)
    assert figures["sharpe"] == pytest.approx(empyrical.sharpe_ratio(returns, annualization=year), rel=1e-9)
    assert figures["sortino"] == pytest.approx(empyrical.sortino_ratio(returns, annualization=year), rel=1e-9)
    assert figures["max_drawdown"] == pytest.approx(empyrical.max_drawdown(returns), rel=1e-9)
    assert figures["max_drawdown"] == pytest.approx(found.drawdown.min(), rel=1e-9)
    assert figures["annual_return"] == pytest.approx(empyrical.annual_return(returns, annualization=year), rel=1e-9)
    assert figures["calmar"] == pytest.approx(empyrical.calmar_ratio(returns, annualization=year), rel=1e-9)
    assert figures["sharpe_low"] < figures["sharpe"] < figures["sharpe_high"]


def test_figures_of_trades_by_hand(markets):
    flat = [(p, p, p, p) for p in (100, 100, 110, 110, 104.5, 104.5, 104.5)]
    found = backtest_positions(markets.bars_of(flat, fee_bps=0.0), [1, 0, 1, 0, 0, 0, 0], capital=1_000.0)
    assert [round(trade.pnl, 6) for trade in found.trades] == [100.0, -55.0]
    figures = found.metrics
    assert (figures["trades"], figures["win_rate"]) == (2, 0.5)
    assert figures["profit_factor"] == pytest.approx(100 / 55)
    assert figures["break_even_rate"] == pytest.approx(55 / 155)
    assert figures["expectancy"] == pytest.approx(22.5)
    assert figures["expectancy_pct"] == pytest.approx((10 - 5) / 2)
    assert figures["total_return"] == pytest.approx(0.045)
    assert figures["traded"] == pytest.approx(1_000 + 1_100 + 1_100 + 1_045)
    assert figures["longest_drawdown_bars"] == 3
    assert figures["exits"] == {"closed": 2}
    assert figures["annual_return"] is None  # six hours are no year
    assert found.exposure == pytest.approx(2 / 7)


def test_twice_the_costs_earn_less_and_none_the_most(markets):
    bars = markets.walk(2_000, seed=3)
    found = backtest_positions(bars, np.sign(np.sin(np.arange(2_000) / 7)), fee_bps=5.0)
    costs = found.metrics["costs"]
    assert costs["0x"]["total_return"] > costs["1x"]["total_return"] > costs["2x"]["total_return"]
    assert costs["1x"]["total_return"] == pytest.approx(found.metrics["total_return"], rel=1e-12)
    assert found.at_costs(0.0).fees_paid == 0.0


def test_a_backtest_without_trades_has_figures_that_do_not_exist(markets):
    found = backtest_positions(markets.walk(100, seed=3), np.zeros(100))
    figures = found.metrics
    assert figures["trades"] == 0
    assert (figures["sharpe"], figures["win_rate"], figures["profit_factor"]) == (None, None, None)
    assert figures["total_return"] == 0.0
    json.dumps(figures, allow_nan=False)
    json.dumps(found.baselines, allow_nan=False)


# the pipeline


def test_rules_alone_trade_and_say_why_they_do_not(markets, pipeline_of):
    bars = markets.walk(1_000, seed=4)
    found = run_backtest(bars, pipeline_of(bars))
    assert len(found.decisions) == len(found.equity) == 1_000
    assert found.predictions == ()
    assert len(found.trades) > 3
    assert {decision.ml.votes[0].reason for decision in found.decisions} == {"no version serves"}
    early = found.decisions[0]
    assert early.side is Side.HOLD
    assert "not warm" in early.reason
    assert sum(found.metrics["held"].values()) == 1_000
    assert all(signal.stop is not None for signal in found.signals)
    assert found.signals[0].as_of in {trade.opened_at for trade in found.trades}


def test_every_trade_starts_at_the_bar_after_its_signal(markets, pipeline_of):
    bars = markets.walk(1_500, seed=5)
    found = run_backtest(bars, pipeline_of(bars))
    opened = [trade.opened_at for trade in found.trades]
    assert opened == [signal.as_of for signal in found.signals][: len(opened)]  # no gaps: a close is the next open
    opens = dict(zip(bars.open_time.tolist(), bars.column("open").tolist(), strict=True))
    for trade in found.trades:
        sign = 1 if trade.side is Side.LONG else -1
        assert trade.entry == pytest.approx(opens[trade.opened_at] * (1 + sign * 2e-4), rel=1e-12)


def test_bars_before_the_start_only_warm_the_features(markets, pipeline_of):
    bars = markets.walk(900, seed=6)
    start = int(bars.open_time[500])
    found = run_backtest(bars, pipeline_of(bars), start=start)
    whole = run_backtest(bars, pipeline_of(bars))
    assert len(found.equity) == 400
    assert found.decisions == whole.decisions[500:]
    assert found.times[0] == start + bars.timeframe.ms
    with pytest.raises(MissingBars):
        run_backtest(bars, pipeline_of(bars), start=int(bars.close_time[-1]))


def test_a_model_is_not_scored_on_its_own_training_range(markets, version_of, speaker, pipeline_of):
    bars = markets.walk(800, seed=7)
    trained_to = int(bars.close_time[499])
    services = pinned(version_of(bars, trained_to=trained_to))
    with pytest.raises(DataError, match=r"its own training range") as caught:
        run_backtest(bars, pipeline_of(bars, predictor=speaker(0.6), services=services))
    assert "version 5 learned from data up to 2020-10-04 08:00 UTC (trained_to)" in str(caught.value)
    assert "start at 2020-10-04 08:00 UTC or later" in caught.value.hint
    assert caught.value.context["trained_to"] == trained_to
    last_learned = int(bars.open_time[499])
    with pytest.raises(DataError):
        run_backtest(bars, pipeline_of(bars, predictor=speaker(0.6), services=services), start=last_learned)
    start = int(bars.open_time[500])
    found = run_backtest(bars, pipeline_of(bars, predictor=speaker(0.6), services=services), start=start)
    assert len(found.predictions) == 300


def test_a_backtest_keeps_until_when_its_version_was_judged(markets, version_of, speaker, pipeline_of):
    bars = markets.walk(400, seed=7)
    services = pinned(version_of(bars, trained_to=int(bars.close_time[299])))
    pipeline = pipeline_of(bars, predictor=speaker(0.6), services=services)
    until = int(bars.close_time[339])
    found = run_backtest(bars, pipeline, start=int(bars.open_time[300]), judged_until=until)
    assert (found.judged_until, found.judged_bars) == (until, 40)
    assert run_backtest(bars, pipeline_of(bars)).judged_bars == 0


def test_each_version_speaks_from_its_own_time_on(markets, version_of, speaker, pipeline_of):
    bars = markets.walk(800, seed=7)
    first, second = (version_of(bars, trained_to=int(bars.close_time[i]), number=i) for i in (299, 599))
    services = [Service(one.trained_to + 1, one) for one in (first, second)]
    says = speaker(0.6)
    found = run_backtest(
        bars, pipeline_of(bars, predictor=says, services=lambda: services), start=int(bars.open_time[300])
    )
    assert [(number, count) for number, count, _ in says.asked] == [(299, 300), (599, 200)]
    assert {prediction.version for prediction in found.predictions} == {299, 599}
    assert says.asked[0][2] == feature_set("lean").columns


def test_a_failing_version_fails_the_backtest_and_not_the_live_decision(markets, version_of, speaker, pipeline_of):
    bars = markets.walk(600, seed=8)
    services = pinned(version_of(bars, trained_to=0))
    broken = ModelUnavailable("the artefact is gone")
    with pytest.raises(ModelUnavailable):
        run_backtest(bars, pipeline_of(bars, predictor=speaker(broken), services=services))
    pipeline = pipeline_of(bars, predictor=speaker(broken), services=services)
    observation = pipeline.observe(bars)
    decided = pipeline.decide(observation, 599, FLAT).signal.decision
    assert decided.ml.votes[0].reason == "version 5 failed: the artefact is gone"
    assert decided.probability == decided.rules.probability


def test_a_model_trained_on_other_features_is_refused(markets, version_of, speaker, pipeline_of):
    bars = markets.walk(300, seed=8)
    services = pinned(version_of(bars, trained_to=0, hash_="of yesterday"))
    with pytest.raises(AlphaPlusError, match="have changed since version 5"):
        run_backtest(bars, pipeline_of(bars, predictor=speaker(0.6), services=services))


def test_unwarm_rows_are_not_predicted_and_say_which_column(markets, version_of, speaker, pipeline_of):
    bars = markets.walk(300, seed=8)
    says = speaker(0.6)
    pipeline = pipeline_of(bars, predictor=says, services=pinned(version_of(bars, trained_to=0)))
    observation = pipeline.observe(bars)
    assert observation.said.predictions[0] is None
    assert observation.said.absences[0].endswith("has no value at this bar")
    assert observation.said.predictions[-1] is not None
    assert says.asked[0][1] < 300


def test_a_sure_model_moves_the_decision_and_an_unsure_one_does_not(markets, version_of, speaker, pipeline_of):
    bars = markets.walk(500, seed=9)
    services = pinned(version_of(bars, trained_to=0))
    plain = run_backtest(bars, pipeline_of(bars)).decisions[-1]
    sure = run_backtest(bars, pipeline_of(bars, predictor=speaker(0.9), services=services)).decisions[-1]
    strict = SETTINGS.model_copy(update={"fusion": SETTINGS.fusion.model_copy(update={"min_ml_confidence": 0.95})})
    unsure = run_backtest(bars, pipeline_of(bars, predictor=speaker(0.9), services=services, settings=strict))
    assert sure.probability > plain.probability
    assert unsure.decisions[-1].probability == plain.probability
    assert "ml confidence 0.90 is below 0.95" in unsure.decisions[-1].reason


def test_signals_live_as_long_as_the_horizon_of_the_version(markets, version_of, speaker, pipeline_of):
    bars = markets.walk(400, seed=10)
    services = pinned(version_of(bars, trained_to=0, horizon=6))
    found = run_backtest(bars, pipeline_of(bars, predictor=speaker(0.9), services=services))
    assert {(s.expires_at - s.as_of) // bars.timeframe.ms for s in found.signals if s.decision.ml.probability} == {6}


def test_accuracy_of_predictions_is_judged_from_the_next_open(markets):
    prices = [(100, 100, 100, 100)] * 2 + [(101, 105, 100, 104), (104, 106, 99, 100)]
    found = backtest_positions(markets.bars_of(prices), np.zeros(4))
    times = found.times.tolist()
    said = [Prediction(1, "TEST", Timeframe.H1, time, 1, 0.6, (), 0.5) for time in times]
    judged = replace(found, predictions=tuple(said)).metrics["predictions"]
    # bar 0: open 100 to close 100 is a tie; bar 1: 101 to 104 right; bar 2: 104 to 100 wrong; bar 3: not over
    assert judged == {"count": 4, "judged": 2, "accuracy": 0.5, "share_up": 0.5}


def test_progress_is_told_to_the_end(markets, pipeline_of):
    bars = markets.walk(300, seed=11)
    told = []
    run_backtest(bars, pipeline_of(bars), progress=lambda done, total: told.append((done, total)))
    assert told[0] == (0, 300)
    assert told[-1] == (300, 300)


def test_a_horizon_below_one_bar_is_refused(markets):
    bars = markets.walk(2, seed=1)
    with pytest.raises(ConfigError, match="horizon of 0 bars"):
        Pipeline(bars.instrument, bars.timeframe, settings=SETTINGS, horizon=0)


def test_a_version_on_an_unknown_feature_set_leaves_the_rules_alone(markets, version_of, speaker, pipeline_of):
    bars = markets.walk(300, seed=8)
    lost = version_of(bars, trained_to=0)
    services = pinned(replace(lost, spec=replace(lost.spec, feature_set="of a lost plug-in")))
    pipeline = pipeline_of(bars, predictor=speaker(0.6), services=services)
    observation = pipeline.observe(bars)
    assert "unknown feature set 'of a lost plug-in'" in observation.said.absences[-1]
    assert pipeline.decide(observation, 299, FLAT).signal.decision.rules.probability is not None
