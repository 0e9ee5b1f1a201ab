"""A chart as PNG: candles, volume and average with axes, over them what a table of events tells."""

from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from math import floor, log10

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from alphaplus.core.bars import BarFrame
from alphaplus.core.errors import BadBars, ConfigError
from alphaplus.core.moments import minute
from alphaplus.datasets.chart import overlays
from alphaplus.datasets.chart.axes import Tick, price_text, price_ticks, time_ticks
from alphaplus.datasets.chart.overlays import Tag, level_color
from alphaplus.datasets.chart.plot import DARK, LIGHT, Box, Plot
from alphaplus.datasets.chart.shown import Level, Shown, shown_of

SIDES = (320, 4096)  # pixels
ACROSS, DOWN = 40, 22  # units of text that a chart has at least, so that it can be read on a phone
VOLUME = 0.16  # of the height
PALE = 5  # pixels of a body from which on a rising one is pale inside, so that colour is not the only sign
WIDEST = 1.2  # units of a body
AIR = 0.06  # of the range of prices, above and below
FAR = 1.0  # ranges beyond the prices to which the pane grows for a level
SIMULATED = "SIMULATED"


def chart_png(
    bars: BarFrame,
    index: int | None = None,
    *,
    window: int = 120,
    events: pl.DataFrame | None = None,
    levels: Mapping[str, float] | None = None,
    size: tuple[int, int] = (960, 540),
    light: bool = False,
    average: int = 20,
) -> bytes:
    """Draw the chart of the `window` bars that end with the bar at `index`, the last one by default.

    Fewer where the series begins later; bars stand side by side, whether or not some are missing between them.
    `events` are those found on these bars, shown as known at the close of that bar, but for the target and stop that a
    figure got at a later breakout: for the past, detect on the bars up to it. `levels` are prices by name (target,
    entry, stop), in place of those of the newest trade among the events. A rising candle is pale inside, where it is
    wide enough. Simulated bars are stamped as such. The same arguments give the same bytes with the same Pillow.
    Raises ConfigError for a chart that cannot be drawn, BadBars for bars without prices.
    """
    last = len(bars) - 1 if index is None else index
    if not 0 <= last < len(bars):
        raise ConfigError(f"index {last} is outside the {len(bars):,} bars", hint="the position of a bar")
    if not all(SIDES[0] <= side <= SIDES[1] for side in size):
        raise ConfigError(f"a chart of {size[0]} x {size[1]} pixels", hint=f"{SIDES[0]} to {SIDES[1]} each")
    if window < 1:
        raise ConfigError(f"window is {window}", hint="one bar or more")
    first = max(last - window + 1, 0)
    columns = {name: bars.column(name)[: last + 1] for name in ("open", "high", "low", "close", "volume")}
    shown = Shown() if events is None else shown_of(events, bars, first=first, last=last)
    if levels is not None:
        shown = replace(shown, levels=tuple(Level(name, price, first) for name, price in levels.items()))
    plot = _paper(columns, shown, first, last, size=size, light=light)
    if plot.pane.width < last - first + 1:
        raise ConfigError(
            f"{window} bars on {plot.pane.width} columns of pixels", hint="ask for fewer bars, or a wider chart"
        )
    _axes(plot, bars)
    overlays.draw_zones(plot, shown)
    overlays.draw_levels(plot, shown.levels)
    _volume(plot, columns)
    if average > 0:
        _average(plot, columns["close"], average)
    _candles(plot, columns)
    overlays.draw_figures(plot, shown)
    overlays.draw_marks(plot, shown, columns["low"], columns["high"])
    overlays.draw_names(plot, shown, columns["high"])
    overlays.draw_tags(plot, _tags(plot, shown, float(columns["close"][last])), _prices(plot))
    _header(plot, bars)
    out = BytesIO()
    plot.image.save(out, "PNG")
    return out.getvalue()


