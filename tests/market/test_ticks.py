"""Trades into bars: any chunks give the same bits, and a bar is final when it should be and not before."""

from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaplus.core.bars import Instrument, Timeframe
from alphaplus.core.errors import BadTicks
from alphaplus.market.ticks import TradeFold
from alphaplus.market.trades import BUY, SELL, UNKNOWN, Trades

MINUTE = 60_000
START = 1_600_000_000_000 // MINUTE * MINUTE


def trades(*rows, ids=True) -> Trades:
    """Trades from (time after the start, price, size, side, id) or without the last."""
    rows = [(*row, n)[:5] for n, row in enumerate(rows)]
    time, price, size, side, number = zip(*rows, strict=True) if rows else ((),) * 5
    return Trades(
        START + np.array(time, dtype=np.int64),
        np.array(price, dtype=np.float64),
        np.array(size, dtype=np.float64),
        np.array(side, dtype=np.int8),
        np.array(number, dtype=np.int64) if ids else None,
        np.ones(len(time), dtype=np.int64),
    )


def fold(**options) -> TradeFold:
    return TradeFold(Instrument("BTCUSDT"), Timeframe.M1, **({"since": START} | options))


@st.composite
def tapes(draw) -> Trades:
    """Trades over a few minutes with prices and sizes as printed, in order of time."""
    count = draw(st.integers(1, 60))
    steps = draw(st.lists(st.integers(0, 20_000), min_size=count, max_size=count))
    price = draw(st.lists(st.integers(1, 10**8), min_size=count, max_size=count))
    size = draw(st.lists(st.integers(1, 10**9), min_size=count, max_size=count))
    side = draw(st.lists(st.sampled_from([BUY, SELL, SELL, BUY, BUY, UNKNOWN]), min_size=count, max_size=count))
    rows = zip(np.cumsum(steps).tolist(), price, size, side, strict=True)
    return trades(*((time, p / 100, q / 1e5, s) for time, p, q, s in rows))


def in_chunks(folded: TradeFold, tape: Trades, cuts) -> list[tuple]:
    edges = [0, *sorted(cuts), len(tape)]
    rows = []
    for start, end in pairwise(edges):
        rows += folded.add(tape.taken(np.arange(start, end))).table.rows()
    return rows


@settings(deadline=None)
@given(tapes(), st.data(), st.sampled_from([0, 5_000, 90_000]))
def test_any_chunks_give_the_same_bits(tape, data, patience):
    cuts = data.draw(st.lists(st.integers(0, len(tape)), max_size=10))
    whole, parts = fold(patience_ms=patience), fold(patience_ms=patience)
    at_once, by_parts = in_chunks(whole, tape, []), in_chunks(parts, tape, cuts)
    assert repr(at_once) == repr(by_parts)  # a NaN equals a NaN here, and every bit shows
    end = START + 10_000_000
    assert repr(whole.advance(end).table.rows()) == repr(parts.advance(end).table.rows())
    assert whole.finish() == parts.finish()


