"""Where the axes of a chart have their labels, and what these say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import floor, log10

from alphaplus.core.bars import WEEK_OFFSET_MS

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
ROUND = (1.0, 2.0, 2.5, 5.0)
PLAIN = (1e-8, 1e12)  # prices between these are written out
MOST_DECIMALS = 16
HOURS = tuple(minutes * MINUTE for minutes in (5, 10, 15, 30, 60, 120, 180, 360, 720))
DAYS = tuple(days * DAY for days in (1, 2, 7, 14))
MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)


@dataclass(frozen=True, slots=True)
class Tick:
    """A label: at a price, or at the position of a bar."""

    at: float
    text: str


def price_ticks(low: float, high: float, *, most: int) -> list[Tick]:
    """Prices between two at the finest round distance that gives no more than `most`; of one price alone that one."""
    span = high - low
    if not span > 0.0:
        return [Tick(low, price_text(low, abs(low) * 1e-4))]
    power = floor(log10(span / most)) - 1
    for step in (part * 10.0**exponent for exponent in range(power, power + 4) for part in ROUND):
        first, last = -floor(-low / step), floor(high / step)
        if last - first < most:
            break
    return [Tick(place * step, price_text(place * step, step)) for place in range(first, last + 1)]


def price_text(price: float, step: float) -> str:
    """A price with as many decimals as show a difference of `step`; very small or large ones in four digits."""
    if step <= 0.0 or (price != 0.0 and not PLAIN[0] <= abs(price) < PLAIN[1]):
        return f"{price:.4g}"
    decimals = max(-floor(log10(step) + 1e-9), 0)
    if abs(step * 10.0**decimals - round(step * 10.0**decimals)) > 1e-6:
        decimals += 1  # a step of 2.5 needs one more
    return f"{price:,.{min(decimals, MOST_DECIMALS)}f}"


def time_ticks(times: Sequence[int], *, apart: float) -> list[Tick]:
    """Labels at the first bars of UTC hours, days, weeks or months, at least `apart` bars from each other.

    Times are ms UTC. The step is the shortest that gives no more labels than fit; where bars are missing some are left
    out. Those within a day name the hour, and the day where a new one begins; from months on they name the month.
    """
    most = len(times) / apart
    steps = [(style, _begins(numbered)) for style, numbered in _steps(times)]
    style, begins = next((step for step in steps if len(step[1]) <= most), steps[-1])
    ticks: list[Tick] = []
    for place in begins:
        if not ticks or place - ticks[-1].at >= apart:
            before = times[int(ticks[-1].at)] if ticks else times[0]
            ticks.append(Tick(place, _moment(times[place], before, style)))
    return ticks


def _begins(numbered: Sequence[int]) -> list[int]:
    """Where a new stretch begins."""
    return [place for place, (before, now) in enumerate(pairwise(numbered), start=1) if now != before]


def _steps(times: Sequence[int]) -> list[tuple[str, list[int]]]:
    """The ways to number stretches of time, each with what its labels name, from the shortest to the longest."""
    months = [(moment.year * 12 + moment.month - 1) for moment in map(_utc, times)]
    return [
        *(("hour", [time // span for time in times]) for span in HOURS),
        *(("day", [(time - WEEK_OFFSET_MS) // span for time in times]) for span in DAYS),
        *(("month", [month // count for month in months]) for count in MONTHS),
    ]


def _moment(time: int, before: int, style: str) -> str:
    moment = _utc(time)
    if style == "month":
        return f"{moment:%Y-%m}"
    if style == "day" or time // DAY != before // DAY:
        return f"{moment:%b} {moment.day}"
    return f"{moment:%H:%M}"


def _utc(time: int) -> datetime:
    return datetime.fromtimestamp(time / 1000, UTC)
