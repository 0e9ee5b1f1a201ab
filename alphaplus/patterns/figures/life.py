"""The life of a chart figure: it waits for a close beyond its level, then for its target or its stop.

A step keeps one figure in a few slots: it calls `advance` with every bar, `begin` where a new figure is found, and
answers with `columns`. A new figure takes the place of an older one of its kind.
"""

from math import nan

from alphaplus.features.state import compiled
from alphaplus.patterns.touch import NOTHING, barrier

WAITING, BROKEN = 1.0, 2.0
LEAST = 0.01  # strength of a figure that just fits its rule
(
    PHASE,  # 0 where there is no figure
    DIRECTION,
    BORN,
    LEVEL,  # of the bar that gave birth
    SLOPE,  # by how much the level moves with every bar
    HEIGHT,  # from the level to the target, at least 0
    RISK,  # from the level to the stop, at least 0
    FAILS,  # a close beyond this price before the breakout ends it; it moves with the slope FAILS_SLOPE
    FAILS_SLOPE,
    STRENGTH,
    LOW,
    HIGH,
    TARGET,
    STOP,
    SINCE,  # the bar that broke out
    UNTIL,  # the last bar on which it may break out
) = range(16)
SLOTS = 16
LEFT = 0.1  # of the level: what a falling target leaves of it


@compiled
def begin(s, b, n, direction, level, slope, height, risk, fails, fails_slope, strength, low, high, until):
    """Let a figure wait for a close beyond `level` in its direction, on the bar after this one at the earliest.

    `level` moves by `slope` a bar, and so does `fails`: a close beyond it on the other side ends the figure unbroken.
    Its target lies `height` beyond the level of the bar that breaks out (see `target_of`), its stop `risk` behind it.
    It waits for at most `until` bars.
    """
    s[b + PHASE], s[b + DIRECTION], s[b + BORN] = WAITING, direction, n
    s[b + LEVEL], s[b + SLOPE], s[b + HEIGHT], s[b + RISK] = level, slope, height, risk
    s[b + FAILS], s[b + FAILS_SLOPE], s[b + STRENGTH] = fails, fails_slope, strength
    s[b + LOW], s[b + HIGH], s[b + UNTIL] = low, high, n + until


@compiled
def target_of(direction, level, height):
    """The measured target; one that lies below is never less than a tenth of the level, for prices do not end at 0."""
    return max(level + direction * height, LEFT * level)


@compiled
def level_now(s, b, n):
    """The level as of this bar."""
    return s[b + LEVEL] + s[b + SLOPE] * (n - s[b + BORN])


@compiled
def advance(s, b, n, high, low, close, horizon):
    """Let a bar happen to the figure, if there is one; gives its direction where the bar breaks out, else 0.

    A broken figure ends with its target or stop, from the bar after the breakout on, or after `horizon` bars.
    """
    phase, direction = s[b + PHASE], s[b + DIRECTION]
    if phase == WAITING:
        level = level_now(s, b, n)
        if direction * (close - level) > 0.0:
            s[b + PHASE], s[b + SINCE] = BROKEN, n
            s[b + TARGET], s[b + STOP] = target_of(direction, level, s[b + HEIGHT]), level - direction * s[b + RISK]
            return direction
        fails = s[b + FAILS] + s[b + FAILS_SLOPE] * (n - s[b + BORN])
        if direction * (close - fails) < 0.0 or n >= s[b + UNTIL]:
            s[b + PHASE] = 0.0
    elif phase == BROKEN and (
        barrier(direction, s[b + TARGET], s[b + STOP], high, low) != NOTHING or n - s[b + SINCE] >= horizon
    ):
        s[b + PHASE] = 0.0
    return 0.0


@compiled
def columns(s, b, n, broke):
    """The answer of a figure's step but for its points, which a birth alone has."""
    if s[b + PHASE] == 0.0:
        return 0.0, 0.0, nan, nan, nan, 0.0, nan, nan, nan, nan, nan, nan, 0.0
    direction, strength = s[b + DIRECTION], s[b + STRENGTH]
    low, high, age = s[b + LOW], s[b + HIGH], n - s[b + BORN]
    if broke != 0.0:
        told = nan, nan, nan, level_now(s, b, n), s[b + TARGET], s[b + STOP]
    elif age == 0.0:
        level = s[b + LEVEL]
        told = strength, low, high, level, target_of(direction, level, s[b + HEIGHT]), level - direction * s[b + RISK]
    else:
        told = nan, nan, nan, nan, nan, nan
    return (direction, strength, low, high, age, direction if age == 0.0 else 0.0) + told + (broke,)
