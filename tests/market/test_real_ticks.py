"""Recorded trades and books: they rebuild the exchange's candles, CVD and best prices, exactly."""

import csv
import gzip
import json
from bisect import bisect_right
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from alphaplus.core.bars import REQUIRED, Timeframe
from alphaplus.market.book import BOOK_COLUMNS, Book, BookUpdate
from alphaplus.market.book_files import book_columns, measure_at_closes
from alphaplus.market.book_json import BookStream, BybitBook
from alphaplus.market.files import Cut, open_texts
from alphaplus.market.read import read_bars
from alphaplus.market.stream import LONGEST
from alphaplus.market.trade_bars import bars_from_trades
from tests.market.conftest import NOW

pytestmark = pytest.mark.real_data

MINUTE = 60_000
SPOT = ("binance_spot_stream_btcusdt_20240808.txt.gz", "binance_spot_stream_btcusdt_20240809.txt.gz")
FUTURES = ("binance_usdm_stream_btcusdt_20240808.txt.gz",)
STREAMS = pytest.mark.parametrize("names", [SPOT, FUTURES], ids=["spot", "futures"])


def ticks(folder, *names):
    return [folder / "ticks" / name for name in names]


def raw(folder, names, mark):
    """The messages of streams whose text has a mark."""
    for path in ticks(folder, *names):
        with gzip.open(path, "rb") as lines:
            for line in lines:
                if mark in line:
                    data = json.loads(line.split(b" ", 1)[1])
                    yield data.get("data", data)


def updates(folder, names):
    for path in ticks(folder, *names):
        for text in open_texts(path, progress=lambda done: None, cut=Cut(longest=LONGEST)):
            yield from BookStream("BTCUSDT", []).read(text.blocks)


@pytest.fixture(scope="module")
def spot(data_folder):
    """The spot trades as minutes."""
    return bars_from_trades(ticks(data_folder, *SPOT), symbol="BTCUSDT", timeframe=Timeframe.M1, now=NOW)


def test_trades_rebuild_the_candles_of_the_exchange(data_folder, spot):
    path = data_folder / "ohlcv/binance_spot_1m/BTCUSDT-1m-20240726-20240825.csv.gz"
    candles = read_bars([path], symbol="BTCUSDT", timeframe=Timeframe.M1, now=NOW)
    bars = spot.intake.bars
    assert bars.open_time.tolist() == [1_723_161_300_000 + n * MINUTE for n in range(10)]
    same = candles.between(int(bars.open_time[0]), int(bars.open_time[-1]) + 1)
    for name in REQUIRED:
        assert same.table[name].to_list() == bars.table[name].to_list(), name
    assert spot.trades.trades == 19_904
    assert (spot.trades.missing_ids, spot.trades.duplicates, len(spot.trades.partial)) == (0, 0, 2)


@STREAMS
def test_order_flow_is_what_decimals_say(data_folder, names):
    bars = bars_from_trades(ticks(data_folder, *names), symbol="BTCUSDT", timeframe=Timeframe.M1, now=NOW).intake.bars
    volume, bought, quote, delta = (defaultdict(Decimal) for _ in range(4))
    count, largest = defaultdict(int), defaultdict(Decimal)
    for trade in raw(data_folder, names, b'"e":"trade"'):
        minute, size, price = trade["T"] // MINUTE * MINUTE, Decimal(trade["q"]), Decimal(trade["p"])
        volume[minute] += size
        quote[minute] += size * price
        bought[minute] += 0 if trade["m"] else size
        delta[minute] += -size if trade["m"] else size
        count[minute] += 1
        largest[minute] = max(largest[minute], size)
    cumulative = expected = Decimal(0)
    for row in bars.table.iter_rows(named=True):
        minute = row["open_time"]
        assert row["volume"] == float(volume[minute])
        assert row["buy_volume"] == float(bought[minute])
        assert row["quote_volume"] == float(quote[minute])
        assert row["trade_count"] == count[minute]
        assert row["largest_trade"] == float(largest[minute])
        cumulative += 2 * Decimal(repr(row["buy_volume"])) - Decimal(repr(row["volume"]))
        expected += delta[minute]
        assert cumulative == expected
    assert len(bars) >= 5


