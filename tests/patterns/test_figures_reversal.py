"""Double and triple tops, head and shoulders, cups: as a plain scan finds them, and followed bar by bar."""

import numpy as np
import pytest
from drawing import frame
from gallery import CASES
from reversals import FIGURES, SCALES, Turns, judgements

from alphaplus.features.sets import MAX_GAP
from alphaplus.patterns.events import chosen_patterns

HORIZON = 100
DRAWN = [case for case in CASES if case.pattern in FIGURES]


def random_walk():
    """Bars whose every price is drawn, so that no two are equal, and whose volatility changes; with some gaps."""
    rng = np.random.default_rng(11)
    count = 60_000
    volatility = np.repeat(rng.uniform(0.002, 0.008, count // 100), 100)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 1.0, count) * volatility))
    open_ = np.concatenate([close[:1], close[:-1]])
    high = np.maximum(open_, close) * (1.0 + rng.exponential(0.002, count))
    low = np.minimum(open_, close) * (1.0 - rng.exponential(0.002, count))
    return frame(open_, high, low, close, missing=dict.fromkeys(range(3_000, count, 5_000), MAX_GAP + 1))


@pytest.fixture(
    scope="module", params=["walk", pytest.param("btc", marks=pytest.mark.real_data)], ids=["walk", "real candles"]
)
def bars(request):
    return random_walk() if request.param == "walk" else request.getfixturevalue("btc_1h")


@pytest.fixture(scope="module")
def found(bars, detect):
    """Events by pattern."""
    table = detect(bars, chosen_patterns(FIGURES))
    return {name: table.filter(pattern=name) for name in FIGURES}


@pytest.fixture(scope="module")
def turns(bars):
    return {scale: Turns(bars, scale) for scale in SCALES}


@pytest.mark.parametrize("name", FIGURES)
def test_a_plain_scan_finds_the_same_figures(name, bars, found, turns):
    scan = [(row, judged) for row, judged in judgements(name, bars, turns) if not judged.unmet]
    events = found[name]
    assert len(events) >= 5
    rows = np.searchsorted(bars.close_time, events["known_at"].to_numpy())
    assert rows.tolist() == [row for row, _ in scan]
    assert (events["direction"] == FIGURES[name].way).all()
    waiting = events["broke_at"].is_null().to_numpy()  # target and stop of the others are those of the breakout
    for column in ("level", "target", "stop", "strength"):
        expected = np.array([getattr(judged, column) for _, judged in scan])
        chosen = waiting if column in {"target", "stop"} else np.ones(len(events), bool)
        expected = np.maximum(expected, 0.01) if column == "strength" else expected
        np.testing.assert_allclose(events[column].to_numpy()[chosen], expected[chosen], rtol=1e-9, err_msg=column)
    for event, (_, judged) in zip(events.iter_rows(named=True), scan, strict=True):
        drawn = [(point["time"], point["price"]) for point in event["points"]]
        assert drawn == [(bars.open_time[at], price) for at, price in judged.points]
        assert event["start"] == drawn[0][0]
    prices = [[price for _, price in judged.points] for _, judged in scan]
    np.testing.assert_array_equal(events["low"], np.min(prices, axis=1))
    np.testing.assert_array_equal(events["high"], np.max(prices, axis=1))


def wait(event, name, bars, following):
    """The bar on which a figure broke, or how and when it ended before, by its docstring; nothing where it waits."""
    close, gaps, way = bars.column("close"), bars.missing_before > MAX_GAP, event["direction"]
    points = [(np.searchsorted(bars.open_time, point["time"]), point["price"]) for point in event["points"]]
    born = int(np.searchsorted(bars.close_time, event["known_at"]))
    slope, fails = 0.0, event["low"] if way > 0 else event["high"]
    if "head" in name:
        (first, start), (second, stop), (_, fails) = points[1], points[3], points[4]
        slope = (stop - start) / (second - first)
    elif "cup" in name:
        fails = points[3][1]
    for bar in range(born + 1, len(bars)):
        if gaps[bar]:
            return None, "interrupted", bar
        if bar == following:
            return None, "retired", bar
        if way * (close[bar] - event["level"] - slope * (bar - born)) > 0.0:
            return bar, None, None
        if way * (close[bar] - fails) < 0.0:
            return None, "failed", bar
        if bar == born + HORIZON:
            return None, "expired", bar
    return None, None, None


def trade(event, bars, broke):
    """How and when the trade on a breakout ended; nothing where it has not."""
    low, high, gaps = bars.column("low"), bars.column("high"), bars.missing_before > MAX_GAP
    rises = event["direction"] > 0
    for bar in range(broke + 1, len(bars)):
        if gaps[bar]:
            return "interrupted", bar
        if low[bar] <= event["stop"] if rises else high[bar] >= event["stop"]:
            return "stop", bar
        if high[bar] >= event["target"] if rises else low[bar] <= event["target"]:
            return "target", bar
        if bar == broke + HORIZON:
            return "expired", bar
    return None, None


@pytest.mark.parametrize("name", FIGURES)
def test_what_became_of_a_figure_is_what_its_bars_say(name, bars, found, turns):
    events = found[name]
    closes = bars.close_time
    verdicts = {row: judged for row, judged in judgements(name, bars, turns) if not judged.unmet}
    rows = [*verdicts, len(bars)]
    for place, event in enumerate(events.iter_rows(named=True)):
        broke, outcome, ended = wait(event, name, bars, rows[place + 1])
        if broke is not None:
            outcome, ended = trade(event, bars, broke)
        told = event["broke_at"], event["outcome"], event["ended_at"]
        assert told == (broke and closes[broke], outcome, ended and closes[ended]), (place, rows[place])
        if broke is not None:
            judged = verdicts[rows[place]]
            moved = 0.0
            if "head" in name:
                (first, start), (second, stop) = judged.points[1], judged.points[3]
                moved = (stop - start) / (second - first) * (broke - rows[place])
            assert event["target"] == pytest.approx(judged.target + moved, rel=1e-9)
            assert event["stop"] == pytest.approx(judged.stop + moved, rel=1e-9)
    assert events["broke_at"].is_not_null().sum() >= 3


def test_every_outcome_was_met(found):
    met = {outcome for events in found.values() for outcome in events["outcome"].to_list()}
    assert met >= {"target", "stop", "expired", "failed", "retired"}


def spans(events):
    return {tuple(point["time"] for point in event["points"]) for event in events.iter_rows(named=True)}


@pytest.mark.parametrize("side", [1.0, -1.0], ids=["tops", "bottoms"])
def test_figures_of_the_same_points_agree(found, side):
    doubles, triples, heads = (
        {
            points
            for name, events in found.items()
            if part in name and FIGURES[name].side == side
            for points in spans(events)
        }
        for part in ("double", "triple", "head")
    )
    against = {
        points
        for name in ("double_top", "double_bottom")
        if FIGURES[name].side != side
        for points in spans(found[name])
    }
    assert not triples & heads
    for points in triples | heads:
        inside = {points[i : i + 3] for i in range(3)}
        assert not inside & against
        assert points in triples or not inside & doubles
    assert any(points[:3] in doubles for points in triples)


@pytest.mark.parametrize("case", [case for case in DRAWN if case.kind == "near miss"], ids=lambda case: case.title)
def test_a_near_miss_lacks_a_single_rule(case):
    unmet = [judged.unmet for _, judged in judgements(case.pattern, case.bars)]
    assert min(map(len, unmet)) == 1


def test_every_rule_has_its_near_miss():
    lacking, rules = set(), set()
    for case in DRAWN:
        for _, judged in judgements(case.pattern, case.bars):
            rules |= {(FIGURES[case.pattern].judge, rule) for rule in judged.rules}
            if case.kind == "near miss" and len(judged.unmet) == 1:
                lacking.add((FIGURES[case.pattern].judge, *judged.unmet))
    assert rules == lacking
