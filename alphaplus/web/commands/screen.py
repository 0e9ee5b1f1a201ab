"""What a command prints: tables on a terminal, tab-separated lines in a pipe, or one JSON object.

Results go to stdout, everything else (progress, warnings, errors) to stderr.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alphaplus.core.errors import AlphaPlusError

if TYPE_CHECKING:
    from rich.console import Console

JSON_VERSION = 1
LEAST = 12  # characters that a column of words may shrink to
WHOLE = 10_000  # characters: words are not to break at all
GAP = 2  # characters between columns
STYLES = {"good": "green", "bad": "red", "warn": "yellow", "quiet": "dim", "": ""}


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell with a tone: good, bad, warn or quiet."""

    text: str
    tone: str = ""


Rows = Sequence[Sequence[Cell | str]]


@dataclass(frozen=True, slots=True)
class Screen:
    """Where and how one command prints."""

    command: str
    as_json: bool = False
    quiet: bool = False
    color: bool = True
    clear: Callable[[], None] = lambda: None
    """Takes progress off the terminal before something is printed."""

    @property
    def interactive(self) -> bool:
        """Whether a person watches stdout."""
        return sys.stdout.isatty() and not self.as_json

    @property
    def width(self) -> int | None:
        """How many characters a line of the terminal has; None where nobody watches."""
        return self._console().width if self.interactive else None

    def fits(self, columns: Sequence[str], rows: Rows, *, least: int = LEAST) -> bool:
        """Whether a table can be read where it is printed: numbers unbroken, words down to `least` characters."""
        return self.width is None or _needed(columns, rows, least) <= self.width

    def result(self, payload: Mapping[str, object]) -> None:
        """Print the JSON form of the result, when that is what was asked for."""
        if self.as_json:
            print(json.dumps({"version": JSON_VERSION, "command": self.command, **payload}, allow_nan=False))

    def table(
        self,
        title: str,
        columns: Sequence[str],
        rows: Rows,
        *,
        spare: Sequence[str] = (),
    ) -> None:
        """Print a table; columns that start with `>` are right-aligned.

        Where the terminal is too narrow for whole words, and would not be without some columns of `spare`, these go,
        the first one first, and the title says so; as they do where it is too narrow even for broken words. On one too
        narrow for the table every row becomes a block of lines, a cell a line.
        """
        if self.as_json:
            return
        self.clear()
        if self.interactive:
            title, columns, rows = self._narrowed(title, columns, rows, spare)
        names = [column.removeprefix(">") for column in columns]
        if not self.interactive:
            print("\t".join(names))
            for row in rows:
                print("\t".join(_text(cell) for cell in row))
            return
        if not self.fits(columns, rows):
            self._blocks(title, names, rows)
            return
        from rich.table import Table

        table = Table(
            title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False
        )
        for column, name in zip(columns, names, strict=True):
            right = column.startswith(">")
            table.add_column(name, justify="right" if right else "left", overflow="fold", no_wrap=right)
        for row in rows:
            table.add_row(*(_styled(cell) for cell in row))
        self._console().print(table)

    def _narrowed(
        self, title: str, columns: Sequence[str], rows: Rows, spare: Sequence[str]
    ) -> tuple[str, Sequence[str], Rows]:
        """A table without as many columns of `spare` as make room for whole words.

        All of it where none do and it can be read with broken ones, else without as many as make room for these.
        """
        for least in (WHOLE,) if self.fits(columns, rows) else (WHOLE, LEAST):
            for most in range(len(spare) + 1):
                gone = [column for column in spare[:most] if column in columns]
                kept = [place for place, column in enumerate(columns) if column not in gone]
                left = [columns[place] for place in kept], [[row[place] for place in kept] for row in rows]
                if self.fits(*left, least=least):
                    said = f"; no room for {', '.join(column.removeprefix('>') for column in gone)}" if gone else ""
                    return title + said, *left
        return title, columns, rows

    def _blocks(self, title: str, names: Sequence[str], rows: Rows) -> None:
        """A table too wide for the terminal: a cell a line, an empty line between rows."""
        console, wide = self._console(), max(len(name) for name in names)
        if title:
            console.print(title, style="bold", markup=False)
        for place, row in enumerate(rows):
            if place:
                console.print()
            for name, cell in zip(names, row, strict=True):
                console.print(f"{name:<{wide}}  {_styled(cell)}".rstrip(), soft_wrap=True)

    def say(self, text: str, *, tone: str = "") -> None:
        """Print one line of the result."""
        if self.as_json:
            return
        self.clear()
        if self.interactive:
            self._console().print(text, style=STYLES[tone], highlight=False, markup=False, soft_wrap=True)
        else:
            print(text)

    def note(self, text: str) -> None:
        """Print one line beside the result, on stderr."""
        self.clear()
        if not self.quiet:
            print(text, file=sys.stderr)

    def error(self, error: AlphaPlusError) -> None:
        """Print what went wrong and what to do."""
        self.clear()
        if self.as_json:
            known = {key: value for key, value in error.context.items() if isinstance(value, str | int | float | list)}
            body = {"type": type(error).__name__, "message": error.message, "hint": error.hint, "context": known}
            print(json.dumps({"version": JSON_VERSION, "command": self.command, "error": body}, default=str))
        _explain(error)

    def left_out(self, errors: Sequence[AlphaPlusError]) -> int:
        """Print why some of what was asked for is not in the result; gives the exit code."""
        self.clear()
        for error in errors:
            _explain(error)
        return max((error.exit_code for error in errors), default=0)

    def _console(self) -> "Console":
        from rich.console import Console

        return Console(no_color=not self.color or "NO_COLOR" in os.environ, highlight=False)


def _needed(columns: Sequence[str], rows: Rows, least: int) -> int:
    """Characters that a table needs: all of a right-aligned column, `least` of a longer left-aligned one."""
    total = GAP * (len(columns) - 1)
    for place, column in enumerate(columns):
        longest = max((len(_text(row[place])) for row in rows), default=0)
        widest = max(longest, len(column.removeprefix(">")))
        total += widest if column.startswith(">") else min(widest, least)
    return total


def _explain(error: AlphaPlusError) -> None:
    print(f"error: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"  what to do: {error.hint}", file=sys.stderr)


def _text(cell: Cell | str) -> str:
    return cell.text if isinstance(cell, Cell) else cell


def _styled(cell: Cell | str) -> str:
    from rich.markup import escape

    if isinstance(cell, str) or not cell.tone:
        return escape(_text(cell))
    return f"[{STYLES[cell.tone]}]{escape(cell.text)}[/]"
