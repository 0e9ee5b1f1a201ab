"""Chart pictures straight from arrays: candles, volume, a moving average and zones, as bytes for a model to look at.

The picture of a bar shows the window of bars that ends with it, and nothing in it depends on a later bar:

- Every bar has the same number of pixel columns; those left over stay empty at the left edge. With three columns or
  more the last one is a gap. Bars stand side by side, whether or not bars are missing between them.
- The price pane reaches from the lowest low to the highest high of the window, rounded to whole rows; where the two
  are equal all lies on its middle row. A bar whose prices are not all finite stays empty and counts for nothing.
- Rising candles (also those that close where they opened) are brighter than falling ones, wicks darker than both.
- The moving average is the plain mean of the last closes. It may use bars before the window, for they are past; where
  the series began too late for it, there is none. What lies outside the range of the window is cut off, and candles
  are drawn over it.
- The volume pane at the bottom, a row below the prices, is scaled to the largest volume of the window. Volume that is
  not finite or not above zero leaves it empty; any other has a pixel at least, beside the largest of spikes too.
- A zone is filled from the bar at whose close it became known to the one that ended it, behind everything else.

All that is compiled stands in this file, for compiled code is kept by the file it came from.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import floor, isfinite, prod
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from alphaplus.core.errors import BadBars, ConfigError
from alphaplus.core.parallel import Backend, parallel_map
from alphaplus.datasets.recipe import Recipe

BARS = ("open", "high", "low", "close", "volume")
"""The columns of the bars that pictures are drawn from."""
MOST_BYTES = 4 * 2**30  # of one answer; more is drawn in batches
GAPPED = 3  # columns of pixels from which on a bar has a gap behind it

ZONE_DOWN, ZONE_UP, VOLUME_DOWN, VOLUME_UP, WICK, AVERAGE, DOWN, UP = range(8)
GREY = (24, 44, 68, 92, 116, 140, 180, 255)
COLORS = (
    (58, 24, 40),
    (14, 44, 64),
    (120, 50, 60),
    (22, 104, 92),
    (140, 150, 170),
    (255, 196, 60),
    (232, 72, 88),
    (84, 240, 196),
)
PALETTES = {
    1: np.array(GREY, dtype=np.uint8)[:, None],
    3: np.array(COLORS, dtype=np.uint8),
}
"""The bytes of each ink, by the number of channels; what nobody draws on is 0."""

NO_ZONES = np.empty((0, 5))

Pixels = NDArray[np.uint8]
Array = NDArray[np.float64]
Places = NDArray[np.int64]


class _Plan(NamedTuple):
    """What all pictures of a call share."""

    window: int
    average: int
    volume_rows: int
    palette: Pixels


class _View(NamedTuple):
    """A window and where it lies in its picture.

    Bars `first` to `last`; pixel columns from `left` on, `cell` for each bar, `body` of them for its body; `rows` of
    the price pane, whose top is the price `high` and whose height is `span`, NaN where no bar can be drawn; `peak` is
    the largest volume.
    """

    first: int
    last: int
    left: int
    cell: int
    body: int
    rows: int
    high: float
    span: float
    peak: float


def draw_pictures(
    bars: Array,
    index: Sequence[int] | Places | None,
    recipe: Recipe,
    *,
    zones: Array | None = None,
    workers: int = 1,
) -> Pixels:
    """Pictures (n, size, size, channels) of the bars at `index`; None: of all that have a whole window behind them.

    `bars` (N, 5) float64 are open, high, low, close and volume. `zones` (m, 5) are the position of the bar at whose
    close a zone became known, that of the bar that ended it (NaN while it lives), low, high and direction (+1, -1), in
    any order; a zone and its end show only once they are known. The drawing releases the GIL, `workers` threads share
    it. Raises ConfigError for what does not fit, BadBars for bars that are no such table.
    """
    bars = np.ascontiguousarray(bars, dtype=np.float64)
    if bars.ndim != 2 or bars.shape[1] != len(BARS):
        raise BadBars(f"bars have the shape {bars.shape}", hint=f"(n, 5): {', '.join(BARS)}")
    places = _places(index, len(bars), recipe)
    if len(places) > (most := MOST_BYTES // prod(recipe.shape)):
        raise ConfigError(
            f"{len(places):,} pictures are more than memory should hold",
            hint=f"draw them in batches of at most {most:,}, by index",
        )
    if workers < 1:
        raise ConfigError(f"workers is {workers}", hint="threads that share the drawing: 1 or more")
    boxes = _boxes(zones, recipe)
    plan = _Plan(recipe.window, recipe.average, recipe.volume_rows, PALETTES[recipe.shape[-1]])
    out = np.zeros((len(places), *recipe.shape), dtype=np.uint8)

    def draw(part: slice) -> None:
        _draw(out[part], bars, places[part], boxes, plan)

    if workers == 1 or len(places) < 2:
        draw(slice(None))
    else:
        edges = np.linspace(0, len(places), workers + 1).astype(int).tolist()
        parts = [slice(start, end) for start, end in pairwise(edges)]
        parallel_map(draw, parts, backend=Backend.THREADS, workers=workers)
    return out


def _places(index: Sequence[int] | Places | None, count: int, recipe: Recipe) -> Places:
    """The last bars of the pictures, checked."""
    if index is None:
        return np.arange(recipe.window - 1, count, dtype=np.int64)
    given = np.asarray(index)
    if given.ndim != 1 or (given.size and not np.issubdtype(given.dtype, np.integer)):
        raise ConfigError(
            f"index is {given.dtype} of shape {given.shape}", hint="positions of bars: whole numbers in one dimension"
        )
    places = given.astype(np.int64)
    if len(places) == 0:
        return places
    least, most = int(places.min()), int(places.max())
    if least < 0 or most >= count:
        raise ConfigError(
            f"index {least if least < 0 else most} is outside the {count:,} bars",
            hint=f"positions of the last bar of each picture, {recipe.window - 1} to {count - 1}",
        )
    if least < recipe.window - 1:
        raise ConfigError(
            f"bar {least} has {least + 1} bars up to it, the window {recipe.window}",
            hint=f"begin at position {recipe.window - 1}, or choose a shorter window",
        )
    return places


def _boxes(zones: Array | None, recipe: Recipe) -> tuple[Array, Array]:
    """Zones in the order in which they are drawn, those that became known last on top, and how far any yet reaches.

    Of those that became known together the order is that of low, high and direction, never that of their ends: when a
    zone will end nobody knows before.
    """
    if (zones is not None) != recipe.zones:
        given = "no zones are given" if zones is None else "zones are given"
        raise ConfigError(f"the recipe says zones={recipe.zones}, and {given}", hint="both or neither")
    boxes = NO_ZONES if zones is None else np.array(zones, dtype=np.float64)
    if boxes.ndim != 2 or boxes.shape[1] != 5:
        raise ConfigError(
            f"zones have the shape {boxes.shape}", hint="(m, 5): first bar, last bar, low, high, direction"
        )
    if len(boxes) and not (np.isfinite(boxes[:, [0, 2, 3, 4]]).all() and (np.abs(boxes[:, 4]) == 1.0).all()):
        raise ConfigError("zones lack a first bar, low, high or direction", hint="finite numbers, direction +1 or -1")
    boxes[np.isnan(boxes[:, 1]), 1] = np.inf
    boxes = np.ascontiguousarray(boxes[np.lexsort(boxes.T[[4, 3, 2, 0]])])
    return boxes, np.maximum.accumulate(boxes[:, 1])


@njit(error_model="numpy", nogil=True, cache=True)
def _draw(out: Pixels, bars: Array, places: Places, zones: tuple[Array, Array], plan: _Plan) -> None:
    """Draw a picture for each place on empty pixels."""
    size, volume_rows = out.shape[1], plan.volume_rows
    rows = size - volume_rows - (1 if volume_rows > 0 else 0)
    for k in range(len(places)):
        picture, view = out[k], _view(bars, places[k], plan.window, size, rows)
        if view.span >= 0.0:
            _zones(picture, view, zones[0], zones[1], plan.palette)
            if plan.average > 0:
                _average(picture, view, bars, plan.average, plan.palette)
            _candles(picture, view, bars, plan.palette)
        if volume_rows > 0 and view.peak > 0.0:
            _volume(picture, view, bars, volume_rows, plan.palette)


@njit(error_model="numpy", nogil=True, cache=True)
def _view(bars: Array, last: int, window: int, size: int, rows: int) -> _View:
    first, cell = last - window + 1, size // window
    low, high, peak = np.inf, -np.inf, 0.0
    for i in range(first, last + 1):
        if _drawable(bars, i):
            low, high = min(low, bars[i, 2]), max(high, bars[i, 1])
            if isfinite(bars[i, 4]) and bars[i, 4] > peak:
                peak = bars[i, 4]
    span = high - low if high >= low else np.nan
    return _View(first, last, size - cell * window, cell, cell - 1 if cell >= GAPPED else cell, rows, high, span, peak)


@njit(error_model="numpy", nogil=True, cache=True)
def _drawable(bars: Array, i: int) -> bool:
    return isfinite(bars[i, 0]) and isfinite(bars[i, 1]) and isfinite(bars[i, 2]) and isfinite(bars[i, 3])


@njit(error_model="numpy", nogil=True, cache=True)
def _row(view: _View, price: float) -> int:
    """The row of a price, 0 at the top; a pane's height beyond the pane at most, so that no line grows too long."""
    rows = view.rows
    if view.span > 0.0:
        row = floor((view.high - price) / view.span * (rows - 1) + 0.5)
    elif price == view.high:
        row = (rows - 1) // 2
    else:
        row = -rows if price > view.high else 2 * rows
    if not row >= -rows:  # NaN as well
        return -rows
    return 2 * rows if row > 2 * rows else int(row)


