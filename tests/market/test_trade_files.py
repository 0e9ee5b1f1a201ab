"""Files of trades: every layout gives the same bars, and what is wrong is named with its line."""

import gzip
import json
import zipfile

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import BadBars, BadTicks, SourceUnavailable
from alphaplus.market.trade_bars import bars_from_trades
from tests.market.conftest import NOW

MINUTE = 60_000
DAY = 1_704_067_200_000  # 2024-01-01
# time after the start of the day, price, size, buyer was maker
TAPE = [
    (1_000, "100.10", "0.30000000", True),
    (1_000, "100.20", "0.10000000", False),
    (59_999, "99.90", "0.20000000", False),
    (60_000, "100.00", "1.00000000", True),
    (61_000, "100.00", "2.50000000", False),
    (185_000, "101.00", "0.00000007", True),
]
BARS = [  # minute, open, high, low, close, volume, bought, count, quote, largest
    (0, 100.1, 100.2, 99.9, 99.9, 0.6, 0.3, 3, 60.03, 0.3),
    (1, 100.0, 100.0, 100.0, 100.0, 3.5, 2.5, 2, 350.0, 2.5),
    (3, 101.0, 101.0, 101.0, 101.0, 7e-8, 0.0, 1, 7.07e-6, 7e-8),
]
NAMES = ("open", "high", "low", "close", "volume", "buy_volume", "trade_count", "quote_volume", "largest_trade")


def spot(*, unit=1, flags=",True") -> list[str]:
    return [f"{n + 7},{p},{q},0.0,{(DAY + t) * unit},{m}{flags}" for n, (t, p, q, m) in enumerate(TAPE)]


def aggregate(*, flags=",True") -> list[str]:
    return [f"{n + 70},{p},{q},{n + 7},{n + 7},{DAY + t},{m}{flags}" for n, (t, p, q, m) in enumerate(TAPE)]


def freqtrade() -> str:
    side = {True: "sell", False: "buy"}
    return json.dumps(
        [[DAY + t, str(n + 7), None, side[m], float(p), float(q), 0.0] for n, (t, p, q, m) in enumerate(TAPE)]
    )


def stream() -> list[str]:
    out = []
    for n, (t, p, q, m) in enumerate(TAPE):
        data = {"e": "trade", "E": DAY + t + 1, "s": "BTCUSDT", "t": n + 7, "p": p, "q": q, "T": DAY + t, "m": m}
        out.append(f"{(DAY + t) * 1_000_000 + 5} " + json.dumps({"stream": "btcusdt@trade", "data": data}))
        out.append(
            f"{(DAY + t) * 1_000_000 + 6} " + json.dumps({"data": data | {"s": "ETHUSDT", "t": n}, "stream": "x"})
        )
        out.append(f"{(DAY + t) * 1_000_000 + 7} " + json.dumps({"stream": "b", "data": {"u": n, "s": "BTCUSDT"}}))
    return out


HEADER = "id,price,qty,quote_qty,time,is_buyer_maker"
AGG_HEADER = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"
TARDIS = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount"


def tardis() -> list[str]:
    side = {True: "sell", False: "buy"}
    rows = [f"x,BTCUSDT,{(DAY + t) * 1000},1,a{n}-b,{side[m]},{p},{q}" for n, (t, p, q, m) in enumerate(TAPE)]
    return [TARDIS, *rows]


@pytest.fixture
def fold(tmp_path):
    """Write files of trades and fold them into minutes."""

    def read(*contents, names=("BTCUSDT-trades-2024-01-01.csv",), timeframe=Timeframe.M1, symbol="BTCUSDT"):
        paths = []
        for name, content in zip(names, contents, strict=True):
            path = tmp_path / name
            text = content if isinstance(content, str | bytes) else "\n".join(content) + "\n"
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            paths.append(path)
        return bars_from_trades(paths, symbol=symbol, timeframe=timeframe, now=NOW)

    return read


