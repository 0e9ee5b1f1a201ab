"""What every chart figure makes of bad input: too few bars, flat prices, gaps, ties, spikes, tiny and huge prices."""

import numpy as np
import polars as pl
import pytest
from drawing import frame
from gallery import CASES
from reversals import FIGURES as REVERSALS

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.features.sets import MAX_GAP
from alphaplus.patterns.contract import Life
from alphaplus.patterns.events import chosen_patterns

FIGURES = chosen_patterns(("figures",))
NAMES = {spec.name for spec in FIGURES}
DRAWN = [case for case in CASES if case.pattern in NAMES and case.born]
FEWEST = 25  # bars that any figure needs, and more


def walk(count, *, seed=3, spikes=()):
    """A walk of two decimals and changing volatility; a bar of `spikes` reaches a thousand times as high and as low."""
    rng = np.random.default_rng(seed)
    volatility = np.repeat(rng.uniform(0.001, 0.01, count // 30 + 1), 30)[:count]
    close = np.round(100.0 * np.exp(np.cumsum(rng.normal(0.0, 1.0, count) * volatility)), 2)
    open_ = np.concatenate([close[:1], close[:-1]])
    high = np.round(np.maximum(open_, close) * (1.0 + rng.exponential(0.003, count)), 2)
    low = np.round(np.minimum(open_, close) * (1.0 - rng.exponential(0.003, count)), 2)
    high[list(spikes)] *= 1000.0
    low[list(spikes)] /= 1000.0
    return frame(open_, np.maximum(high, np.maximum(open_, close)), np.minimum(low, np.minimum(open_, close)), close)


def with_gap(bars, position, count):
    """The bars with `count` missing before a position."""
    columns = (bars.column(name) for name in ("open", "high", "low", "close", "volume"))
    return frame(*columns, missing={position: count})


def check(events, bars):
    """Hold every event to what must be so whatever the prices are."""
    assert set(events["pattern"]) <= NAMES
    assert (events["known_at"] > events["start"]).all()
    assert events["strength"].is_between(0.0, 1.0).all()
    assert (events["strength"] > 0.0).all()
    assert (events["low"] < events["high"]).all()
    for column in ("strength", "low", "high", "level", "target", "stop"):
        assert events[column].is_finite().all(), column
    assert (events["direction"] * (events["target"] - events["stop"]) > 0.0).all()
    waiting = events.filter(pl.col("broke_at").is_null())  # the others have target and stop of a level that moved
    assert (waiting["direction"] * (waiting["target"] - waiting["level"]) > 0.0).all()
    assert (waiting["direction"] * (waiting["level"] - waiting["stop"]) > 0.0).all()
    assert not events.select("pattern", "known_at").is_duplicated().any()
    bar = {time: place for place, time in enumerate(bars.open_time.tolist())}
    high, low = bars.column("high"), bars.column("low")
    for event in events.iter_rows(named=True):
        places = [bar[point["time"]] for point in event["points"]]
        assert places[0] == bar[event["start"]] or event["start"] == min(point["time"] for point in event["points"])
        assert all(low[at] <= point["price"] <= high[at] for at, point in zip(places, event["points"], strict=True))


def seen(events):
    """What of events does not depend on prices."""
    return events.select("pattern", "direction", "start", "known_at", "state", "outcome", "broke_at", "ended_at")


def seen_once(events):
    """Direction and strength of each event."""
    return events.select("direction", "strength").rows()


@pytest.fixture(scope="module")
def calm(detect):
    bars = walk(40_000)
    return bars, detect(bars, FIGURES)


def test_every_figure_lives_as_figures_do(calm):
    bars, events = calm
    assert all(spec.life is Life.FIGURE for spec in FIGURES)
    assert len(set(events["pattern"])) >= 0.9 * len(NAMES)  # the rarest may be missing
    check(events, bars)


@pytest.mark.parametrize("count", [0, 1, 2, FEWEST])
def test_too_few_bars_give_no_event(count, detect):
    assert detect(walk(FEWEST).rows(0, count), FIGURES).is_empty()


@pytest.mark.parametrize("price", [1e-8, 100.0, 1e8])
def test_flat_prices_give_no_event(price, detect):
    flat = np.full(5_000, price)
    assert detect(frame(flat, flat, flat, flat), FIGURES).is_empty()


@pytest.mark.parametrize("case", DRAWN, ids=lambda case: f"{case.pattern}: {case.title}")
def test_no_figure_spans_a_gap(case, detect):
    whole = detect(case.bars, FIGURES).filter(pattern=case.pattern)
    born = case.born[0][1]
    inside = int(np.searchsorted(case.bars.open_time, whole["start"][0]) + born) // 2
    passed = detect(with_gap(case.bars, inside, MAX_GAP), FIGURES).filter(pattern=case.pattern)
    assert seen_once(passed) == seen_once(whole)
    gapped = with_gap(case.bars, inside, MAX_GAP + 1)
    after = detect(gapped, FIGURES).filter(pattern=case.pattern)
    assert after.filter(
        pl.col("start") < gapped.open_time[inside], pl.col("known_at") > gapped.open_time[inside]
    ).is_empty()
    assert gapped.close_time[born] not in after["known_at"]


@pytest.mark.parametrize("case", DRAWN, ids=lambda case: f"{case.pattern}: {case.title}")
def test_a_gap_after_its_birth_interrupts_a_figure(case, detect):
    bars = with_gap(case.bars, case.born[0][1] + 1, MAX_GAP + 1)
    event = detect(bars, FIGURES).filter(pattern=case.pattern).row(0, named=True)
    after = bars.close_time[case.born[0][1] + 1]
    assert (event["outcome"], event["ended_at"]) == ("interrupted", after)
    assert event["broke_at"] is None


def test_no_figure_of_a_long_history_spans_a_gap(calm, detect):
    bars, whole = calm
    columns = (bars.column(name) for name in ("open", "high", "low", "close", "volume"))
    gapped = frame(*columns, missing=dict.fromkeys(range(400, len(bars), 400), MAX_GAP + 1))
    events = detect(gapped, FIGURES)
    check(events, gapped)
    assert 0 < len(events) < len(whole)
    start = np.searchsorted(gapped.open_time, events["start"])
    known = np.searchsorted(gapped.close_time, events["known_at"])
    assert (start // 400 == known // 400).all()


def zigzag(count, *, noise=0.0):
    """Bars between two prices that are reached again and again, to the last digit."""
    rng = np.random.default_rng(4)
    wave = np.interp(np.arange(count) % 24, [0, 12, 24], [100.0, 110.0, 100.0])
    close = np.round(np.clip(wave + noise * rng.normal(0.0, 1.0, count), 100.0, 110.0), 2)
    open_ = np.concatenate([close[:1], close[:-1]])
    return frame(open_, np.maximum(open_, close), np.minimum(open_, close), close)


@pytest.mark.parametrize("noise", [0.0, 0.8], ids=["clean", "noisy"])
def test_thousands_of_equal_highs_give_at_most_an_event_a_turn(noise, detect):
    bars = zigzag(24 * 1_500, noise=noise)
    assert (bars.column("high") == 110.0).sum() >= 1_500
    events = detect(bars, FIGURES)
    check(events, bars)
    legs = 2 * 1_500
    assert all(len(events.filter(pattern=name)) <= legs for name in NAMES)
    settled = events.filter(pl.col("start") > bars.open_time[100], pl.col("pattern").is_in(list(REVERSALS)))
    assert noise > 0.0 or settled.is_empty()  # no rise leads to any of them


def test_one_high_on_thousands_of_bars_gives_no_event_without_a_turn(detect):
    rng = np.random.default_rng(5)
    low = np.round(100.0 - rng.random(5_000), 2)
    high = np.full(5_000, 100.0)
    assert detect(frame(high, high, low, high), FIGURES).is_empty()


def test_spikes_pass_and_are_forgotten(calm, detect):
    bars, whole = calm
    spiked = walk(len(bars), spikes=(1_000, 1_001, 1_500, 1_900, 2_100))
    events = detect(spiked, FIGURES)
    check(events, spiked)
    later = bars.open_time[8_000]
    assert not whole.filter(pl.col("start") > later).is_empty()
    assert seen(events.filter(pl.col("start") > later)).equals(seen(whole.filter(pl.col("start") > later)))


@pytest.mark.parametrize("power", [-33, 20], ids=["1e-8", "1e8"])
def test_events_do_not_depend_on_the_unit_of_prices(calm, power, detect):
    bars, whole = calm
    factor = 2.0**power
    scaled = [bars.column(name) * factor for name in ("open", "high", "low", "close")]
    events = detect(BarFrame(Instrument("SCALED"), Timeframe.H1, frame(*scaled).table), FIGURES)
    assert seen(events).equals(seen(whole))
    for column in ("low", "high", "level", "target", "stop"):
        np.testing.assert_array_equal(events[column].to_numpy(), whole[column].to_numpy() * factor)
    np.testing.assert_array_equal(events["strength"].to_numpy(), whole["strength"].to_numpy())
