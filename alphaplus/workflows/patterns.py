"""Find the patterns of stored bars, what became of them, and what the pattern model in production says of them."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.core.errors import AlphaPlusError
from alphaplus.core.parallel import Backend, parallel_map
from alphaplus.datasets.pattern_events import PATTERN_SUCCESS
from alphaplus.inference.predictor import Predictor
from alphaplus.models.pattern_success import success_probability, with_success
from alphaplus.patterns.contract import PatternSpec
from alphaplus.patterns.events import SCHEMA, Detected, chosen_patterns, detect_as_born, event_sets
from alphaplus.registry.routing import Service, routes, timeline
from alphaplus.registry.versions import usual_name
from alphaplus.trading.observation import model_columns
from alphaplus.workflows.base import Ports, Request
from alphaplus.workflows.compiling import compile_first
from alphaplus.workflows.series import symbols_for

log = logging.getLogger(__name__)

WORKERS = 4  # symbols side by side


class ScanRequest(Request):
    """Which patterns to look for, by kind or by name (none: all), in which series.

    Events are those that became known with a bar that opens in the range (ms UTC, half open); what became of them is
    told up to its end. `ml` asks the pattern model in production, where there is one.
    """

    symbols: tuple[str, ...] = ()
    timeframe: Timeframe = Timeframe.H1
    wanted: tuple[str, ...] = ()
    start: int | None = None
    end: int | None = None
    ml: bool = False


@dataclass(frozen=True, slots=True)
class Scanned:
    """One series that was looked through: how many of its bars lie in the range, and the closes of first and last."""

    instrument: Instrument
    bars: int
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Scan:
    """What was looked for, where, and the events found, oldest first: `symbol`, then the columns of events.

    `p_success` is among them where a model was asked for any of the series.
    """

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
    events = pl.concat(tables, how="diagonal").sort("known_at", maintain_order=True)
    return Scan(tuple(wanted), request.timeframe, tuple(one for one, _ in found), events)


def _one(symbol: str, wanted: list[PatternSpec], request: ScanRequest, ports: Ports) -> tuple[Scanned, pl.DataFrame]:
    bars = ports.bars.read(symbol, request.timeframe, end=request.end)
    since = 0 if request.start is None else int((bars.open_time < request.start).sum())
    left = bars.rows(since, len(bars))
    scanned = Scanned(bars.instrument, len(left), *_ends(left))
    if len(left) == 0:
        return scanned, pl.DataFrame(schema=SCHEMA)
    if request.ml:
        return scanned, detect_patterns_with_ml(bars, wanted, ports, since=since)
    return scanned, detect_as_born(bars, wanted, cache_folder=ports.settings.cache_folder, since=since).events


def detect_patterns_with_ml(
    bars: BarFrame, wanted: Sequence[PatternSpec], ports: Ports, *, since: int = 0
) -> pl.DataFrame:
    """All events of some patterns, with what the pattern model that serves these bars says of them.

    `p_success` is the probability that the event reaches its target before its stop, and takes the place of the
    detector's confidence; it is null, and the confidence the detector's, where no version of the slot had learned
    before the event became known or knows its pattern. Where no version is in production the events are passed on just
    as they were detected, without the column, and so they are, with a warning in the log, where it fails.
    """
    found = detect_as_born(bars, wanted, cache_folder=ports.settings.cache_folder, since=since)
    services = _services(bars, ports)
    if not services or not len(found.events):
        return found.events
    try:
        p = _said(found, bars, services, ports)
    except AlphaPlusError as error:  # whatever is wrong with a model must not take the patterns away
        log.warning(
            "pattern model failed, patterns are passed on without it",
            extra={"symbol": bars.instrument.symbol, "timeframe": bars.timeframe.value, "error": str(error)},
        )
        return found.events
    return with_success(found.events, p)


def _services(bars: BarFrame, ports: Ports) -> tuple[Service, ...]:
    """The versions that speak about patterns of these bars, oldest first."""
    if not len(bars):
        return ()
    champion = routes(
        ports.models,
        bars.instrument.symbol,
        bars.timeframe,
        int(bars.close_time[-1]),
        target=PATTERN_SUCCESS,
        name=usual_name(PATTERN_SUCCESS),
    ).champion
    return () if champion is None else timeline(ports.models, champion.slot)


def _said(found: Detected, bars: BarFrame, services: Sequence[Service], ports: Ports) -> NDArray[np.float64]:
    """What the version of its time says of each event (m,), NaN where none does."""
    predictor = Predictor(ports.artifacts)
    known_at = found.events["known_at"].to_numpy()
    p = np.full(len(known_at), np.nan)
    for service in services:  # a later one takes over what became known after it had learned
        model_columns(service.version)  # raises where the code of its features has changed
        model = predictor.model(service.version)
        said = success_probability(found, bars, model, cache_folder=ports.settings.cache_folder)
        p = np.where(known_at >= service.start, said, p)
    return p


def _ends(bars: BarFrame) -> tuple[int | None, int | None]:
    return (int(bars.close_time[0]), int(bars.close_time[-1])) if len(bars) else (None, None)
