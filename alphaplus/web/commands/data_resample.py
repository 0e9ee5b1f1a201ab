"""`alphaplus data resample`: coarser bars beside the finer ones."""

import argparse

from alphaplus.core.bars import Timeframe
from alphaplus.web.commands.run import Context
from alphaplus.web.commands.say import utc
from alphaplus.web.commands.screen import Cell
from alphaplus.workflows.resample import ResampleRequest, Resampling, resample_series

KEPT = 1000  # left-out bars and conflicts that the JSON form lists; all are counted
SHOWN = 3  # of them that a person wants to see at once
COLUMNS = ("symbol", "from", "to", ">bars read", ">complete", ">new", ">left out")


def resample(arguments: argparse.Namespace, context: Context) -> int:
    """Resample what the arguments say, and tell what became of every higher bar."""
    request = ResampleRequest(
        symbols=tuple(arguments.symbols or ()),
        timeframe=Timeframe(arguments.timeframe),
        to=tuple(Timeframe.parse(word) for word in arguments.to),
    )
    done = resample_series(request, context.ports)
    context.screen.result({"resampled": [_as_json(one) for one in done]})
    context.screen.table("resampled", COLUMNS, [_row(one) for one in done])
    for one in done:
        _explain(one, context)
    return 0


def _as_json(one: Resampling) -> dict[str, object]:
    forming = one.forming
    return {
        "symbol": one.symbol,
        "timeframe": str(one.timeframe),
        "to": str(one.to),
        "bars_read": one.read,
        "bars_needed": one.per_bar,
        "complete": one.complete,
        "stored": one.stored,
        "duplicates": one.duplicates,
        "conflicts": len(one.conflicts),
        "conflict_times": list(one.conflicts[:KEPT]),
        "left_out": len(one.left_out),
        "left_out_bars": [{"open_time": left.open_time, "seen": left.seen} for left in one.left_out[:KEPT]],
        "forming": None if forming is None else {"open_time": forming.open_time, "seen": forming.seen},
    }


def _row(one: Resampling) -> tuple[Cell | str, ...]:
    left_out = f"{len(one.left_out):,}"
    return (
        one.symbol,
        str(one.timeframe),
        str(one.to),
        f"{one.read:,}",
        f"{one.complete:,}",
        f"{one.stored:,}",
        Cell(left_out, "warn") if one.left_out else left_out,
    )


def _explain(one: Resampling, context: Context) -> None:
    """Say why bars are not among the stored ones."""
    say, name = context.screen.say, f"{one.symbol} {one.to}"
    if one.left_out:
        examples = [f"{utc(left.open_time)} has {left.seen}" for left in one.left_out[:SHOWN]]
        more = ", ..." if len(one.left_out) > SHOWN else ""
        count = f"{len(one.left_out):,} left out, as they lack some of their {one.per_bar:,} bars"
        say(f"{name}: {count} ({', '.join(examples)}{more})", tone="warn")
    if one.conflicts:
        first = utc(one.conflicts[0])
        say(f"{name}: {len(one.conflicts):,} are stored with other values, which stay (first: {first})", tone="warn")
    if one.forming is not None:
        seen = f"{one.forming.seen:,} of {one.per_bar:,} bars"
        context.screen.note(f"{name}: the bar of {utc(one.forming.open_time)} is still forming ({seen})")
