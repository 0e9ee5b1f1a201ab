"""Drawings of a validation report as inline SVG; colours are classes of the page, and each says itself in words."""

from collections.abc import Sequence

from alphaplus.core.drawing import Scale, dates, points, round_ticks
from alphaplus.core.moments import day
from alphaplus.core.page import number

LEFT, RIGHT, TOP, BOTTOM = 64, 12, 10, 24
WIDE = (900, 320)
HALF = (440, 300)
FOLDS = (900, 190)


def gain_svg(times: Sequence[int], gain: Sequence[float], *, untouched_from: int | None, unit: str) -> str:
    """The gain over the base rate as it grew, the untouched slice shaded."""
    width, height = WIDE
    across = Scale(times[0], times[-1], LEFT, width - RIGHT)
    up = _upright(min(0.0, *gain), max(0.0, *gain), height)
    marks = _levels(up, width)
    if untouched_from is not None:
        x = across(untouched_from)
        marks.append(_rect("untouched", (x, TOP), (width - RIGHT - x, height - TOP - BOTTOM)))
        marks.append(f'<text x="{(x + width - RIGHT) / 2:.1f}" y="{TOP + 14}" text-anchor="middle">untouched</text>')
    marks += [_below(across(time), day(time), height) for time in dates(times)]
    marks.append(f'<polyline class="line" points="{points([across(t) for t in times], [up(v) for v in gain])}"/>')
    label = f"Gain over the base rate, from 0 to {number(gain[-1], 2)} {unit}"
    return _svg(WIDE, label, marks)


def folds_svg(skills: Sequence[tuple[int, float]]) -> str:
    """The skill of each fold as a bar, `skills` by number of the fold."""
    width, height = FOLDS
    values = [value for _, value in skills]
    up = _upright(min(0.0, *values), max(0.0, *values), height)
    step = (width - LEFT - RIGHT) / len(skills)
    marks = _levels(up, width, most=5, digits=3)
    for place, (fold, value) in enumerate(skills):
        x = LEFT + (place + 0.15) * step
        low, high = sorted((up(0.0), up(value)))
        size = (0.7 * step, max(high - low, 0.5))
        marks.append(_rect(_tone(value), (x, low), size, said=f"fold {fold}: {number(value, 4)}"))
        if len(skills) <= 30 or place % 5 == 0:
            marks.append(_below(x + 0.35 * step, str(fold), height))
    positive = sum(value > 0 for value in values)
    return _svg(FOLDS, f"Skill by fold: positive in {positive} of {len(values)}", marks)


def reliability_svg(
    predicted: Sequence[float], observed: Sequence[float], *, error: Sequence[float], count: Sequence[int]
) -> str:
    """Mean outcome over mean forecast in bins, each with its error, and the diagonal where they are equal."""
    width, height = HALF
    bottom = [value - by for value, by in zip(observed, error, strict=True)]
    top = [value + by for value, by in zip(observed, error, strict=True)]
    low, high = min(*predicted, *bottom), max(*predicted, *top)
    room = 0.04 * (high - low) or 0.05
    across = Scale(min(predicted) - room, max(predicted) + room, LEFT, width - RIGHT)
    up = _upright(low - room, high + room, height, room=0.0)
    marks = [*_levels(up, width, digits=None), *_across(across, height)]
    marks.append(_line("held", (across(across.low), up(across.low)), (across(across.high), up(across.high))))
    x, y = [across(value) for value in predicted], [up(value) for value in observed]
    marks.append(f'<polyline class="line" points="{points(x, y)}"/>')
    for place, rows in enumerate(count):
        marks.append(_line("error", (x[place], up(bottom[place])), (x[place], up(top[place]))))
        said = f"{number(predicted[place], 3)} said, {number(observed[place], 3)} came, {rows:,} rows"
        marks.append(
            f'<circle class="dot" cx="{x[place]:.1f}" cy="{y[place]:.1f}" r="4.5"><title>{said}</title></circle>'
        )
    apart = sum(abs(a - b) * rows for a, b, rows in zip(predicted, observed, count, strict=True)) / sum(count)
    return _svg(HALF, f"Reliability: forecasts and outcomes are {number(apart, 3)} apart on average", marks)


