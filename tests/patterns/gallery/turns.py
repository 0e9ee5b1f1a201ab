"""Volume patterns: a still market of 100 units a bar, and then what volume makes of it."""

from itertools import pairwise

import numpy as np
from drawing import CALM, Case, frame, mirror, path

STILL = path((0, 100.0))
AXIS = 100.0


def then(*bars):
    """The still market, then bars of open, high, low, close and volume, then two quiet ones."""
    last = bars[-1][3]
    tail = [*bars, *[(last, last + 0.75, last - 0.75, last, 100.0)] * 2]
    return frame(
        *(
            np.append(STILL.column(name), [bar[place] for bar in tail])
            for place, name in enumerate(("open", "high", "low", "close", "volume"))
        )
    )


def rise(falling):
    """A rise in steps of three bars up and one down; rising bars have 60 units, falling ones so many."""
    bars, price = [], 100.0
    for step in (1.0, 1.0, 1.0, -1.5) * 3:
        edges = max(price, price + step) + 0.25, min(price, price + step) - 0.25
        bars.append((price, *edges, price + step, falling if step < 0.0 else 60.0))
        price += step
    return then(*bars)


def standing(above, below):
    """Twenty bars whose price stands and reaches so far above and below open and close."""
    closes = [99.5 if place % 2 else 100.5 for place in range(21)]
    return then(*((a, max(a, b) + above, min(a, b) - below, b, 100.0) for a, b in pairwise(closes)))


def spike(volume):
    """A bar far above all before that closes where it opened."""
    return then((100.0, 106.0, 99.5, 100.5, volume))


def leap(close):
    """A bar of much volume that closes there."""
    return then((100.0, 103.5, 99.75, close, 300.0))


def narrow(volume):
    """Five narrow bars of so much volume; it is the mean of five that counts, so four of 30 units are enough."""
    return then(*[(100.0, 100.3, 99.7, 100.0, volume)] * 5)


DRY = narrow(30.0)
CLIMAX, LEAP, DIVERGENCE, GATHERED = spike(600.0), leap(103.0), rise(400.0), standing(0.1, 1.9)

CLIMB = [(100.0 + i, 101.1 + i, 98.1 + i, 101.0 + i, 100.0) for i in range(20)]

CASES = (
    Case("volume_climax", "positive", "a spike on six times the volume comes back", CLIMAX, ((-1, CALM),)),
    Case("volume_climax", "near miss", "the same spike on twice the volume", spike(200.0)),
    Case("volume_climax", "mirrored", "a plunge comes back", mirror(CLIMAX, around=AXIS), ((1, CALM),)),
    Case("volume_dry_up", "positive", "narrow bars on a third of the volume", DRY, ((0, CALM + 3),)),
    Case("volume_dry_up", "near miss", "narrow bars on two thirds of the volume", narrow(65.0)),
    Case("volume_dry_up", "mirrored", "upside down it is the same", mirror(DRY, around=AXIS), ((0, CALM + 3),)),
    Case(
        "volume_accumulation", "positive", "bars close near their highs, the price stands", GATHERED, ((1, CALM + 4),)
    ),
    Case("volume_accumulation", "near miss", "bars close amid their ranges", standing(1.0, 1.0)),
    Case("volume_accumulation", "near miss", "the same while the price rises", then(*CLIMB)),
    Case(
        "volume_distribution",
        "mirrored",
        "bars close near their lows",
        mirror(GATHERED, around=AXIS),
        ((-1, CALM + 4),),
    ),
    Case("volume_price_breakout", "positive", "a close above all on thrice the volume", LEAP, ((1, CALM),)),
    Case("volume_price_breakout", "near miss", "only the wick is above", leap(100.6)),
    Case("volume_price_breakout", "mirrored", "a close below all", mirror(LEAP, around=AXIS), ((-1, CALM),)),
    Case("volume_divergence", "positive", "a rise whose falling bars have the volume", DIVERGENCE, ((-1, CALM + 9),)),
    Case("volume_divergence", "near miss", "a rise whose rising bars have it", rise(40.0)),
    Case(
        "volume_divergence",
        "mirrored",
        "a fall whose rising bars have it",
        mirror(DIVERGENCE, around=AXIS),
        ((1, CALM + 9),),
    ),
)