@njit(error_model="numpy", nogil=True, cache=True)
def _fill(picture: Pixels, high: tuple[int, int], wide: tuple[int, int], palette: Pixels, ink: int) -> None:
    """Fill rows `high` and columns `wide`, both ends of each included."""
    for y in range(high[0], high[1] + 1):
        for x in range(wide[0], wide[1] + 1):
            for c in range(picture.shape[2]):
                picture[y, x, c] = palette[ink, c]


@njit(error_model="numpy", nogil=True, cache=True)
def _zones(picture: Pixels, view: _View, boxes: Array, reach: Array, palette: Pixels) -> None:
    first, last = float(view.first), float(view.last)
    for m in range(np.searchsorted(reach, first), len(boxes)):  # all before that ended before the window
        if boxes[m, 0] > last:
            break
        top, bottom = _row(view, boxes[m, 3]), _row(view, boxes[m, 2])
        if boxes[m, 1] >= first and bottom >= 0 and top < view.rows:
            left = view.left + int(max(boxes[m, 0], first) - first) * view.cell
            right = view.left + (int(min(boxes[m, 1], last) - first) + 1) * view.cell - 1
            ink = ZONE_UP if boxes[m, 4] > 0.0 else ZONE_DOWN
            _fill(picture, (max(top, 0), min(bottom, view.rows - 1)), (left, right), palette, ink)


