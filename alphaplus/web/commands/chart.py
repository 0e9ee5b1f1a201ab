"""`alphaplus chart`: a chart of stored bars as a PNG file."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import ConfigError
from alphaplus.web.commands.run import Context
from alphaplus.web.commands.say import count_of, utc
from alphaplus.workflows.chart import ChartRequest, draw_chart
from alphaplus.workflows.compute import check_place

ENDING = ".png"


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Draw the chart and write it; a file that is there is replaced."""
    out = None if arguments.out is None else Path(arguments.out)
    if out is not None:
        if out.suffix != ENDING:
            raise ConfigError(f"{out} does not end in {ENDING}", hint="charts are PNG files")
        check_place(out)
    request = ChartRequest(
        symbols=tuple(arguments.symbols or ()),
        timeframe=Timeframe(arguments.timeframe),
        bars=arguments.bars,
        at=_moment(arguments.at),
        patterns=tuple(arguments.patterns or ()),
        size=_size(arguments.size),
        light=arguments.light,
    )
    chart = draw_chart(request, context.ports)
    path = out or Path(f"{chart.symbol}-{request.timeframe}{ENDING}")
    path.write_bytes(chart.png)
    context.screen.result(
        {
            "chart": {
                "file": str(path),
                "symbol": chart.symbol,
                "timeframe": request.timeframe.value,
                "simulated": chart.simulated,
                "bars": chart.bars,
                "start": chart.start,
                "end": chart.end,
            }
        }
    )
    context.screen.say(
        f"{path}: {chart.symbol} {request.timeframe}, {count_of(chart.bars, 'bar')} from {utc(chart.start)} "
        f"to {utc(chart.end)} UTC{', simulated' if chart.simulated else ''}"
    )
    return 0


def _moment(text: str | None) -> int | None:
    """A date, or a date and time, as ms UTC; one without a zone is UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--at {text!r} is no time", hint="write it as 2022-03-01 or 2022-03-01T12:00") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _size(text: str) -> tuple[int, int]:
    wide, by, high = text.lower().partition("x")
    if not (by and wide.isdecimal() and high.isdecimal()):
        raise ConfigError(f"--size {text!r} is no size", hint="width and height in pixels: 960x540")
    return int(wide), int(high)
