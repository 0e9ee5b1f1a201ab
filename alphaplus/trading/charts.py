"""Curves as inline SVG: equity on a logarithmic scale beside buy-and-hold, and the drawdown under it."""

from collections.abc import Sequence
from math import floor, log, log10

from alphaplus.core.drawing import Scale, dates, points
from alphaplus.core.moments import day

WIDTH, HEIGHT, DEPTH = 900, 300, 110  # of the view box: equity pane, drawdown pane
LEFT, RIGHT, TOP, GAP, BOTTOM = 92, 10, 12, 16, 22


def equity_svg(
    times: Sequence[int], equity: Sequence[float], *, benchmark: Sequence[float], drawdown: Sequence[float]
) -> str:
    """Draw the curves, colours by the classes of the page; a reader hears the first and last values."""
    across = Scale(times[0], times[-1], LEFT, WIDTH - RIGHT)
    least = max(max(*equity, *benchmark) * 1e-4, 1e-9)  # an account at zero has no logarithm
    logs = [log(max(value, least)) for value in (*equity, *benchmark)]
    up = Scale(min(logs), max(logs), TOP + HEIGHT, TOP)
    top = TOP + HEIGHT + GAP
    down = Scale(min([*drawdown, -0.01]), 0.0, top + DEPTH, top)
    x = [across(time) for time in times]
    marks = [_level(up(log(value)), _money(value)) for value in _ticks(max(min(*equity, *benchmark), least), up)]
    marks += [_level(down(value), f"{100 * value:.0f} %".replace("-", "−")) for value in (0.0, down.low / 2, down.low)]
    marks += [_date(across(time), time) for time in dates(times)]
    under = f"{LEFT},{top} " + points(x, [down(value) for value in drawdown]) + f" {x[-1]:.1f},{top}"
    label = (
        f"Equity from {_money(equity[0])} to {_money(equity[-1])}, buy and hold from {_money(benchmark[0])} to "
        f"{_money(benchmark[-1])}, deepest drawdown {100 * min(drawdown):.1f} percent"
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {TOP + HEIGHT + GAP + DEPTH + BOTTOM}" role="img" aria-label="{label}">'
        + "".join(marks)
        + f'<polyline class="held" points="{points(x, [up(log(max(v, least))) for v in benchmark])}"/>'
        + f'<polyline class="equity" points="{points(x, [up(log(max(v, least))) for v in equity])}"/>'
        + f'<polygon class="drawdown" points="{under}"/></svg>'
    )


def _level(y: float, text: str) -> str:
    return (
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'
    )


def _date(x: float, time: int) -> str:
    return f'<text x="{x:.1f}" y="{TOP + HEIGHT + GAP + DEPTH + 16}" text-anchor="middle">{day(time)}</text>'


def _ticks(low: float, scale: Scale) -> list[float]:
    """Round values over a logarithmic scale: 1, 2 and 5 times powers of ten, or even steps in a narrow range."""
    power = floor(log10(low))
    found = [m * 10.0 ** (power + k) for k in range(8) for m in (1, 2, 5)]
    found = [value for value in found if scale.low <= log(value) <= scale.high]
    if len(found) >= 3:
        return found[:: 1 + len(found) // 7]
    steps = [scale.low + (scale.high - scale.low) * part / 4 for part in range(5)]
    return [2.718281828459045**step for step in steps]


def _money(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
