"""The order book: in sequence by the rules of each exchange, unknown after a gap, measured as brute force does."""

from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.core.errors import BadBars, BadTicks
from alphaplus.market.book import BOOK_COLUMNS, STALE_MS, Book, BookUpdate
from alphaplus.market.book_files import measure_at_closes
from alphaplus.market.sides import with_sides

MINUTE = 60_000
NOON = 1_600_000_020_000 // MINUTE * MINUTE
BIDS = ((100.0, 2.0), (99.5, 1.0), (99.0, 3.0), (97.0, 9.0))
ASKS = ((100.5, 4.0), (101.0, 1.0), (103.0, 7.0))


def snapshot(last=10, *, time=NOON, bids=BIDS, asks=ASKS, **options) -> BookUpdate:
    return BookUpdate(time, bids, asks, snapshot=True, last=last, **options)


def delta(first, last, *, previous=None, time=NOON, bids=(), asks=()) -> BookUpdate:
    return BookUpdate(time, bids, asks, first=first, last=last, previous=previous)


def kept(*messages) -> Book:
    book = Book()
    for message in messages:
        book.update(message)
    return book


def top(book) -> tuple[float, float] | None:
    best = book.best()
    return None if best is None else (best[0][0], best[1][0])


def test_values_of_a_small_book():
    found = kept(snapshot()).measure(NOON + 1)
    mid = 100.25
    assert found["spread_bps"] == pytest.approx(0.5 / mid * 1e4, rel=1e-15)
    assert found["microprice"] == (100.0 * 4.0 + 100.5 * 2.0) / 6.0
    assert [found[f"bid_depth_{band}"] for band in ("0_5", "1_0", "2_0")] == [2.0, 3.0, 6.0]
    assert [found[f"ask_depth_{band}"] for band in ("0_5", "1_0", "2_0")] == [4.0, 5.0, 5.0]
    assert tuple(found) == BOOK_COLUMNS


def test_depth_that_the_known_levels_do_not_reach_is_unknown():
    found = kept(snapshot(bids=BIDS[:3], asks=ASKS[:2])).measure(NOON)
    assert [found[f"bid_depth_{band}"] for band in ("0_5", "1_0")] == [2.0, 3.0]
    assert isnan(found["bid_depth_2_0"])
    assert found["ask_depth_0_5"] == 4.0
    assert isnan(found["ask_depth_1_0"])
    assert isnan(found["ask_depth_2_0"])


def test_a_delta_below_the_snapshot_does_not_widen_what_is_known():
    far = delta(11, 11, bids=((90.0, 5.0),), asks=((110.0, 5.0),))
    found = kept(snapshot(bids=BIDS[:3], asks=ASKS[:2]), far).measure(NOON)
    assert isnan(found["bid_depth_2_0"])
    assert isnan(found["ask_depth_2_0"])


def test_a_window_moves_with_its_levels():
    levels = tuple((100.0 - n / 10, 1.0) for n in range(5))
    asks = tuple((100.1 + n / 10, 1.0) for n in range(5))
    book = kept(snapshot(bids=levels, asks=asks, window=5))
    assert isnan(book.measure(NOON)["bid_depth_0_5"])
    book.update(delta(11, 11, bids=((99.9, 0.0), (99.0, 1.0)), asks=()))
    found = book.measure(NOON)
    assert found["bid_depth_0_5"] == 4.0  # 100.0, 99.8, 99.7, 99.6
    assert isnan(found["ask_depth_0_5"])


def test_a_market_that_left_the_known_levels_is_unknown():
    fallen = delta(11, 11, bids=(*((price, 0.0) for price, _ in BIDS), (90.0, 1.0)))
    book = kept(snapshot(), fallen)
    assert book.consistent
    assert all(isnan(value) for value in book.measure(NOON).values())
    assert book.report.blind == 1


