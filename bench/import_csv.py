"""How long a million rows of CSV take to read, check and store, on one core."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROWS = 1_000_000
GOAL_S = 3.0
NOW = 1_767_225_600_000


def main() -> dict[str, object]:
    """Measure in a process of its own, held to one core, then print and return the result."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "BTCUSDT-1m.csv"
        _write(path)
        runs = [json.loads(_measure(path, Path(folder) / f"bars{run}")) for run in range(3)]
    seconds = sorted(run["seconds"] for run in runs)
    detail = {**runs[-1], "runs": seconds, "rows": ROWS, "cores": 1}
    result = {"name": "import 1,000,000 rows of CSV", "value": round(seconds[1], 3), "unit": "s", "goal": GOAL_S}
    result["detail"] = detail
    print(json.dumps(result))
    return result


def _write(path: Path) -> None:
    """Write minute bars with prices of two decimals and volumes of five, as exchanges do."""
    import polars as pl

    from alphaplus.core.bars import Timeframe
    from alphaplus.market.sources.simulated import simulate

    hourly = simulate("N0", bars=ROWS // 10, timeframe=Timeframe.M1).table
    table = pl.concat([hourly] * 10).with_columns(
        pl.Series("open_time", range(NOW - ROWS * 60_000, NOW, 60_000)),
        (pl.col("open", "high", "low", "close") * 1000).round(2).clip(lower_bound=0.01),
        pl.col("volume").round(5),
    )
    path.write_bytes(table.rename({"open_time": "timestamp"}).write_csv().encode())


def _measure(path: Path, home: Path) -> bytes:
    environment = {**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, __file__, str(path), str(home)], check=True, capture_output=True, env=environment
    ).stdout


def _peak_mb() -> int:
    """The most memory that this process has held, as Linux counts it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def _import(path: Path, home: Path) -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from alphaplus.core.bars import Timeframe
    from alphaplus.storage.parquet import ParquetBarStore
    from alphaplus.workflows.collect import ImportRequest, import_files

    request = ImportRequest(files=(path,), symbol="BTCUSDT", timeframe=Timeframe.M1)
    before = _peak_mb()
    started, cpu = time.perf_counter(), time.process_time()
    [imported] = import_files(request, ParquetBarStore(home), now=NOW)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    if imported.report.stored != ROWS:
        raise SystemExit(f"stored {imported.report.stored} of {ROWS} rows")
    stored_mb = sum(file.stat().st_size for file in home.rglob("*.parquet")) / 1e6
    facts = {"seconds": round(seconds, 3), "cpu_seconds": round(cpu, 3), "csv_mb": round(path.stat().st_size / 1e6, 1)}
    print(json.dumps({**facts, "stored_mb": round(stored_mb, 1), "memory_mb": _peak_mb() - before}))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        _import(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        main()
