"""What every source of bars promises, for each that is registered."""

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import ConfigError
from alphaplus.market.quality import Rows, faults
from alphaplus.market.read import read_bars
from alphaplus.market.sources.replay import replay
from alphaplus.market.sources.simulated import END, markets, simulate
from alphaplus.market.write import write_csv


@pytest.mark.parametrize("market", markets())
@pytest.mark.parametrize("seed", [0, 7])
def test_simulated_bars_pass_the_rules_that_files_must_pass(market, seed):
    bars = simulate(market, bars=2000, seed=seed)
    values = {name: bars.column(name) for name in bars.table.columns if name != "open_time"}
    assert not faults(Rows(bars.open_time, values), bars.timeframe, now=END).any()
    assert bars.instrument.simulated
    assert np.isfinite(bars.bayes).all()
    assert ((bars.bayes >= 0) & (bars.bayes <= 1)).all()


@pytest.mark.parametrize("market", markets())
def test_the_same_seed_gives_the_same_bits(market):
    one, two = simulate(market, bars=300, seed=3), simulate(market, bars=300, seed=3)
    assert one.table.equals(two.table)
    assert np.array_equal(one.bayes, two.bayes)


@pytest.mark.parametrize("market", markets())
@pytest.mark.parametrize("name", ["SIM.csv", "SIM.csv.gz"])
def test_bars_written_and_read_again_are_the_same_bits(tmp_path, market, name):
    bars = simulate(market, bars=2000)
    write_csv(bars, tmp_path / name)
    read = read_bars([tmp_path / name], symbol="SIM", timeframe=bars.timeframe, now=END)
    assert read.table.equals(bars.table)
    write_csv(bars, tmp_path / "again.csv.gz")
    write_csv(bars, tmp_path / "once more.csv.gz")
    assert (tmp_path / "again.csv.gz").read_bytes() == (tmp_path / "once more.csv.gz").read_bytes()


@pytest.mark.parametrize("market", markets())
@pytest.mark.parametrize("steps", [0, 1, 5])
def test_a_replay_forms_every_bar_and_closes_it_as_it_was(market, steps):
    bars = simulate(market, bars=40, timeframe=Timeframe.M5)
    events = list(replay(bars, forming_steps=steps))
    assert [closed for _, closed in events] == ([False] * steps + [True]) * len(bars)
    for position in range(len(bars)):
        *forming, (last, _) = events[position * (steps + 1) : (position + 1) * (steps + 1)]
        final = last.table.row(0, named=True)
        assert final == bars.table.row(position, named=True)
        before = None
        for frame, _ in forming:
            now = frame.table.row(0, named=True)
            assert (now["open_time"], now["open"]) == (final["open_time"], final["open"])
            assert final["low"] <= now["low"] <= min(now["open"], now["close"])
            assert final["high"] >= now["high"] >= max(now["open"], now["close"])
            assert 0 < now["volume"] < final["volume"]
            if before is not None:
                assert now["high"] >= before["high"]
                assert now["low"] <= before["low"]
                assert now["volume"] > before["volume"]
            before = now


def test_a_replay_is_the_same_every_time():
    bars = simulate("N0", bars=20)
    one, two = ([frame.table.row(0) for frame, _ in replay(bars, forming_steps=4)] for _ in range(2))
    assert one == two
    with pytest.raises(ConfigError):
        next(replay(bars, forming_steps=-1))