def _tags(plot: Plot, shown: Shown, close: float) -> list[Tag]:
    """The levels and, unless it is one of them, the last close."""
    digit = _digit(plot.high - plot.low, plot.pane.height)
    tags = [Tag(level.price, price_text(level.price, digit), level_color(plot, level)) for level in shown.levels]
    last = Tag(close, price_text(close, digit), plot.theme.muted)
    known = not np.isfinite(close) or any(tag.text == last.text for tag in tags)
    return tags if known else [*tags, last]


def _digit(span: float, height: int) -> float:
    """The power of ten that still can be seen on a chart of this height."""
    return float(10.0 ** floor(log10(span / height)))


def _prices(plot: Plot) -> list[Tick]:
    return price_ticks(plot.low, plot.high, most=max(plot.pane.height // plot.size(2.0), 2))


def _paper(
    columns: Mapping[str, NDArray[np.float64]],
    shown: Shown,
    first: int,
    last: int,
    *,
    size: tuple[int, int],
    light: bool,
) -> Plot:
    """An empty chart with its scales; as wide an axis as its prices need."""
    lows, highs = columns["low"][first:], columns["high"][first:]
    finite = np.isfinite(lows) & np.isfinite(highs)
    if not finite.any():
        raise BadBars(f"none of the {len(lows)} bars of the chart has prices", hint="check the bars, or choose others")
    low, high = float(lows[finite].min()), float(highs[finite].max())
    span = high - low if high > low else max(abs(high) * 0.001, 1e-9)
    reach = [level.price for level in shown.levels if low - FAR * span <= level.price <= high + FAR * span]
    low, high = min([low, *reach]), max([high, *reach])
    span = max(high - low, span)
    low, high = (low + high) / 2 - span * (0.5 + AIR), (low + high) / 2 + span * (0.5 + AIR)
    width, height = size
    unit = max(round(min(width / ACROSS, height / DOWN)), 6)
    theme = LIGHT if light else DARK
    plot = Plot(Image.new("RGB", size, theme.ground), theme, unit, Box(0, 0, width, height), first, last, low, high)
    shares = [low + span * part / 7 for part in range(8)] + [level.price for level in shown.levels]
    axis = max(plot.width_of(price_text(price, _digit(span, height)), 0.9) for price in shares) + plot.size(0.8)
    top, foot = plot.size(2.1), plot.size(1.7)
    bottom = height - foot - round((height - top - foot) * VOLUME)
    plot.pane = Box(plot.size(0.5), top, width - axis, bottom)
    return plot


def _axes(plot: Plot, bars: BarFrame) -> None:
    """The grid, and UTC times below it."""
    pane, pen, foot = plot.pane, plot.draw, plot.image.height - plot.size(1.7)
    for tick in _prices(plot):
        y = round(plot.y(tick.at))
        pen.line((0, y, pane.right, y), fill=plot.theme.grid)
    times = bars.open_time[plot.first : plot.last + 1].tolist()
    for tick in time_ticks(times, apart=max(plot.size(5.5) / plot.cell, 1.0)):
        x = round(plot.x(plot.first + tick.at))
        pen.line((x, pane.top, x, foot), fill=plot.theme.grid)
        half = plot.width_of(tick.text, 0.9) / 2
        if half <= x <= pane.right - half:
            plot.text((x, foot + plot.size(0.8)), tick.text, plot.theme.muted, times=0.9, anchor="mm")
    pen.line((pane.right, pane.top, pane.right, foot), fill=plot.theme.rule)
    pen.line((0, foot, pane.right, foot), fill=plot.theme.rule)


def _body(plot: Plot) -> int:
    """Columns of a candle's body: odd, so that its wick stands in the middle."""
    wide = min(int(plot.cell * 0.72), plot.size(WIDEST))
    return max(wide - 1 + wide % 2, 1)


def _candles(plot: Plot, columns: Mapping[str, NDArray[np.float64]]) -> None:
    pen, half, thick = plot.draw, _body(plot) // 2, max(plot.unit // 20, 1)
    pale = _blend(plot.theme.up, plot.theme.ground)
    for place in range(plot.first, plot.last + 1):
        prices = [float(columns[name][place]) for name in ("open", "high", "low", "close")]
        if not np.isfinite(prices).all():
            continue
        open_, high, low, close = (round(plot.y(price)) for price in prices)
        x, rising = int(plot.x(place)), prices[3] >= prices[0]
        color = plot.theme.up if rising else plot.theme.down
        top, bottom = min(open_, close), max(open_, close)
        pen.line((x, high, x, low), fill=color)
        fill = pale if rising and 2 * half + 1 >= PALE else color
        pen.rectangle((x - half, top, x + half, bottom), fill=fill, outline=color, width=thick)


def _volume(plot: Plot, columns: Mapping[str, NDArray[np.float64]]) -> None:
    """Bars below the prices, as tall as they are large beside the largest of the chart."""
    pen, half = plot.draw, _body(plot) // 2
    bottom = plot.image.height - plot.size(1.7)
    volume = columns["volume"][plot.first :]
    volume = np.where(np.isfinite(volume) & (volume > 0.0), volume, 0.0)
    peak, height = float(volume.max()), bottom - plot.pane.bottom - plot.size(0.3)
    for place, amount in enumerate(volume.tolist(), start=plot.first):
        if amount > 0.0:
            rising = columns["close"][place] >= columns["open"][place]
            color = _blend(plot.theme.up if rising else plot.theme.down, plot.theme.ground)
            x, top = int(plot.x(place)), bottom - max(round(amount / peak * height), 1)
            pen.rectangle((x - half, top, x + half, bottom - 1), fill=color)


def _blend(color: str, ground: str) -> str:
    """Half of one colour, half of another."""
    parts = (int(color[i : i + 2], 16) + int(ground[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{part // 2:02x}" for part in parts)


def _average(plot: Plot, close: NDArray[np.float64], average: int) -> None:
    """The plain mean of the last closes, of bars before the chart too."""
    paths: list[list[tuple[float, float]]] = [[]]
    for place in range(max(plot.first, average - 1), plot.last + 1):
        mean = float(np.mean(close[place - average + 1 : place + 1]))
        if np.isfinite(mean):
            paths[-1].append((plot.x(place), plot.y(mean)))
        elif paths[-1]:
            paths.append([])
    drawn = [path for path in paths if len(path) > 1]
    if drawn:
        plot.lines(drawn, plot.theme.average, width=plot.unit * 0.09)


def _header(plot: Plot, bars: BarFrame) -> None:
    """Symbol and timeframe, when the chart ends, and whether its prices are real."""
    middle, x, right = plot.size(1.05), plot.pane.left, plot.image.width - plot.size(0.5)
    if bars.instrument.simulated:
        wide = plot.width_of(SIMULATED, 0.9) + plot.size(0.8)
        box = (right - wide, middle - plot.size(0.65), right, middle + plot.size(0.65))
        plot.draw.rounded_rectangle(box, radius=plot.size(0.25), fill=plot.theme.amber)
        plot.text((right - wide / 2, middle), SIMULATED, plot.theme.ground, times=0.9, anchor="mm")
        right -= wide + plot.size(0.5)
    when = f"to {minute(int(bars.close_time[plot.last]))} UTC"
    parts = (
        (bars.instrument.symbol, plot.theme.text, 1.25),
        (str(bars.timeframe), plot.theme.accent, 1.25),
        (when, plot.theme.muted, 0.95),
    )
    for text, color, times in parts:
        shown = text
        while len(shown) > 1 and x + plot.width_of(shown, times) > right:
            shown = shown.rstrip("\N{HORIZONTAL ELLIPSIS}")[:-1] + "\N{HORIZONTAL ELLIPSIS}"
        if len(shown) <= 1 < len(text):
            break
        plot.text((x, middle), shown, color, times=times)
        x += plot.width_of(shown, times) + plot.size(0.6)
