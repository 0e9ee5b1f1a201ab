"""Plain scans of the definitions that pivots and smart money follow, written without a look at how steps keep state.

Every scan is given one stretch of bars without a long gap, as arrays (n,), and says on which bar each thing is known.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from alphaplus.core.bars import BarFrame
from alphaplus.features.sets import MAX_GAP

REACH = 5
SWING_OLD, FADES = 300, 500
KEPT, LEVEL_OLD, ALIKE = 8, 500, 0.25


@dataclass
class Stretch:
    """Bars of a series from position `start` on, and the average true ranges of the same bars (NaN at first)."""

    start: int
    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray
    atr: np.ndarray


def stretches(bars: BarFrame, atr: np.ndarray) -> list[Stretch]:
    """The series cut where too many bars are missing."""
    cuts = [0, *np.flatnonzero(bars.missing_before > MAX_GAP).tolist(), len(bars)]
    cuts = sorted(set(cuts))
    columns = [bars.column(name) for name in ("open", "high", "low", "close")]
    return [Stretch(a, *(values[a:b] for values in columns), atr[a:b]) for a, b in pairwise(cuts)]


def swing_places(prices: np.ndarray, reach: int, *, highs: bool) -> np.ndarray:
    """Positions of swing highs (or lows): not below any of `reach` bars before, above all `reach` bars after."""
    values = prices if highs else -prices
    if len(values) < 2 * reach + 1:
        return np.empty(0, np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(values, 2 * reach + 1)
    middle = windows[:, reach]
    found = (middle >= windows[:, :reach].max(axis=1)) & (middle > windows[:, reach + 1 :].max(axis=1))
    return np.flatnonzero(found) + reach


@dataclass
class Turn:
    """One turning point of a zigzag: +1 for a high, where it was, its price, and the bar on which it was known."""

    way: int
    at: int
    price: float
    known: int


def turns_of(bars: Stretch, move: float) -> list[Turn]:
    """Turning points, each time looking anew at all bars since the last one."""
    found: list[Turn] = []
    first = int(np.argmax(np.isfinite(bars.atr))) if np.isfinite(bars.atr).any() else len(bars.atr)
    way, begin = 1, first
    for t in range(first, len(bars.close)):
        leg = bars.high[begin : t + 1] if way > 0 else -bars.low[begin : t + 1]
        at = begin + int(np.argmax(leg))
        price = bars.high[at] if way > 0 else bars.low[at]
        if at < t and bars.atr[t] > 0.0 and way * (price - bars.close[t]) >= move * bars.atr[t]:
            found.append(Turn(way, at, price, t))
            way, begin = -way, at + 1
    return found


@dataclass
class Break:
    """A close beyond a swing: the bar, the way, the swing, and 1 with the trend, 2 against it, 0 for the first."""

    at: int
    way: int
    swing: int
    level: float
    kind: int


def breaks_of(bars: Stretch) -> list[Break]:
    """The first close beyond each swing while that is the newest of its side."""
    found = []
    for way, prices in ((1, bars.high), (-1, bars.low)):
        places = swing_places(prices, REACH, highs=way > 0)
        until = np.append(places[1:] + REACH, len(prices))
        for place, stop in zip(places.tolist(), until.tolist(), strict=True):
            closes = bars.close[place + REACH + 1 : stop]
            beyond = way * (closes - prices[place]) > 0.0
            if beyond.any():
                at = place + REACH + 1 + int(np.argmax(beyond))
                if at - place <= SWING_OLD:
                    found.append(Break(at, way, place, prices[place], 0))
    found.sort(key=lambda broken: broken.at)
    trend, since = 0, -FADES
    for broken in found:
        before = trend if broken.at - since < FADES else 0
        broken.kind = 0 if before == 0 else 1 if before == broken.way else 2
        trend, since = broken.way, broken.at
    return found


def trend_of(bars: Stretch) -> np.ndarray:
    """The trend of the structure (n,): the way of the newest break, 0 before the first and 500 bars after one."""
    trend = np.zeros(len(bars.close))
    for broken in breaks_of(bars):
        trend[broken.at : broken.at + FADES] = broken.way
        trend[broken.at + FADES :] = 0.0
    return trend


def extreme_of(bars: Stretch, broken: Break) -> float:
    """The farthest price the other way from the swing to the break."""
    part = slice(broken.swing, broken.at + 1)
    return float(bars.low[part].min() if broken.way > 0 else bars.high[part].max())


@dataclass
class Found:
    """One event: the bar on which it is known, its direction and what is told of it."""

    at: int
    direction: int
    low: float
    high: float
    points: tuple[tuple[int, float], ...] = ()
    strength: float = np.nan
    level: float = np.nan
    target: float = np.nan
    stop: float = np.nan


def structure_breaks(bars: Stretch, kind: int) -> list[Found]:
    """Breaks of structure (kind 1) or changes of character (2)."""
    found = []
    for broken in breaks_of(bars):
        if broken.kind != kind or np.isnan(bars.atr[broken.at]):
            continue
        stop, close = extreme_of(bars, broken), bars.close[broken.at]
        found.append(
            Found(
                broken.at,
                broken.way,
                min(broken.level, stop),
                max(broken.level, stop),
                ((broken.swing, broken.level),),
                min(abs(close - broken.level) / bars.atr[broken.at], 1.0),
                level=broken.level,
                target=2.0 * close - stop,
                stop=stop,
            )
        )
    return found


def order_blocks(bars: Stretch) -> list[Found]:
    """The last opposite candle from the broken swing to the leg's extreme before the break."""
    found: list[Found] = []
    newest = {1: -1, -1: -1}
    for broken in breaks_of(bars):
        if broken.kind == 0 or np.isnan(bars.atr[broken.at]):
            continue
        leg = bars.low[broken.swing : broken.at] if broken.way > 0 else -bars.high[broken.swing : broken.at]
        extreme = broken.swing + int(np.flatnonzero(leg == leg.min())[-1])
        part = slice(broken.swing, extreme + 1)
        opposite = np.flatnonzero(broken.way * (bars.close[part] - bars.open[part]) < 0.0)
        if len(opposite) == 0:
            continue
        candle = broken.swing + int(opposite[-1])
        low, high = bars.low[candle], bars.high[candle]
        edge = high if broken.way > 0 else low
        if candle == newest[broken.way] or broken.way * (bars.close[broken.at] - edge) <= 0.0:
            continue
        newest[broken.way] = candle
        strength = min(broken.way * (bars.close[broken.at] - edge) / (3.0 * bars.atr[broken.at]), 1.0)
        found.append(Found(broken.at, broken.way, low, high, ((candle, edge),), strength))
    return found


