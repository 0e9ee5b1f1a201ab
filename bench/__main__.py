"""Run every benchmark, print one table, and keep the numbers in `bench/results.json`.

python -m bench [NAME ...]
"""

import importlib
import json
import os
import pkgutil
import platform
import sys
from pathlib import Path

import bench

RESULTS = Path(__file__).with_name("results.json")


def _measure(name: str) -> list[dict[str, object]]:
    found = importlib.import_module(f"bench.{name}").main()
    rows = found if isinstance(found, list) else [found]
    return [{"bench": name, **row} for row in rows]


def main() -> None:
    """Measure what was asked for, keep the other numbers as they were."""
    known = sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_"))
    names = sys.argv[1:] or known
    unknown = set(names) - set(known)
    if unknown:
        sys.exit(f"unknown benchmarks {sorted(unknown)}; there are {known}")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    kept = json.loads(RESULTS.read_text())["results"] if RESULTS.exists() else []
    rows = [row for row in kept if row["bench"] not in names and row["bench"] in known]
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr)
        rows += _measure(name)
    rows.sort(key=lambda row: row["bench"])
    machine = {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    RESULTS.write_text(json.dumps({"machine": machine, "results": rows}, indent=1) + "\n")
    width = max(len(str(row["name"])) for row in rows)
    for row in rows:
        print(
            f"{row['name']:<{width}}  {row['value']:>14,.3f} {row['unit']:<10} goal {row['goal']!s:<22} {row['detail']}"
        )


if __name__ == "__main__":
    main()
