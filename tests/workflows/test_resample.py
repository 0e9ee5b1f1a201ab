"""Resampling stored series: once, again, with late bars, against bars that are there, and on the command line."""

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.core.errors import ConfigError, MissingBars
from alphaplus.market.resample import resample
from alphaplus.market.sources.simulated import simulate
from alphaplus.market.write import write_csv
from alphaplus.storage.memory import MemoryBarStore
from alphaplus.storage.parquet import ParquetBarStore
from alphaplus.workflows import resample as workflow
from alphaplus.workflows.base import Silent
from alphaplus.workflows.resample import ResampleRequest, resample_series

H1, H4, D1 = Timeframe.H1, Timeframe.H4, Timeframe.D1


class Told(Silent):
    """Progress that remembers."""

    def __init__(self):
        self.stages, self.steps = [], []

    def stage(self, name, total=None):
        self.stages.append((name, total))

    def advance(self, done, note=""):
        self.steps.append(done)


def on(store, progress=None):
    """Ports of which a resampling needs the store and the progress."""
    return SimpleNamespace(bars=store, progress=progress or Told())


def without(bars, *positions):
    keep = np.setdiff1d(np.arange(len(bars)), positions)
    return BarFrame(bars.instrument, bars.timeframe, bars.table[keep.tolist()])


@pytest.fixture
def market():
    """A thousand hours from midnight on."""
    bars = simulate("M1", bars=1_100)
    first = int(np.flatnonzero(bars.open_time % D1.ms == 0)[0])
    return bars.rows(first, first + 1_000)


