"""`alphaplus patterns`: which patterns there are, where they are in stored bars, and how often they worked."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import ConfigError, UnknownName
from alphaplus.web.commands.pattern_scores import show_scores
from alphaplus.web.commands.run import Context
from alphaplus.web.commands.say import count_of, shorten, signed, utc
from alphaplus.web.commands.screen import GAP, LEAST, Cell
from alphaplus.web.commands.timerange import timerange

if TYPE_CHECKING:
    from alphaplus.workflows.patterns import Scan

COLUMNS = ("name", "kind", "life", "what it is")
EVENTS = (
    *("known at", "symbol", "pattern", "way", ">strength", ">at", ">target", ">stop", "became", ">after"),
    ">result",
)
P_SUCCESS = "p_success"
SPARE = (">strength", ">after")  # go where names would break
SHOWN = 20  # events that are printed where no number is asked for
WAYS = {1: Cell("up", "good"), -1: Cell("down", "bad"), 0: Cell("-", "quiet")}
TONES = {
    "target": "good",
    "stop": "bad",
    "open": "warn",
    "waiting": "warn",
    **dict.fromkeys(("expired", "failed", "retired", "interrupted"), "quiet"),
}
TIMES = ("start", "known_at", "broke_at", "touched_at", "mitigated_at", "entered_at", "ended_at")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Do what the action says."""
    actions = {"list": _list, "show": _show, "scan": _scan}
    return actions[arguments.action](arguments, context)


def _list(arguments: argparse.Namespace, context: Context) -> int:
    from alphaplus.patterns.listing import catalog

    rows = catalog(arguments.kind).to_dicts()
    context.screen.result({"patterns": rows, "count": len(rows)})
    cells = [[row["name"], row["kind"], row["life"], row["description"]] for row in rows]
    width = context.screen.width
    if width is not None and cells:
        taken = sum(max(len(COLUMNS[place]), *(len(row[place]) for row in cells)) for place in range(3))
        left = max(LEAST, width - taken - 3 * GAP)
        cells = [[*row[:3], shorten(row[3], left)] for row in cells]
    context.screen.table(count_of(len(rows), "pattern"), COLUMNS, cells)
    context.screen.note("next: alphaplus patterns show NAME, or alphaplus patterns scan --pattern NAME")
    return 0


def _show(arguments: argparse.Namespace, context: Context) -> int:
    from alphaplus.features.listing import unit_of
    from alphaplus.patterns import listing
    from alphaplus.patterns.contract import patterns

    spec = patterns.get(arguments.name)
    text, rules = listing.definition(spec), listing.rules(spec)
    columns = [{"name": column, "unit": unit_of(column)} for column in listing.shown_columns(spec)]
    facts = {"kind": f"{spec.kind}: {listing.KIND_WORDS[spec.kind]}", "reference": spec.reference}
    told: dict[str, object] = {
        "name": spec.name,
        "kind": spec.kind,
        "life": spec.life.value,
        "description": spec.description,
    }
    told |= {"definition": text, "rules": rules, "columns": columns, "reference": spec.reference}
    context.screen.result({"pattern": told})
    say = context.screen.say
    say(f"{spec.name}: {spec.description}")
    if text:
        say(f"\n{text}\n")
    for rule in rules:
        say(rule)
    say("")
    for name, value in facts.items():
        if value:
            say(f"{name:<10} {value}")
    say("")
    context.screen.table("", ("column", "unit"), [[column["name"], column["unit"]] for column in columns])
    return 0


def _scan(arguments: argparse.Namespace, context: Context) -> int:
    from alphaplus.patterns.contract import KINDS
    from alphaplus.workflows.compute import check_writable
    from alphaplus.workflows.patterns import ScanRequest, scan
    from alphaplus.workflows.series import stored_among

    start, end = timerange(arguments.timerange)
    wanted = _wanted(arguments, kinds=KINDS)
    by = _by(arguments)
    if arguments.last is not None and arguments.last < 1:
        raise ConfigError(f"--last is {arguments.last}", hint="ask for one event or more")
    if arguments.out is not None:
        check_writable(Path(arguments.out))
    timeframe = Timeframe(arguments.timeframe)
    among = stored_among(tuple(arguments.symbols or ()), timeframe, context.ports)
    request = ScanRequest(
        symbols=among.symbols, timeframe=timeframe, wanted=wanted, start=start, end=end, ml=arguments.ml
    )
    found = scan(request, context.ports)
    missing = [str(error) for error in among.missing]
    shown = found.events if _all_of(arguments) else found.events.tail(arguments.last or SHOWN)
    scores = None
    if arguments.scores or by:
        from alphaplus.evaluation.pattern_scores import pattern_scores

        scores = pattern_scores(found.events, by=by)
    context.screen.result(
        {
            "timeframe": timeframe.value,
            "series": [_series(one) for one in found.series],
            "found": len(found.events),
            "events": shown.to_dicts() if arguments.out is None else [],
            "file": arguments.out,
            "scores": None if scores is None else _plain(scores),
            "missing": missing,
        }
    )
    if arguments.out is not None:
        _write(shown, Path(arguments.out), context)
    else:
        _tell(found, shown, context)
    if scores is not None:
        show_scores(scores, timeframe, context.screen)
    elif arguments.out is None and len(found.events):
        context.screen.note(
            "next: --scores tells how often each pattern reached its target, --out FILE keeps all events"
        )
    return context.screen.left_out(among.missing)


