"""Draw a chart of stored bars as PNG, as it looked at some time."""

from dataclasses import dataclass

from pydantic import Field

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import ConfigError, MissingBars
from alphaplus.core.moments import minute
from alphaplus.datasets.chart.png import chart_png
from alphaplus.patterns.events import chosen_patterns, detect, event_sets
from alphaplus.workflows.base import Ports, Request
from alphaplus.workflows.compiling import compile_first
from alphaplus.workflows.series import symbols_for


class ChartRequest(Request):
    """Whose bars, how many, as of when (ms UTC; None: the newest), with which patterns, and how it looks."""

    symbols: tuple[str, ...] = ()
    timeframe: Timeframe = Timeframe.H1
    bars: int = Field(120, ge=1)
    at: int | None = None
    patterns: tuple[str, ...] = ()
    size: tuple[int, int] = (960, 540)
    light: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart: whose bars it shows, how many, when they begin and end (ms UTC), and the PNG."""

    symbol: str
    simulated: bool
    bars: int
    start: int
    end: int
    png: bytes


def draw_chart(request: ChartRequest, ports: Ports) -> Chart:
    """Draw the last bars that had closed at the time asked for.

    Patterns are detected on all stored bars up to it, so the chart shows what could be known then. Raises ConfigError
    when more symbols are meant than one, UnknownName for a pattern that there is not, and MissingBars where there are
    no bars.
    """
    wanted = chosen_patterns(request.patterns) if request.patterns else []
    symbols = symbols_for(request.symbols, request.timeframe, ports)
    if len(symbols) > 1:
        raise ConfigError(f"{len(symbols)} symbols on one chart: {', '.join(symbols)}", hint="name one by --symbols")
    bars = ports.bars.read(symbols[0], request.timeframe)
    if request.at is not None:
        bars = bars.between(0, request.at - request.timeframe.ms + 1)
    if not len(bars):
        when = "" if request.at is None else f" that closed by {minute(request.at)} UTC"
        raise MissingBars(f"no bars of {symbols[0]} {request.timeframe}{when}", hint="alphaplus data list")
    events = None
    if wanted:
        for needed in event_sets(wanted):
            compile_first(needed, request.timeframe, ports)
        ports.progress.stage(f"looking for {len(wanted)} patterns in {symbols[0]}")
        events = detect(bars, wanted, cache_folder=ports.settings.cache_folder)
    png = chart_png(bars, window=request.bars, events=events, size=request.size, light=request.light)
    return Chart(
        symbol=symbols[0],
        simulated=bars.instrument.simulated,
        bars=min(request.bars, len(bars)),
        start=int(bars.open_time[-min(request.bars, len(bars))]),
        end=int(bars.close_time[-1]),
        png=png,
    )