def distribution_svg(edges: Sequence[float], count: Sequence[int], *, base: float) -> str:
    """How often which forecast was given, with the base rate."""
    width, height = HALF
    across = Scale(edges[0], edges[-1], LEFT, width - RIGHT)
    up = _upright(0.0, float(max(count)), height)
    marks = [*_levels(up, width, digits=0), *_across(across, height)]
    for place, rows in enumerate(count):
        x, end = across(edges[place]), across(edges[place + 1])
        said = f"{number(edges[place], 3)} to {number(edges[place + 1], 3)}: {rows:,} rows"
        marks.append(_rect("bar", (x, up(rows)), (max(end - x - 0.8, 0.4), up(0.0) - up(rows)), said=said))
    if edges[0] <= base <= edges[-1]:
        x = across(base)
        marks.append(_line("held", (x, TOP), (x, height - BOTTOM)))
    return _svg(HALF, f"Forecasts from {number(edges[0], 3)} to {number(edges[-1], 3)}, base {number(base, 3)}", marks)


def share_svg(value: float, largest: float) -> str:
    """A bar as long as its share of the largest, thin and coloured by its sign."""
    share = 100.0 * abs(value) / largest if largest > 0.0 else 0.0
    return (
        '<svg class="share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        f"{_rect(_tone(value), (0.0, 0.0), (share, 6.0))}</svg>"
    )


def _tone(value: float) -> str:
    return "gain" if value >= 0.0 else "loss"


def _rect(kind: str, place: tuple[float, float], size: tuple[float, float], *, said: str = "") -> str:
    shape = f'<rect class="{kind}" x="{place[0]:.1f}" y="{place[1]:.1f}" width="{size[0]:.1f}" height="{size[1]:.1f}"'
    return f"{shape}><title>{said}</title></rect>" if said else f"{shape}/>"


def _line(kind: str, begin: tuple[float, float], end: tuple[float, float]) -> str:
    return f'<line class="{kind}" x1="{begin[0]:.1f}" y1="{begin[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}"/>'


def _svg(size: tuple[int, int], label: str, marks: Sequence[str]) -> str:
    kind = "half" if size == HALF else "wide"
    return (
        f'<svg class="{kind}" viewBox="0 0 {size[0]} {size[1]}" role="img" aria-label="{label}">{"".join(marks)}</svg>'
    )


def _upright(low: float, high: float, height: int, *, room: float = 0.05) -> Scale:
    spare = room * (high - low) or (1.0 if high == low else 0.0)
    return Scale(low - (spare if low < 0 else 0.0), high + spare, height - BOTTOM, TOP)


def _levels(up: Scale, width: int, *, most: int = 6, digits: int | None = None) -> list[str]:
    ticks = round_ticks(up.low, up.high, most)
    decimals = _decimals(ticks) if digits is None else digits
    return [
        _line("zero" if value == 0.0 else "grid", (LEFT, up(value)), (width - RIGHT, up(value)))
        + f'<text x="{LEFT - 6}" y="{up(value) + 4:.1f}" text-anchor="end">{number(value, decimals)}</text>'
        for value in ticks
    ]


def _across(scale: Scale, height: int) -> list[str]:
    ticks = round_ticks(scale.low, scale.high, 6)
    return [_below(scale(value), number(value, _decimals(ticks)), height) for value in ticks]


def _below(x: float, text: str, height: int) -> str:
    return f'<text x="{x:.1f}" y="{height - 7}" text-anchor="middle">{text}</text>'


def _decimals(ticks: Sequence[float]) -> int:
    """Decimals that tell neighbouring ticks apart."""
    step = ticks[1] - ticks[0] if len(ticks) > 1 else abs(ticks[0])
    digits = 0
    while digits < 8 and step > 0 and abs(step * 10**digits - round(step * 10**digits)) > 1e-6 * step * 10**digits:
        digits += 1
    return digits
