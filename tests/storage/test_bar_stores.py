"""What both bar stores promise."""

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alphaplus.core.bars import SIDE_COLUMNS, BarFrame, Instrument, Timeframe
from alphaplus.core.errors import BadBars, ConflictingWrite, MissingBars
from alphaplus.market.sources.simulated import simulate
from alphaplus.storage.base import Appended
from alphaplus.storage.memory import MemoryBarStore
from alphaplus.storage.parquet import ParquetBarStore
from tests.storage.conftest import START, bars_at, with_side

H1, M1 = Timeframe.H1, Timeframe.M1


def test_bars_come_back_bit_for_bit_with_their_instrument(store):
    bars = simulate("M1", bars=20_000)
    assert store.append(bars) == Appended(20_000, 0)
    read = store.read("SIM-M1", H1)
    assert read.table.equals(bars.table)
    assert read.instrument == bars.instrument
    assert read.instrument.simulated
    assert read.timeframe is H1


def test_appending_again_changes_nothing(store):
    bars = bars_at(range(100))
    store.append(bars)
    assert store.append(bars) == Appended(0, 100)
    assert store.append(bars.rows(20, 30)) == Appended(0, 10)
    assert store.read("BTCUSDT", H1).table.equals(bars.table)


def test_late_early_and_overlapping_bars_find_their_place(store):
    store.append(bars_at(range(5000, 6000)))
    store.append(bars_at(range(20_000, 21_000)))
    assert store.append(bars_at(range(5500, 20_500))) == Appended(14_000, 1000)
    store.append(bars_at(range(5000)))
    assert store.read("BTCUSDT", H1).table.equals(bars_at(range(21_000)).table)


def test_of_contradicting_bars_the_stored_one_stays(store):
    store.append(bars_at(range(10)))
    changed = bars_at(range(5, 15))
    table = changed.table.with_columns(
        close=pl.when(pl.col("open_time") == changed.open_time[2]).then(111.0).otherwise(pl.col("close"))
    )
    appended = store.append(BarFrame(changed.instrument, H1, table))
    assert appended == Appended(5, 4, (int(changed.open_time[2]),))
    assert store.read("BTCUSDT", H1).table.equals(bars_at(range(15)).table)


def test_unknown_side_values_are_filled_and_known_ones_defended(store):
    plain = bars_at(range(4))
    store.append(plain)
    assert store.append(with_side(plain, [1.0, 2.0, np.nan, 4.0])) == Appended(0, 4)
    assert store.append(with_side(plain, [1.0, 9.0, 3.0, np.nan])) == Appended(0, 3, (int(plain.open_time[1]),))
    assert store.append(plain) == Appended(0, 4)
    assert store.read("BTCUSDT", H1).column("buy_volume").tolist() == [1.0, 2.0, 3.0, 4.0]


def test_a_contradicting_bar_fills_in_nothing(store):
    store.append(bars_at(range(3)))
    liar = with_side(bars_at(range(3), shift=0.5), [7.0, 7.0, 7.0])
    assert len(store.append(liar).conflicts) == 3
    assert np.isnan(store.read("BTCUSDT", H1).column("buy_volume")).all()


def test_series_with_side_columns_in_some_years_only_are_read_whole(store):
    store.append(bars_at(range(10)))
    store.append(with_side(bars_at(range(9000, 9010)), range(10)))
    side = store.read("BTCUSDT", H1).column("buy_volume")
    assert np.isnan(side[:10]).all()
    assert side[10:].tolist() == list(range(10))


def test_ranges_include_their_start_and_exclude_their_end(store):
    store.append(bars_at([*range(100), *range(9000, 9100)]))

    def at(slot):
        return START + slot * H1.ms

    assert store.read("BTCUSDT", H1, at(10), at(12)).open_time.tolist() == [at(10), at(11)]
    assert store.read("BTCUSDT", H1, at(99), at(9001)).open_time.tolist() == [at(99), at(9000)]
    assert len(store.read("BTCUSDT", H1, start=at(9050))) == 50
    assert len(store.read("BTCUSDT", H1, end=at(50))) == 50
    for start, end in ((at(200), at(300)), (at(50), at(50)), (at(60), at(50)), (at(99_999), None), (None, 5)):
        assert len(store.read("BTCUSDT", H1, start, end)) == 0


