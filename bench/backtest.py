"""Back-tests: the compiled loop on positions given beforehand, and the whole pipeline bar by bar.

The loop does next-open fills, fee and slippage a side, stop and target inside the bar, equity and the trade list. The
pipeline computes features, asks a LightGBM version, pools both panels, decides and fills. Run as a script for a table.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from alphaplus.core.bars import PRICES, BarFrame, Instrument, Timeframe
from alphaplus.core.clock import FixedClock
from alphaplus.core.config import Settings
from alphaplus.datasets.assemble import assemble
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.datasets.splits import WalkForward
from alphaplus.features.sets import feature_set
from alphaplus.inference.predictor import Predictor
from alphaplus.market.sources.simulated import simulate
from alphaplus.models.spec import ModelSpec
from alphaplus.models.train import train
from alphaplus.registry.lifecycle import register
from alphaplus.registry.memory import MemoryModelStore
from alphaplus.registry.versions import Slot
from alphaplus.storage.files import FileArtifactStore
from alphaplus.trading import fills
from alphaplus.trading.backtest import backtest_positions, run_backtest
from alphaplus.trading.pipeline import Pipeline
from alphaplus.trading.serving import pinned

LOOP_BARS = 1_000_000
TRAIN_BARS, PIPELINE_BARS = 6_000, 20_000
ROUNDS = 5


def best(work):
    """The shortest of several runs in seconds, after one that is not counted."""
    work()
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def walk():
    """A million one-minute bars of a driftless walk of 0.1 % a bar."""
    close = 100.0 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.001, LOOP_BARS)))
    open_ = np.concatenate(([100.0], close[:-1]))
    columns = {
        "open_time": np.arange(LOOP_BARS, dtype=np.int64) * Timeframe.M1.ms,
        "open": open_,
        "high": np.maximum(open_, close) * 1.0005,
        "low": np.minimum(open_, close) * 0.9995,
        "close": close,
        "volume": np.ones(LOOP_BARS),
    }
    return BarFrame(Instrument("WALK"), Timeframe.M1, pl.DataFrame(columns))


def loop(levels):
    bars = walk()
    close = bars.column("close")
    side = np.sign(np.sin(np.arange(LOOP_BARS) / 20))
    orders = np.column_stack([side, close * (1 - 0.02 * side), close * (1 + 0.03 * side)] if levels else [side])
    state = fills.new_state(capital=10_000.0, fee_bps=1.0, slippage_bps=1.0)
    times, prices = bars.open_time, bars.matrix(PRICES)
    trades = len(fills.fill_bars(state, times, prices=prices, orders=orders).trades)
    return LOOP_BARS / best(lambda: fills.fill_bars(state, times, prices=prices, orders=orders)), trades


def with_frames():
    bars = walk()
    positions = np.sign(np.sin(np.arange(LOOP_BARS) / 20))
    return LOOP_BARS / best(lambda: backtest_positions(bars, positions))


def pipeline(folder):
    bars = simulate("M1", bars=TRAIN_BARS + PIPELINE_BARS, seed=1)
    dataset = assemble(
        [bars.rows(0, TRAIN_BARS)], feature_set("core"), LabelSpec("signal_direction", 1, {"threshold": 0})
    )
    spec = ModelSpec.of(dataset, family="lightgbm")
    training = train(spec, dataset, splits=WalkForward.for_timeframe(bars.timeframe, max_folds=1))
    artifacts = FileArtifactStore(folder / "artifacts")
    training.save(folder / "model")
    version = register(
        MemoryModelStore(),
        slot=Slot("technical_ml", spec.symbols[0], spec.timeframe, "all", "signal_direction", 1),
        training=training,
        artifact=artifacts.put(folder / "model"),
        size_bytes=1,
        created_by="bench",
        clock=FixedClock(0),
    )
    predictor = Predictor(artifacts)
    start = int(bars.open_time[TRAIN_BARS])

    def run():
        fresh = Pipeline(
            bars.instrument, bars.timeframe, settings=Settings(), predictor=predictor, services=pinned(version)
        )
        return run_backtest(bars, fresh, start=start)

    found = run()
    return PIPELINE_BARS / best(run), len(found.trades)


def main():
    """Measure and return a row for each claim."""
    plain, plain_trades = loop(levels=False)
    levels, level_trades = loop(levels=True)
    with tempfile.TemporaryDirectory() as folder:
        whole, whole_trades = pipeline(Path(folder))
    size = f"{LOOP_BARS:,} bars, one core, best of {ROUNDS}"
    return [
        {
            "name": "backtest loop, positions",
            "value": plain / 1e6,
            "unit": "million bars/s",
            "goal": 5.0,
            "detail": f"{size}, {plain_trades:,} trades, fee and slippage, equity and trade list as arrays",
        },
        {
            "name": "backtest loop, stop and target",
            "value": levels / 1e6,
            "unit": "million bars/s",
            "goal": 5.0,
            "detail": f"{size}, {level_trades:,} trades, stop and target on every position",
        },
        {
            "name": "backtest_positions, from frame to trade records",
            "value": with_frames() / 1e6,
            "unit": "million bars/s",
            "goal": None,
            "detail": f"{size}, conversion from the bar frame and Trade records included, figures not",
        },
        {
            "name": "backtest through the whole pipeline",
            "value": whole,
            "unit": "bars/s",
            "goal": 5_000.0,
            "detail": f"{PIPELINE_BARS:,} bars after {TRAIN_BARS:,} of training, best of {ROUNDS}: core features, "
            f"LightGBM through ONNX in one batch, three voters, decide, fills; {whole_trades:,} trades",
        },
    ]


if __name__ == "__main__":
    for row in main():
        print(f"{row['name']:<50} {row['value']:>12,.2f} {row['unit']:<16} goal {row['goal']}  ({row['detail']})")
