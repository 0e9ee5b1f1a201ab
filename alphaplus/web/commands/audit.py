"""`alphaplus audit`: the trail of every change of stage, and whether its chain holds."""

import argparse

from alphaplus.registry.audit import verify
from alphaplus.web.commands.run import Context
from alphaplus.web.commands.say import utc

COLUMNS = ("UTC", "who", "action", "version", "stage", "why")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """List the events if asked to, then verify the hash chain."""
    events = context.ports.models.audit()
    if arguments.action == "list":
        rows = [
            (
                utc(event.at),
                event.actor,
                event.action,
                event.subject,
                f"{event.before or '-'} > {event.after}",
                event.reason,
            )
            for event in events
        ]
        context.screen.table("audit trail", COLUMNS, rows)
    verify(events)
    context.screen.result({"events": len(events), "intact": True})
    context.screen.say(f"the audit trail holds: {len(events)} events, each chained to the one before", tone="good")
    return 0