@pytest.mark.parametrize("timeframe", [Timeframe.M1, Timeframe.M5, Timeframe.H1, Timeframe.D1])
def test_aggregate_trades_fold_into_every_timeframe(data_folder, timeframe):
    [path] = ticks(data_folder, "freqtrade_XRPETH-aggtrades-20191011-20191013.json.gz")
    read = bars_from_trades([path], symbol="XRP/ETH", timeframe=timeframe, now=NOW)
    rows = json.loads(gzip.decompress(path.read_bytes()))
    groups = defaultdict(list)
    for time, _, _, side, price, amount, _ in rows:
        groups[timeframe.floor(time)].append((Decimal(repr(price)), Decimal(repr(amount)), side))
    whole = sorted(groups)[1:-1]
    assert read.intake.bars.open_time.tolist() == whole
    for row in read.intake.bars.table.iter_rows(named=True):
        group = groups[row["open_time"]]
        assert (row["open"], row["close"]) == (float(group[0][0]), float(group[-1][0]))
        assert row["volume"] == float(sum(size for _, size, _ in group))
        assert row["quote_volume"] == float(sum(price * size for price, size, _ in group))
        assert row["buy_volume"] == float(sum(size for _, size, side in group if side == "buy"))
    assert read.trades.trades == 12_477
    assert read.trades.missing_ids == 0


@STREAMS
def test_the_best_prices_are_those_of_the_exchange(data_folder, names):
    """After each delta the book's best levels are those that bookTicker told last, up to the same update."""
    told = {m["u"]: tuple(float(m[key]) for key in "bBaA") for m in raw(data_folder, names, b"bookTicker")}
    numbers = sorted(told)
    book, same, compared = Book(), 0, 0
    for update in updates(data_folder, names):
        book.update(update)
        best = book.best()
        if best is None:
            continue
        before = bisect_right(numbers, book.last) - 1
        if before >= 0:
            compared += 1
            assert (*best[0], *best[1]) == told[numbers[before]]
            same += numbers[before] == book.last
    assert compared > 5_500
    assert same > 500
    report = book.report
    assert (report.gaps, report.snapshots, report.crossed) == (0, 1, 0)


@STREAMS
def test_a_removed_delta_is_found_and_a_snapshot_mends_it(data_folder, names):
    stream = list(updates(data_folder, names))
    whole = Book()
    for update in stream:
        whole.update(update)
    broken = Book()
    for number, update in enumerate(stream):
        if number != 1_000:
            broken.update(update)
    assert whole.consistent
    assert not broken.consistent
    assert broken.report.gaps == 1
    rows = dict(measure_at_closes((u for n, u in enumerate(stream) if n != 1_000), Timeframe.M1, Book()))
    sound = dict(measure_at_closes(iter(stream), Timeframe.M1, Book()))
    lost = stream[1_000].time
    for time, row in rows.items():
        if time + MINUTE > lost:
            assert all(np.isnan(list(row.values())))
        else:
            assert row == pytest.approx(sound[time], nan_ok=True, rel=0, abs=0)
    (bid, size), (ask, other) = whole.best() or ((61_000.0, 1.0), (61_001.0, 1.0))
    again = BookUpdate(stream[-1].time, ((bid, size),), ((ask, other),), snapshot=True, last=whole.last)
    broken.update(again)
    assert broken.consistent
    assert broken.best() == ((bid, size), (ask, other))


