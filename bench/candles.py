"""Candlestick patterns: all 61 over history and live, ours in segments and TA-Lib's own calls, which it is made of."""

import statistics
import time

import numpy as np
import talib
from talib import stream

from alphaplus.core.bars import Timeframe
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.sets import FeatureSet
from alphaplus.market.sources.simulated import simulate
from alphaplus.patterns.candles import CANDLES

BARS = 100_000
LIVE = 5_000
ROUNDS = 5
PRICES = ("open", "high", "low", "close")


def main() -> list[dict[str, object]]:
    """Measure and print both, on bars of which TA-Lib's answers are compared with ours first."""
    bars = simulate("N0", bars=BARS, seed=1, timeframe=Timeframe.M1)
    arrays = [bars.column(name) for name in PRICES]
    names = tuple(candle.function.lower() for candle in CANDLES)
    engine = FeatureEngine(FeatureSet("candles", names), bars.instrument, bars.timeframe)
    rows, out = bars.matrix(engine.inputs), np.empty((BARS, len(names)))
    values = engine.compute(rows, keep=False)
    same = sum(
        np.array_equal(values[candle.warmup :, place], getattr(talib, candle.function)(*arrays)[candle.warmup :])
        for place, candle in enumerate(CANDLES)
    )
    ours = _seconds(lambda: engine.compute(rows, keep=False, out=out)) / BARS * 1e9
    theirs = _seconds(lambda: [getattr(talib, candle.function)(*arrays) for candle in CANDLES]) / BARS * 1e9
    live, alone = _live(engine, rows), _streams(rows[:, 1:5])
    detail = (
        f"{len(names)} columns, {BARS:,} one-minute bars, CPU time of one thread, median; {same} the same to the bit"
    )
    results = [
        _row("history", ours, "ns/bar", "", detail),
        _row("history, TA-Lib alone", theirs, "ns/bar", "", "one call a function on the whole series"),
        _row("a live bar by push", live[0], "us", "~ 15", f"median of {LIVE:,} bars; 99th percentile {live[1]:.0f} us"),
        _row("a live bar, TA-Lib's streams alone", alone, "us", "", "61 calls of update with four numbers"),
    ]
    for result in results:
        print(f"{result['name']:<52} {result['value']:>12} {result['unit']:<8} {result['goal']}")
    return results


def _live(engine, rows):
    engine.compute(rows[:-LIVE])
    times = []
    for row in rows[-LIVE:]:
        begun = time.perf_counter_ns()
        engine.push(row)
        times.append(time.perf_counter_ns() - begun)
    return np.percentile(times, [50, 99]) / 1e3


def _streams(prices):
    before = [np.ascontiguousarray(column) for column in prices[:-LIVE].T]
    streams = [getattr(stream, candle.function)(*before) for candle in CANDLES]
    times = []
    for row in prices[-LIVE:].tolist():
        begun = time.perf_counter_ns()
        for one in streams:
            one.update(*row)
        times.append(time.perf_counter_ns() - begun)
    return float(np.median(times)) / 1e3


def _seconds(work):
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return statistics.median(times)


def _row(name, value, unit, goal, detail):
    return {"name": f"candles, {name}", "value": round(float(value), 3), "unit": unit, "goal": goal, "detail": detail}


if __name__ == "__main__":
    main()
