"""`alphaplus patterns`: what there is, where it is in stored bars, how often it worked, and a pattern of one's own."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

import alphaplus as ap
from alphaplus.core.bars import Timeframe
from alphaplus.core.clock import FixedClock
from alphaplus.core.config import Settings
from alphaplus.core.errors import UnknownName
from alphaplus.market.sources.simulated import simulate
from alphaplus.market.write import write_csv
from alphaplus.patterns.contract import KINDS
from alphaplus.registry.memory import MemoryModelStore
from alphaplus.registry.trials import MemoryTrialLog
from alphaplus.storage.files import FileArtifactStore
from alphaplus.storage.memory import MemoryBarStore, MemoryLedger, MemoryPublisher
from alphaplus.workflows import options
from alphaplus.workflows.base import Ports, Silent
from alphaplus.workflows.patterns import ScanRequest, scan

GUIDE = Path(__file__).resolve().parents[2] / "docs/how-to/add-a-pattern.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CHOSEN = ("fair_value_gap", "double_top", "double_bottom")
MARKETS = {
    "AAA": simulate("N0", bars=6_000, seed=3, symbol="AAA"),
    "BBB": simulate("N0", bars=3_000, seed=4, symbol="BBB"),
}


@pytest.fixture(scope="module")
def ports(new_home):
    """Ports on memory with two stored series."""
    home = new_home()
    ports = Ports(
        bars=MemoryBarStore(),
        artifacts=FileArtifactStore(home / "artifacts"),
        models=MemoryModelStore(),
        trials=MemoryTrialLog(),
        ledger=MemoryLedger(),
        publisher=MemoryPublisher(),
        journal=None,
        clock=FixedClock(1_735_689_600_000),
        settings=Settings(home=home),
        progress=Silent(),
    )
    for bars in MARKETS.values():
        ports.bars.append(bars)
    return ports


def test_a_scan_finds_what_the_python_api_finds(ports):
    found = scan(ScanRequest(wanted=CHOSEN), ports)
    assert [(one.instrument.symbol, one.bars) for one in found.series] == [("AAA", 6_000), ("BBB", 3_000)]
    for symbol, bars in MARKETS.items():
        own = found.events.filter(symbol=symbol).drop("symbol")
        assert own.equals(ap.detect_patterns(bars, kinds=CHOSEN))
    assert found.events["known_at"].is_sorted()


def test_a_range_has_the_events_that_became_known_in_it_as_they_stood_at_its_end(ports):
    bars = MARKETS["AAA"]
    start, end = int(bars.open_time[1_000]), int(bars.open_time[4_000])
    request = ScanRequest(symbols=("AAA",), wanted=CHOSEN, start=start, end=end)
    found = scan(request, ports)
    assert found.series[0].bars == 3_000
    known = ap.detect_patterns(bars.rows(0, 4_000), kinds=CHOSEN)
    assert found.events.drop("symbol").equals(known.filter(pl.col("known_at") > start))
    assert set(found.events["state"]) - {"ended"}
    nothing = scan(ScanRequest(symbols=("BBB",), wanted=CHOSEN, start=int(bars.close_time[-1])), ports)
    assert (nothing.series[0].bars, nothing.series[0].last, len(nothing.events)) == (0, None, 0)


def test_a_pattern_that_there_is_not_is_named(ports):
    with pytest.raises(UnknownName, match="double_top"):
        scan(ScanRequest(wanted=("doubletop",)), ports)


def test_the_kinds_of_the_command_are_those_of_patterns():
    assert options.PATTERN_KINDS == KINDS


@pytest.fixture(scope="module")
def stored(module_cli, tmp_path_factory):
    """A home with stored hours of one symbol, in which the guide to patterns of one's own has been followed."""
    folder = module_cli.home / "features"
    folder.mkdir()
    (folder / "snap_back.py").write_text(blocks("python")[0])
    (module_cli.home / "alphaplus.toml").write_text(blocks("toml")[0])
    path = tmp_path_factory.mktemp("files") / "BTCUSDT-1h.csv.gz"
    write_csv(MARKETS["AAA"], path)
    done = module_cli("data", "import", path, "--symbol", "BTCUSDT", "--timeframe", "1h")
    assert done.code == 0, done.err
    return module_cli


def blocks(language):
    return [text for found, text in BLOCK.findall(GUIDE.read_text(encoding="utf-8")) if found == language]


def test_the_newest_events_are_printed_with_what_became_of_them(stored):
    done = stored("patterns", "scan", "--pattern", "fair_value_gap,double_top", "double_bottom", "--last", 5)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].startswith("BTCUSDT 1h: 6,000 bars, ")
    assert lines[1].split("\t")[:3] == ["known at", "pattern", "way"]
    assert len(lines) == 7
    expected = ap.detect_patterns(MARKETS["AAA"], kinds=CHOSEN).tail(5)
    assert [line.split("\t")[1] for line in lines[2:]] == expected["pattern"].to_list()
    assert [line.split("\t")[7] for line in lines[2:]] == expected.select(
        pl.coalesce("outcome", "state")
    ).to_series().to_list()


