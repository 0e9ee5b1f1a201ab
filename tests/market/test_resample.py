"""Coarser bars: every pair of timeframes against Polars and plain additions, any portions, gaps, weeks, real bars."""

import json
import time
from itertools import accumulate, pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaplus.core.bars import REQUIRED, SIDE_COLUMNS, BarFrame, Instrument, Timeframe
from alphaplus.core.errors import BadBars, ConfigError
from alphaplus.market.read import read_bars
from alphaplus.market.resample import Resampler, coarser, resample

START = 1_609_459_200_000 + 3 * 86_400_000  # 2021-01-04, a Monday
NOW = 1_767_225_600_000
PAIRS = [(fine, to) for fine in Timeframe for to in coarser(fine)]
ADDED = ("quote_volume", "trade_count", "buy_volume")
AT_CLOSE = tuple(name for name in SIDE_COLUMNS if name not in (*ADDED, "largest_trade"))
M1, H1, H4, D1, W1 = Timeframe.M1, Timeframe.H1, Timeframe.H4, Timeframe.D1, Timeframe.W1


def make(timeframe, positions, *, start=START, sides=(), unknown=0.0, seed=1):
    """Random bars at whole steps after `start`; of the `sides` a share is `unknown`."""
    rng = np.random.default_rng(seed)
    count = len(positions)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, count)))
    open_ = close * np.exp(rng.normal(0, 0.01, count))
    columns = {
        "open": open_,
        "high": np.maximum(open_, close) * 1.01,
        "low": np.minimum(open_, close) * 0.99,
        "close": close,
        "volume": rng.lognormal(3, 2, count),
        **{name: np.where(rng.random(count) < unknown, np.nan, rng.lognormal(1, 2, count)) for name in sides},
    }
    times = timeframe.floor(start) + timeframe.ms * np.asarray(positions, dtype=np.int64)
    return BarFrame(Instrument("WALK"), timeframe, pl.DataFrame({"open_time": times, **columns}))


