"""How long the store takes to read 100,000 bars, hashes verified."""

import json
import tempfile
import time
from pathlib import Path

BARS = 100_000
GOAL_MS = 20.0
REPEATS = 15


def main() -> dict[str, object]:
    """Read minute bars (by month) and hourly bars (by year), print and return the slower median."""
    import polars as pl

    from alphaplus.core.bars import BarFrame, Timeframe
    from alphaplus.market.sources.simulated import simulate
    from alphaplus.storage.parquet import ParquetBarStore

    medians, cpus = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        store = ParquetBarStore(Path(folder))
        for timeframe in (Timeframe.M1, Timeframe.H1):
            drawn = simulate("N0", bars=BARS, timeframe=timeframe)
            prices = pl.col("open", "high", "low", "close")
            table = drawn.table.with_columns((prices * 1000).round(2).clip(lower_bound=0.01), pl.col("volume").round(5))
            bars = BarFrame(drawn.instrument, timeframe, table)
            store.append(bars)
            times = []
            cpu = time.process_time()
            for _ in range(REPEATS):
                started = time.perf_counter()
                read = store.read(bars.instrument.symbol, timeframe)
                times.append((time.perf_counter() - started) * 1000)
                if not read.table.equals(bars.table):
                    raise SystemExit("the bars read are not the bars written")
            medians[timeframe.value] = round(sorted(times)[REPEATS // 2], 2)
            cpus[timeframe.value] = round((time.process_time() - cpu) * 1000 / REPEATS, 2)
    result = {
        "name": "read 100,000 stored bars",
        "value": max(medians.values()),
        "unit": "ms",
        "goal": GOAL_MS,
        "detail": {"median_ms": medians, "cpu_ms": cpus, "repeats": REPEATS},
    }
    print(json.dumps(result))
    return result


if __name__ == "__main__":
    main()