def test_last_bars_span_and_series(store):
    assert store.span("BTCUSDT", H1) is None
    assert store.series() == []
    store.append(bars_at([*range(100), *range(9000, 9100)], venue="binance", fee_bps=7.5))
    store.append(bars_at(range(5), M1, symbol="ETH/USDT:USDT"))
    store.append(bars_at(range(3), symbol="ETH/USDT:USDT"))
    assert store.span("BTCUSDT", H1) == (START, START + 9099 * H1.ms)
    last = store.last("BTCUSDT", H1, 150)
    assert len(last) == 150
    assert last.open_time[-1] == START + 9099 * H1.ms
    assert len(store.last("BTCUSDT", H1, 10_000)) == 200
    assert len(store.last("BTCUSDT", H1, 0)) == 0
    btc, eth_minutes, eth_hours = store.series()
    assert (btc.instrument.venue, btc.instrument.fee_bps, btc.bars, btc.missing_bars) == ("binance", 7.5, 200, 8900)
    assert (eth_minutes.timeframe, eth_hours.timeframe) == (M1, H1)


def test_unknown_series_are_missing_not_empty(store):
    store.append(bars_at(range(3)))
    for symbol, timeframe in (("ETHUSDT", H1), ("BTCUSDT", M1), ("BTC_USDT", H1)):
        with pytest.raises(MissingBars) as caught:
            store.read(symbol, timeframe)
        assert symbol in caught.value.message
        with pytest.raises(MissingBars):
            store.last(symbol, timeframe, 5)


def test_a_missing_series_is_named_without_the_place_of_the_store(tmp_path):
    with pytest.raises(MissingBars) as caught:
        ParquetBarStore(tmp_path).read("NOPE", H1)
    assert caught.value.message == "no bars of NOPE 1h"
    assert caught.value.context["folder"] == str(tmp_path)
    assert "data import FILE --symbol NOPE" in caught.value.hint


def test_a_series_is_found_in_either_case(store):
    store.append(bars_at(range(3)))
    store.append(bars_at(range(3, 6), symbol="btcusdt"))
    assert len(store.read("btcUSDT", H1)) == 6
    assert len(store.last("btcusdt", H1, 2)) == 2
    assert store.span("btcusdt", H1) == store.span("BTCUSDT", H1) == (START, START + 5 * H1.ms)
    assert [series.instrument.symbol for series in store.series()] == ["BTCUSDT"]
    store.append(bars_at(range(3), symbol="ethusdt"))
    assert store.read("ETHUSDT", H1).instrument.symbol == "ETHUSDT"


def test_what_is_learnt_of_an_instrument_is_kept(store):
    store.append(bars_at(range(3)))
    store.append(bars_at(range(3, 6), venue="binance", tick_size=0.01, fee_bps=7.5))
    store.append(bars_at(range(6, 9)))
    expected = Instrument("BTCUSDT", venue="binance", tick_size=0.01, fee_bps=7.5)
    assert store.read("BTCUSDT", H1).instrument == expected


def test_two_markets_never_share_a_series(store):
    store.append(bars_at(range(3)))
    with pytest.raises(ConflictingWrite, match="not of simulated"):
        store.append(bars_at(range(3, 6), venue="simulated"))
    store.append(bars_at(range(3), venue="binance"))
    with pytest.raises(ConflictingWrite, match="holds bars of binance, not of bitfinex"):
        store.append(bars_at(range(3, 6), venue="bitfinex"))
    assert len(store.read("BTCUSDT", H1)) == 3


