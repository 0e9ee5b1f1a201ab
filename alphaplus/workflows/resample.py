"""Store coarser bars beside the finer ones that they are made of."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import Field

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.market.resample import Forming, Resampler, check_pair
from alphaplus.workflows.base import Ports, Request
from alphaplus.workflows.series import symbols_for

PORTION = 500_000  # bars that are read at once


class ResampleRequest(Request):
    """Which series to resample, and to what."""

    symbols: tuple[str, ...] = Field((), description="none: every stored symbol of the timeframe")
    timeframe: Timeframe = Timeframe.H1
    to: tuple[Timeframe, ...] = Field(min_length=1, description="coarser timeframes that whole bars fill")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A higher bar that lacks lower ones: its open time, and how many it saw."""

    open_time: int
    seen: int


@dataclass(frozen=True, slots=True)
class Resampling:
    """What one series gave: complete bars, of which so many were new, known or told otherwise in the store.

    `conflicts` are the open times of bars that the store holds with other values; those stay. `forming` is the bar
    that the series ends in, as far as it has come.
    """

    symbol: str
    timeframe: Timeframe
    to: Timeframe
    per_bar: int
    read: int
    complete: int
    stored: int
    duplicates: int
    conflicts: tuple[int, ...]
    left_out: tuple[LeftOut, ...]
    forming: Forming | None


def resample_series(request: ResampleRequest, ports: Ports) -> list[Resampling]:
    """Resample every series to every timeframe asked for, and store the complete bars.

    Doing it again changes nothing, or adds what newer and late bars have completed. An interrupted run is completed by
    the next one. Raises ConfigError, before anything is read, for timeframes that do not divide, and MissingBars.
    """
    targets = tuple(dict.fromkeys(request.to))
    for to in targets:
        check_pair(request.timeframe, to)
    symbols = symbols_for(request.symbols, request.timeframe, ports)
    spans = [(symbol, ports.bars.span(symbol, request.timeframe)) for symbol in symbols]
    return [
        _resample(symbol, span, request.timeframe, to, ports)
        for symbol, span in spans
        if span is not None
        for to in targets
    ]


def _resample(symbol: str, span: tuple[int, int], timeframe: Timeframe, to: Timeframe, ports: Ports) -> Resampling:
    expected = (span[1] - span[0]) // timeframe.ms + 1
    ports.progress.stage(f"{symbol} {timeframe} to {to}", expected)
    resampler: Resampler | None = None
    read = complete = stored = duplicates = 0
    conflicts: list[int] = []
    left_out: list[LeftOut] = []
    for bars in _portions(symbol, span, timeframe, ports):
        resampler = resampler or Resampler(bars.instrument, timeframe, to)
        found = resampler.push(bars)
        appended = ports.bars.append(found.bars)
        read, complete = read + len(bars), complete + len(found.bars)
        stored, duplicates = stored + appended.stored, duplicates + appended.duplicates
        conflicts.extend(appended.conflicts)
        left_out.extend(map(LeftOut, found.left_out.tolist(), found.left_out_seen.tolist()))
        ports.progress.advance((int(bars.open_time[-1]) - span[0]) // timeframe.ms + 1)
    return Resampling(
        symbol,
        timeframe,
        to,
        per_bar=to.ms // timeframe.ms,
        read=read,
        complete=complete,
        stored=stored,
        duplicates=duplicates,
        conflicts=tuple(conflicts),
        left_out=tuple(left_out),
        forming=None if resampler is None else resampler.forming,
    )


def _portions(symbol: str, span: tuple[int, int], timeframe: Timeframe, ports: Ports) -> Iterator[BarFrame]:
    """The stored bars of a span, as much at once as fits into memory on any machine; never an empty portion."""
    for start in range(span[0], span[1] + 1, PORTION * timeframe.ms):
        bars = ports.bars.read(symbol, timeframe, start, min(start + PORTION * timeframe.ms, span[1] + 1))
        if len(bars):
            yield bars
