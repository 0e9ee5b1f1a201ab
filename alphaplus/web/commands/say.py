"""How values read in tables: UTC times, true minus signs, fixed decimals."""

from datetime import UTC, datetime

from alphaplus.core.enums import Stage
from alphaplus.web.commands.screen import Cell

STAGE_TONES = {Stage.PRODUCTION: "good", Stage.CANARY: "warn", Stage.FAILED: "bad", Stage.ARCHIVED: "quiet"}
MINUS = "\N{MINUS SIGN}"


def utc(time_ms: int | None) -> str:
    """`2022-10-10 23:00`, or a dash."""
    return "-" if time_ms is None else datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def number(value: float | None, decimals: int = 3) -> str:
    """A number with a true minus, or a dash."""
    return "-" if value is None else f"{value:,.{decimals}f}".replace("-", MINUS)


def count_of(count: int, thing: str) -> str:
    """`1 bar`, `2,000 bars`."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def shorten(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis where it is longer than `most` characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def compact(value: float | None) -> str:
    """A number of any size in four significant digits, or a dash."""
    return "-" if value is None else f"{value:.4g}".replace("-", MINUS)


def signed(value: float | None, decimals: int = 1, unit: str = "") -> Cell:
    """A number with its sign, green or red."""
    if value is None:
        return Cell("-", "quiet")
    text = f"{value:+,.{decimals}f}{unit}".replace("-", MINUS)
    return Cell(text, "good" if value > 0 else "bad" if value < 0 else "")


def stage(value: Stage) -> Cell:
    """A stage in its colour."""
    return Cell(str(value), STAGE_TONES.get(value, ""))