@pytest.mark.parametrize(
    "messages",
    [
        [snapshot(10), delta(9, 12), delta(13, 13)],  # spot: the first spans the snapshot, others join
        [snapshot(10), delta(5, 9), delta(10, 10), delta(11, 12)],  # what the snapshot holds is passed over
        [delta(5, 8), delta(9, 12), delta(13, 14), snapshot(10)],  # deltas before their snapshot are kept
        [snapshot(10), delta(9, 10, previous=8), delta(14, 16, previous=10)],  # futures: the one before is named
        [snapshot(10), delta(8, 12, previous=7), delta(12, 12, previous=12)],
        [snapshot(10), delta(11, 14, previous=10), delta(17, 19, previous=14)],
        [snapshot(10, window=500), delta(11, 11), delta(12, 12), snapshot(40, window=500), delta(41, 41)],
    ],
)
def test_messages_in_sequence_keep_the_book(messages):
    book = kept(*messages)
    assert book.consistent
    assert book.report.gaps == 0
    assert top(book) == (100.0, 100.5)


@pytest.mark.parametrize(
    "messages",
    [
        [snapshot(10), delta(12, 13)],
        [snapshot(10), delta(11, 12), delta(14, 15)],
        [snapshot(10), delta(11, 13), delta(13, 15)],  # updates twice: not what the exchange sends
        [snapshot(10), delta(11, 14, previous=9)],
        [snapshot(10), delta(9, 12, previous=8), delta(13, 15, previous=13)],
        [delta(5, 8), delta(12, 13), snapshot(10)],
        [snapshot(10, window=500), delta(12, 12)],
    ],
)
def test_a_gap_makes_the_book_unknown_until_a_snapshot_joins(messages):
    book = kept(*messages)
    assert not book.consistent
    assert book.report.gaps == 1
    assert all(isnan(value) for value in book.measure(NOON).values())
    book.update(snapshot(100))
    assert book.consistent
    assert not isnan(book.measure(NOON)["microprice"])


def test_a_snapshot_after_a_gap_is_joined_by_the_deltas_that_waited():
    change = delta(16, 17, bids=((100.2, 1.0),))
    book = kept(snapshot(10), delta(11, 12), delta(14, 15), change, snapshot(14), delta(18, 18))
    assert book.consistent
    assert top(book) == (100.2, 100.5)
    book = kept(snapshot(10), delta(11, 12), delta(14, 15), snapshot(12), snapshot(13))
    assert book.consistent


def test_an_older_snapshot_and_a_repeated_delta_change_nothing():
    change = delta(11, 12, bids=((100.2, 1.0),))
    book = kept(snapshot(10), change, snapshot(9), change, delta(11, 12, previous=10))
    assert top(book) == (100.2, 100.5)
    assert book.report.old == 3


def test_a_pushed_snapshot_replaces_the_book_though_its_number_is_lower():
    book = kept(snapshot(9000, window=500), delta(9001, 9001, bids=((100.2, 1.0),)))
    book.update(snapshot(1, window=500, bids=((50.0, 7.0),), asks=((51.0, 7.0),)))
    assert top(book) == (50.0, 51.0)
    book.update(delta(2, 2, bids=((50.5, 1.0),)))
    assert top(book) == (50.5, 51.0)
    assert (book.report.old, book.report.gaps) == (0, 0)


def test_deltas_that_waited_are_older_than_a_pushed_snapshot():
    book = kept(snapshot(9000, window=500), delta(9002, 9002, bids=((100.2, 1.0),)), snapshot(1, window=500))
    assert book.consistent
    assert top(book) == (100.0, 100.5)
    book.update(delta(2, 2))
    assert book.consistent
    assert (book.report.gaps, book.report.waited) == (1, 1)


def test_numbers_that_begin_anew_without_a_snapshot_are_a_gap():
    pushed = kept(snapshot(9000, window=500), delta(9001, 9001), delta(2, 2, time=NOON + 1))
    asked = kept(snapshot(9000), delta(9000, 9001), delta(2, 2, time=NOON + 60_000))
    for book in (pushed, asked):
        assert not book.consistent
        assert (book.report.gaps, book.report.old) == (1, 0)
    asked.update(snapshot(3))
    assert asked.consistent