def with_gaps(rng, count, share):
    """Positions of which runs are missing."""
    there = np.ones(count, dtype=bool)
    for _ in range(int(share * 10)):
        begin = int(rng.integers(count))
        there[begin : begin + int(rng.integers(1, max(2, count // 8)))] = False
    there[rng.random(count) < share / 50] = False
    return np.flatnonzero(there)


def by_polars(bars, to):
    """The higher bars as Polars groups them by the calendar, incomplete ones too."""
    table = bars.table.with_columns(when=pl.col("open_time").cast(pl.Datetime("ms")))
    return table.group_by_dynamic("when", every=to.value, closed="left", label="left").agg(
        pl.col("open").first(),
        pl.col("high").max(),
        pl.col("low").min(),
        pl.col("close").last(),
        pl.col("volume"),
        *(pl.col(name) for name in bars.table.columns[len(REQUIRED) :]),
        last=pl.col("open_time").last(),
        seen=pl.len(),
    )


def added(values):
    """Plain additions from the first to the last; Python's own sum() rounds in another way."""
    return list(accumulate(values, initial=0.0))[-1]


def same(a, b):
    assert a.bars.table.equals(b.bars.table, null_equal=True)
    assert a.bars.table.columns == b.bars.table.columns
    assert a.bars.table.to_numpy().tobytes() == b.bars.table.to_numpy().tobytes()
    for name in ("seen", "known_at", "left_out", "left_out_seen"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def joined(parts):
    """Results of portions as one."""
    first = parts[0]
    tables = [part.bars.table for part in parts]
    arrays = {n: np.concatenate([getattr(p, n) for p in parts]) for n in ("seen", "known_at", "left_out")}
    left = np.concatenate([part.left_out_seen for part in parts])
    bars = BarFrame(first.bars.instrument, first.bars.timeframe, pl.concat(tables))
    return type(first)(bars, first.per_bar, **arrays, left_out_seen=left)


def test_every_pair_that_divides_is_known_and_no_other():
    refused = {(str(a), str(b)) for a in Timeframe for b in Timeframe if a.ms < b.ms and (a, b) not in PAIRS}
    assert refused == {("3m", "5m"), ("4h", "6h")}
    assert len(PAIRS) == 12 * 11 // 2 - 2


@pytest.mark.parametrize(
    ("fine", "to", "hint"),
    [
        ("3m", "5m", "they give 15m, 30m, 1h, 2h, 4h, 6h, 12h, 1d, 1w"),
        ("4h", "6h", "they give 12h, 1d, 1w"),
        ("1h", "1h", "they give 2h, 4h, 6h, 12h, 1d, 1w"),
        ("1d", "1h", "they give 1w"),
        ("1w", "1d", "nothing is coarser"),
    ],
)
def test_a_pair_that_does_not_divide_is_refused_with_those_that_do(fine, to, hint):
    with pytest.raises(ConfigError, match=f"{fine} bars cannot be resampled to {to}") as caught:
        resample(make(Timeframe(fine), range(3)), Timeframe(to))
    assert caught.value.hint == hint


@pytest.mark.parametrize(("fine", "to"), PAIRS, ids=lambda value: value.value)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0, 1), lead=st.integers(0, 20_000))
def test_every_pair_equals_polars_and_plain_additions(fine, to, seed, share, lead):
    rng = np.random.default_rng(seed)
    per_bar = to.ms // fine.ms
    positions = with_gaps(rng, int(rng.integers(1, 3 * per_bar + 20)), share)
    bars = make(fine, positions, start=START + lead * fine.ms, sides=(*ADDED, "largest_trade", "microprice"), seed=seed)
    got = resample(bars, to, min_share=1e-9)
    whole = resample(bars, to)
    expected = by_polars(bars, to) if len(bars) else pl.DataFrame()
    rows = [] if expected.is_empty() else expected.with_columns(pl.col("when").cast(pl.Int64)).to_dicts()
    if rows and rows[-1]["last"] + fine.ms != rows[-1]["when"] + to.ms:
        rows.pop()  # it is still forming
    assert got.bars.open_time.tolist() == [row["when"] for row in rows]
    assert got.seen.tolist() == [row["seen"] for row in rows]
    for name in ("open", "high", "low", "close"):
        assert got.bars.column(name).tolist() == [row[name] for row in rows]
    for name in ("volume", *ADDED):
        assert got.bars.column(name).tolist() == [added(row[name]) for row in rows]
    assert got.bars.column("largest_trade").tolist() == [max(row["largest_trade"]) for row in rows]
    at_close = [row["microprice"][-1] if row["last"] + fine.ms == row["when"] + to.ms else np.nan for row in rows]
    np.testing.assert_array_equal(got.bars.column("microprice"), at_close)
    complete = [row["seen"] == per_bar for row in rows]
    assert got.complete.tolist() == complete
    assert whole.bars.table.to_numpy().tobytes() == got.bars.table.filter(complete).to_numpy().tobytes()
    assert whole.left_out.tolist() == [row["when"] for row in rows if row["seen"] < per_bar]


@settings(max_examples=60, deadline=None)
@given(
    pair=st.sampled_from([(M1, Timeframe.M5), (M1, H1), (Timeframe.M15, H4), (H1, D1), (H4, D1), (D1, W1)]),
    seed=st.integers(0, 2**32 - 1),
    share=st.floats(0, 1),
    cuts=st.lists(st.integers(0, 600), max_size=30),
    min_share=st.sampled_from([0.3, 0.5, 0.9, 1.0]),
)
def test_any_portions_and_restarts_give_the_same_bits(pair, seed, share, cuts, min_share):
    fine, to = pair
    rng = np.random.default_rng(seed)
    bars = make(fine, with_gaps(rng, 600, share), sides=SIDE_COLUMNS, unknown=0.02, seed=seed)
    whole = resample(bars, to, min_share=min_share)
    edges = [0, *sorted(min(cut, len(bars)) for cut in cuts), len(bars)]
    resampler = Resampler(bars.instrument, fine, to, min_share=min_share)
    parts = []
    for begin, end in pairwise(edges):
        kept = json.loads(json.dumps(resampler.snapshot(), allow_nan=False))
        resampler = Resampler(bars.instrument, fine, to, min_share=min_share)
        resampler.restore(kept)
        parts.append(resampler.push(bars.rows(begin, end)))
    same(joined(parts), whole)


def test_one_bar_at_a_time_gives_each_higher_bar_when_it_is_known():
    bars = make(H1, np.setdiff1d(np.arange(40), [7, 10]), sides=("microprice", "buy_volume"))
    whole = resample(bars, H4, min_share=0.75)
    resampler = Resampler(bars.instrument, H1, H4, min_share=0.75)
    parts = [resampler.push(bars.rows(n, n + 1)) for n in range(len(bars))]
    same(joined(parts), whole)
    given_at = [bars.close_time[n] for n, part in enumerate(parts) for _ in range(len(part.bars))]
    assert whole.known_at.tolist() == given_at
    hours = (whole.known_at - START) // H1.ms
    assert hours.tolist() == [4, 9, 12, 16, 20, 24, 28, 32, 36, 40]  # hour 7 is missing: known after the next one
    assert whole.seen.tolist() == [4, 3, 3, 4, 4, 4, 4, 4, 4, 4]
    assert np.isnan(whole.bars.column("microprice")).tolist() == [False, True] + [False] * 8


def test_the_last_bar_is_final_only_with_its_last_lower_bar():
    bars = make(H1, range(7))
    resampler = Resampler(bars.instrument, H1, H4, min_share=0.5)
    assert resampler.push(bars).bars.open_time.tolist() == [START]
    assert resampler.forming.open_time == START + H4.ms
    assert resampler.forming.seen == 3
    assert resampler.forming.values["close"] == bars.column("close")[-1]
    done = resampler.push(make(H1, range(8)).rows(7, 8))
    assert done.bars.open_time.tolist() == [START + H4.ms]
    assert resampler.forming is None


def test_incomplete_bars_are_left_out_and_told():
    bars = make(H1, np.setdiff1d(np.arange(20), [5, *range(8, 12), 13, 14, 15]))
    found = resample(bars, H4)
    assert (found.bars.open_time - START).tolist() == [0, 16 * H1.ms]
    assert ((found.left_out - START) // H1.ms).tolist() == [4, 12]  # that of hour 8 has no bar at all: a gap
    assert found.left_out_seen.tolist() == [3, 1]
    assert found.complete.all()
    assert found.per_bar == 4
    lenient = resample(bars, H4, min_share=0.75)
    assert lenient.complete.tolist() == [True, False, True]
    assert found.bars.missing_before.tolist() == [0, 3]


@pytest.mark.parametrize(("fine", "to", "need"), [(M1, H1, 54), (H1, D1, 22), (M1, D1, 1296), (D1, W1, 7), (H1, H4, 4)])
def test_nine_tenths_are_counted_in_decimals(fine, to, need):
    assert Resampler(Instrument("X"), fine, to, min_share=0.9).need == need


def test_an_unknown_part_makes_sums_and_the_largest_unknown_never_smaller():
    bars = make(H1, range(8), sides=(*ADDED, "largest_trade", "sentiment"))
    holes = bars.table.with_columns(
        pl.when(pl.col("open_time") == START + H1.ms).then(float("nan")).otherwise(pl.col(name)).alias(name)
        for name in (*ADDED, "largest_trade", "sentiment")
    )
    found = resample(BarFrame(bars.instrument, H1, holes), H4).bars
    for name in (*ADDED, "largest_trade"):
        assert np.isnan(found.column(name)).tolist() == [True, False]
    np.testing.assert_array_equal(found.column("sentiment"), bars.column("sentiment")[[3, 7]])
    np.testing.assert_array_equal(found.column("volume"), resample(bars, H4).bars.column("volume"))


def test_a_side_column_that_begins_inside_a_bar_is_unknown_for_it():
    plain, sides = make(H1, range(8)), make(H1, range(8), sides=("buy_volume", "microprice"))
    resampler = Resampler(plain.instrument, H1, H4)
    resampler.push(plain.rows(0, 2))
    found = resampler.push(sides.rows(2, 8)).bars
    assert np.isnan(found.column("buy_volume")).tolist() == [True, False]
    assert found.column("microprice")[0] == sides.column("microprice")[3]
    restored = Resampler(plain.instrument, H1, H4)
    restored.restore(resampler.snapshot())
    for one in (resampler, restored):
        after = one.push(make(H1, range(12)).rows(8, 12)).bars
        assert after.table.columns == found.table.columns
        assert np.isnan(after.column("buy_volume")).all()


def test_every_side_column_has_a_rule():
    bars = make(H1, range(4), sides=SIDE_COLUMNS)
    found = resample(bars, H4).bars
    for name in AT_CLOSE:
        assert found.column(name)[0] == bars.column(name)[3]
    assert found.table.columns == bars.table.columns


def test_weeks_begin_on_monday_and_years_do_not_matter():
    bars = make(D1, range(-3, 400))
    weeks = resample(bars, W1).bars
    mondays = pl.from_epoch(weeks.table["open_time"], time_unit="ms").dt.weekday()
    assert mondays.unique().to_list() == [1]
    assert weeks.open_time[0] == START
    assert (np.diff(weeks.open_time) == W1.ms).all()


def test_clocks_of_people_are_irrelevant(monkeypatch):
    """Over the days on which clocks change in Berlin and New York every day has its 24 hours from midnight UTC."""
    bars = make(H1, range(365 * 24))
    plain = resample(bars, D1)
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        same(resample(bars, D1), plain)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert plain.complete.all()
    assert len(plain.bars) == 365
    assert (plain.bars.open_time % D1.ms == 0).all()


def test_what_cannot_follow_is_refused_and_changes_nothing():
    bars = make(H1, range(10))
    resampler = Resampler(bars.instrument, H1, H4)
    resampler.push(bars.rows(0, 6))
    before = resampler.snapshot()
    other = BarFrame(Instrument("OTHER"), H1, bars.rows(6, 8).table)
    off = BarFrame(bars.instrument, H1, bars.rows(6, 8).table.with_columns(pl.col("open_time") + 1))
    for wrong, message in (
        (bars.rows(5, 8), "does not come after"),
        (other, "OTHER 1h reached a resampler of WALK 1h"),
        (make(M1, range(3)), "WALK 1m reached"),
        (off, "off the grid of 1h"),
    ):
        with pytest.raises(BadBars, match=message):
            resampler.push(wrong)
    assert resampler.snapshot() == before
    assert len(resampler.push(bars.rows(6, 8)).bars) == 1


def test_a_snapshot_of_another_kind_is_refused():
    bars = make(H1, range(6))
    resampler = Resampler(bars.instrument, H1, H4)
    resampler.push(bars)
    for other in (
        Resampler(bars.instrument, H1, D1),
        Resampler(Instrument("OTHER"), H1, H4),
        Resampler(bars.instrument, H1, H4, min_share=0.5),
    ):
        with pytest.raises(ConfigError, match="belongs to another"):
            other.restore(resampler.snapshot())


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5, float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ConfigError, match="min_share"):
        Resampler(Instrument("X"), H1, H4, min_share=share)


def test_no_bars_give_no_bars():
    found = resample(BarFrame.empty(Instrument("X"), H1), H4)
    assert len(found.bars) == len(found.seen) == len(found.left_out) == 0
    assert found.bars.timeframe is H4


OVERLAPS = {
    "BTCUSDT": ("1h/BTCUSDT-1h-201708-202210", "1d/BTCUSDT-1d-201708-202210", 1881),
    "ETHUSDT": ("1h/ETHUSDT-1h-201708-202210", "1d/ETHUSDT-1d-201708-202210", 1881),
    "ADAUSDT": ("1h/ADAUSDT-1h-201804-202210", "1d/ADAUSDT-1d-201804-202210", 1638),
    "SOLUSDT": ("15m/SOLUSDT-15m-202008-202210", "1h/SOLUSDT-1h-202008-202210", 18_967),
}


@pytest.mark.real_data
@pytest.mark.parametrize("symbol", OVERLAPS)
def test_recorded_bars_equal_those_of_the_exchange(symbol, data_folder):
    """Of every higher bar, also of those with gaps, in which the exchange stood still: nothing was traded in them."""

    def recorded(path):
        timeframe = Timeframe(path.split("/")[0])
        file = data_folder / f"ohlcv/binance_spot_{path}.csv.gz"
        return read_bars([file], symbol=symbol, timeframe=timeframe, now=NOW)

    fine_path, path, count = OVERLAPS[symbol]
    fine, theirs = recorded(fine_path), recorded(path)
    found = resample(fine, theirs.timeframe, min_share=1e-9)
    ours = found.bars
    assert len(ours) == count
    np.testing.assert_array_equal(ours.open_time, theirs.open_time[:count])
    for name in ("open", "high", "low", "close"):
        np.testing.assert_array_equal(ours.column(name), theirs.column(name)[:count])
    np.testing.assert_allclose(ours.column("volume"), theirs.column("volume")[:count], rtol=2e-15, atol=0)
    length = theirs.timeframe.ms
    missing = np.setdiff1d(
        np.arange(fine.open_time[0] // length * length, ours.open_time[-1] + length, fine.timeframe.ms), fine.open_time
    )
    np.testing.assert_array_equal(
        ours.open_time[~found.complete], np.intersect1d(ours.open_time, missing // length * length)
    )


@pytest.mark.real_data
def test_taker_volumes_of_recorded_minutes_add_up(data_folder):
    files = sorted((data_folder / "ohlcv/binance_usdm_1m_klines12").glob("FIL*.csv.gz"))
    bars = read_bars(files, symbol="FILUSDT", timeframe=M1, now=NOW)
    direct, steps = resample(bars, D1).bars, resample(resample(bars, H1).bars, D1).bars
    assert len(direct) == 61
    for name in ("open_time", "open", "high", "low", "close", "trade_count"):
        np.testing.assert_array_equal(direct.table[name].to_numpy(), steps.table[name].to_numpy())
    for name in ("volume", "quote_volume", "buy_volume"):
        np.testing.assert_allclose(direct.column(name), bars.column(name).reshape(61, 1440).sum(axis=1), rtol=1e-12)