def fair_value_gaps(bars: Stretch) -> list[Found]:
    """Three bars whose outer ones do not meet, by at least a tenth of an average true range."""
    up, down = bars.low[2:] - bars.high[:-2], bars.low[:-2] - bars.high[2:]
    width = np.maximum(up, down)
    atr = bars.atr[2:]
    found = []
    for t in np.flatnonzero((width > 0.0) & (width >= 0.1 * atr)).tolist():
        strength = min(width[t] / atr[t], 1.0)
        if up[t] > 0.0:
            edges, point, way = (bars.high[t], bars.low[t + 2]), bars.high[t], 1
        else:
            edges, point, way = (bars.high[t + 2], bars.low[t]), bars.low[t], -1
        found.append(Found(t + 2, way, *edges, ((t, point),), strength))
    return found


@dataclass
class Level:
    """One level of resting orders: swings as (place, price), how wide it is, and whether it has been passed."""

    side: int
    number: int
    swings: list[tuple[int, float]]
    width: float
    since: int
    passed: bool = False
    gone: bool = False

    @property
    def far(self) -> float:
        """Where it ends."""
        return self.swings[0][1] + self.side * self.width

    @property
    def tip(self) -> tuple[int, float]:
        """Its farthest swing, the first of equal ones."""
        return max(self.swings, key=lambda swing: self.side * swing[1])

    @property
    def near(self) -> float:
        """The nearer of its first two swings."""
        return min((price for _, price in self.swings[:2]), key=lambda price: self.side * price)


def resting_orders(bars: Stretch) -> tuple[list[Found], list[Found]]:
    """Pools and sweeps of the levels of both sides."""
    known = {
        side: {
            int(place) + REACH: int(place)
            for place in swing_places(bars.high if side > 0 else bars.low, REACH, highs=side > 0)
        }
        for side in (1, -1)
    }
    levels: list[Level] = []
    pools, sweeps = [], []
    created = {1: 0, -1: 0}
    for t in np.flatnonzero(np.isfinite(bars.atr)).tolist():
        close = bars.close[t]
        swept = {1: [], -1: []}
        for level in levels:
            reach = bars.high[t] if level.side > 0 else bars.low[t]
            if level.side * (reach - level.tip[1]) > 0.0:
                if not level.passed and level.side * (close - level.near) < 0.0:
                    swept[level.side].append(level)
                level.passed = True
            spread = level.side * (reach - level.swings[0][1])
            level.gone = spread >= level.width or t - level.since >= LEVEL_OLD
        if bool(swept[1]) != bool(swept[-1]):
            side = 1 if swept[1] else -1
            place, price = max((level.tip for level in swept[side]), key=lambda tip: (side * tip[1], tip[0]))
            wick = bars.high[t] if side > 0 else bars.low[t]
            stop = wick + side * 0.1 * bars.atr[t]
            sweeps.append(
                Found(
                    t,
                    -side,
                    min(price, wick),
                    max(price, wick),
                    ((place, price),),
                    abs(close - wick) / (bars.high[t] - bars.low[t]),
                    level=price,
                    target=close - 2.0 * (stop - close),
                    stop=stop,
                )
            )
        levels = [level for level in levels if not level.gone]
        told = False
        for side, prices in ((1, bars.high), (-1, bars.low)):
            if t not in known[side]:
                continue
            place = known[side][t]
            price = prices[place]
            mine = [level for level in levels if level.side == side]
            near = [level for level in mine if abs(price - level.swings[0][1]) <= level.width]
            if not near:
                levels.append(Level(side, created[side], [(place, price)], ALIKE * bars.atr[t], t))
                created[side] += 1
                levels = [x for x in levels if x.side != side or x.number >= created[side] - KEPT]
                continue
            level = min(near, key=lambda level: (abs(price - level.swings[0][1]), -level.swings[0][0]))
            level.swings.append((place, price))
            level.passed = False
            if len(level.swings) == 2:
                level.since = t
                if not told:
                    told = True
                    low, high = sorted((level.near, level.far))
                    apart = abs(price - level.swings[0][1]) / level.width
                    pools.append(Found(t, -side, low, high, tuple(level.swings), max(1.0 - apart, 0.01)))
    return pools, sweeps


SCANS = {
    "fair_value_gap": fair_value_gaps,
    "break_of_structure": lambda bars: structure_breaks(bars, 1),
    "change_of_character": lambda bars: structure_breaks(bars, 2),
    "order_block": order_blocks,
    "liquidity_pool": lambda bars: resting_orders(bars)[0],
    "liquidity_sweep": lambda bars: resting_orders(bars)[1],
}