def test_deltas_that_were_told_twice_are_old():
    book = kept(snapshot(10, window=500), *(delta(n, n) for n in (11, 12, 11, 12, 13)))
    assert (book.consistent, book.report.old) == (True, 2)
    book = kept(snapshot(10), delta(11, 15), delta(12, 13, time=NOON + 200), delta(16, 16))
    assert (book.consistent, book.report.old) == (True, 1)
    book = kept(snapshot(10), delta(5, 6, time=NOON + 60_000), delta(10, 11))
    assert (book.consistent, book.report.old) == (True, 1)


def test_snapshots_without_numbers_each_replace_the_one_before():
    lower = snapshot(None, window=20, bids=((50.0, 7.0),), asks=((51.0, 7.0),))
    book = kept(snapshot(None, window=20), lower)
    assert top(book) == (50.0, 51.0)
    assert isnan(book.measure(NOON)["bid_depth_2_0"])


def test_snapshots_without_numbers_fill_in_until_deltas_are_in_sequence():
    shallow = snapshot(None, window=20, bids=((100.1, 1.0),), asks=((100.4, 1.0),))
    book = kept(shallow, delta(9, 12, bids=((100.2, 1.0),)), shallow)
    assert top(book) == (100.1, 100.4)
    book.update(snapshot(10))
    assert top(book) == (100.2, 100.5)
    book.update(shallow)
    book.update(delta(13, 13, bids=((100.3, 1.0),)))
    assert top(book) == (100.3, 100.5)
    assert book.report.old == 1
    book.update(delta(15, 15))
    assert top(book) is None
    book.update(shallow)
    assert top(book) == (100.1, 100.4)
    book.update(snapshot(14))
    assert (top(book), book.last) == ((100.0, 100.5), 15)


def test_a_crossed_book_is_unknown_until_a_snapshot():
    book = kept(snapshot(10), delta(11, 11, bids=((101.0, 1.0),)))
    assert all(isnan(value) for value in book.measure(NOON).values())
    assert book.report.crossed == 1
    book.update(delta(12, 12, bids=((101.0, 0.0),)))
    assert isnan(book.measure(NOON)["microprice"])
    book.update(snapshot(20))
    assert not isnan(book.measure(NOON)["microprice"])


def test_an_old_book_is_stale():
    book = kept(snapshot(10))
    assert not isnan(book.measure(NOON + STALE_MS)["microprice"])
    assert isnan(book.measure(NOON + STALE_MS + 1)["microprice"])
    book.update(delta(11, 11, time=NOON + STALE_MS + 1))
    assert not isnan(book.measure(NOON + 2 * STALE_MS)["microprice"])


@pytest.mark.parametrize("sides", [{"bids": ()}, {"asks": ()}])
def test_a_side_without_levels_gives_nothing(sides):
    assert all(isnan(value) for value in kept(snapshot(**sides)).measure(NOON).values())


def test_a_delta_without_numbers_is_refused():
    with pytest.raises(BadTicks, match="has no update number"):
        kept(snapshot(None), delta(1, 2))


def test_a_close_sees_what_was_sent_before_it_and_nothing_later():
    messages = [
        snapshot(10, time=NOON + 1),
        delta(11, 11, time=NOON + MINUTE - 1, bids=((100.1, 1.0),)),
        delta(12, 12, time=NOON + MINUTE, bids=((100.2, 1.0),)),
        delta(13, 13, time=NOON + MINUTE - 1, bids=((100.3, 1.0),)),  # sent before, but after one of the close
        delta(14, 14, time=NOON + 2 * MINUTE),
    ]
    rows = dict(measure_at_closes(iter(messages), Timeframe.M1, Book()))
    assert list(rows) == [NOON, NOON + MINUTE]
    assert rows[NOON]["spread_bps"] == pytest.approx(0.4 / 100.3 * 1e4)
    assert rows[NOON + MINUTE]["spread_bps"] == pytest.approx(0.2 / 100.4 * 1e4)


