"""The newest event of a kind: a few slots that tell of it for some bars after it became known."""

from math import nan

from alphaplus.features.state import compiled

DIRECTION, STRENGTH, LOW, HIGH, BORN = range(5)  # a direction of 0 says that there has been none
SLOTS = 5


@compiled
def remember(s, b, n, direction, strength, low, high):
    """Let this bar's event take the place of an older one."""
    s[b + DIRECTION], s[b + STRENGTH], s[b + LOW], s[b + HIGH], s[b + BORN] = direction, strength, low, high, n


@compiled
def newest(s, b, n, horizon):
    """The five columns of the newest event, for `horizon` bars after its own."""
    age = n - s[b + BORN]
    if s[b + DIRECTION] == 0.0 or age > horizon:
        return 0.0, 0.0, nan, nan, nan
    return s[b + DIRECTION], s[b + STRENGTH], s[b + LOW], s[b + HIGH], age
