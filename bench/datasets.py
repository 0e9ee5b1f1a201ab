"""A large dataset in little memory: ten symbols, a year of minutes each, 150 columns, assembled and fitted once.

The columns are the first 150 of the set `full` that minutes without trades and a book can give a value. The work is
done in a process of its own, whose largest memory is asked of the system: mapped pages count in it. A smaller share of
the year is measured by `python -m bench.datasets 0.1`.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SYMBOLS, YEAR, COLUMNS = 10, 525_600, 150
GOAL_GIB = 6.0


def work(bars: int, folder: Path) -> dict[str, float]:
    """Assemble into a folder and fit once on what is before the hold-out; gives times, rows and the peak memory."""
    from alphaplus.core.bars import SIDE_COLUMNS, Timeframe
    from alphaplus.datasets.assemble import assemble
    from alphaplus.datasets.labelling import LabelSpec
    from alphaplus.datasets.splits import holdout
    from alphaplus.features.engine import FeatureEngine
    from alphaplus.features.sets import FeatureSet, feature_set
    from alphaplus.market.sources.simulated import simulate
    from alphaplus.models.fit import fit
    from alphaplus.models.spec import ModelSpec

    series = [
        simulate("M1", bars=bars, seed=seed, timeframe=Timeframe.M1, symbol=f"SIM-{seed}") for seed in range(SYMBOLS)
    ]
    full = feature_set("full", Timeframe.M1)
    columns = full.without(full.needing(SIDE_COLUMNS)).columns[:COLUMNS]
    features, cache = FeatureSet("bench", columns), folder / "cache"
    cache.mkdir(mode=0o700)
    FeatureEngine(features, series[0].instrument, Timeframe.M1, cache_folder=cache)  # compiled before the clock starts
    begun = time.perf_counter()
    label = LabelSpec("signal_direction", 60)
    dataset = assemble(series, features, label, cache_folder=cache, folder=folder / "dataset")
    assembled = time.perf_counter()
    after_assembly = _peak_gib()
    fit(ModelSpec.of(dataset, family="lightgbm"), dataset.rows(holdout(dataset).train))
    fitted = time.perf_counter()
    return {
        "rows": len(dataset),
        "columns": len(dataset.columns),
        "matrix_gib": dataset.X.nbytes / 2**30,
        "assembly_gib": after_assembly,
        "peak_gib": _peak_gib(),
        "assembly_seconds": assembled - begun,
        "fit_seconds": fitted - assembled,
    }


def main(share: float = 1.0) -> list[dict[str, object]]:
    """Measure in a process of its own, on a share of the year."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "bench.datasets", str(share), folder],
            check=True,
            stdout=subprocess.PIPE,
            env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE"},
        )
    found = json.loads(done.stdout)
    detail = f"{found['rows']:,} rows of {found['columns']} columns, {found['matrix_gib']:.2f} GiB as float32"
    return [
        {
            "name": f"peak memory of assembly and one LightGBM fit, {SYMBOLS} symbols of {share:g} years of 1m bars",
            "value": found["peak_gib"],
            "unit": "GiB",
            "goal": f"{GOAL_GIB:g} GiB",
            "detail": f"{detail}; {found['assembly_gib']:.2f} GiB before the fit",
        },
        {
            "name": "assembly of that dataset, one thread",
            "value": found["assembly_seconds"],
            "unit": "s",
            "goal": "-",
            "detail": f"{found['rows'] / found['assembly_seconds']:,.0f} rows a second; the fit takes "
            f"{found['fit_seconds']:.0f} s",
        },
    ]


def _peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    asked = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    if len(sys.argv) > 2:
        print(json.dumps(work(int(asked * YEAR), Path(sys.argv[2]))))
    else:
        for row in main(asked):
            print(f"{row['name']}: {row['value']:.3f} {row['unit']} (goal {row['goal']}), {row['detail']}")