def _wanted(arguments: argparse.Namespace, *, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds and patterns asked for; without any all kinds but candles, which would hide everything else."""
    for kind in arguments.kind or ():
        if kind not in kinds:
            raise UnknownName(kind, kind="kind of patterns", known=kinds)
    named = (*(arguments.kind or ()), *(arguments.pattern or ()))
    return named or tuple(kind for kind in kinds if kind != "candles")


def _by(arguments: argparse.Namespace) -> tuple[str, ...]:
    from alphaplus.evaluation.pattern_scores import BY

    for word in arguments.by or ():
        if word not in BY:
            raise UnknownName(word, kind="way to split scores", known=BY)
    return tuple(dict.fromkeys(arguments.by or ()))


def _all_of(arguments: argparse.Namespace) -> bool:
    return arguments.out is not None and arguments.last is None


def _series(one: Any) -> dict[str, object]:  # noqa: ANN401 - a Scanned, whose module is loaded only by this action
    instrument = one.instrument
    return {
        "symbol": instrument.symbol,
        "simulated": instrument.simulated,
        "bars": one.bars,
        "from": one.first,
        "to": one.last,
    }


def _plain(scores: pl.DataFrame) -> list[dict[str, object]]:
    """Scores as JSON knows them: durations in milliseconds."""
    return scores.with_columns(pl.selectors.duration().dt.total_milliseconds()).to_dicts()


def _tell(found: "Scan", shown: pl.DataFrame, context: Context) -> None:
    for one in found.series:
        name = f"{one.instrument.symbol}{' (simulated)' if one.instrument.simulated else ''}"
        range_ = f", {utc(one.first)} to {utc(one.last)}" if one.bars else " in this range"
        context.screen.say(f"{name} {found.timeframe}: {count_of(one.bars, 'bar')}{range_}")
    if not len(shown):
        context.screen.say("no pattern became known on them; `alphaplus patterns list` shows what was looked for")
        return
    part = "" if len(shown) == len(found.events) else f"the newest {len(shown):,} of "
    several = len(found.series) > 1
    columns = [name for name in EVENTS if several or name != "symbol"]
    rows = [_row(row, found.timeframe, several=several) for row in shown.iter_rows(named=True)]
    if P_SUCCESS in shown.columns:
        columns.append(">p success")
        rows = [[*cells, _share(p)] for cells, p in zip(rows, shown[P_SUCCESS].to_list(), strict=True)]
    context.screen.table(f"{part}{count_of(len(found.events), 'event')}", columns, rows, spare=SPARE)


def _row(row: dict[str, Any], timeframe: Timeframe, *, several: bool) -> list[Cell | str]:
    """One event as a row of EVENTS."""
    became = row["outcome"] or row["state"]
    after = None if row["ended_at"] is None else (row["ended_at"] - row["known_at"]) // timeframe.ms
    at = _price(row["level"])
    if row["level"] is None and row["low"] is not None:
        at = f"{_price(row['low'])} to {_price(row['high'])}"
    return [
        utc(row["known_at"]),
        *([row["symbol"]] if several else []),
        row["pattern"],
        WAYS[row["direction"]],
        f"{row['strength']:.2f}",
        at,
        _price(row["target"]),
        _price(row["stop"]),
        Cell("-" if became == "none" else became, TONES.get(became, "")),
        "-" if after is None else f"{after:,}",
        signed(row["result"], 2),
    ]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _price(value: float | None) -> str:
    return "-" if value is None else f"{value:,.7g}"


def _write(events: pl.DataFrame, path: Path, context: Context) -> None:
    """Write events with times in UTC; a CSV has the points of an event as JSON."""
    from alphaplus.workflows.compute import write

    times = pl.col(*TIMES).cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")
    table = events.with_columns(times)
    if path.suffix == ".csv":
        points = [json.dumps(points) for points in events["points"].to_list()]
        table = table.with_columns(points=pl.Series(points, dtype=pl.String()))
    write(table, path)
    context.screen.say(f"{count_of(len(events), 'event')} {'is' if len(events) == 1 else 'are'} in {path}")
