"""`alphaplus serve`: the dashboard, the API and the admin, until interrupted."""

import argparse

from alphaplus.web.commands.run import Context


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Serve, and print where and how to sign in."""
    from alphaplus.web.server import serve
    from alphaplus.web.setup import setup

    setup(context.settings)
    host = arguments.host or context.settings.web.host
    port = context.settings.web.port if arguments.port is None else arguments.port
    serve(context.settings, host=host, port=port)
    return 0
