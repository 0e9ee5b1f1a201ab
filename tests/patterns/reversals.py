"""The reversal figures once more, by a plain scan of turning points: what their docstrings say, rule by rule.

It takes from the engine only when a zigzag turned, where and at what price.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from alphaplus.features.engine import FeatureEngine
from alphaplus.features.sets import MAX_GAP, FeatureSet

SCALES = ("fine", "medium", "coarse")


@dataclass(frozen=True)
class Judged:
    """What a figure would be that is born on a bar: which of its rules hold, and its facts where they can be told."""

    rules: dict[str, bool]
    level: float = np.nan
    target: float = np.nan
    stop: float = np.nan
    strength: float = np.nan
    points: tuple[tuple[int, float], ...] = ()

    @property
    def unmet(self):
        return [rule for rule, holds in self.rules.items() if not holds]


class Turns:
    """Turning points of one zigzag: on each bar those that were known, the newest first, each as (bar, price)."""

    def __init__(self, bars, scale):
        wanted = tuple(f"zigzag_{scale}_{part}" for part in ("turn", "bars_1", "price_1"))
        engine = FeatureEngine(FeatureSet("turns", wanted), bars.instrument, bars.timeframe)
        turn, ago, price = engine.compute(bars.matrix(engine.inputs))[
            :, [engine.columns.index(name) for name in wanted]
        ].T
        points, way = [], 0.0
        self.known, self.turned, self.leg = [], turn, []
        for row, missing in enumerate(bars.missing_before.tolist()):
            if missing > MAX_GAP:
                points, way = [], 0.0
            if turn[row] in {-1.0, 1.0}:
                points, way = [(row - int(ago[row]), price[row]), *points[:5]], -turn[row]
            self.known.append(points)
            self.leg.append(way)


def on(first, second, bar):
    """Price at a bar of the line through two points."""
    return first[1] + (second[1] - first[1]) * (bar - first[0]) / (second[0] - first[0])


def double(points, side, row, closes):
    right, low, left, before = points[:4]
    height = max(side * (top[1] - low[1]) for top in (left, right))
    apart = abs(left[1] - right[1])
    rules = {
        "tops are alike": apart <= height / 4,
        "rise": side * (low[1] - before[1]) >= height / 3,
        "not passed": side * closes[row] > side * low[1],
    }
    level, strength = low[1], 1 - 4 * apart / height
    return Judged(rules, level, level - side * height, level + side * height / 2, strength, (left, low, right))


def triple(points, side, row, closes):
    tops, lows = [side * point[1] for point in points[:5:2]], [side * point[1] for point in points[1:4:2]]
    height = max(tops) - min(lows)
    apart, uneven = np.ptp(tops) / height, np.ptp(lows) / height
    rules = {
        "tops are alike": apart <= 1 / 4,
        "lows are alike": uneven <= 1 / 3,
        "rise": min(lows) - side * points[5][1] >= height / 3,
        "not passed": side * closes[row] > min(lows),
    }
    level, strength = side * min(lows), np.mean([1 - 4 * apart, 1 - 3 * uneven])
    return Judged(rules, level, level - side * height, level + side * height / 2, strength, tuple(points[4::-1]))


def head_and_shoulders(points, side, row, closes):
    right, right_low, head, left_low, left, before = points

    def above(point):
        return side * (point[1] - on(left_low, right_low, point[0]))

    size = max(side * (head[1] - low[1]) for low in (left_low, right_low))
    uneven, tilt = abs(left[1] - right[1]) / size, abs(left_low[1] - right_low[1]) / size
    shorter, longer = sorted([head[0] - left[0], right[0] - head[0]])
    rules = {
        "head stands out": all(side * (head[1] - shoulder[1]) > size / 4 for shoulder in (left, right)),
        "shoulders are alike": uneven <= 1 / 3,
        "shoulders are high": min(above(left), above(right)) >= size / 5,
        "neckline is flat": tilt <= 1 / 3,
        "rise": side * left_low[1] > side * before[1],
        "even ways": 3 * shorter >= longer,
        "not passed": side * closes[row] > side * on(left_low, right_low, row),
    }
    level = on(left_low, right_low, row)
    strength = np.mean([1 - 3 * uneven, 1 - 3 * tilt, (shorter / longer - 1 / 3) * 3 / 2])
    target, stop = level - side * above(head), level + side * above(right)
    return Judged(rules, level, target, stop, strength, (left, left_low, head, right_low, right))


def cup_and_handle(points, side, row, closes):
    handle, right, bottom, left, before = points
    cup, depth = right[0] - left[0], side * (right[1] - bottom[1])
    if bottom[0] >= right[0] or depth <= 0.0:
        return Judged({"right rim follows the bottom": False})
    inside = np.arange(left[0] + 1, right[0])
    along = 2 * (inside - left[0]) / cup - 1
    lip = np.interp(inside, [left[0], right[0]], [left[1], right[1]])
    under = side * (lip - closes[inside]) / (side * (np.mean([left[1], right[1]]) - bottom[1]))
    off = np.mean(np.abs(under - (1 - along**2)))
    rules = {
        "rims are alike": abs(right[1] - left[1]) <= depth / 4,
        "long enough": cup >= 20,
        "short enough": cup <= 200,
        "bottom in the middle": cup / 4 <= bottom[0] - left[0] <= 3 * cup / 4,
        "rise": side * bottom[1] >= side * before[1],
        "shallow handle": side * (right[1] - handle[1]) <= depth / 2,
        "quick handle": row - right[0] <= cup / 2,
        "not passed": side * closes[row] < side * right[1],
        "right rim is the farthest": max(side * closes[bottom[0] + 1 : right[0]], default=-np.inf) <= side * right[1],
        "round": np.mean(under > 1 / 2) >= 0.6,
        "near a parabola": off < 1 / 4,
    }
    level = right[1]
    return Judged(rules, level, level + side * depth, handle[1], 1 - 4 * off, (left, bottom, right, handle))


@dataclass(frozen=True)
class Figure:
    """How a figure is judged: side +1 for tops and for a cup, and where the price goes from it."""

    judge: Callable
    side: float
    way: float
    scale: str = "medium"


FIGURES = {
    "double_top": Figure(double, 1.0, -1.0),
    "double_bottom": Figure(double, -1.0, 1.0),
    "triple_top": Figure(triple, 1.0, -1.0),
    "triple_bottom": Figure(triple, -1.0, 1.0),
    "head_and_shoulders": Figure(head_and_shoulders, 1.0, -1.0),
    "inverse_head_and_shoulders": Figure(head_and_shoulders, -1.0, 1.0),
    "cup_and_handle": Figure(cup_and_handle, 1.0, 1.0, "fine"),
    "inverse_cup_and_handle": Figure(cup_and_handle, -1.0, -1.0, "fine"),
}
NEEDED = {double: 4, triple: 6, head_and_shoulders: 6}


def judgements(name, bars, turns=None):
    """Row and verdict for every bar on which a figure might be born, in order."""
    figure = FIGURES[name]
    turns = turns or {scale: Turns(bars, scale) for scale in SCALES}
    closes = bars.column("close")
    own, coarse = turns[figure.scale], turns["coarse"]
    for row in np.flatnonzero(own.turned == -figure.way).tolist():
        points = own.known[row]
        if figure.judge is cup_and_handle:
            if coarse.leg[row] != figure.side or len(coarse.known[row]) < 3:
                continue
            points = [*points[:2], *coarse.known[row][:3]]
        elif len(points) < NEEDED[figure.judge]:
            continue
        yield row, figure.judge(points, figure.side, row, closes)
