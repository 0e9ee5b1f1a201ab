"""Chart figures: all of them over history, visible columns and those of events, on short and long series.

The set is what a scan for events reads: every column of every pattern of the kind `figures`, turning points and lines
underneath. The time of a bar must not grow with the length of the series.
"""

import statistics
import time

import numpy as np
import polars as pl

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.features.engine import FeatureEngine
from alphaplus.features.sets import FeatureSet
from alphaplus.patterns.contract import patterns

COUNTS = (10_000, 100_000, 1_000_000)
PIECE = 4_096  # rows that are handed over at a time, as a scan does
ROUNDS = 5
GOAL = 5_000  # ns a bar


def minutes(count: int) -> BarFrame:
    """A seeded random walk of one-minute bars, slow enough that a million of them stay within a few octaves."""
    rng = np.random.default_rng(1)
    close = 1_000.0 * np.exp(np.cumsum(rng.normal(0.0, 0.0005, count)))
    open_ = np.concatenate([close[:1], close[:-1]])
    high = np.maximum(open_, close) * (1.0 + rng.exponential(0.0003, count))
    low = np.minimum(open_, close) / (1.0 + rng.exponential(0.0003, count))
    times = Timeframe.M1.ms * np.arange(count, dtype=np.int64)
    columns = {"open_time": times, "open": open_, "high": high, "low": low, "close": close}
    return BarFrame(Instrument("WALK"), Timeframe.M1, pl.DataFrame({**columns, "volume": np.ones(count)}))


def main() -> list[dict[str, object]]:
    """Measure the set on every length of series, and print what came out."""
    specs = [spec for _, spec in patterns if spec.kind == "figures"]
    columns = tuple(column for spec in specs for column in (*spec.columns, *spec.event_columns))
    bars = minutes(COUNTS[-1])
    engine = FeatureEngine(FeatureSet("figures", columns), bars.instrument, bars.timeframe)
    rows = bars.matrix(engine.inputs)
    births = [place for place, column in enumerate(engine.columns) if column.endswith("_born")]
    results, out = [], np.empty((PIECE, len(engine.columns)))
    for count in COUNTS:
        nanoseconds = _seconds(engine, rows[:count], out) / count * 1e9
        results.append(
            {
                "name": f"figures, history of {count:,} bars",
                "value": round(nanoseconds, 1),
                "unit": "ns/bar",
                "goal": f"< {GOAL:,}",
                "detail": f"{len(specs)} figures, {len(columns)} columns, CPU time of one thread, output reused",
            }
        )
    results.append(
        {
            "name": "figures, births",
            "value": round(float(_births(engine, rows, out, births)), 1),
            "unit": "1/1,000",
            "goal": "",
            "detail": f"of all figures together, in 1,000 of {COUNTS[-1]:,} minutes of a random walk",
        }
    )
    for result in results:
        print(f"{result['name']:<40} {result['value']:>10} {result['unit']:<8} {result['goal']}")
    return results


def _seconds(engine: FeatureEngine, rows: np.ndarray, out: np.ndarray) -> float:
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        _pieces(engine, rows, out)
        times.append(time.process_time() - begun)
    return statistics.median(times)


def _pieces(engine: FeatureEngine, rows: np.ndarray, out: np.ndarray, births: list[int] | None = None) -> int:
    """Compute all rows anew, piece by piece; gives how many births there were, if their columns are named."""
    state, count = engine.snapshot(), 0
    for start in range(0, len(rows), PIECE):
        piece = rows[start : start + PIECE]
        engine.compute(piece, out=out[: len(piece)])
        if births:
            count += int(np.count_nonzero(np.nan_to_num(out[: len(piece), births])))
    engine.restore(state)
    return count


def _births(engine: FeatureEngine, rows: np.ndarray, out: np.ndarray, births: list[int]) -> float:
    return _pieces(engine, rows, out, births) / len(rows) * 1_000


if __name__ == "__main__":
    main()
