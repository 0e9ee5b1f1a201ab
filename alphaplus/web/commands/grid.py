"""How a grid of models is shown: a line a cell, with its score, its version or what went wrong, and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

from alphaplus.core.errors import AlphaPlusError
from alphaplus.web.commands.run import Context
from alphaplus.web.commands.say import count_of, number
from alphaplus.web.commands.screen import Cell as Told
from alphaplus.web.commands.screen import Screen
from alphaplus.workflows.train_many import Cell

COLUMNS = ("symbols", "regime", "label", ">bars ahead", "family", ">rows", ">skill", ">95 % interval", ">AUC", "model")
PLANNED = ("symbols", "regime", "label", ">bars ahead", "family", ">rows", ">fits", "model")
COMMON = ("symbols", "regime", "label", ">bars ahead", "family")
SPARE = (">AUC", ">rows")


def failed(cells: Sequence[Cell]) -> list[Cell]:
    """Cells with an error."""
    return [cell for cell in cells if cell.error is not None]


def grid_json(cells: Sequence[Cell], *, dry_run: bool = False) -> dict[str, object]:
    """All cells as plain values."""
    return {
        "dry_run": dry_run,
        "cells": [_as_json(cell) for cell in cells],
        "trained": sum(cell.training is not None for cell in cells),
        "there_before": sum(cell.there_before for cell in cells),
        "failed": len(failed(cells)),
    }


def grid_table(cells: Sequence[Cell], context: Context, *, dry_run: bool) -> None:
    """Print a line for every cell, then the errors in full, and what may be done next."""
    screen, wrong = context.screen, failed(cells)
    if dry_run:
        _table("models to train", PLANNED, [[*_what(cell), _fits(cell), _state(cell)] for cell in cells], screen)
    else:
        _table("models", COLUMNS, [[*_what(cell), *_score(cell), _state(cell)] for cell in cells], screen)
    short = sum(cell.short for cell in cells)
    if short:
        screen.say(
            f"{short} of {len(cells)}: the range is too short for the usual folds, so blocks of its second half are "
            "tested",
            tone="warn",
        )
    for cell in wrong:
        screen.say(f"{cell.slot}, {cell.request.family}: {_in_words(cell.error)}", tone="bad")
    there, trained = sum(cell.there_before for cell in cells), sum(cell.training is not None for cell in cells)
    if dry_run:
        left = [cell for cell in cells if cell.version is None and cell.error is None]
        fits = sum((cell.folds or 0) + 1 for cell in left)
        screen.say(f"{count_of(len(left), 'model')} to train, {count_of(fits, 'fit')}; {_time_of(left, context)}")
    else:
        screen.say(f"{count_of(trained, 'model')} trained, {there} there before, {len(wrong)} failed")
    if there:
        screen.note("what was there before is trained anew with --again")
    if trained:
        screen.note("next: alphaplus models list; alphaplus evaluate_and_promote --candidate NUMBER")


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Told | str]], screen: Screen) -> None:
    """A table of cells; where it is too wide, what all of them have in common goes to its title."""
    if not screen.fits(columns, rows):
        same = [
            place for place, name in enumerate(columns) if name in COMMON and len({row[place] for row in rows}) == 1
        ]
        kept = [place for place in range(len(columns)) if place not in same]
        common = ", ".join(f"{columns[place].removeprefix('>')} {rows[0][place]}" for place in same)
        title = f"{title}: {common}" if common else title
        columns, rows = [columns[place] for place in kept], [[row[place] for place in kept] for row in rows]
    screen.table(title, columns, rows, spare=SPARE)


def _what(cell: Cell) -> list[str]:
    slot = cell.slot
    rows = "-" if cell.rows is None else f"{cell.rows:,}"
    return [slot.symbol, slot.regime, slot.target, str(slot.horizon), cell.request.family, rows]


def _fits(cell: Cell) -> str:
    return "-" if cell.folds is None else str(cell.folds + 1)


def _score(cell: Cell) -> list[str]:
    skill, auc = _found(cell, "skill"), _found(cell, "roc_auc")
    interval = "-" if skill is None else f"{number(skill['low'])} to {number(skill['high'])}"
    return [number(None if skill is None else skill["value"]), interval, number(None if auc is None else auc["value"])]


def _found(cell: Cell, score: str) -> Mapping[str, float] | None:
    """A score of the folds with its bounds."""
    metrics: Mapping[str, Any] = {} if cell.version is None else cell.version.metrics
    found: Mapping[str, float] | None = metrics.get("oos", {}).get("model", {}).get(score)
    return found


def _state(cell: Cell) -> Told | str:
    if cell.error is not None:
        return Told("failed", "bad")
    if cell.version is None:
        return "to train"
    return Told(f"{cell.version.number}, there before", "quiet") if cell.there_before else str(cell.version.number)


def _time_of(cells: Sequence[Cell], context: Context) -> str:
    """About how long the cells will take, judged by what the families took here before, a row and fit."""
    costs: dict[str, float] = {}
    for version in context.ports.models.find():
        folds = _folds(version.metrics)
        if folds is not None:
            costs[version.family] = version.seconds / (version.samples * (folds + 1))
    unknown = sorted({cell.request.family for cell in cells} - set(costs))
    if unknown:
        return f"how long that takes is known once one {' and one '.join(unknown)} has been trained here"
    work = sum(costs[cell.request.family] * (cell.rows or 0) * ((cell.folds or 0) + 1) for cell in cells)
    about = f"about {work:,.0f} s" if work >= 1 else "under a second"
    return f"{about} of fitting, shared by the workers"


def _folds(metrics: Mapping[str, Any]) -> int | None:
    found = metrics.get("splits", {}).get("folds")
    return None if found is None else int(found)


def _as_json(cell: Cell) -> dict[str, object]:
    version = cell.version
    return {
        "slot": str(cell.slot),
        "symbols": list(cell.slot.symbols),
        "regime": cell.slot.regime,
        "target": cell.slot.target,
        "horizon": cell.slot.horizon,
        "family": cell.request.family,
        "rows": cell.rows,
        "folds": cell.folds,
        "skill": _found(cell, "skill"),
        "roc_auc": _found(cell, "roc_auc"),
        "number": None if version is None else version.number,
        "label": None if version is None else version.label,
        "sha256": None if version is None else version.sha256,
        "there_before": cell.there_before,
        "error": None if cell.error is None else _error(cell.error),
    }


def _in_words(error: Exception | None) -> str:
    """An error of ours says all; one that nobody foresaw often makes sense with its class only."""
    return str(error) if isinstance(error, AlphaPlusError) else f"{type(error).__name__}: {error}"


def _error(error: Exception) -> dict[str, str]:
    if isinstance(error, AlphaPlusError):
        return {"type": type(error).__name__, "message": error.message, "hint": error.hint}
    return {"type": type(error).__name__, "message": str(error), "hint": ""}
