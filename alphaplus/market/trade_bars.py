"""Files of trades into bars, with an account of every trade."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from alphaplus.core.bars import BarFrame, Instrument, Timeframe
from alphaplus.core.errors import BadTicks
from alphaplus.core.records import ImportReport, QuarantinedRow
from alphaplus.market.account import KEPT_ROWS, Intake
from alphaplus.market.order import gaps
from alphaplus.market.symbols import check_symbol
from alphaplus.market.ticks import TradeFold, TradeReport
from alphaplus.market.trade_files import TradeText, open_trades
from alphaplus.market.trade_rows import TradeBlock

PATIENCE_MS = 60_000  # how late a trade may stand in a file
_MOST_REFUSED = 2  # one row in so many, and the text is not what it seems to be


@dataclass(frozen=True, slots=True)
class TradeIntake:
    """Bars made of trades, where the first trade of each stood, and the account of the trades.

    The report of the intake counts bars, and every refused trade as a quarantined row.
    """

    intake: Intake
    trades: TradeReport


@dataclass(slots=True)
class _Reading:
    """What has been read so far, of all texts together."""

    fold: TradeFold
    names: list[str] = field(default_factory=list)
    layouts: list[str] = field(default_factory=list)
    parts: list[BarFrame] = field(default_factory=list)
    refused: int = 0
    quarantined: list[QuarantinedRow] = field(default_factory=list)
    place: dict[int, tuple[int, int]] = field(default_factory=dict)
    until: int | None = None
    last: int | None = None
    torn: bool = False


def bars_from_trades(
    paths: Sequence[Path],
    *,
    symbol: str,
    timeframe: Timeframe,
    now: int,
    progress: Callable[[int, int], None] | None = None,
) -> TradeIntake:
    """Fold files of trades into bars, in the order of the files; layouts as `open_trades` knows them.

    A bar is taken when its trades are all here: the first and the last one of a recording, which are cut, and bars
    whose trades could not all be read are left out and told. A dump named after its day or month holds all of that; a
    file whose ids go on where the one before ended continues it. Trades may stand up to a minute late.

    Raises SourceUnavailable, BadBars, and BadTicks: no trade, no whole bar, files out of order.
    """
    instrument = Instrument(check_symbol(symbol))
    reading = _Reading(TradeFold(instrument, timeframe, patience_ms=PATIENCE_MS))
    sizes = [path.stat().st_size if path.is_file() else 0 for path in paths]
    for position, path in enumerate(paths):
        before = sum(sizes[:position])

        def told(done: int, before: int = before) -> None:
            if progress is not None:
                progress(before + done, sum(sizes))

        for text in open_trades(path, symbol=instrument.symbol, now=now, progress=told):
            _read_text(text, reading)
    _end(reading)
    return _settle(reading, reading.fold.finish())


def _read_text(text: TradeText, reading: _Reading) -> None:
    """Add the trades of one text to the reading."""
    kinds = {layout.removesuffix(", header") for layout in (*reading.layouts, text.layout)}
    if len(kinds) > 1:
        raise BadTicks(
            f"{text.name} holds {text.layout}, the files before it {reading.layouts[0]}",
            hint="import trades of one kind at a time: ids of trades and of aggregates are not the same",
            file=text.name,
        )
    reading.names.append(text.name)
    reading.layouts.append(text.layout)
    found, refused, shown = 0, reading.refused, len(reading.quarantined)
    for block in text.blocks:
        if len(block.trades) and not found:
            _begin(text, block, reading)
        found += len(block.trades)
        _take(block, reading)
        reading.until = block.clock if block.clock is not None else reading.until
    refused = reading.refused - refused
    if not found or refused * _MOST_REFUSED > found + refused:
        reasons = "".join(
            f"; the first: line {row.line}: {row.reason}" for row in reading.quarantined[shown : shown + 1]
        )
        raise BadTicks(
            f"{text.name} ({text.layout}) holds {found} trades of {reading.fold.instrument.symbol} and {refused} rows "
            f"that are none{reasons}",
            hint="check the file and --symbol; nothing of it was taken",
            file=text.name,
        )
    if text.span is not None:
        reading.until = text.span[1]


def _begin(text: TradeText, block: TradeBlock, reading: _Reading) -> None:
    """Say from when on the trades of a text are all here, or that they continue those before."""
    fold, ids = reading.fold, block.trades.id
    follows = ids is not None and fold.last_id is not None and int(ids[0]) <= fold.last_id + 1
    if follows:
        return
    since = block.since if text.span is None else text.span[0]
    if since is None or since != reading.until:
        _end(reading)
        fold.resume(since)


def _end(reading: _Reading) -> None:
    """Take the bars that are final because a recording ends: it reached past them."""
    reached = [time for time in (reading.until, reading.fold.reach) if time is not None]
    if reached:
        reading.parts.append(reading.fold.advance(max(reached)))


def _take(block: TradeBlock, reading: _Reading) -> None:
    trades, fold = block.trades, reading.fold
    reading.refused += len(block.refused)
    room = KEPT_ROWS - len(reading.quarantined)
    name = reading.names[-1]
    reading.quarantined.extend(QuarantinedRow(name, r.line, r.reason, r.text) for r in block.refused[:room])
    if reading.torn and len(trades):
        fold.spoil(int(trades.time[0]))
        reading.torn = False
    for row in block.refused:
        if row.position:
            fold.spoil(int(trades.time[row.position - 1]))
        elif reading.last is not None:
            fold.spoil(reading.last)
        if row.position < len(trades):
            fold.spoil(int(trades.time[row.position]))
        else:
            reading.torn = True
    if len(trades):
        reading.last = int(trades.time[-1])
        _note_places(block, reading)
        reading.parts.append(fold.add(trades))


def _note_places(block: TradeBlock, reading: _Reading) -> None:
    """Note where the first trade of each bar stands."""
    frame, times = reading.fold.timeframe, block.trades.time
    opens = (times - frame.offset_ms) // frame.ms
    for position in np.flatnonzero(np.diff(opens, prepend=opens[0] - 1)).tolist():
        place = (len(reading.names) - 1, int(block.line[position]))
        reading.place.setdefault(int(opens[position]) * frame.ms + frame.offset_ms, place)


def _settle(reading: _Reading, trades: TradeReport) -> TradeIntake:
    """Join the bars and close the account."""
    fold = reading.fold
    table = pl.concat([part.table for part in reading.parts if len(part)] or [pl.DataFrame()])
    if not table.height:
        raise BadTicks(
            f"{trades.trades:,} trades of {fold.instrument.symbol} make no whole bar of {fold.timeframe}: "
            f"{len(trades.partial)} are cut at their start or end",
            hint="a shorter --timeframe, or more files, in the order of time",
        )
    times = table["open_time"].to_numpy()
    places = [reading.place[time] for time in times.tolist()]
    report = ImportReport(
        files=tuple(reading.names),
        layout=" + ".join(dict.fromkeys(reading.layouts)),
        rows=table.height + reading.refused,
        stored=table.height,
        duplicates=0,
        conflicts=0,
        quarantined=tuple(reading.quarantined),
        quarantined_count=reading.refused,
        gaps=gaps(times, fold.timeframe),
        zero_volume=0,
        out_of_order=trades.out_of_order,
        first=int(times[0]),
        last=int(times[-1]),
    )
    bars = BarFrame(fold.instrument, fold.timeframe, table, report=report)
    file = np.array([place[0] for place in places], dtype=np.int32)
    line = np.array([place[1] for place in places], dtype=np.int32)
    return TradeIntake(Intake(bars, report, file, line), trades)
