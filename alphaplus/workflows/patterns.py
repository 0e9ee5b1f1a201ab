"""Find the patterns of stored bars, and what became of them."""

from dataclasses import dataclass

import polars as pl

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.core.parallel import Backend, parallel_map
from alphaplus.patterns.contract import PatternSpec
from alphaplus.patterns.events import SCHEMA, chosen_patterns, detect, event_sets
from alphaplus.workflows.base import Ports, Request
from alphaplus.workflows.compiling import compile_first
from alphaplus.workflows.series import symbols_for

WORKERS = 4  # symbols side by side


class ScanRequest(Request):
    """Which patterns to look for, by kind or by name (none: all), in which series.

    Events are those that became known with a bar that opens in the range (ms UTC, half open); what became of them is
    told up to its end.
    """

    symbols: tuple[str, ...] = ()
    timeframe: Timeframe = Timeframe.H1
    wanted: tuple[str, ...] = ()
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Scanned:
    """One series that was looked through: how many of its bars lie in the range, and the closes of first and last."""

    instrument: Instrument
    bars: int
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Scan:
    """What was looked for, where, and the events found, oldest first: `symbol`, then the columns of events."""

    patterns: tuple[PatternSpec, ...]
    timeframe: Timeframe
    series: tuple[Scanned, ...]
    events: pl.DataFrame


def scan(request: ScanRequest, ports: Ports) -> Scan:
    """Look for patterns in every series asked for, side by side.

    Columns are computed from the first stored bar on, whatever the range. Raises UnknownName for a pattern or kind that
    there is not, and MissingBars when a series is not stored.
    """
    wanted = chosen_patterns(request.wanted)
    symbols = symbols_for(request.symbols, request.timeframe, ports)
    for needed in event_sets(wanted):
        compile_first(needed, request.timeframe, ports)
    ports.progress.stage("scanning", len(symbols))
    found = parallel_map(
        lambda symbol: _one(symbol, wanted, request, ports),
        symbols,
        backend=Backend.THREADS,
        workers=min(WORKERS, len(symbols)),
        done=lambda count: ports.progress.advance(count, symbols[count - 1]),
    )
    tables = [table.insert_column(0, pl.lit(one.instrument.symbol).alias("symbol")) for one, table in found]
    events = pl.concat(tables).sort("known_at", maintain_order=True)
    return Scan(tuple(wanted), request.timeframe, tuple(one for one, _ in found), events)


def _one(symbol: str, wanted: list[PatternSpec], request: ScanRequest, ports: Ports) -> tuple[Scanned, pl.DataFrame]:
    bars = ports.bars.read(symbol, request.timeframe, end=request.end)
    since = 0 if request.start is None else int((bars.open_time < request.start).sum())
    left = bars.rows(since, len(bars))
    scanned = Scanned(bars.instrument, len(left), *_ends(left))
    if len(left) == 0:
        return scanned, pl.DataFrame(schema=SCHEMA)
    return scanned, detect(bars, wanted, cache_folder=ports.settings.cache_folder, since=since)


def _ends(bars: BarFrame) -> tuple[int | None, int | None]:
    return (int(bars.close_time[0]), int(bars.close_time[-1])) if len(bars) else (None, None)
