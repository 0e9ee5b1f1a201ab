"""Smart money: all its columns and those of the pivots in one pass, beside the public package smartmoneyconcepts.

The loop is timed on 10,000, 100,000 and 1,000,000 simulated minutes, visible and hidden columns together, and must
cost the same a bar everywhere. The package runs its own functions on the first 10,000 of them, once each, with the
swings that they all need; what it finds is not the same (it looks ahead), and `tests/patterns` say where both agree.
"""

import contextlib
import io
import os
import statistics
import time

import numpy as np

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.features.contract import features
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.sets import FeatureSet
from alphaplus.market.sources.simulated import simulate

LENGTHS = (10_000, 100_000, 1_000_000)
PEER_BARS = LENGTHS[0]
REACH = 5
ROWS = 4_096  # bars a piece, as events are found
ROUNDS = {10_000: 9, 100_000: 5, 1_000_000: 3}


def columns() -> tuple[str, ...]:
    """All columns of smart money and pivots on the bars' own clock."""
    return tuple(column for column, spec in features if spec.group in ("smc", "pivots") and spec.every is None)


def seconds(work, rounds):
    """CPU seconds of a call, the median of some."""
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return statistics.median(times)


def main() -> list[dict[str, object]]:
    """Measure both and print what came out."""
    bars = simulate("N0", bars=max(LENGTHS), seed=1, timeframe=Timeframe.M1)
    everything = FeatureSet("smart money and pivots", columns())
    begun = time.perf_counter()
    engine = FeatureEngine(everything, bars.instrument, bars.timeframe)
    compiled = time.perf_counter() - begun
    rows = bars.matrix(engine.inputs)
    out = np.empty((ROWS, len(engine.columns)))
    detail = f"{len(engine.columns)} columns, hidden ones among them, CPU time of one thread, median"
    results, ours = [], {}
    for length in LENGTHS:
        ours[length] = seconds(lambda length=length: _pass(everything, bars, rows[:length], out), ROUNDS[length])
        each = ours[length] / length * 1e9
        results.append(_row(f"{length:,} bars", each, "ns/bar", "< 1000", detail))
    times = [ours[length] / length for length in LENGTHS]
    results.append(_row("dearest length over cheapest", max(times) / min(times), "x", "flat", "of the three above"))
    results.append(_row("start", compiled, "s", "", "compilation, or the code from the cache"))
    results += _peer(bars, ours[PEER_BARS] / PEER_BARS * 1e9)
    for result in results:
        print(f"{result['name']:<52} {result['value']:>12} {result['unit']:<8} {result['goal']}")
    return results


def _pass(everything, bars, rows, out):
    """All columns of the bars, piece by piece into the same memory."""
    engine = FeatureEngine(everything, bars.instrument, bars.timeframe)
    for start in range(0, len(rows), ROWS):
        piece = rows[start : start + ROWS]
        engine.compute(piece, out=out[: len(piece)])


def _peer(bars: BarFrame, ours: float):
    import pandas as pd

    os.environ["SMC_CREDIT"] = "0"
    with contextlib.redirect_stdout(io.StringIO()):
        from smartmoneyconcepts import smc
    table = pd.DataFrame({name: bars.column(name)[:PEER_BARS] for name in ("open", "high", "low", "close", "volume")})
    swings = smc.swing_highs_lows(table, swing_length=REACH)
    parts = {
        "swing_highs_lows": lambda: smc.swing_highs_lows(table, swing_length=REACH),
        "fvg": lambda: smc.fvg(table),
        "bos_choch": lambda: smc.bos_choch(table, swings),
        "ob": lambda: smc.ob(table, swings),
        "liquidity": lambda: smc.liquidity(table, swings),
        "retracements": lambda: smc.retracements(table, swings),
    }
    each = {name: seconds(work, 3) / PEER_BARS * 1e9 for name, work in parts.items()}
    whole = sum(each.values())
    shares = ", ".join(f"{name} {value / 1e3:.1f}" for name, value in each.items())
    return [
        _row("smartmoneyconcepts 0.0.27", whole, "ns/bar", "", f"{PEER_BARS:,} bars; us a bar: {shares}"),
        _row("speed-up", whole / ours, "x", "", f"at {PEER_BARS:,} bars"),
    ]


def _row(name, value, unit, goal, detail):
    return {
        "name": f"smart money, {name}",
        "value": round(float(value), 3),
        "unit": unit,
        "goal": goal,
        "detail": detail,
    }


if __name__ == "__main__":
    main()
