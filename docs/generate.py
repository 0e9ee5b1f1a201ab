"""Write the reference pages from the code: commands, features, patterns, catalogs, settings, Python API."""

import argparse
import inspect
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel

import alphaplus
from alphaplus import notebook
from alphaplus.core.config import Settings
from alphaplus.datasets.labelling import _LABELS
from alphaplus.evaluation.gating import _GATES
from alphaplus.features.contract import FeatureSpec, features
from alphaplus.features.listing import catalog
from alphaplus.features.sets import feature_sets
from alphaplus.market.sources.simulated import _MARKETS
from alphaplus.models.family import _families
from alphaplus.models.search import Search
from alphaplus.patterns import listing
from alphaplus.patterns.contract import KINDS, PatternSpec, patterns
from alphaplus.signals.voting import voters
from alphaplus.workflows.options import COMMANDS, command_parser

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "tests" / "patterns")]  # pictures, and what is in them

from drawing import CALM  # noqa: E402
from drawings import picture  # noqa: E402
from gallery import CASES  # noqa: E402

os.environ["COLUMNS"] = "100"  # argparse wraps help by it

RESULTS = ROOT / "bench" / "results.json"
FOLDER = Path(__file__).parent / "reference" / "generated"


def main() -> None:
    """Write every page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    pages = {
        "commands": commands,
        "features": features_page,
        "patterns": patterns_page,
        "catalogs": catalogs,
        "settings": settings_page,
        "api": api,
        "speed": speed,
    }
    for name, page in pages.items():
        text = f"{page().rstrip()}\n"
        (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")
        print(f"{name}.md: {len(text.splitlines())} lines")


def commands() -> str:
    parts = ["# Commands", "", "Every command also runs as `python manage.py COMMAND`.", ""]
    for command in COMMANDS:
        names = ", ".join(f"`{alias}`" for alias in command.aliases)
        parts += [f"## {command.name}", "", f"{command.purpose[0].upper()}{command.purpose[1:]}."]
        parts += [f"Also: {names}."] if names else []
        parser = command_parser(command, prog=f"alphaplus {command.name}")
        parts += ["", "```text", parser.format_help().rstrip()]
        for group in parser._actions:
            if isinstance(group, argparse._SubParsersAction):
                for action in group.choices.values():
                    parts += ["", action.format_help().rstrip()]
        parts += ["```", ""]
    return "\n".join(parts)


def features_page() -> str:
    rows = {row["name"]: row for row in catalog().to_dicts()}
    parts = [
        "# Features",
        "",
        f"{len(rows)} columns. Warm-up counts bars up to and including the first value; memory is the number of bars",
        "after which the start of the series no longer shows, none for running totals. Both count bars of the column's",
        "own clock (`h4_` counts bars of four hours); what is keyed to the clock is given for bars of one hour.",
        "",
    ]
    for chosen in feature_sets():
        if chosen.name != "all":
            parts += [f"## Set `{chosen.name}`", "", f"{len(chosen.columns)} columns, hash `{chosen.hash[:16]}`.", ""]
            parts += [", ".join(f"`{column}`" for column in chosen.columns), ""]
    for category in sorted({row["category"] for row in rows.values()}):
        parts += [f"## {category}", ""]
        for columns in _of_one_step(category):
            spec = features.get(columns[0])
            parts += [f"### {spec.name.replace('_', ' ')}", "", _definition(spec), "", f"Reads: {_read(spec)}.", ""]
            parts += [*table([rows[column] for column in columns], ("name", "unit", "warmup", "memory")), ""]
    return "\n".join(parts)


def _of_one_step(category: str) -> list[list[str]]:
    """Columns of a category, those of one step together."""
    found: dict[object, list[str]] = {}
    for column, spec in features:
        if spec.group == category and column not in spec.hidden:
            found.setdefault(spec.step or column, []).append(column)
    return list(found.values())


def _definition(spec: FeatureSpec) -> str:
    return (
        (inspect.getdoc(spec.step) or "")
        if spec.step is not None
        else f"{spec.description}\n\nReference: {spec.reference}"
    )


def _read(spec: FeatureSpec) -> str:
    return ", ".join(f"`{spec.prefix if name in features.names() else ''}{name}`" for name in spec.inputs)


def patterns_page() -> str:
    """Every pattern with its rules and columns, and its hand-drawn cases as pictures beside the page."""
    parts = [
        "# Patterns",
        "",
        f"{len(patterns.names())} patterns. The pictures are the cases of the tests, to which detectors are held:",
        "one where a pattern must be found, one where it just must not be, and one upside down. The yellow bar is",
        "the one with which the pattern became known; nothing was known about it before. Blue is the pattern itself,",
        "its level dashed; green and red lines are target and stop where they are near.",
        "",
    ]
    drawn = _pictures()
    for kind in sorted(KINDS, key="candles".__eq__):  # they have a table, which stands last
        parts += [f"## {kind}", "", f"{listing.KIND_WORDS[kind][0].upper()}{listing.KIND_WORDS[kind][1:]}.", ""]
        specs = [patterns.get(name) for name in listing.catalog(kind)["name"]]
        if all(spec.bars for spec in specs):
            parts += _candles(specs, drawn)
            continue
        for spec in specs:
            parts += [*_pattern(spec), *drawn.get(spec.name, []), ""]
    return "\n".join(parts)


def _candles(specs: list[PatternSpec], drawn: dict[str, list[str]]) -> list[str]:
    """Candlestick patterns in one table, and the pictures of those that are drawn."""
    rows = [
        {"name": spec.name, "bars": spec.bars, "what it is": spec.description, "reference": spec.reference}
        for spec in specs
    ]
    parts = [
        *(listing.rules(specs[0]) if specs else []),
        "",
        *table(rows, ("name", "bars", "what it is", "reference")),
        "",
    ]
    for spec in specs:
        if spec.name in drawn:
            parts += [f"### {spec.name}", "", *drawn[spec.name], ""]
    return parts


def _pattern(spec: PatternSpec) -> list[str]:
    parts = [f"### {spec.name}", "", spec.description, "", listing.definition(spec), "", *listing.rules(spec), ""]
    if spec.reference:
        parts += [f"Reference: {spec.reference}", ""]
    return [*parts, "Columns: " + ", ".join(f"`{column}`" for column in listing.shown_columns(spec)) + ".", ""]


def _pictures() -> dict[str, list[str]]:
    """Write the cases as SVG files; gives by pattern the lines that show them."""
    folder = FOLDER / "patterns"
    folder.mkdir(exist_ok=True)
    named = sorted({case.pattern for case in CASES})
    shown: dict[str, list[str]] = {}
    for number, case in enumerate(CASES, start=1):
        events = notebook.detect_patterns(case.bars, kinds=named).filter(pattern=case.pattern).to_dicts()
        caption = f"{case.kind}: {case.title}"
        file = folder / f"{case.pattern}-{number}.svg"
        text = picture(patterns.get(case.pattern), case.bars, events, title=caption, quiet=CALM)
        file.write_text(text, encoding="utf-8")
        lines = shown.setdefault(case.pattern, [])
        style = "display: inline-block; vertical-align: top; width: 270px; margin: 0 .5em .5em 0"
        lines.append(
            f'<figure style="{style}"><img src="patterns/{file.name}" width="270" alt="{caption}">'
            f"<figcaption><small>{caption}</small></figcaption></figure>"
        )
    return shown


def catalogs() -> str:
    parts = ["# Labels, families, gates, voters and planted markets", ""]
    titles = {
        "Labels": _LABELS,
        "Model families": _families,
        "Gates": _GATES,
        "Voters": voters,
        "Planted markets": _MARKETS,
    }
    for title, shelf in titles.items():
        parts += [f"## {title}", ""]
        for name, thing in shelf:
            text = _documentation(thing)
            parts += [f"### {name}", "", text, ""]
            params = getattr(thing, "Params", None)
            if isinstance(params, type) and issubclass(params, BaseModel):
                searched = any(_searched(params, field) for field in params.model_fields)
                parts += [*fields(params, *(("searched by tuning",) if searched else ())), ""]
    return "\n".join(parts)


def _documentation(thing: object) -> str:
    """What the registered function says, or the thing around it, or its class."""
    functions = (getattr(thing, name, None) for name in ("answer", "ask"))
    candidates = [function for function in functions if function is not None] or [thing, type(thing)]
    return next((text for text in map(inspect.getdoc, candidates) if text), "")


def settings_page() -> str:
    parts = [
        "# Settings",
        "",
        "In `alphaplus.toml` under the home folder, or as variables `ALPHAPLUS_SECTION__NAME`.",
        "",
    ]
    plain = [name for name, info in Settings.model_fields.items() if not _section(info.annotation)]
    parts += [*table([_setting(Settings, name) for name in plain], ("name", "default", "meaning")), ""]
    for name, info in Settings.model_fields.items():
        if _section(info.annotation):
            section = info.annotation
            parts += [f"## [{name}]", "", inspect.getdoc(section) or "", "", *fields(section), ""]
    return "\n".join(parts)


def api() -> str:
    parts = ["# Python API", "", "`import alphaplus as ap`", "", inspect.getdoc(notebook) or "", ""]
    parts = [
        line.replace(">>>", "    >>>") if line.startswith(">>>") else line for line in "\n".join(parts).split("\n")
    ]
    for name in alphaplus.__all__:
        thing = getattr(notebook, name)
        signature = str(inspect.signature(thing)).replace("alphaplus.", "")
        parts += [f"## ap.{name}", "", "```python", f"ap.{name}{signature}", "```", "", "```text"]
        parts += [inspect.getdoc(thing) or "", "```", ""]
    return "\n".join(parts)


def speed() -> str:
    measured = json.loads(RESULTS.read_text(encoding="utf-8"))
    machine = ", ".join(f"{name} {value}" for name, value in measured["machine"].items())
    parts = ["# Speed", "", f"What `make bench` measured last ({machine}). Lower is better but for rates and `x`.", ""]
    rows = measured["results"]
    for bench in dict.fromkeys(row["bench"] for row in rows):
        chosen = [row | {"measured": f"{row['value']:,} {row['unit']}"} for row in rows if row["bench"] == bench]
        parts += [f"## {bench}", "", *table(chosen, ("name", "measured", "goal", "detail")), ""]
    return "\n".join(parts)


def fields(model: type[BaseModel], *more: str) -> list[str]:
    return table([_setting(model, name) for name in model.model_fields], ("name", "default", "meaning", *more))


def _setting(model: type[BaseModel], name: str) -> dict[str, object]:
    info = model.model_fields[name]
    searched = _searched(model, name)
    return {"name": name, "default": info.default, "meaning": info.description or "", "searched by tuning": searched}


def _searched(model: type[BaseModel], name: str) -> str:
    return next((str(found) for found in model.model_fields[name].metadata if isinstance(found, Search)), "")


def _section(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def table(rows: Iterable[dict[str, object]], columns: tuple[str, ...]) -> list[str]:
    lines = [f"| {' | '.join(columns)} |", f"| {' | '.join('---' for _ in columns)} |"]
    return lines + [f"| {' | '.join(_cell(row[column]) for column in columns)} |" for row in rows]


def _cell(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else "" if value is None else str(value)
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    main()
