"""`alphaplus migrate`: make or upgrade the database."""

import argparse

from alphaplus.web.commands.run import Context


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Bring the schema up to date and say where it lies."""
    from alphaplus.web.setup import configure, migrate

    configure(context.settings)
    changed = migrate(context.settings)
    context.screen.result({"database": str(context.settings.database), "changed": changed})
    context.screen.say(f"{'upgraded' if changed else 'up to date'}: {context.settings.database}")
    return 0
