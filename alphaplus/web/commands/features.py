"""`alphaplus features`: what is computed, from what, and where the formula comes from."""

import argparse

from alphaplus.core.errors import UnknownName
from alphaplus.web.commands.run import Context

COLUMNS = ("name", "category", "unit", "inputs", ">warm-up", "reference")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """List the catalog, or show one feature in full."""
    from alphaplus.features.listing import catalog
    from alphaplus.features.sets import feature_set

    rows = catalog().to_dicts()
    if arguments.action == "show":
        found = next((row for row in rows if row["name"] == arguments.name), None)
        if found is None:
            raise UnknownName(arguments.name, kind="feature", known=[row["name"] for row in rows])
        context.screen.result({"feature": found})
        for name, value in found.items():
            context.screen.say(f"{name:<10} {_text(value)}")
        return 0
    if arguments.set_name is not None:
        wanted = feature_set(arguments.set_name).columns
        rows = [row for row in rows if row["name"] in wanted]
    context.screen.result({"features": rows, "count": len(rows)})
    shown = [[_text(row[key]) for key in ("name", "category", "unit", "inputs", "warmup", "reference")] for row in rows]
    context.screen.table(f"{len(rows)} features", COLUMNS, shown)
    return 0


def _text(value: object) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else "-" if value is None else str(value)
