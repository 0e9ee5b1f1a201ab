"""Figures bounded by two lines: what makes them good ones, and how they wait for a close beyond one of the lines.

A figure's file says what its lines look like; the rest is the same for all. `large` declares a step whose lines go
through five turning points of a medium zigzag, `small` one with four of a fine zigzag, after a sharp move.
"""

from functools import partial
from math import nan

from alphaplus.features.state import compiled
from alphaplus.patterns.contract import Drawing, Life, pattern
from alphaplus.patterns.figures import life
from alphaplus.patterns.figures.lines import (
    BASE,
    BOTTOM,
    FINE,
    FIRST_LOWER,
    FIRST_UPPER,
    LOOSE,
    LOWER,
    LOWER_SLOPE,
    MEDIUM,
    MOVE,
    MOVE_BARS,
    NARROWING,
    TOP,
    TOUCHES,
    UPPER,
    UPPER_SLOPE,
)

CONVERGED = 2.0 / 3.0  # height at the newest touch over the base, at most: the lines converge
WIDEST = 1.5  # the same where they are parallel, which lines are that do not converge
LOOSEST = 0.25  # of the base: how far the middle touch of three may lie from its line
RISK = 0.5  # of the base: from the level of a large figure to its stop
HORIZON = 100  # bars of a large figure to the breakout, and again to target or stop

STEEP = 0.5  # average true ranges a bar: the least pace of the move that a small figure rests after, its pole
RETRACED = 0.6  # of the pole: what a small figure may give back at most
SOON = 50  # bars of a small figure to the breakout, and again to target or stop

large = partial(
    pattern,
    kind="figures",
    life=Life.FIGURE,
    drawing=Drawing.LINES,
    inputs=("high", "low", "close", *MEDIUM),
    optional=MEDIUM,
    state=life.SLOTS,
    memory=2 * HORIZON + 1,
    points=4,
    horizon=HORIZON,
)
small = partial(
    pattern,
    kind="figures",
    life=Life.FIGURE,
    drawing=Drawing.LINES,
    inputs=("high", "low", "close", "atr_14", *FINE),
    optional=FINE,
    state=life.SLOTS,
    memory=2 * SOON + 1,
    points=4,
    horizon=SOON,
)


@compiled
def converge(drawn):
    """Whether the lines come closer by a third of the base or more."""
    return drawn[NARROWING] <= CONVERGED


@compiled
def parallel(drawn):
    """Whether the lines neither converge nor part."""
    return drawn[NARROWING] > CONVERGED and drawn[NARROWING] <= WIDEST


@compiled
def after_pole(drawn, atr, side):
    """Whether a small figure rests after a sharp move of direction `side`, of which it gives back 0.6 at most."""
    pole = side * drawn[MOVE]
    return pole >= STEEP * atr * drawn[MOVE_BARS] and _given_back(drawn, side) <= RETRACED * pole


@compiled
def _given_back(drawn, side):
    """How far the figure reaches back from the end of its pole."""
    return drawn[FIRST_UPPER] - drawn[BOTTOM] if side > 0.0 else drawn[TOP] - drawn[FIRST_LOWER]


@compiled
def large_figure(s, b, n, high, low, close, drawn, direction):
    """The answer of a step of a large figure, on a bar that finds one of this direction, or none (0)."""
    broke = life.advance(s, b, n, high, low, close, HORIZON)
    if direction != 0.0 and drawn[LOOSE] <= LOOSEST:
        height = drawn[BASE]
        _begin(s, b, n, drawn, direction, height, RISK * height, 1.0 - drawn[LOOSE] / LOOSEST, HORIZON)
        return life.columns(s, b, n, 0.0) + drawn[TOUCHES:]
    return life.columns(s, b, n, broke) + _no_touches()


@compiled
def small_figure(s, b, n, high, low, close, drawn, direction):
    """The answer of a step of a small figure, on a bar that finds one of this direction, or none (0)."""
    broke = life.advance(s, b, n, high, low, close, SOON)
    if direction != 0.0:
        pole = abs(drawn[MOVE])
        flaw = _given_back(drawn, direction) / (RETRACED * pole)
        _begin(s, b, n, drawn, direction, pole, drawn[BASE], 1.0 - flaw, SOON)
        return life.columns(s, b, n, 0.0) + drawn[TOUCHES:]
    return life.columns(s, b, n, broke) + _no_touches()


@compiled
def _begin(s, b, n, drawn, direction, height, risk, strength, horizon):
    """Wait for a close beyond the line in `direction`; one beyond the other line, or the lines' meeting, ends it."""
    gap, closing = drawn[UPPER] - drawn[LOWER], drawn[LOWER_SLOPE] - drawn[UPPER_SLOPE]
    until = gap / closing if closing * horizon > gap else horizon
    level, slope, fails, fails_slope = drawn[UPPER], drawn[UPPER_SLOPE], drawn[LOWER], drawn[LOWER_SLOPE]
    if direction < 0.0:
        level, slope, fails, fails_slope = fails, fails_slope, level, slope
    clear, bottom, top = max(strength, life.LEAST), drawn[BOTTOM], drawn[TOP]
    life.begin(s, b, n, direction, level, slope, height, risk, fails, fails_slope, clear, bottom, top, until)


@compiled
def _no_touches():
    return nan, nan, nan, nan, nan, nan, nan, nan
