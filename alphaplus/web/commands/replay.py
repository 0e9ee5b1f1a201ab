"""`alphaplus replay`: stored bars through the live path, watched on the chart."""

import argparse
import signal
import threading

from django.db import connections

from alphaplus.web.commands.run import Context
from alphaplus.web.commands.say import number
from alphaplus.workflows.replay import ReplayRequest, replay


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Replay until the bars end or the process is asked to stop."""
    request = ReplayRequest(
        symbols=tuple(arguments.symbols or ()),
        timeframe=arguments.timeframe,
        bars=arguments.bars,
        speed=arguments.speed,
        forming_steps=arguments.forming_steps,
    )
    stop = threading.Event()
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, lambda *_: stop.set())
    context.screen.note(f"replaying the last {request.bars} bars at {request.speed:g} a second; Ctrl-C ends it")
    reports = replay(request, context.ports, stop=stop, release=connections.close_all)
    rows = [
        {
            "bars": r.bars,
            "signals": r.signals,
            "trades": r.trades,
            "failures": r.failures,
            "silent": r.silent,
            "equity": r.equity,
        }
        for r in reports
    ]
    context.screen.result({"replays": rows})
    for report in reports:
        context.screen.say(
            f"{report.bars} bars, {report.signals} signals, {report.trades} trades, equity {number(report.equity, 2)}"
        )
        if report.silent:
            context.screen.say(f"  the model that serves could not speak at {report.silent} of them", tone="warn")
    return 1 if any(report.failures for report in reports) else 0