def brute_force(messages, close) -> dict[str, float]:
    """The measures of a book at a time from raw messages, in fractions, the sides sorted anew."""
    bids, asks = {}, {}
    for message in messages:
        if message.time >= close:
            break
        if message.snapshot:
            bids, asks = {}, {}
        for side, levels in ((bids, message.bids), (asks, message.asks)):
            for price, size in levels:
                side[price] = size
    bids, asks = ([(Fraction(repr(p)), Fraction(repr(s))) for p, s in side.items() if s] for side in (bids, asks))
    bids, asks = sorted(bids, reverse=True), sorted(asks)
    (bid, bid_size), (ask, ask_size) = bids[0], asks[0]
    mid = (bid + ask) / 2
    found = {"spread_bps": (ask - bid) / mid * 10_000}
    found["microprice"] = (bid * ask_size + ask * bid_size) / (bid_size + ask_size)
    for band, share in (("0_5", Fraction(1, 200)), ("1_0", Fraction(1, 100)), ("2_0", Fraction(1, 50))):
        found[f"bid_depth_{band}"] = sum(size for price, size in bids if price >= mid * (1 - share))
        found[f"ask_depth_{band}"] = sum(size for price, size in asks if price <= mid * (1 + share))
    return {name: float(value) for name, value in found.items()}


@STREAMS
def test_measures_of_streams_are_those_of_brute_force(data_folder, names):
    found = book_columns(ticks(data_folder, *names), symbol="BTCUSDT", timeframe=Timeframe.M1)
    stream = list(updates(data_folder, names))
    last = next(update.last for update in stream if update.snapshot)
    stream = [update for update in stream if update.snapshot or update.last > last]  # as the snapshot says
    known = 0
    for row in found.table.iter_rows(named=True):
        expected = brute_force(sorted(stream, key=lambda u: not u.snapshot), row["open_time"] + MINUTE)
        for name in BOOK_COLUMNS:
            if not np.isnan(row[name]):
                known += 1
                assert row[name] == pytest.approx(expected[name], rel=1e-12), name
        if not np.isnan(row["microprice"]):
            assert np.isnan(row["bid_depth_2_0"])  # a snapshot of 1,000 levels does not reach so far
    assert known > 10
    assert found.report.measured >= 5


def test_depth_of_bybit_is_that_of_brute_force(data_folder):
    [path] = ticks(data_folder, "bybit_XRPUSDT-ob500-20241201.zip")
    refused = []
    book, messages = Book(), []
    for text in open_texts(path, progress=lambda done: None, cut=Cut(longest=LONGEST)):
        for message in BybitBook("XRPUSDT", refused).read(text.blocks):
            messages.append(message)
            book.update(message)
            found, expected = book.measure(message.time), brute_force(messages, message.time + 1)
            assert {name: float(value) for name, value in found.items()} == pytest.approx(expected, rel=1e-12)
    assert (len(messages), refused) == (50, [])
    assert (book.report.gaps, book.report.measured, book.report.crossed) == (0, 50, 0)


def test_the_samples_of_tardis_and_of_depth_archives_are_read(data_folder):
    [tardis] = ticks(data_folder, "tardis_binance-futures_book_snapshot_25_BTCUSDT.csv")
    found = book_columns([tardis], symbol="BTCUSDT", timeframe=Timeframe.M1)
    assert (found.report.snapshots, found.refused, found.table.height) == (10, 0, 0)
    paths = ticks(data_folder, "binance_btcusdt-depth-snap.csv", "binance_btcusdt-depth-update.csv")
    found = book_columns(paths, symbol="BTCUSDT", timeframe=Timeframe.M1)
    assert (found.report.snapshots, found.report.deltas, found.refused) == (1, 1, 0)
    assert found.report.gaps == 1  # ten minutes lie between the two samples


def test_taker_columns_of_klines_are_order_flow(data_folder):
    path = data_folder / "ohlcv/binance_usdm_1m_klines12/FILUSDT-1m-2024-10.csv.gz"
    bars = read_bars([path], symbol="FILUSDT", timeframe=Timeframe.M1, now=NOW)
    with gzip.open(path, "rt") as lines:
        rows = list(csv.DictReader(lines))
    assert bars.column("buy_volume").tolist() == [float(row["taker_buy_volume"]) for row in rows]
    assert bars.column("trade_count").tolist() == [float(row["count"]) for row in rows]
    assert bars.column("quote_volume").tolist() == [float(row["quote_volume"]) for row in rows]
    assert (bars.column("buy_volume") < bars.column("volume")).mean() > 0.9
