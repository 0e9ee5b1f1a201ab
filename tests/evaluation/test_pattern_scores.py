"""Hit rates of patterns: counted by hand, intervals as in SciPy, and errors that overlapping trades do not fool."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from alphaplus.core.errors import ConfigError
from alphaplus.evaluation.pattern_scores import BLOCKS, ENOUGH, block_error, pattern_scores, wilson
from alphaplus.market.sources.simulated import simulate
from alphaplus.patterns.events import SCHEMA, chosen_patterns, detect

HOUR = 3_600_000


def events(rows):
    """A table of events; what a row does not say is null."""
    return pl.DataFrame([dict.fromkeys(SCHEMA) | {"state": "ended"} | row for row in rows], schema=SCHEMA)


def trade(at, outcome, *, entry=100.0, target=102.0, stop=99.0, lasts=3, pattern="double_bottom", **more):
    exits = {"target": target, "stop": stop, "expired": more.pop("left", entry)}
    row = {
        "pattern": pattern,
        "kind": "figures",
        "direction": 1 if target > stop else -1,
        "known_at": at * HOUR,
        "broke_at": at * HOUR,
        "entered_at": at * HOUR,
        "entry": entry,
        "target": target,
        "stop": stop,
        "ended_at": (at + lasts) * HOUR,
        "outcome": outcome,
        "result": (exits[outcome] - entry) / (entry - stop),
    }
    return row | more


@pytest.mark.parametrize(("hits", "trials"), [(0, 7), (3, 10), (20, 40), (40, 40), (371, 1000)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_wilson_is_that_of_scipy(hits, trials, level):
    expected = stats.binomtest(hits, trials).proportion_ci(confidence_level=level, method="wilson")
    assert wilson(hits, trials, level=level) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_trades_are_counted_and_judged_by_hand():
    rows = [
        *(trade(10 * i, "target") for i in range(12)),
        *(trade(200 + 10 * i, "stop") for i in range(20)),
        trade(500, "expired", left=100.5),
        {"pattern": "double_bottom", "kind": "figures", "known_at": 600 * HOUR, "outcome": "failed"},
        {"pattern": "double_bottom", "kind": "figures", "known_at": 700 * HOUR, "state": "waiting"},
    ]
    row = pattern_scores(events(rows)).row(0, named=True)
    assert (row["born"], row["alive"], row["targets"], row["stops"], row["decided"]) == (35, 1, 12, 20, 32)
    assert (row["expired"], row["interrupted"], row["too_few"]) == (1, 0, False)
    assert row["hit_rate"] == 12 / 32
    assert row["break_even"] == pytest.approx(1 / 3)
    assert row["result"] == pytest.approx((12 * 2 - 20 + 0.5) / 33)
    assert row["edge"] == pytest.approx((12 * 2 - 20 + 0.5) / 33 / 3)
    assert row["broke_out"] == 33 / 34
    assert row["hit_low"] < 12 / 32 < row["hit_high"]
    assert row["p_adjusted"] == row["p_value"]
    assert row["touched"] is None


def test_trades_apart_have_the_errors_of_independent_ones():
    rng = np.random.default_rng(1)
    outcomes = np.where(rng.random(400) < 0.4, "target", "stop").tolist()
    row = pattern_scores(events([trade(20 * i, outcome) for i, outcome in enumerate(outcomes)])).row(0, named=True)
    hits = outcomes.count("target")
    plain = stats.binomtest(hits, 400).proportion_ci(method="wilson")
    assert (row["hit_low"], row["hit_high"]) == pytest.approx((plain.low, plain.high), abs=2e-3)
    result = np.array([2.0 if outcome == "target" else -1.0 for outcome in outcomes])
    low, high = stats.t.interval(0.95, 399, result.mean(), stats.sem(result))
    assert (row["result_low"], row["result_high"]) == pytest.approx((low, high), abs=2e-3)
    assert row["p_value"] == pytest.approx(stats.ttest_1samp(result, 0.0).pvalue, abs=1e-6)


def test_the_error_of_blocks_is_that_of_their_sums():
    values = np.random.default_rng(2).normal(size=600)
    error, count = block_error(values, np.repeat(np.arange(100), 6))
    means = values.reshape(100, 6).mean(axis=1)
    assert count == 100
    assert error == pytest.approx(stats.sem(means), rel=1e-12)
    few = block_error(values, np.arange(600) % (BLOCKS - 1))
    assert np.isnan(few[0])


def test_overlapping_trades_of_a_market_that_only_wanders_are_rarely_called_good_or_bad():
    """200 walks, a trade at every bar: at 5 %, plain errors cry wolf in most, those of blocks in one of twenty."""
    rng, horizon, fooled, plain = np.random.default_rng(3), 24, 0, 0
    for _ in range(200):
        price = 1000.0 + np.cumsum(rng.normal(size=2_000))
        rows = [
            trade(
                i,
                "expired",
                entry=price[i],
                target=price[i] + 50.0,
                stop=price[i] - 50.0,
                lasts=horizon,
                left=price[i + horizon],
            )
            for i in range(0, len(price) - horizon, 2)
        ]
        table = events(rows).with_columns(outcome=pl.lit("target"))  # how they ended does not enter, only the result
        row = pattern_scores(table).row(0, named=True)
        fooled += row["p_value"] < 0.05
        plain += stats.ttest_1samp(table["result"], 0.0).pvalue < 0.05
    assert plain > 100
    assert 2 <= fooled <= 21  # 200 draws of 5 % lie there in 99.6 %


def test_symbols_that_move_together_count_once():
    rng = np.random.default_rng(4)
    one = events([trade(20 * i, "target" if hit else "stop", lasts=9) for i, hit in enumerate(rng.random(200) < 0.4)])
    five = pl.concat([one.with_columns(symbol=pl.lit(name)) for name in "ABCDE"])
    alone, together = (pattern_scores(table).row(0, named=True) for table in (one, five))
    assert together["decided"] == 5 * alone["decided"]
    for name in ("hit_low", "hit_high", "result_low", "result_high", "p_value"):
        assert together[name] == pytest.approx(alone[name], abs=2e-3)


def test_zones_have_shares_and_times():
    gap = {"pattern": "fair_value_gap", "kind": "smc", "low": 99.0, "high": 100.0, "known_at": 0}
    rows = [
        gap | {"state": "fresh"},
        gap | {"touched_at": 2 * HOUR, "mitigated_at": 4 * HOUR, "ended_at": 6 * HOUR, "outcome": "filled"},
        gap | {"touched_at": 4 * HOUR, "ended_at": 6 * HOUR, "outcome": "expired"},
        gap | {"ended_at": 8 * HOUR, "outcome": "retired"},
    ]
    row = pattern_scores(events(rows)).row(0, named=True)
    shares = {"touched": 0.5, "mitigated": 0.25, "filled": 0.25, "broken": 0.0}
    assert {name: row[name] for name in shares} == shares
    assert row["median_to_touch"].total_seconds() == 3 * 3600
    assert row["median_to_end"].total_seconds() == 6 * 3600
    assert (row["alive"], row["hit_rate"], row["p_value"], row["broke_out"]) == (1, None, None, None)


def test_rows_of_parts_follow_the_row_of_all():
    rows = [
        trade(i, "target" if i % 3 else "stop", regime=regime)
        for i, regime in enumerate(["trending", "sideways", None] * 40)
    ]
    table = pattern_scores(events(rows), by="regime")
    assert table["regime"].to_list() == ["all", "sideways", "trending"]
    assert table["born"].to_list() == [120, 40, 40]
    with pytest.raises(ConfigError, match="no column symbol"):
        pattern_scores(events(rows), by=("symbol", "regime"))
    both = events(rows).with_columns(symbol=pl.lit("AAA"))
    assert pattern_scores(both, by=("symbol", "regime"))["symbol"].to_list() == ["all", "AAA", "AAA"]
    with pytest.raises(ConfigError, match="split by 'weekday'"):
        pattern_scores(both, by="weekday")


def test_few_trades_are_marked_and_not_judged():
    table = pattern_scores(events([trade(10 * i, "target") for i in range(ENOUGH - 1)]))
    row = table.row(0, named=True)
    assert row["too_few"]
    assert row["p_value"] is None
    assert row["hit_rate"] == 1.0
    assert row["hit_high"] == 1.0


def test_no_events_give_an_empty_table():
    assert pattern_scores(events([])).height == 0


def test_what_is_detected_on_a_market_that_only_wanders_is_not_called_good():
    bars = simulate("N0", bars=40_000, seed=3)
    wanted = chosen_patterns(["double_top", "double_bottom", "volume_price_breakout", "liquidity_sweep"])
    scores = pattern_scores(detect(bars, wanted), by="regime")
    judged = scores.drop_nulls("p_adjusted")
    assert len(judged) >= 2
    assert judged.filter(pl.col("p_adjusted") < 0.01).height == 0