def test_scores_are_printed_for_trades_and_zones(stored):
    done = stored("patterns", "scan", "--pattern", *CHOSEN, "--by", "regime")
    assert done.code == 0, done.err
    rows = [line.split("\t") for line in done.out.splitlines()]
    trades = next(row for row in rows if "hit rate" in row)
    zones = next(row for row in rows if "bars to touch" in row)
    assert "symbol" not in trades
    assert trades.index("regime") == zones.index("regime") == 1
    assert {row[1] for row in rows if row[0] == "fair_value_gap" and len(row) == len(zones)} >= {"all", "trending"}
    assert "too few" in done.out
    assert "a description of them, no forecast" in done.out


def test_a_scan_speaks_json(stored):
    told = stored("patterns", "scan", "--pattern", *CHOSEN, "--scores", "--last", 3, "--json").json
    assert (told["timeframe"], told["missing"], len(told["events"])) == ("1h", [], 3)
    assert told["series"][0]["bars"] == 6_000
    assert told["found"] == len(ap.detect_patterns(MARKETS["AAA"], kinds=CHOSEN))
    scores = {row["pattern"]: row for row in told["scores"]}
    assert set(scores) == set(CHOSEN)
    assert scores["fair_value_gap"]["median_to_touch"] % Timeframe.H1.ms == 0


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_all_events_are_written_to_a_file(stored, tmp_path, ending):
    path = tmp_path / f"events.{ending}"
    done = stored("patterns", "scan", "--pattern", *CHOSEN, "--out", path)
    assert done.code == 0, done.err
    expected = ap.detect_patterns(MARKETS["AAA"], kinds=CHOSEN)
    assert f"{len(expected):,} events are in {path}" in done.out
    table = pl.read_csv(path, try_parse_dates=True) if ending == "csv" else pl.read_parquet(path)
    assert len(table) == len(expected)
    assert table["known_at"].dt.epoch("ms").to_list() == expected["known_at"].to_list()
    points = table["points"].to_list()
    assert (list(map(json.loads, points)) if ending == "csv" else points) == expected["points"].to_list()


WRONG = {
    "kind": ("scan", "--kind", "candle"),
    "pattern": ("scan", "--pattern", "doubletop"),
    "split": ("scan", "--by", "weekday"),
    "range": ("scan", "--timerange", "2022"),
    "last": ("scan", "--last", 0),
    "file": ("scan", "--out", "events.txt"),
    "name": ("show", "doubletop"),
    "listed kind": ("list", "--kind", "candle"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_words_end_with_the_code_for_usage_and_a_hint(stored, what):
    done = stored("patterns", *WRONG[what])
    assert done.code == 2
    assert "what to do:" in done.err


def test_an_empty_home_says_what_to_do(cli):
    done = cli("patterns", "scan")
    assert done.code == 4
    assert "alphaplus data import" in done.err
    missing = cli("patterns", "scan", "--symbols", "NOSUCH", "--json")
    assert missing.code == 4


def test_patterns_are_listed_by_kind_and_shown(stored):
    rows = stored("patterns", "list", "--kind", "figures", "--json").json["patterns"]
    assert {"double_top", "double_bottom"} <= {row["name"] for row in rows}
    assert {row["kind"] for row in rows} == {"figures"}
    shown = stored("patterns", "show", "fair_value_gap").out
    assert "at most 8 of its direction" in shown
    assert "fair_value_gap_distance\taverage true ranges" in shown
    assert "smartmoneyconcepts" in shown


def test_the_pattern_of_the_guide_is_listed_honest_and_found(stored):
    listed = {row["name"]: row for row in stored("patterns", "list", "--json").json["patterns"]}
    assert listed["snap_back_up"]["description"].startswith("Snap back up")
    done = stored("features", "check", stored.home / "features/snap_back.py")
    assert done.code == 0, done.out + done.err
    assert "snap_back_up_born is honest" in done.out
    told = stored("patterns", "scan", "--pattern", "snap_back_up", "snap_back_down", "--last", 1000, "--json").json
    bars = MARKETS["AAA"].table
    close, high, low = bars["close"], bars["high"], bars["low"]
    falls = (close.diff() < 0).cast(pl.Int8).rolling_sum(3).shift(1) == 3
    up = bars.filter(falls & (close > high.shift(1)))["open_time"] + Timeframe.H1.ms
    rises = (close.diff() > 0).cast(pl.Int8).rolling_sum(3).shift(1) == 3
    down = bars.filter(rises & (close < low.shift(1)))["open_time"] + Timeframe.H1.ms
    warm = int(MARKETS["AAA"].close_time[20])
    for direction, expected in ((1, up), (-1, down)):
        found = [event["known_at"] for event in told["events"] if event["direction"] == direction]
        assert [time for time in found if time > warm] == [time for time in expected.to_list() if time > warm]


def test_the_set_of_the_guide_holds_it_and_the_shipped_set_does_not(stored):
    mine = stored("features", "show", "mine", "--json").json["set"]["columns"]
    shipped = stored("features", "show", "patterns", "--json").json["set"]["columns"]
    assert {"snap_back_up_age", "double_top_distance", "rsi_14"} <= set(mine)
    assert set(shipped) <= set(mine)
    assert not [column for column in shipped if "snap_back" in column]
    assert not [column for column in shipped if column.endswith(("_low", "_high"))]


def test_a_file_with_a_pattern_that_fails_leaves_nothing_behind(cli):
    folder = cli.home / "features"
    folder.mkdir()
    (folder / "snap_back.py").write_text(blocks("python")[0] + "\nraise ValueError('not yet')\n")
    for _ in range(2):
        done = cli("patterns", "list")
        assert done.code == 2
        assert "snap_back.py, line" in done.err
        assert "not yet" in done.err
