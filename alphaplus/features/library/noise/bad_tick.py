"""Suspect bars: moves far beyond what the returns before them would lead to expect."""

from alphaplus.features.contract import feature
from alphaplus.features.library.noise.sorted_window import (
    least_deviation,
    median_deviation,
    sorted_median,
)
from alphaplus.features.state import replace_sorted, sort_window

WINDOW = 100  # returns
LIMIT = WINDOW  # slot after them: how far the next close may move and still confirm a suspect one
NORMAL = 1.4826  # standard deviations of a normal law in its median absolute deviation
FAR, NEAR = 10.0 * NORMAL, 3.0


@feature(
    inputs=("log_return_1",),
    outputs=("bad_tick", "bad_tick_confirmed"),
    state=WINDOW + 1,
    history={"log_return_1": WINDOW + 1},
    warmup=WINDOW + 1,
    memory=WINDOW + 2,
    unit="flag, 0 or 1",
)
def bad_tick(s, b, n, change):
    """Whether a bar is suspect: its return is beyond anything that the 100 before it would lead to expect.

    Suspect is a log return larger than 10 * 1.4826 times the median absolute deviation (MAD) of the 100 returns before
    it. On the bar after a suspect one, `bad_tick_confirmed` says whether the close stayed within 3 of the same MAD of
    the suspect close, so that the move was real; it is 0 on all other bars. Where more than half of the returns are
    equal the MAD is 0 and nothing is suspect. Prices are used by all other features as they are.

    The MAD is at least what the quarters on both sides of the median say (`least_deviation`), so most bars are cleared
    without it, with the same answer.

    Reference: Hampel, The Influence Curve and its Role in Robust Estimation (1974), for the MAD; methodology of the
    project for the limits.
    """
    if n == 0:
        sort_window(s, b, change - 1, WINDOW)
    move = abs(s[change])
    confirmed = 1.0 if move <= s[b + LIMIT] and s[b + LIMIT] > 0.0 else 0.0
    suspect, limit = 0.0, 0.0
    middle = sorted_median(s, b, WINDOW)
    if move > FAR * least_deviation(s, b, WINDOW, middle):
        deviation = median_deviation(s, b, WINDOW, middle)
        if 0.0 < FAR * deviation < move:
            suspect, limit = 1.0, NEAR * deviation
    s[b + LIMIT] = limit
    replace_sorted(s, b, WINDOW, s[change - WINDOW], s[change])
    return suspect, confirmed
