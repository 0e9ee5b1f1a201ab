"""Files of order books: each layout is recognised, and what is wrong is named with its line."""

import json
import re
import zipfile

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import BadBars, BadTicks
from alphaplus.market.book_files import book_columns

MINUTE = 60_000
DAY = 1_704_067_200_000  # 2024-01-01
BIDS, ASKS = [["100.0", "2"], ["99.0", "1"], ["97.0", "1"]], [["101.0", "4"], ["102.0", "1"], ["104.0", "1"]]
DEPTH = "symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu"


def at(time, data) -> str:
    return f"{(DAY + time) * 1_000_000} {json.dumps(data)}"


def stream(symbol="BTCUSDT") -> list[str]:
    """A snapshot in the first minute and deltas in the next ones; the last one passes the third close."""

    def change(first, last, time, bids=()):
        data = {"e": "depthUpdate", "E": DAY + time, "s": symbol, "U": first, "u": last, "b": list(bids), "a": []}
        return at(time, {"stream": "x", "data": data})

    return [
        change(5, 9, 500),
        at(1_000, {"lastUpdateId": 10, "bids": BIDS, "asks": ASKS}),
        change(10, 12, 1_500, [["100.5", "1"]]),
        change(13, 13, 70_000, [["100.5", "0"]]),
        change(14, 14, 130_000, [["100.9", "3"]]),
        change(15, 15, 180_000),
    ]


def told(kind, update, time, bids, asks, sequence=None) -> str:
    """A message of Bybit."""
    data = {"s": "BTCUSDT", "b": bids, "a": asks, "u": update, "seq": sequence or 1000 + update}
    message = {"topic": "orderbook.500.BTCUSDT", "type": kind, "ts": DAY + time, "data": data}
    return json.dumps(message, separators=(",", ":"))


def bybit() -> list[str]:
    return [
        told("snapshot", 10, 1_000, BIDS, ASKS),
        told("delta", 11, 1_500, [["100.5", "1"]], []),
        told("delta", 12, 70_000, [["100.5", "0"]], []),
        told("delta", 13, 130_000, [["100.9", "3"]], []),
        told("delta", 14, 180_000, [], []),
    ]


def depth(kind="set", *, first, last, previous, time, levels) -> list[str]:
    return [f"BTCUSDT,{DAY + time},{first},{last},{side},{kind},{p},{q},{previous}" for side, p, q in levels]


def depth_files() -> tuple[list[str], list[str]]:
    whole = [("b", p, q) for p, q in BIDS] + [("a", p, q) for p, q in ASKS]
    snap = [DEPTH, *depth("snap", first=10, last=10, previous=-1, time=1_000, levels=whole)]
    update = [
        DEPTH,
        *depth(first=9, last=12, previous=8, time=1_500, levels=[("b", "100.5", "1")]),
        *depth(first=14, last=15, previous=12, time=70_000, levels=[("b", "100.5", "0"), ("a", "105.0", "2")]),
        *depth(first=16, last=20, previous=15, time=130_000, levels=[("b", "100.9", "3")]),
        *depth(first=21, last=21, previous=20, time=180_000, levels=[("b", "90.0", "3")]),
    ]
    return snap, update


def tardis() -> list[str]:
    head = ["exchange", "symbol", "timestamp", "local_timestamp"]
    head += [f"{side}[{n}].{what}" for n in range(3) for side in ("asks", "bids") for what in ("price", "amount")]

    def row(time, best):
        bids = [best, *BIDS[1:]]
        values = [v for n in range(3) for side in (ASKS, bids) for v in side[n]]
        return ",".join(["x", "BTCUSDT", str((DAY + time) * 1000 + 999), "0", *values])

    moves = ((1_500, ["100.5", "1"]), (70_000, BIDS[0]), (130_000, ["100.9", "3"]), (180_000, BIDS[0]))
    return [",".join(head), *(row(time, best) for time, best in moves)]


@pytest.fixture
def read(tmp_path):
    """Write files of an order book and measure it at the closes of minutes."""

    def columns(*contents, symbol="BTCUSDT"):
        paths = []
        for number, content in enumerate(contents):
            path = tmp_path / f"book-{number}.txt"
            text = content if isinstance(content, bytes) else ("\n".join(content) + "\n").encode()
            path.write_bytes(text)
            paths.append(path)
        return book_columns(paths, symbol=symbol, timeframe=Timeframe.M1)

    return columns