def rows_of(read) -> list[tuple]:
    bars = read.intake.bars
    minutes = ((bars.open_time - DAY) // MINUTE).tolist()
    return [(minute, *(float(bars.column(name)[n]) for name in NAMES)) for n, minute in enumerate(minutes)]


@pytest.mark.parametrize(
    ("content", "layout"),
    [
        (spot(), "binance trades"),
        (spot(flags=""), "binance trades"),
        (spot(unit=1000), "binance trades"),
        ([HEADER, *spot(flags="")], "binance trades, header"),
        (aggregate(), "binance aggTrades"),
        (aggregate(flags=""), "binance aggTrades"),
        ([AGG_HEADER, *aggregate(flags="")], "binance aggTrades, header"),
        (tardis(), "trades, header"),
    ],
)
def test_layouts_of_csv_give_the_same_bars(fold, content, layout):
    read = fold(content)
    assert rows_of(read) == BARS
    assert read.intake.report.layout == layout
    assert (read.trades.trades, read.trades.partial) == (6, ())


def test_an_array_of_json_rows_gives_the_same_bars_without_counts(fold):
    whole = fold(freqtrade())
    found = rows_of(whole)
    assert [row[:7] + row[8:] for row in found] == [row[:7] + row[8:] for row in BARS]
    assert np.isnan(whole.intake.bars.column("trade_count")).all()
    cut = fold(freqtrade(), names=("trades.json",))
    assert rows_of(cut)[0][0] == 1  # the name does not say that the day is whole
    assert [(t - DAY) // MINUTE for t in cut.trades.partial] == [0, 3]


def test_a_stream_gives_the_bars_that_it_saw_whole(fold):
    read = fold(stream(), names=("stream.txt",))
    assert rows_of(read) == [BARS[1]]
    later = {"e": "depthUpdate", "E": DAY + 4 * MINUTE, "s": "BTCUSDT"}
    early = {"e": "depthUpdate", "E": DAY - 5, "s": "BTCUSDT"}
    lines = [f"{DAY * 1_000_000} {json.dumps(early)}", *stream(), f"{DAY * 1_000_000} {json.dumps(later)}"]
    assert rows_of(fold(lines, names=("stream.txt",))) == BARS


def test_trades_outside_the_market_are_in_no_bar(fold):
    lines = [line.replace('"m":', '"X": "INSURANCE_FUND", "m":') if '"t": 8,' in line else line for line in stream()]
    assert lines != stream()
    read = fold(lines, names=("stream.txt",))
    assert read.trades.trades == 5


def test_gzip_is_read_as_it_is(fold):
    content = "\n".join(spot()).encode()
    assert rows_of(fold(gzip.compress(content), names=("BTCUSDT-trades-2024-01-01.csv.gz",))) == BARS


def test_a_zip_of_a_dump_is_read(tmp_path):
    path = tmp_path / "BTCUSDT-trades-2024-01-01.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("BTCUSDT-trades-2024-01-01.csv", "\n".join(spot()))
    read = bars_from_trades([path], symbol="BTCUSDT", timeframe=Timeframe.M1, now=NOW)
    assert rows_of(read) == BARS


def test_a_dump_of_a_day_makes_a_whole_day(fold):
    read = fold(spot(), timeframe=Timeframe.D1)
    assert len(read.intake.bars) == 1
    with pytest.raises(BadTicks, match="6 trades of BTCUSDT make no whole bar of 1d"):
        fold(spot(), names=("trades.csv",), timeframe=Timeframe.D1)


def test_files_that_follow_by_their_ids_are_one_recording(fold):
    read = fold(spot()[:2], spot()[2:], names=("a.csv", "b.csv"))
    assert rows_of(read) == [BARS[1]]
    assert read.trades.id_gaps == 0
    later = [f"{n},1.0,1.0,1.0,{DAY + time},True,True" for n, time in ((20, 200_000), (21, 300_000), (22, 360_000))]
    apart = fold(spot(), later, names=("a.csv", "b.csv"))
    assert [row[0] for row in rows_of(apart)] == [1, 5]
    assert [(time - DAY) // MINUTE for time in apart.trades.partial] == [0, 3, 6]
    assert (apart.trades.id_gaps, apart.trades.missing_ids) == (1, 7)


def test_trades_that_stand_twice_count_once(fold):
    read = fold([*spot()[:3], *spot()[1:]])
    assert rows_of(read) == BARS
    assert read.trades.duplicates == 2


def test_rows_out_of_order_within_a_minute_are_put_in_order(fold):
    lines = spot()
    read = fold([lines[1], lines[0], lines[3], lines[2], *lines[4:]])
    assert rows_of(read) == BARS
    assert read.trades.out_of_order == 1  # those of one millisecond are ordered by id


def test_a_file_out_of_order_by_minutes_is_refused(fold):
    with pytest.raises(BadTicks, match="are final"):
        fold([*spot()[3:], *spot()[:3]])
    with pytest.raises(BadTicks, match="are final"):
        fold(spot()[5:], spot()[:3], names=("a.csv", "b.csv"))


def test_missing_ids_are_counted_and_the_bars_stay(fold):
    read = fold([*spot()[:1], *spot()[3:]])
    assert (read.trades.id_gaps, read.trades.missing_ids, len(read.intake.bars)) == (1, 2, 3)


def test_an_unknown_side_leaves_the_buy_volume_of_its_bar_open(fold):
    lines = tardis()
    lines[1] = lines[1].replace("sell", "")
    bars = fold(lines).intake.bars
    assert np.isnan(bars.column("buy_volume")).tolist() == [True, False, False]
    assert bars.column("volume").tolist() == [0.6, 3.5, 7e-8]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("12,nan,1.0,0.0,{time},True,True", "its price is no number"),
        ("12,-1.0,1.0,0.0,{time},True,True", "its price is no number"),
        ("12,100.0,zero,0.0,{time},True,True", "its size is no number"),
        ("12,100.0,0.0,0.0,{time},True,True", "its size is no number above 0"),
        ("12,100.0,1.0,0.0,noon,True,True", "its time is no time"),
        ("12,100.0,1.0,0.0,1704067260,True,True", "its time is no time between 1990 and 2100 in the unit"),
        ("12,100.0,1.0,0.0,3704067260000,True,True", "its time is in the future"),
        ("12,100.0,1.0,0.0,{time},maybe,True", "its side is neither buy nor sell"),
        ("x,100.0,1.0,0.0,{time},True,True", "its id is no whole number"),
        ("torn", "its time is no time"),
    ],
)
def test_a_bad_row_is_refused_and_the_bars_that_it_may_belong_to_are_left_out(fold, line, reason):
    lines = spot()
    lines.insert(4, line.format(time=DAY + 60_500))
    read = fold([*lines, f"99,1.0,1.0,1.0,{DAY + 10 * MINUTE},True,True"])
    report = read.intake.report
    assert rows_of(read)[:2] == [BARS[0], BARS[2]]
    assert [(row.line, row.text) for row in report.quarantined] == [(5, lines[4])]
    assert report.quarantined[0].reason.startswith(reason)
    assert report.rows == report.stored + report.quarantined_count == 4
    assert read.trades.partial == (DAY + MINUTE,)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", BadBars, "is empty"),
        (b"\n\n", BadTicks, "has no rows"),
        (HEADER.encode(), BadTicks, "has a header and no rows"),
        (b"hello world\n", BadTicks, "no column for time, price, size"),
        (b"1,2,3\n", BadTicks, "line 1 is no trade that we know: '1,2,3'"),
        (b"1;2;3\n", BadBars, "separates its fields by semicolons"),
        (b"PAR1abcdefgh", BadBars, "is a Parquet file"),
        (b"\x1f\x8b\x08\x00cut", BadBars, "damaged or cut short"),
        ("\n".join(f"{n},1,1,1,{n},True,True" for n in range(9)).encode(), BadTicks, "'0' is no time in ms, us or ns"),
        (freqtrade()[:-30].encode(), BadTicks, "is no JSON array of trades|ends before its array does"),
        (
            b"[[1,2],[3,4]]",
            BadTicks,
            "holds 0 trades of BTCUSDT and 2 rows that are none; the first: line 1: its time is no",
        ),
        (b"[[nope]]", BadTicks, "is no JSON array of trades, in or after row 1"),
        ("\n".join(line for line in stream() if "ETH" in line).encode(), BadTicks, "holds 0 trades of BTCUSDT"),
        ("\n".join([*spot(), *spot(unit=1000)]).encode(), BadTicks, "holds 6 trades|mixes two units"),
    ],
)
def test_what_is_no_file_of_trades_is_refused(fold, content, error, message):
    with pytest.raises((error, BadBars), match=message):
        fold(content)