def test_bars_that_no_store_may_hold_are_refused(store):
    bars = bars_at(range(3))
    for change, message in (
        ({"open_time": pl.col("open_time") + 1}, "off the grid"),
        ({"close": pl.lit(np.nan)}, "not finite"),
        ({"volume": pl.lit(np.inf)}, "not finite"),
    ):
        with pytest.raises(BadBars, match=message):
            store.append(BarFrame(bars.instrument, H1, bars.table.with_columns(**change)))
    assert store.series() == []


def test_no_bars_are_no_series(store):
    assert store.append(BarFrame.empty(Instrument("BTCUSDT"), H1)) == Appended(0, 0)
    assert store.series() == []


def test_alike_symbols_have_series_of_their_own(tmp_path):
    store = ParquetBarStore(tmp_path)
    symbols = ["BTC/USDT", "BTC_USDT", "BTC-USDT", "BTC:USDT", "A/../B", "CON", "." * 5 + "A"]
    for n, symbol in enumerate(symbols):
        store.append(bars_at(range(n + 1), symbol=symbol))
    assert [len(store.read(symbol, H1)) for symbol in symbols] == [1, 2, 3, 4, 5, 6, 7]
    for path in tmp_path.rglob("*"):
        assert path.resolve().is_relative_to(tmp_path.resolve())
        assert (
            path.parent == tmp_path or path.relative_to(tmp_path).parts[0].replace("_", "").replace("-", "").isalnum()
        )


slots = st.lists(st.integers(1400, 1600), min_size=1, max_size=30, unique=True).map(sorted)  # around 1 February
prices = st.one_of(st.floats(1e-12, 1e12), st.decimals(1, 1000, places=2).map(float))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(batches=st.lists(st.tuples(slots, st.sampled_from([0.0, 0.5]), st.booleans()), min_size=1, max_size=5))
def test_both_stores_are_equal_after_any_appends(tmp_path_factory, batches):
    stores = [ParquetBarStore(tmp_path_factory.mktemp("bars")), MemoryBarStore()]
    for slots_, shift, side in batches:
        bars = bars_at(slots_, Timeframe.M30, shift=shift)
        bars = with_side(bars, slots_) if side else bars
        one, two = (store.append(bars) for store in stores)
        assert one == two
        assert one.stored + one.duplicates + len(one.conflicts) == len(bars)
    one, two = (store.read("BTCUSDT", Timeframe.M30) for store in stores)
    assert one.table.columns == two.table.columns
    assert one.table.equals(two.table)
    assert stores[0].series() == stores[1].series()
    middle = START + 1500 * Timeframe.M30.ms
    one, two = (store.read("BTCUSDT", Timeframe.M30, start=middle) for store in stores)
    assert one.table.equals(two.table)
    one, two = (store.last("BTCUSDT", Timeframe.M30, 3) for store in stores)
    assert one.table.equals(two.table)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(prices, st.floats(0, 1e18), st.floats(allow_infinity=False)), min_size=1, max_size=40))
def test_any_numbers_come_back_bit_for_bit(tmp_path_factory, rows):
    store = ParquetBarStore(tmp_path_factory.mktemp("bars"))
    bars = bars_at(range(len(rows)))
    price, volume, side = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    side[np.isnan(side)] = np.nan  # unknown is unknown, whatever the sign and payload of its NaN
    table = bars.table.with_columns(close=price, volume=volume, sentiment=side)
    store.append(BarFrame(bars.instrument, H1, table))
    read = store.read("BTCUSDT", H1)
    for name in ("close", "volume", "sentiment"):
        assert np.array_equal(read.column(name).view(np.int64), table[name].to_numpy().view(np.int64))


def test_every_side_column_has_a_place(store):
    bars = bars_at(range(3))
    for name in SIDE_COLUMNS:
        bars = with_side(bars, [1.0, np.nan, 3.5], name)
    store.append(bars)
    assert store.read("BTCUSDT", H1).table.equals(bars.table)
