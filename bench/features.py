"""Features: the fused loop against TA-Lib + pandas computing the same columns, and one live bar through `push`.

Both sides compute the sets `core` and `full` on the same seeded one-minute bars, one thread each; the peer's columns
are compared with ours before anything is timed. Live, the peer computes the columns on the last 500 bars, as bots built
on it do.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace

import numpy as np
import pandas as pd

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.features.compute import compute_many
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.sets import FeatureSet, feature_set
from alphaplus.market.sources.simulated import simulate
from bench import _talib_pandas as peer

BARS = 100_000
LIVE = 5_000
WINDOW = 500
ROUNDS = 7
SYMBOLS = 50
TABLE = ("open", "high", "low", "close", "volume", "trade_count", "buy_volume")
COMPILE = """
import json, sys, time
from pathlib import Path
import numba, polars
began, used = time.perf_counter(), time.process_time()
from alphaplus.core.bars import Timeframe
from alphaplus.features.compiler import compile_set
from alphaplus.features.sets import feature_set
compile_set(feature_set("full", Timeframe.M1).columns, 24, Timeframe.M1, Path(sys.argv[1]))
print(json.dumps([time.perf_counter() - began, time.process_time() - used]))
"""


def bars_with_sides() -> BarFrame:
    """Simulated minutes with made-up trades and order books, so that every column has work to do."""
    bars = simulate("N0", bars=BARS, seed=1, timeframe=Timeframe.M1)
    rng = np.random.default_rng(2)
    depths = ("bid_depth_0_5", "bid_depth_1_0", "bid_depth_2_0", "ask_depth_0_5", "ask_depth_1_0", "ask_depth_2_0")
    volume = bars.column("volume")
    sides = {
        "trade_count": np.ceil(rng.lognormal(5, 0.5, BARS)),
        "buy_volume": volume * rng.random(BARS),
        "largest_trade": volume * rng.random(BARS) * 0.1,
        **{name: rng.lognormal(2 + place % 3, 0.3, BARS) for place, name in enumerate(depths)},
        "spread_bps": rng.exponential(2, BARS),
        "microprice": bars.column("close") * (1 + rng.normal(0, 1e-4, BARS)),
    }
    return replace(bars, table=bars.table.with_columns(**sides))


def table_of(bars: BarFrame):
    """The bars as pandas has them."""
    data = {name: bars.column(name) for name in TABLE}
    return pd.DataFrame(data, index=pd.to_datetime(bars.open_time, unit="ms", utc=True))


def agreement(columns, values, theirs):
    """How many columns agree to a millionth of their spread over the second half, and which do not."""
    half, apart = len(values) // 2, []
    for place, name in enumerate(columns):
        ours, other = values[half:, place], np.asarray(theirs[name], dtype=float)[half:]
        worst = np.nanmax(np.abs(ours - other))
        if not worst <= 1e-6 * max(np.nanstd(ours), 1e-12):
            apart.append(name)
    return len(columns) - len(apart), apart


def seconds(work, rounds=ROUNDS):
    """CPU seconds of a call, the median of some."""
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return statistics.median(times)


def main() -> list[dict[str, object]]:
    """Measure history and live, ours and the peer's, and print what came out."""
    bars = bars_with_sides()
    table = table_of(bars)
    full = feature_set("full", bars.timeframe)
    shared = FeatureSet("full, as far as the peer goes", tuple(c for c in full.columns if c not in peer.WITHOUT))
    results = []
    for name, features, work in (("core", feature_set("core"), peer.core), ("full", shared, peer.full)):
        results += _compared(name, features, work, bars, table)
    engine = FeatureEngine(full, bars.instrument, bars.timeframe)
    rows, out = bars.matrix(engine.inputs), np.empty((BARS, len(engine.columns)))
    whole = seconds(lambda: engine.compute(rows, keep=False, out=out)) / BARS * 1e9
    count = len(engine.columns)
    results += [
        _row("full, history", whole, "ns/bar", "", f"all {count} columns, CPU time of one thread, output reused"),
        _row("full, history, a column", whole / count, "ns/bar", "< 5", "the same"),
        _row("full, state of a symbol", engine.state_bytes / 1024, "kB", "< 64", "histograms included"),
        *_live(engine, bars, rows, table),
        *_many(bars),
        *_compiled(),
    ]
    for result in results:
        print(f"{result['name']:<52} {result['value']:>12} {result['unit']:<8} {result['goal']}")
    return results