def test_a_pause_leaves_its_closes_unknown():
    messages = [
        snapshot(10, time=NOON),
        delta(11, 11, time=NOON + 1000 * MINUTE + 5),
        delta(12, 12, time=NOON + 1001 * MINUTE),
    ]
    rows = dict(measure_at_closes(iter(messages), Timeframe.M1, Book()))
    known = [time for time, row in rows.items() if not isnan(row["microprice"])]
    assert known == [NOON, NOON + 1000 * MINUTE]
    assert len(rows) == 4


levels = st.lists(st.tuples(st.integers(9000, 11000), st.integers(0, 50)), max_size=25)


@settings(deadline=None)
@given(st.lists(st.tuples(levels, levels), max_size=12))
def test_measures_are_those_of_brute_force(changes):
    book = Book()
    book.update(snapshot(0, bids=((90.0, 1.0), (99.0, 1.0)), asks=((101.0, 1.0), (110.0, 1.0))))
    bids, asks = {9000: 1, 9900: 1}, {10100: 1, 11000: 1}
    for number, (bid_changes, ask_changes) in enumerate(changes, start=1):
        sides = []
        for side, changed, fits in (
            (bids, bid_changes, lambda p: p < 10_000),
            (asks, ask_changes, lambda p: p > 10_000),
        ):
            chosen = [(price, size) for price, size in changed if fits(price) and 9000 < price < 11_000]
            side.update(chosen)
            sides.append(tuple((price / 100, float(size)) for price, size in chosen))
        book.update(delta(number, number, bids=sides[0], asks=sides[1]))
    found = book.measure(NOON)
    bids = {price: size for price, size in bids.items() if size}
    asks = {price: size for price, size in asks.items() if size}
    bid, ask = max(bids), min(asks)
    for band, permille in (("0_5", 5), ("1_0", 10), ("2_0", 20)):
        low, high = (bid + ask) * (1000 - permille), (bid + ask) * (1000 + permille)  # the mid times 2,000
        expected = sum(size for price, size in bids.items() if price * 2000 >= low)
        assert found[f"bid_depth_{band}"] == expected or on_edge(bids, low)
        expected = sum(size for price, size in asks.items() if price * 2000 <= high)
        assert found[f"ask_depth_{band}"] == expected or on_edge(asks, high)
    assert found["spread_bps"] == pytest.approx((ask - bid) / (ask + bid) * 2e4, rel=1e-12)
    weighted = (bid * asks[ask] + ask * bids[bid]) / (asks[ask] + bids[bid]) / 100
    assert found["microprice"] == pytest.approx(weighted, rel=1e-12)


def on_edge(side, edge) -> bool:
    """Whether a level lies exactly on the edge, where the rounding of the mid decides."""
    return any(price * 2000 == edge for price in side)


def bars(**columns) -> BarFrame:
    import polars as pl

    times = NOON + MINUTE * np.arange(3)
    prices = dict.fromkeys(("open", "high", "low", "close", "volume"), np.ones(3))
    return BarFrame(Instrument("BTCUSDT"), Timeframe.M1, pl.DataFrame({"open_time": times, **prices, **columns}))


def test_side_columns_join_by_time_and_are_unknown_elsewhere():
    import polars as pl

    told = pl.DataFrame({"open_time": NOON + MINUTE * np.array([-1, 2, 1]), "microprice": [9.0, nan, 7.0]})
    joined = with_sides(bars(), told)
    assert joined.column("microprice").tolist()[1] == 7.0
    assert np.isnan(joined.column("microprice")).tolist() == [True, False, True]
    known = with_sides(bars(microprice=np.array([1.0, 2.0, nan])), told)
    assert known.column("microprice").tolist()[:2] == [1.0, 2.0]
    with pytest.raises(BadBars, match="unknown columns"):
        with_sides(bars(), told.rename({"microprice": "mid"}))
