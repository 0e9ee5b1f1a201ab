"""Filters that write figures and reasons: true minus, tabular digits, percentages with a space, times in UTC.

The browser's half of the same rules is `dashboard/static/dashboard/js/format.js`.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django import template
from django.utils.html import format_html

from alphaplus.core.enums import Panel, Side

MINUS = "\u2212"
NARROW = "\u202f"
DASH = "–"

register = template.Library()


@register.filter
def number(value: object, digits: int = 2) -> str:
    """A number with a fixed count of decimals; a dash where there is none."""
    figure = _float(value)
    if figure is None:
        return DASH
    text = f"{abs(figure):,.{digits}f}"
    return MINUS + text if figure < 0 and _nonzero(text) else text


@register.filter
def signed(value: object, digits: int = 2) -> str:
    """A number that shows its sign."""
    figure = _float(value)
    text = number(value, digits)
    return f"+{text}" if figure is not None and figure > 0 and _nonzero(text) else text


@register.filter
def percent(ratio: object, digits: int = 0) -> str:
    """A ratio as a percentage."""
    figure = _float(ratio)
    return DASH if figure is None else f"{number(figure * 100, digits)}{NARROW}%"


@register.filter
def signed_percent(ratio: object, digits: int = 2) -> str:
    """A ratio as a percentage that shows its sign."""
    figure = _float(ratio)
    return DASH if figure is None else f"{signed(figure * 100, digits)}{NARROW}%"


@register.filter
def in_percent(value: object, digits: int = 2) -> str:
    """A change that already is in percent, with its sign."""
    return DASH if _float(value) is None else f"{signed(value, digits)}{NARROW}%"


@register.filter
def in_hundredths(ratio: object) -> str:
    """A ratio in percent with its sign and without the percent sign, for tables that say it above."""
    figure = _float(ratio)
    return DASH if figure is None else signed(figure * 100, 1)


@register.filter
def significant(value: object) -> object:
    """A number of any size with four figures; what is no number stays as it is."""
    figure = _float(value)
    if figure is None:
        return DASH if value is None else value
    if figure.is_integer() and abs(figure) < 1e9:
        return number(figure, 0)
    return f"{figure:.4g}".replace("-", MINUS)


@register.filter
def tone(value: object) -> str:
    """The class of a gain or a loss."""
    figure = _float(value)
    return "" if figure is None or figure == 0 else "up" if figure > 0 else "down"


@register.filter
def moment(ms: object, form: str = "minute") -> str:
    """A time in ms UTC as a `time` element; `form` is minute, or date, or bare for a minute without its zone."""
    figure = _float(ms)
    if not figure:
        return DASH
    at = datetime.fromtimestamp(figure / 1000, UTC)
    text = f"{at:%Y-%m-%d}" if form == "date" else f"{at:%Y-%m-%d %H:%M}"
    bare = form != "minute"
    return format_html(
        '<time datetime="{}" data-ms="{}" data-format="{}" data-zone="{}">{}{}</time>',
        at.isoformat(timespec="seconds"),
        int(figure),
        "date" if form == "date" else "minute",
        "no" if bare else "yes",
        text,
        "" if bare else " UTC",
    )


@register.filter
def duration(ms: object) -> str:
    """A length of time in its largest unit."""
    figure = _float(ms)
    if figure is None:
        return DASH
    seconds = max(0.0, figure / 1000)
    for below, length, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < below:
            return f"{seconds / length:.0f}{NARROW}{unit}"
    return f"{seconds / 86_400:.0f}{NARROW}d"


@register.filter
def words(name: object) -> str:
    """A name from code as words."""
    return str(name).replace("_", " ")


@register.filter
def reading(decision: Mapping[str, Any]) -> str:
    """The reason of a decision as a sentence about it.

    Where a side was taken the reason says why one panel does not count, so that the other one decides alone.
    """
    reason: str = decision["reason"]
    if not reason or decision["side"] == Side.HOLD.value:
        return reason
    speaks = {panel["panel"] for panel in decision["panels"] if panel["probability"] is not None}
    return f"{'rules decide' if Panel.RULES.value in speaks else 'ml decides'}: {reason}"


def _float(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _nonzero(text: str) -> bool:
    return any(digit in "123456789" for digit in text)