def _compared(name, features, work, bars, table):
    engine = FeatureEngine(features, bars.instrument, bars.timeframe)
    rows, out = bars.matrix(engine.inputs), np.empty((BARS, len(engine.columns)))
    values = engine.compute(rows, keep=False)
    agreeing, apart = agreement(engine.columns, values, work(table))
    ours = seconds(lambda: engine.compute(rows, keep=False, out=out)) / BARS * 1e9
    other = seconds(lambda: work(table), rounds=3) / BARS * 1e9
    detail = f"{len(engine.columns)} columns, {BARS:,} bars, CPU time of one thread, median; {agreeing} agree to 1e-6"
    if apart:
        detail += f", others are defined a little otherwise there: {', '.join(apart)}"
    return [
        _row(f"{name}, history, the peer's columns", ours, "ns/bar", f"< {other:,.0f} (peer)", detail),
        _row(f"{name}, history, TA-Lib + pandas", other, "ns/bar", "", "the same columns in the same run"),
        _row(f"{name}, history, speed-up", other / ours, "x", ">= 4", "peer over ours"),
    ]


def _live(engine, bars, rows, table):
    start = BARS - 2 * LIVE
    engine.compute(rows[:start])
    pushed, forming, framed = [], [], []
    for row in rows[start : start + LIVE]:
        begun = time.perf_counter_ns()
        engine.push(row, forming=True)
        middle = time.perf_counter_ns()
        engine.push(row)
        forming.append(middle - begun)
        pushed.append(time.perf_counter_ns() - middle)
    for place in range(start + LIVE, start + LIVE + 1_000):
        begun = time.perf_counter_ns()
        engine.advance(bars.rows(place, place + 1))
        framed.append(time.perf_counter_ns() - begun)
    tail = table.iloc[-WINDOW:]
    other = seconds(lambda: peer.full(tail)) * 1e6
    us = {name: np.percentile(times, [50, 99]) / 1e3 for name, times in (("push", pushed), ("forming", forming))}
    one = float(np.median(framed)) / 1e3
    detail = f"median of {LIVE:,} bars; 99th percentile {{:.2f}} us"
    frames = "a BarFrame of one row in, a FeatureFrame out; at the edges only"
    recomputed = f"as far as it goes, on the last {WINDOW} bars, as most bots do"
    return [
        _row("full, a live bar by push", us["push"][0], "us", "< 5", detail.format(us["push"][1])),
        _row("full, a forming bar by push", us["forming"][0], "us", "<= 2 x", detail.format(us["forming"][1])),
        _row("full, a live bar by one-row frames", one, "us", "", frames),
        _row("full, a live bar, TA-Lib + pandas", other, "us", "", recomputed),
        _row("full, a live bar, speed-up", other / us["push"][0], "x", ">= 1000", "peer over push"),
    ]


def _many(bars):
    frames = [replace(bars, table=bars.table[:20_000]) for _ in range(SYMBOLS)]
    compute_many(frames, "full")  # so that both find the memory of the process grown
    times = {}
    for workers in (1, 2):
        begun = time.perf_counter()
        compute_many(frames, "full", workers=workers)
        times[workers] = time.perf_counter() - begun
    detail = f"{SYMBOLS} symbols of 20,000 bars, two threads on {os.cpu_count()} cores, wall clock, frames included"
    return [
        _row("full, many symbols", SYMBOLS * 20_000 / times[2] / 1e3, "bars/ms", "", detail),
        _row("full, many symbols, speed-up of two threads", times[1] / times[2], "x", "", "over one thread"),
    ]


def _compiled():
    with tempfile.TemporaryDirectory() as folder:
        cold, warm = (_compile_seconds(folder) for _ in range(2))
    return [
        _row(
            "full, cold compile", cold[0], "s", "< 40", f"wall clock; {cold[1]:.1f} s of CPU; libraries imported before"
        ),
        _row("full, warm start", warm[0], "s", "< 1", f"wall clock; {warm[1]:.1f} s of CPU; code from the cache"),
    ]


def _compile_seconds(folder):
    done = subprocess.run([sys.executable, "-c", COMPILE, folder], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def _row(name, value, unit, goal, detail):
    return {"name": f"features, {name}", "value": round(float(value), 3), "unit": unit, "goal": goal, "detail": detail}


if __name__ == "__main__":
    main()