def test_complete_bars_are_stored_beside_and_the_others_told(tmp_path, market):
    store = ParquetBarStore(tmp_path)
    bars = without(market, 5, 100, 101, 102)
    store.append(bars)
    four, day = resample_series(ResampleRequest(to=(H4, D1, H4)), on(store))
    assert store.read("SIM-M1", H4).table.equals(resample(bars, H4).bars.table)
    assert store.read("SIM-M1", D1).instrument.simulated
    assert (four.symbol, four.timeframe, four.to, four.per_bar) == ("SIM-M1", H1, H4, 4)
    assert (four.read, four.complete, four.stored, four.duplicates, four.conflicts) == (996, 248, 248, 0, ())
    assert [(int(left.open_time - market.open_time[0]) // H1.ms, left.seen) for left in four.left_out] == [
        (4, 3),
        (100, 1),
    ]
    assert four.forming is None
    assert (day.complete, len(day.left_out), day.forming.seen) == (39, 2, 16)


def test_doing_it_again_changes_no_file(tmp_path, market):
    store = ParquetBarStore(tmp_path)
    store.append(market)
    request = ResampleRequest(symbols=("sim-m1",), to=(H4,))
    resample_series(request, on(store))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    [again] = resample_series(request, on(store))
    assert (again.stored, again.duplicates, again.complete) == (0, 250, 250)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_late_and_newer_bars_complete_what_was_left_out(market):
    store = MemoryBarStore()
    store.append(without(market.rows(0, 402), 5))
    resample_series(ResampleRequest(to=(H4,)), on(store))
    store.append(market)
    [found] = resample_series(ResampleRequest(to=(H4,)), on(store))
    assert (found.stored, found.duplicates, found.left_out) == (151, 99, ())
    assert store.read("SIM-M1", H4).table.equals(resample(market, H4).bars.table)


def test_stored_bars_with_other_values_stay_and_are_told(market):
    store = MemoryBarStore()
    store.append(market)
    other = resample(market, H4).bars
    prices = other.table[7:8].with_columns(pl.col("volume") + 1.0)
    store.append(BarFrame(other.instrument, H4, prices))
    [found] = resample_series(ResampleRequest(to=(H4,)), on(store))
    assert found.conflicts == (int(other.open_time[7]),)
    assert (found.stored, found.duplicates) == (249, 0)
    assert store.read("SIM-M1", H4).column("volume")[7] == prices["volume"][0]


def test_a_long_series_is_read_in_portions_with_the_same_bits(market, monkeypatch):
    monkeypatch.setattr(workflow, "PORTION", 7)
    store, told = MemoryBarStore(), Told()
    bars = without(market, *range(200, 260), 500)
    store.append(bars)
    [found] = resample_series(ResampleRequest(to=(D1,)), on(store, told))
    assert store.read("SIM-M1", D1).table.equals(resample(bars, D1).bars.table)
    assert found.read == len(bars)
    assert told.stages == [("SIM-M1 1h to 1d", 1_000)]
    assert told.steps == sorted(told.steps)
    assert told.steps[-1] == 1_000


def test_what_cannot_be_is_refused_before_anything_is_read(market):
    store = MemoryBarStore()
    store.append(market)
    with pytest.raises(ConfigError, match="1h bars cannot be resampled to 30m"):
        resample_series(ResampleRequest(to=(H4, Timeframe.M30)), on(store))
    with pytest.raises(MissingBars, match="ETHUSDT"):
        resample_series(ResampleRequest(symbols=("SIM-M1", "ETHUSDT"), to=(H4,)), on(store))
    with pytest.raises(MissingBars, match="no 1m bars are stored"):
        resample_series(ResampleRequest(timeframe=Timeframe.M1, to=(H4,)), on(store))
    with pytest.raises(ValidationError):
        ResampleRequest(to=())
    assert [series.timeframe for series in store.series()] == [H1]


def test_the_commands_resample_and_judge(cli, tmp_path, market):
    path = tmp_path / "SIM-M1-1h.csv"
    write_csv(without(market, 5), path)
    assert cli("data", "import", path, "--symbol", "SIM-M1", "--timeframe", "1h", "--venue", "simulated").code == 0
    done = cli("data", "resample", "--symbols", "SIM-M1", "--timeframe", "1h", "--to", "4h,1d", "--json").json
    four, day = done["resampled"]
    assert (four["to"], four["bars_read"], four["complete"], four["stored"], four["left_out"]) == (
        "4h",
        999,
        249,
        249,
        1,
    )
    assert four["left_out_bars"] == [{"open_time": int(market.open_time[4]), "seen": 3}]
    assert day["forming"] == {"open_time": int(market.open_time[984]), "seen": 16}
    said = cli("data", "resample", "--to", "4h", "1d")
    assert said.code == 0
    assert said.out.splitlines()[1].split("\t") == ["SIM-M1", "1h", "4h", "999", "249", "0", "1"]
    assert "SIM-M1 4h: 1 left out, as they lack some of their 4 bars" in said.out
    assert "still forming (16 of 24 bars)" in said.err
    wrong = cli("data", "resample", "--to", "5m", "--json")
    assert (wrong.code, wrong.json["error"]["hint"]) == (2, "they give 2h, 4h, 6h, 12h, 1d, 1w")

    judged = cli("data", "quality", "--json").json
    assert sum(judged["weights"].values()) == pytest.approx(1.0)
    assert [(one["symbol"], one["timeframe"]) for one in judged["quality"]] == [
        ("SIM-M1", t) for t in ("1h", "4h", "1d")
    ]
    hours = judged["quality"][0]
    assert hours["validity"] == {"value": 1.0, "reason": "0 of 999 rows were refused at import"}
    assert hours["freshness"]["value"] == 0.0
    assert hours["bars"] == 720
    assert 0.0 < hours["total"] < 1.0
    table = cli("data", "quality", "--symbols", "sim-m1", "--timeframe", "4h")
    assert table.out.splitlines()[0].split("\t")[2:] == ["score", "completeness", "freshness", "validity", "outliers"]
    assert "SIM-M1 4h freshness 0.00: the last close is" in table.out
    refused = cli("data", "quality", "--window-days", "0", "--json")
    assert (refused.code, refused.json["error"]["message"].split()[0]) == (2, "--window-days")
