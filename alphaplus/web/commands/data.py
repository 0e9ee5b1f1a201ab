"""`alphaplus data`: import candles, trades and books, list what is stored, verify, resample and judge it."""

import argparse
from dataclasses import asdict
from pathlib import Path

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import ConfigError, StorageError
from alphaplus.market.account import KEPT_ROWS
from alphaplus.storage.parquet import ParquetBarStore
from alphaplus.web.commands.data_quality import quality
from alphaplus.web.commands.data_resample import resample
from alphaplus.web.commands.run import Context
from alphaplus.web.commands.say import utc
from alphaplus.web.commands.screen import Cell
from alphaplus.workflows.collect import FileKind, Imported, ImportRequest, import_files, list_series, verify

SHOWN = 10  # quarantined rows and gaps that a person wants to see at once
SERIES = ("symbol", "timeframe", ">bars", "first", "last", ">missing", "source")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Do what the action says."""
    actions = {"import": _import, "list": _list, "verify": _verify, "resample": resample, "quality": quality}
    return actions[arguments.action](arguments, context)


def _import(arguments: argparse.Namespace, context: Context) -> int:
    request = ImportRequest(
        files=tuple(Path(file) for file in arguments.files),
        kind=FileKind(arguments.kind),
        symbol=arguments.symbol,
        timeframe=Timeframe(arguments.timeframe),
        columns=_columns(arguments.columns),
        time_unit=arguments.time_unit,
        utc=arguments.utc,
        venue=arguments.venue,
    )
    ports = context.ports
    sizes = sum(path.stat().st_size for path in request.files if path.is_file())
    context.progress.stage("reading", sizes)
    done = import_files(
        request, ports.bars, now=ports.clock.now(), progress=lambda read, _: context.progress.advance(read)
    )
    for imported in done:
        ports.journal.imported(imported.series.instrument.symbol, imported.series.timeframe, imported.report)
    context.screen.result({"imports": [_as_json(imported) for imported in done]})
    for imported in done:
        _show(imported, context)
    return 0


def _columns(pairs: list[str] | None) -> dict[str, str] | None:
    if not pairs:
        return None
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise ConfigError(f"--columns {wrong[0]!r} is not NAME=FILE_COLUMN", hint="for instance open_time=Date")
    return dict(pair.split("=", 1) for pair in pairs)


def _as_json(imported: Imported) -> dict[str, object]:
    report, series = imported.report, imported.series
    return {
        "symbol": series.instrument.symbol,
        "timeframe": str(series.timeframe),
        "files": list(report.files),
        "layout": report.layout,
        "rows": report.rows,
        "stored": report.stored,
        "duplicates": report.duplicates,
        "conflicts": report.conflicts,
        "quarantined": report.quarantined_count,
        "quarantined_rows": [
            {"file": row.file, "line": row.line, "reason": row.reason, "text": row.text} for row in report.quarantined
        ],
        "gaps": [{"start": gap.start, "bars": gap.bars} for gap in report.gaps],
        "missing_bars": report.missing_bars,
        "longest_gap": max((gap.bars for gap in report.gaps), default=0),
        "zero_volume": report.zero_volume,
        "out_of_order": report.out_of_order,
        "first": report.first,
        "last": report.last,
        "bars_in_store": series.bars,
        "filled": imported.filled,
        "trades": None if imported.trades is None else asdict(imported.trades),
        "book": None if imported.book is None else asdict(imported.book),
    }


def _show(imported: Imported, context: Context) -> None:
    report, series, say = imported.report, imported.series, context.screen.say
    name = f"{series.instrument.symbol} {series.timeframe}"
    say(f"{name}: {report.rows:,} rows read, {report.stored:,} stored, {report.duplicates:,} already there")
    say(f"  {utc(report.first)} to {utc(report.last)} UTC, layout: {report.layout}")
    _show_ticks(imported, context)
    if report.gaps:
        longest = max(gap.bars for gap in report.gaps)
        say(f"  {len(report.gaps)} gaps, {report.missing_bars} bars missing, longest {longest}; gaps are never filled")
    if report.zero_volume:
        say(f"  {report.zero_volume} bars without volume, kept")
    if report.quarantined_count:
        contradict = f", {report.conflicts} of them contradict a known bar" if report.conflicts else ""
        say(f"  {report.quarantined_count:,} rows refused{contradict}:", tone="warn")
        rows = [(row.file, str(row.line), row.reason) for row in report.quarantined[:SHOWN]]
        context.screen.table("", ("file", ">line", "why"), rows)
        if report.quarantined_count > SHOWN:
            say(f"  and {report.quarantined_count - SHOWN:,} more; --json lists the first {KEPT_ROWS:,}")
    context.screen.note(f"next: alphaplus train_ml_model --symbols {series.instrument.symbol} -i {series.timeframe}")


def _show_ticks(imported: Imported, context: Context) -> None:
    """Say what became of trades and of the messages of an order book."""
    say, trades, book = context.screen.say, imported.trades, imported.book
    if trades is not None:
        say(f"  {trades.trades:,} trades make {trades.bars:,} whole bars; {trades.duplicates:,} trades came twice")
        if trades.partial:
            say(f"  {len(trades.partial)} bars left out: not all of their trades are here")
        if trades.missing_ids:
            say(f"  {trades.missing_ids:,} trade ids are missing, in {trades.id_gaps} places", tone="warn")
        if trades.unsided:
            say(f"  {trades.unsided:,} trades do not tell their side; their bars have no buy volume", tone="warn")
    if book is not None:
        say(f"  {book.snapshots:,} snapshots, {book.deltas:,} deltas; measured at {book.measured:,} closes")
        if book.gaps:
            say(f"  {book.gaps} gaps in the sequence; nothing is known until the next snapshot", tone="warn")
        unknown = book.blind + book.stale + book.crossed
        if unknown:
            blind = f"{book.blind} without a usable book, {book.stale} stale, {book.crossed} crossed"
            say(f"  {unknown:,} closes are unknown: {blind}")
    if imported.filled:
        say(f"  {imported.filled:,} stored bars learned side columns")


def _list(arguments: argparse.Namespace, context: Context) -> int:
    found = list_series(context.ports.bars)
    fields = [
        {
            "symbol": series.instrument.symbol,
            "timeframe": str(series.timeframe),
            "bars": series.bars,
            "first": series.first,
            "last": series.last,
            "missing_bars": series.missing_bars,
            "venue": series.instrument.venue,
            "simulated": series.instrument.simulated,
        }
        for series in found
    ]
    context.screen.result({"series": fields})
    rows = [
        (
            series.instrument.symbol,
            str(series.timeframe),
            f"{series.bars:,}",
            utc(series.first),
            utc(series.last),
            f"{series.missing_bars:,}",
            Cell("simulated", "warn") if series.instrument.simulated else series.instrument.venue or "-",
        )
        for series in found
    ]
    context.screen.table("stored series", SERIES, rows)
    if not found:
        context.screen.note(
            "nothing is stored; import some: alphaplus data import FILE --symbol BTCUSDT --timeframe 1h"
        )
    return 0


def _verify(arguments: argparse.Namespace, context: Context) -> int:
    store = ParquetBarStore(context.settings.bars_folder)
    context.progress.stage("verifying")
    found = verify(store, progress=lambda done, _: context.progress.advance(done))
    problems = [f"{problem.file}: {problem.message}" for problem in found.problems]
    context.screen.result({"series": found.series, "parts": found.parts, "bars": found.bars, "problems": problems})
    for problem in problems:
        context.screen.say(problem, tone="bad")
    if problems:
        raise StorageError(
            f"{len(problems)} of {found.parts} stored parts are not what was written",
            hint="move the named files away and import their range again",
        )
    context.screen.say(f"{found.series} series, {found.parts} parts, {found.bars:,} bars: all as written", tone="good")
    return 0