def test_a_dump_of_another_symbol_is_refused(fold):
    with pytest.raises(BadTicks, match="the name says ETHUSDT, expected BTCUSDT"):
        fold(spot(), names=("ETHUSDT-trades-2024-01-01.csv",))


def test_a_file_of_several_symbols_is_refused(fold):
    lines = tardis()
    lines[3] = lines[3].replace("BTCUSDT", "ETH-USDT")
    with pytest.raises(BadTicks, match="holds trades of BTCUSDT, ETHUSDT, expected BTCUSDT"):
        fold(lines)


def test_an_aggregate_counts_for_the_trades_that_it_stands_for(fold):
    lines = [line.split(",") for line in aggregate()]
    lines[0][3:5], lines[1][3:5] = ["7", "19"], ["20", "20"]
    read = fold([",".join(line) for line in lines])
    assert [row[7] for row in rows_of(read)] == [15, 2, 1]
    data = {"e": "aggTrade", "E": DAY + 5, "s": "BTCUSDT", "a": 3, "p": "9", "q": "1", "f": 5, "l": 8, "T": DAY + 5}
    start, end = data | {"m": False}, data | {"m": True, "a": 4, "T": DAY + MINUTE, "E": DAY + MINUTE}
    read = fold([f"{DAY * 1_000_000} {json.dumps(m)}" for m in (data | {"e": "x", "E": DAY - 1}, start, end)])
    assert [row[7] for row in rows_of(read)] == [4, 4]


def test_trades_and_aggregates_do_not_mix(fold):
    names = ("BTCUSDT-trades-2024-01-01.csv", "BTCUSDT-aggTrades-2024-01-02.csv")
    with pytest.raises(BadTicks, match="holds binance aggTrades, the files before it binance trades"):
        fold(spot(), aggregate(), names=names)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SourceUnavailable, match="does not exist"):
        bars_from_trades([tmp_path / "no.csv"], symbol="BTCUSDT", timeframe=Timeframe.M1, now=NOW)


def test_blocks_are_cut_anywhere_and_give_the_same_bars(fold, monkeypatch):
    for size in (7, 64, 1000):
        monkeypatch.setattr("alphaplus.market.files.BLOCK", size)
        assert rows_of(fold(spot())) == BARS
        assert [row[:6] for row in rows_of(fold(freqtrade()))] == [row[:6] for row in BARS]
        assert rows_of(fold(stream(), names=("stream.txt",))) == [BARS[1]]