@njit(error_model="numpy", nogil=True, cache=True)
def _average(picture: Pixels, view: _View, bars: Array, average: int, palette: Pixels) -> None:
    """A line from the middle of bar to the middle of bar, its row rounded in every column of pixels."""
    x_before, y_before, known = 0, 0, False
    for i in range(max(view.first, average - 1), view.last + 1):
        total = 0.0
        for k in range(i - average + 1, i + 1):  # summed anew, for a running sum would remember a spike for ever
            total += bars[k, 3]
        if not isfinite(total):
            known = False
            continue
        x = view.left + (i - view.first) * view.cell + (view.body - 1) // 2
        y = _row(view, total / average)
        if not known:
            x_before, y_before = x - 1, y
        y_last = y_before
        for column in range(x_before + 1, x + 1):
            wide = x - x_before
            y_now = y_before + (2 * (y - y_before) * (column - x_before) + wide) // (2 * wide)
            top = y_last + 1 if y_now > y_last else y_now
            bottom = y_last - 1 if y_now < y_last else y_now
            _fill(picture, (max(top, 0), min(bottom, view.rows - 1)), (column, column), palette, AVERAGE)
            y_last = y_now
        x_before, y_before, known = x, y, True


@njit(error_model="numpy", nogil=True, cache=True)
def _candles(picture: Pixels, view: _View, bars: Array, palette: Pixels) -> None:
    bottom = view.rows - 1
    for i in range(view.first, view.last + 1):
        if not _drawable(bars, i):
            continue
        left = view.left + (i - view.first) * view.cell
        middle = left + (view.body - 1) // 2
        wick = max(_row(view, bars[i, 1]), 0), min(_row(view, bars[i, 2]), bottom)
        _fill(picture, wick, (middle, middle), palette, WICK)
        opened = min(max(_row(view, bars[i, 0]), 0), bottom)
        closed = min(max(_row(view, bars[i, 3]), 0), bottom)
        ink = UP if bars[i, 3] >= bars[i, 0] else DOWN
        _fill(picture, (min(opened, closed), max(opened, closed)), (left, left + view.body - 1), palette, ink)


@njit(error_model="numpy", nogil=True, cache=True)
def _volume(picture: Pixels, view: _View, bars: Array, volume_rows: int, palette: Pixels) -> None:
    size = picture.shape[0]
    for i in range(view.first, view.last + 1):
        volume = bars[i, 4]
        if _drawable(bars, i) and isfinite(volume) and volume > 0.0:
            height = max(floor(volume / view.peak * volume_rows + 0.5), 1)
            left = view.left + (i - view.first) * view.cell
            ink = VOLUME_UP if bars[i, 3] >= bars[i, 0] else VOLUME_DOWN
            _fill(picture, (size - height, size - 1), (left, left + view.body - 1), palette, ink)
