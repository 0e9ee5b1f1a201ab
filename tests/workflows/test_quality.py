"""Judging stored series: which are chosen, what is known of them, and that only their end is read."""

from types import SimpleNamespace

import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.clock import FixedClock
from alphaplus.core.errors import MissingBars
from alphaplus.core.records import RowsRead
from alphaplus.market.resample import resample
from alphaplus.market.score import data_quality
from alphaplus.market.sources.simulated import simulate
from alphaplus.storage.memory import MemoryBarStore
from alphaplus.workflows.base import Silent
from alphaplus.workflows.quality import QualityRequest, judge_series

H1, H4 = Timeframe.H1, Timeframe.H4


class Watched(MemoryBarStore):
    """A store that remembers how much was read."""

    def __init__(self):
        super().__init__()
        self.bars_read = []

    def read(self, *arguments, **options):
        bars = super().read(*arguments, **options)
        self.bars_read.append(len(bars))
        return bars


@pytest.fixture
def ports():
    """Two markets at 1h, one of them at 4h too, and an import of which a tenth was refused."""
    store = Watched()
    markets = [simulate(name, bars=5_000) for name in ("M1", "N0")]
    for bars in (*markets, resample(markets[0], H4).bars):
        store.append(bars)
    known = {("SIM-M1", H1): RowsRead(1_000, 100)}
    journal = SimpleNamespace(rows_read=lambda symbol, timeframe: known.get((symbol, timeframe)))
    clock = FixedClock(int(markets[0].close_time[-1]) + 3 * H1.ms)
    return SimpleNamespace(bars=store, journal=journal, clock=clock, progress=Silent())


def judged(ports, **options):
    return [(one.symbol, str(one.timeframe)) for one in judge_series(QualityRequest(**options), ports)]


def test_series_are_chosen_by_symbol_and_timeframe(ports):
    assert judged(ports) == [("SIM-M1", "1h"), ("SIM-M1", "4h"), ("SIM-N0", "1h")]
    assert judged(ports, timeframe=H1) == [("SIM-M1", "1h"), ("SIM-N0", "1h")]
    assert judged(ports, symbols=("sim-m1",)) == [("SIM-M1", "1h"), ("SIM-M1", "4h")]


@pytest.mark.parametrize("options", [{"symbols": ("NOPE",)}, {"symbols": ("SIM-N0",), "timeframe": H4}])
def test_a_series_that_is_not_there_is_missing_data(ports, options):
    with pytest.raises(MissingBars, match="are stored"):
        judge_series(QualityRequest(**options), ports)


def test_nothing_stored_is_missing_data(ports):
    ports.bars = MemoryBarStore()
    with pytest.raises(MissingBars, match="no bars are stored"):
        judge_series(QualityRequest(), ports)


def test_the_end_is_read_and_the_score_is_that_of_all(ports):
    [quality] = judge_series(QualityRequest(symbols=("SIM-M1",), timeframe=H1), ports)
    assert ports.bars.bars_read == [920]
    bars = ports.bars.read("SIM-M1", H1)
    assert quality == data_quality(bars, now=ports.clock.now(), read=RowsRead(1_000, 100))
    assert quality.validity.value == pytest.approx(0.9)
    assert quality.freshness.value == pytest.approx(0.8)
