"""`alphaplus doctor`: what is well, what is not, and what to do."""

import argparse
from pathlib import Path

import alphaplus.web.dashboard
from alphaplus.web.commands.run import Context
from alphaplus.web.commands.screen import Cell
from alphaplus.workflows.doctor import doctor

VENDOR = Path(alphaplus.web.dashboard.__file__).parent / "static" / "vendor"


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Print every check; exit code 1 when one is not well."""
    checks = doctor(context.ports, vendor_folder=VENDOR)
    context.screen.result(
        {"checks": [{"name": c.name, "ok": c.ok, "found": c.found, "remedy": c.remedy} for c in checks]}
    )
    rows = [
        (
            Cell("ok", "good") if check.ok else Cell("!", "bad"),
            check.name,
            check.found,
            "" if check.ok else check.remedy,
        )
        for check in checks
    ]
    context.screen.table("doctor", ("", "what", "found", "what to do"), rows)
    return 0 if all(check.ok for check in checks) else 1