@settings(deadline=None)
@given(tapes())
def test_bars_are_what_decimals_say(tape):
    bars = fold()
    table = [*bars.add(tape).table.rows(named=True), *bars.advance(START + 10_000_000).table.rows(named=True)]
    minutes = (tape.time // MINUTE * MINUTE).tolist()
    assert [row["open_time"] for row in table] == sorted(set(minutes))
    for row in table:
        inside = [n for n, minute in enumerate(minutes) if minute == row["open_time"]]
        price = [Decimal(repr(float(tape.price[n]))) for n in inside]
        size = [Decimal(repr(float(tape.size[n]))) for n in inside]
        side = [int(tape.side[n]) for n in inside]
        assert (row["open"], row["close"]) == (float(price[0]), float(price[-1]))
        assert (row["high"], row["low"]) == (float(max(price)), float(min(price)))
        assert row["volume"] == float(sum(size))
        assert row["quote_volume"] == float(sum(p * q for p, q in zip(price, size, strict=True)))
        assert (row["trade_count"], row["largest_trade"]) == (len(inside), float(max(size)))
        if UNKNOWN in side:
            assert np.isnan(row["buy_volume"])
        else:
            assert row["buy_volume"] == float(sum(q for q, s in zip(size, side, strict=True) if s == BUY))


@settings(deadline=None)
@given(tapes(), st.randoms(use_true_random=False))
def test_shuffled_and_repeated_trades_within_patience_change_nothing(tape, random):
    positions = list(range(len(tape))) + random.choices(range(len(tape)), k=5)
    random.shuffle(positions)
    straight, shuffled = fold(patience_ms=10_000_000), fold(patience_ms=10_000_000)
    straight.add(tape)
    shuffled.add(tape.taken(np.array(positions)))
    end = START + 10_000_000
    assert repr(straight.advance(end).table.rows()) == repr(shuffled.advance(end).table.rows())
    assert shuffled.report.duplicates == 5


def test_a_bar_is_final_only_when_a_later_trade_or_the_clock_passes_its_end():
    bars = fold()
    assert len(bars.add(trades((0, 10, 1, BUY, 1), (59_999, 11, 1, BUY, 2)))) == 0
    assert len(bars.advance(START + MINUTE - 1)) == 0
    [row] = bars.add(trades((60_000, 12, 1, SELL, 3))).table.rows(named=True)
    assert (row["close"], row["volume"], row["buy_volume"]) == (11.0, 2.0, 2.0)
    [row] = bars.advance(START + 2 * MINUTE).table.rows(named=True)
    assert (row["open_time"], row["volume"]) == (START + MINUTE, 1.0)
    assert bars.report.bars == 2


def test_a_minute_without_trades_has_no_bar():
    bars = fold().add(trades((0, 10, 1, BUY), (200_000, 11, 1, BUY), (300_000, 11, 1, BUY)))
    assert ((bars.open_time - START) // MINUTE).tolist() == [0, 3]
    assert bars.missing_before.tolist() == [0, 2]


def test_cut_bars_are_left_out_and_told():
    bars = fold(since=None)
    found = bars.add(trades((0, 10, 1, BUY), (60_000, 11, 1, BUY), (130_000, 11, 1, BUY)))
    assert found.open_time.tolist() == [START + MINUTE]
    assert bars.finish().partial == (START, START + 2 * MINUTE)


def test_a_hole_between_recordings_cuts_the_bars_around_it():
    bars = fold()
    assert len(bars.add(trades((0, 10, 1, BUY, 1), (70_000, 10, 1, BUY, 2)))) == 1
    bars.resume(START + 150_000)
    later = trades((155_000, 10, 1, BUY, 9), (185_000, 10, 1, BUY, 10), (240_000, 10, 1, BUY, 11))
    assert bars.add(later).open_time.tolist() == [START + 3 * MINUTE]
    report = bars.report
    assert report.partial == (START + MINUTE, START + 2 * MINUTE)
    assert (report.id_gaps, report.missing_ids) == (1, 6)


def test_a_bar_of_which_a_trade_could_not_be_read_is_left_out():
    bars = fold()
    bars.spoil(START + 65_000)
    found = bars.add(trades((0, 10, 1, BUY), (60_000, 11, 1, BUY), (130_000, 11, 1, BUY), (180_000, 1, 1, BUY)))
    assert ((found.open_time - START) // MINUTE).tolist() == [0, 2]
    assert bars.report.partial == (START + MINUTE,)


def test_a_trade_of_a_final_bar_is_refused_and_changes_nothing():
    bars = fold()
    bars.add(trades((0, 10, 1, BUY, 1), (60_000, 11, 1, BUY, 5)))
    before = bars.report
    with pytest.raises(BadTicks, match=r"trade 3 of 2020-09-13T12:26:00.500Z comes when the bars before .* are final"):
        bars.add(trades((61_000, 12, 1, BUY, 6), (500, 10, 1, BUY, 3)))
    assert bars.report == before
    [row] = bars.advance(START + 2 * MINUTE).table.rows(named=True)
    assert (row["close"], row["trade_count"]) == (11.0, 1.0)


def test_a_late_trade_inside_its_bar_is_put_where_it_belongs():
    bars = fold()
    bars.add(trades((30_000, 10, 1, BUY, 2), (1_000, 9, 1, SELL, 1), (20_000, 12, 1, BUY, 3)))
    [row] = bars.advance(START + MINUTE).table.rows(named=True)
    assert (row["open"], row["high"], row["close"]) == (9.0, 12.0, 10.0)
    assert bars.report.out_of_order == 2


def test_trades_of_one_millisecond_are_in_the_order_of_their_ids():
    bars = fold()
    bars.add(trades((5, 3, 1, BUY, 30), (5, 1, 1, BUY, 10)))
    bars.add(trades((5, 2, 1, BUY, 20)))
    [row] = bars.advance(START + MINUTE).table.rows(named=True)
    assert (row["open"], row["close"]) == (1.0, 3.0)


def test_without_ids_the_order_of_arrival_counts_and_equal_trades_are_two():
    bars = fold()
    bars.add(trades((5, 3, 1, BUY), (5, 1, 1, BUY), ids=False))
    bars.add(trades((5, 1, 1, BUY), ids=False))
    [row] = bars.advance(START + MINUTE).table.rows(named=True)
    assert (row["open"], row["close"], row["volume"]) == (3.0, 1.0, 3.0)


def test_weeks_begin_on_monday():
    bars = TradeFold(Instrument("BTCUSDT"), Timeframe.W1, since=0)
    bars.add(trades((0, 10, 1, BUY)))
    monday = 1_599_436_800_000  # 2020-09-07
    assert bars.advance(monday + 7 * 86_400_000).open_time.tolist() == [monday]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(0, 10, 1, BUY), (0, np.nan, 1, BUY)], "price of trade 1 is nan"),
        ([(0, 0.0, 1, BUY)], "price of trade 0 is 0.0"),
        ([(0, 10, -1, BUY)], r"size of trade 0 is -1.0"),
        ([(0, 10, np.inf, BUY)], "size of trade 0 is inf"),
    ],
)
def test_what_is_no_trade_is_refused(rows, message):
    with pytest.raises(BadTicks, match=message):
        trades(*rows)


def test_trades_with_and_without_ids_do_not_mix():
    bars = fold()
    bars.add(trades((0, 10, 1, BUY)))
    with pytest.raises(BadTicks, match="with ids and trades without"):
        bars.add(trades((1, 10, 1, BUY), ids=False))


def test_no_trades_make_no_bars():
    bars = fold()
    assert len(bars.add(trades())) == 0
    assert bars.finish().bars == 0