def spreads(found) -> list[float]:
    mid = [100.75, 100.5, 100.95]
    return [round(bps * m / 1e4, 9) for bps, m in zip(found.table["spread_bps"].to_list(), mid, strict=True)]


@pytest.mark.parametrize(
    ("contents", "layout"),
    [
        ([stream()], "recorded stream"),
        ([bybit()], "bybit orderbook, JSON lines"),
        ([tardis()], "tardis book_snapshot"),
        (list(depth_files()), "binance T_DEPTH"),
    ],
)
def test_layouts_give_the_same_book(read, contents, layout):
    found = read(*contents)
    assert found.layout == layout
    assert ((found.table["open_time"] - DAY) // MINUTE).to_list() == [0, 1, 2]
    assert spreads(found) == [0.5, 1.0, 0.1]
    assert found.table["ask_depth_2_0"].to_list()[:2] == [5.0, 5.0]
    assert np.isnan(found.table["bid_depth_2_0"].to_numpy()).tolist() == [False, False, False]
    assert found.report.gaps == 0
    assert found.refused == 0


def test_blocks_are_cut_anywhere_and_give_the_same_book(read, monkeypatch):
    for size in (7, 64, 1000):
        monkeypatch.setattr("alphaplus.market.files.BLOCK", size)
        for contents in ([stream()], [bybit()], [tardis()], list(depth_files())):
            assert spreads(read(*contents)) == [0.5, 1.0, 0.1]


def test_a_zip_of_an_archive_is_read(tmp_path):
    path = tmp_path / "2024-01-01_BTCUSDT_ob500.data.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("2024-01-01_BTCUSDT_ob500.data", "\n".join(bybit()))
    assert spreads(book_columns([path], symbol="BTCUSDT", timeframe=Timeframe.M1)) == [0.5, 1.0, 0.1]


def test_a_removed_delta_leaves_the_rest_unknown(read):
    for contents, start, end in (([stream()], 3, 4), ([bybit()], 2, 3), (list(depth_files()), 2, 4)):
        del contents[-1][start:end]
        found = read(*contents)
        known = np.isfinite(found.table["microprice"].to_numpy()).tolist()
        assert known[0]
        assert not known[-1]
        assert found.report.gaps == 1


def shallow(style) -> list[str]:
    """Binance's partial depth: the best levels again and again, on spot without the time at which they were sent."""
    best = [["100.5", "1"], BIDS[0], ["100.9", "3"], BIDS[0]]
    lines = []
    for number, (time, bid) in enumerate(zip((1_500, 70_000, 130_000, 180_000), best, strict=True), start=10):
        bids = [bid, *BIDS[1:]]
        data = {"lastUpdateId": number, "bids": bids, "asks": ASKS}
        if style == "futures":
            data = {"e": "depthUpdate", "E": DAY + time, "s": "BTCUSDT", "U": number, "u": number, "pu": number - 1}
            data |= {"b": bids, "a": ASKS}
        lines.append(at(time, data if style == "bare" else {"stream": "btcusdt@depth20@100ms", "data": data}))
    return lines


@pytest.mark.parametrize("style", ["bare", "spot", "futures"])
def test_partial_depth_is_a_snapshot_each_time(read, style):
    found = read(shallow(style))
    assert spreads(found) == [0.5, 1.0, 0.1]
    assert found.table["bid_depth_1_0"].to_list() == [1.0, 2.0, 3.0]  # a level that is named no more is gone
    assert (found.report.snapshots, found.report.deltas, found.refused) == (4, 0, 0)


def test_partial_depth_is_unknown_beyond_its_levels(read):
    levels = [[[f"{100 - side * (n + 1) / 100:.2f}", "1"] for n in range(20)] for side in (1, -1)]
    data = {"lastUpdateId": 1, "bids": levels[0], "asks": levels[1]}
    found = read([at(1_000, data), at(61_000, data)])
    assert found.table["spread_bps"].to_list() == [pytest.approx(2.0)]
    assert np.isnan(found.table.select("bid_depth_0_5", "ask_depth_0_5").to_numpy()).all()


def test_partial_depth_of_other_symbols_is_left_out(read):
    others = [line.replace("btcusdt", "ethusdt").replace("100.", "999.") for line in shallow("spot")]
    lines = [line for pair in zip(others, shallow("spot"), strict=True) for line in pair]
    assert spreads(read(lines)) == [0.5, 1.0, 0.1]
    with pytest.raises(BadTicks, match="holds no order book of BTCUSDT, only of ETHUSDT"):
        read(others)


def test_a_partial_depth_without_a_time_of_receipt_is_refused(read):
    lines = shallow("spot")
    lines[1] = "x" + lines[1]
    found = read(lines)
    assert [(row.line, row.reason) for row in found.quarantined] == [
        (2, "no message of an order book: 'x1704067270000000000' is no time of receipt")
    ]


def test_deltas_in_sequence_go_before_partial_depth(read):
    lines = sorted([*stream(), *shallow("spot")], key=lambda line: int(line.split(" ")[0]))
    found = read(lines)
    assert found.table["bid_depth_1_0"].to_list() == read(stream()).table["bid_depth_1_0"].to_list()
    assert spreads(found) == [0.5, 1.0, 0.1]


def test_a_restart_of_bybit_resets_the_book(read):
    lines = [
        told("snapshot", 9_000, 1_000, BIDS, ASKS),
        told("delta", 9_001, 59_000, [["100.5", "1"]], []),
        told("snapshot", 1, 61_000, [["200.0", "1"]], [["201.0", "1"]], sequence=20_000),
        told("delta", 2, 62_000, [["200.5", "1"]], [], sequence=20_001),
        told("delta", 3, 121_000, [], [], sequence=20_002),
    ]
    found = read(lines)
    assert found.table["microprice"].to_list()[1] == (200.5 + 201.0) / 2
    assert (found.report.old, found.report.gaps) == (0, 0)
    del lines[2]
    found = read(lines)
    assert np.isnan(found.table["microprice"].to_numpy()).tolist() == [False, True]
    assert found.report.gaps == 1


@pytest.mark.parametrize(
    ("contents", "position", "line", "reason"),
    [
        (stream(), 3, stream()[3].replace('"100.5"', '"x"'), "could not convert string to float: 'x'"),
        (stream(), 3, stream()[3].replace('"100.5"', '"-1"'), r"\(-1.0, 0.0\) is no level of a book"),
        (stream(), 3, stream()[3].replace('"u"', '"y"'), "it lacks 'u'"),
        (stream(), 3, stream()[3][:-9], "it is no JSON object"),
        (bybit(), 2, bybit()[2].replace('"seq":1012', '"seq":1011'), "seq is 1011 after 1011"),
        (bybit(), 2, bybit()[2][:-9], "Unterminated string"),
        (bybit(), 2, bybit()[2].replace('"ts":17', '"ts":99'), "is no time in ms"),
        (tardis(), 2, tardis()[2] + ",1", "17 fields, expected 16"),
    ],
)
def test_a_message_that_cannot_be_read_is_refused_with_its_line(read, contents, position, line, reason):
    broken = [*contents]
    broken[position] = line
    found = read(broken)
    [row] = found.quarantined
    assert row.line == position + 1
    assert re.search(reason, row.reason), row.reason
    assert found.refused == 1


def test_a_message_with_a_bad_row_is_refused_as_a_whole(read):
    snap, update = depth_files()
    update[3] = update[3].replace(",a,", ",c,")
    found = read(snap, update)
    assert (found.refused, found.report.gaps) == (1, 1)
    assert found.quarantined[0].line == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"hello\n", "line 1 is no order book that we know: 'hello'"),
        (b"1,2,3\n", "line 1 is no order book that we know"),
        ("\n".join(stream("ETHUSDT")[2:]).encode(), "holds no order book of BTCUSDT, only of ETHUSDT"),
        (DEPTH.encode(), "holds no order book of BTCUSDT"),
        ("\n".join(bybit()).replace("BTC", "XRP").encode(), "holds no order book of BTCUSDT, only of XRPUSDT"),
        (b"\x1f\x8b\x08\x00cut", "damaged or cut short"),
    ],
)
def test_what_is_no_order_book_is_refused(read, content, message):
    with pytest.raises((BadTicks, BadBars), match=message):
        read(content)
