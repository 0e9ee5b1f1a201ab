"""`alphaplus features`: what is computed and from what, whether it is honest, and its values."""

import argparse
import textwrap
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import ConfigError, UnknownName
from alphaplus.web.commands.run import Context
from alphaplus.web.commands.say import count_of, shorten
from alphaplus.web.commands.screen import GAP, LEAST, Cell

if TYPE_CHECKING:
    from alphaplus.workflows.check import Checked

COLUMNS = ("name", "category", "unit", ">warm-up")
KEYS = ("name", "category", "unit", "warmup")
UNIT = KEYS.index("unit")
SETS = ("name", ">columns", "what it is for")
WIDE = 100  # characters of a line where no terminal says otherwise
SHOWN = 10  # bars that are printed where no number is asked for
MARKS = {True: Cell("\N{CHECK MARK}", "good"), False: Cell("\N{BALLOT X}", "bad"), None: Cell("-", "quiet")}


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Do what the action says."""
    actions = {"list": _list, "show": _show, "sets": _sets, "check": _check, "compute": _compute}
    return actions[arguments.action](arguments, context)


def _list(arguments: argparse.Namespace, context: Context) -> int:
    from alphaplus.features.listing import catalog
    from alphaplus.features.sets import feature_set

    rows = catalog().to_dicts()
    if arguments.category is not None:
        known = sorted({row["category"] for row in rows})
        if arguments.category not in known:
            raise UnknownName(arguments.category, kind="category", known=known)
        rows = [row for row in rows if row["category"] == arguments.category]
    if arguments.set_name is not None:
        wanted = feature_set(arguments.set_name).columns
        rows = [row for row in rows if row["name"] in wanted]
    context.screen.result({"features": rows, "count": len(rows)})
    shown = _cut([[_text(row[key]) for key in KEYS] for row in rows], context.screen.width)
    context.screen.table(count_of(len(rows), "feature"), COLUMNS, shown)
    return 0


def _cut(rows: list[list[str]], width: int | None) -> list[list[str]]:
    """Rows of the list with units short enough for one line each."""
    if width is None or not rows:
        return rows
    others = [place for place in range(len(COLUMNS)) if place != UNIT]
    longest = [max(len(COLUMNS[place].removeprefix(">")), *(len(row[place]) for row in rows)) for place in others]
    left = max(LEAST, width - sum(longest) - GAP * len(others))
    return [[*row[:UNIT], shorten(row[UNIT], left), *row[UNIT + 1 :]] for row in rows]


def _sets(arguments: argparse.Namespace, context: Context) -> int:
    from alphaplus.features.listing import purpose
    from alphaplus.features.sets import feature_sets

    rows = [{"name": one.name, "count": len(one.columns), "purpose": purpose(one.name)} for one in feature_sets()]
    context.screen.result({"sets": rows})
    context.screen.table(count_of(len(rows), "set"), SETS, [[str(value) for value in row.values()] for row in rows])
    return 0


def _show_set(name: str, context: Context) -> int:
    from alphaplus.features.listing import purpose
    from alphaplus.features.sets import feature_set

    found = feature_set(name)
    what = {"name": name, "count": len(found.columns), "hash": found.hash, "purpose": purpose(name)}
    context.screen.result({"set": what | {"columns": list(found.columns)}})
    say = context.screen.say
    say(f"{name}: {purpose(name)}")
    say(f"columns    {len(found.columns)}")
    say(f"hash       {found.hash}")
    lines = textwrap.wrap(", ".join(found.columns), context.screen.width or WIDE, break_on_hyphens=False)
    say("\n" + "\n".join(lines))
    return 0


def _show(arguments: argparse.Namespace, context: Context) -> int:
    from alphaplus.features import listing
    from alphaplus.features.contract import features
    from alphaplus.features.sets import feature_sets
    from alphaplus.patterns.contract import patterns

    known, named = features.names(), [one.name for one in feature_sets()]
    if arguments.name not in known:
        if arguments.name in named:
            return _show_set(arguments.name, context)
        if arguments.name in patterns.names():
            raise ConfigError(
                f"{arguments.name} is a pattern of several columns",
                hint=f"alphaplus patterns show {arguments.name}, or one of its columns: {arguments.name}_direction",
            )
        raise UnknownName(arguments.name, kind="feature or set", known=[*known, *named])
    spec = features.get(arguments.name)
    row = next(row for row in listing.catalog(hidden=True).to_dicts() if row["name"] == arguments.name)
    words, text = listing.words_of(arguments.name), listing.documentation(arguments.name)
    sets, tree = listing.holding_sets(arguments.name), listing.inputs_tree(arguments.name)
    context.screen.result(
        {"feature": row | {"definition": text, "words": words, "sets": sets, "made_of": tree, "gaps": spec.gaps}}
    )
    say = context.screen.say
    say(f"{row['name']}: {row['description']}")
    if text:
        say(f"\n{text}\n")
    facts = {
        "category": row["category"],
        "unit": row["unit"],
        "params": row["params"],
        "codes": ", ".join(f"{code} {word}" for code, word in sorted(words.items())),
        "warm-up": listing.duration(row["warmup"], spec, hours=spec.warmup_hours),
        "memory": listing.duration(row["memory"], spec, hours=spec.memory_hours),
        "long gaps": "restart it" if spec.gaps == "restart" else "leave it as it is",
        "sets": ", ".join(sets),
        "reference": row["reference"],
    }
    for name, value in facts.items():
        if value:
            say(f"{name:<10} {value}")
    say("made of")
    for line in tree:
        say(f"  {line}")
    return 0


def _check(arguments: argparse.Namespace, context: Context) -> int:
    from alphaplus.workflows.check import CheckRequest, check

    request = CheckRequest(
        target=arguments.target,
        symbols=tuple(arguments.symbols or ()),
        timeframe=Timeframe(arguments.timeframe),
        data=None if arguments.data is None else Path(arguments.data),
    )
    done = check(request, context.ports)
    honest = all(checked.report.honest for checked in done)

    def as_json(checked: "Checked") -> dict[str, object]:
        bars, report = checked.bars, checked.report
        return {
            "symbol": bars.instrument.symbol,
            "simulated": bars.instrument.simulated,
            "timeframe": bars.timeframe.value,
            "bars": len(bars),
            "columns": list(report.columns),
            "honest": report.honest,
            "verdicts": report.to_json(),
        }

    context.screen.result({"honest": honest, "checked": [as_json(checked) for checked in done]})
    for checked in done:
        _tell(checked, context)
    return 0 if honest else 1


def _tell(checked: "Checked", context: Context) -> None:
    """One line a check, and what is found in it below."""
    bars, report = checked.bars, checked.report
    kind = "simulated bars" if bars.instrument.simulated else "bars"
    say = context.screen.say
    say(f"{', '.join(report.columns)} on {len(bars):,} {kind} of {bars.instrument.symbol} {bars.timeframe}")
    for verdict in report.verdicts:
        mark = MARKS[None if verdict.skipped else verdict.held]
        note = f" (not judged: {verdict.skipped})" if verdict.skipped else ""
        say(f"  {mark.text} {verdict.promise}{note}", tone=mark.tone)
        for column, fault in verdict.faults.items():
            say(f"      {column}: {fault}")
    for column in report.columns:
        first = report.first(column)
        if first is None:
            say(f"{column} is honest as far as these bars can tell", tone="good")
        else:
            place = f", first at {first.where}" if first.where else ""
            broken = len(report.faults(column))
            say(f"{column} breaks {broken} promise{'' if broken == 1 else 's'}{place}", tone="bad")


def _compute(arguments: argparse.Namespace, context: Context) -> int:
    from alphaplus.workflows.compute import ComputeRequest, check_writable, compute, write
    from alphaplus.workflows.series import stored_among

    if arguments.out is not None:
        check_writable(Path(arguments.out))
    timeframe = Timeframe(arguments.timeframe)
    among = stored_among(tuple(arguments.symbols or ()), timeframe, context.ports)
    missing = [str(error) for error in among.missing]
    last = arguments.last if arguments.last is not None or arguments.out is not None else SHOWN
    request = ComputeRequest(
        set_name=arguments.set_name,
        columns=tuple(arguments.columns or ()),
        symbols=among.symbols,
        timeframe=timeframe,
        last=last,
    )
    table = compute(request, context.ports)
    names = table.columns
    if arguments.out is not None:
        write(table, Path(arguments.out))
        context.screen.result({"file": arguments.out, "rows": len(table), "columns": names, "missing": missing})
        size = f"{count_of(len(table), 'row')} of {count_of(len(names) - 2, 'column')}"
        context.screen.say(f"{size} {'is' if len(table) == 1 else 'are'} in {arguments.out}")
        return context.screen.left_out(among.missing)
    rows = [[_plain(value) for value in row] for row in table.rows()]
    context.screen.result({"columns": names, "rows": rows, "missing": missing})
    titles = [*names[:2], *(f">{name}" for name in names[2:])]
    shown = [[_cell(value) for value in row] for row in table.rows()]
    if context.screen.fits(titles, shown, least=WIDE):
        context.screen.table(count_of(len(shown), "bar"), titles, shown)
        return context.screen.left_out(among.missing)
    for symbol in dict.fromkeys(row[0] for row in shown):
        _across(symbol, names[2:], [row[1:] for row in shown if row[0] == symbol], context)
    return context.screen.left_out(among.missing)


def _across(symbol: str, columns: list[str], rows: list[list[str]], context: Context) -> None:
    """The bars of one symbol side by side, a column of the set a line: as many of the last as fit."""
    for most in range(len(rows), 0, -1):
        bars = rows[-most:]
        titles = ["column", *(f">{bar[0]}" for bar in bars)]
        lines = [[column, *(bar[place] for bar in bars)] for place, column in enumerate(columns, start=1)]
        if most == 1 or context.screen.fits(titles, lines, least=WIDE):
            break
    context.screen.table(f"{symbol}, {_part(most, of=len(rows))}", titles, lines)


def _part(most: int, *, of: int) -> str:
    return count_of(of, "bar") if most == of else f"the last {'' if most == 1 else f'{most} '}of {of} bars"


def _plain(value: object) -> object:
    """A cell as JSON knows it: times in ISO 8601, what is unknown as null."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return None if isinstance(value, float) and not isfinite(value) else value


def _cell(value: object) -> str:
    """A cell as people read it: times to the minute, a dash where it is unknown."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, float):
        return f"{value:.8g}" if isfinite(value) else "-"
    return _text(value)


def _text(value: object) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else "-" if value is None else str(value)
