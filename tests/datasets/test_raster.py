"""Chart pictures: pixel for pixel those of a plain drawing in NumPy, and blind to everything later than their bar."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest

import alphaplus as ap
from alphaplus.core.errors import AlphaPlusError, BadBars, ConfigError
from alphaplus.core.hashing import hash_bytes
from alphaplus.datasets.boxes import zones_of
from alphaplus.datasets.raster import BARS, PALETTES, draw_pictures
from alphaplus.datasets.recipe import Recipe
from alphaplus.patterns.events import chosen_patterns, detect

EMPTY = -1
ZONE_DOWN, ZONE_UP, VOLUME_DOWN, VOLUME_UP, WICK, AVERAGE, DOWN, UP = range(8)
RECIPES = {
    "grey, a column a bar": Recipe(64),
    "colours, three columns a bar": Recipe(224),
    "two columns a bar": Recipe(64, 30, average=7),
    "five bars": Recipe(64, 5, average=3),
    "one bar": Recipe(32, 1, average=1),
    "as many bars as pixels": Recipe(224, 224, channels=1),
    "no volume": Recipe(48, 20, volume=0.0),
    "no average": Recipe(48, 20, average=0),
    "a long average": Recipe(100, 33, average=150, volume=0.35),
    "smallest": Recipe(16, 16),
}


def bars_of(n=400, seed=0, sigma=0.01):
    """Bars (n, 5) of a walk."""
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, sigma, n)))
    opens = np.concatenate([[100.0], close[:-1]])
    high = np.maximum(opens, close) * (1.0 + rng.exponential(sigma / 2, n))
    low = np.minimum(opens, close) / (1.0 + rng.exponential(sigma / 2, n))
    return np.column_stack([opens, high, low, close, rng.lognormal(3.0, 1.0, n)])


def counted_bars(n=300):
    """Bars from whole numbers, the same on every machine."""
    state, close = 1, [1000.0]
    for _ in range(n):
        state = state * 1_103_515_245 % 2**31 + 12345
        close.append(close[-1] + state % 41 - 20)
    close = np.array(close)
    opens, closes = close[:-1], close[1:]
    spread = np.arange(n) % 7.0
    return np.column_stack(
        [opens, np.maximum(opens, closes) + spread, np.minimum(opens, closes) - spread[::-1], closes, spread + 1.0]
    )


def some_zones(bars, count=60, seed=5):
    """Zones near the price, two of every bar that has some, some still alive, in no order."""
    rng = np.random.default_rng(seed)
    first = np.tile(rng.integers(0, len(bars), count // 2), 2)
    middle = bars[first, 3] * (1.0 + rng.normal(0.0, 0.02, count))
    half = middle * rng.exponential(0.004, count)
    last = np.where(rng.random(count) < 0.3, np.nan, first + rng.integers(0, 80, count))
    return np.column_stack([first, last, middle - half, middle + half, rng.choice([-1.0, 1.0], count)])


def plain(bars, last, recipe, zones=None):
    """The picture of a bar by the rules that raster.py states, painted with slices on a grid of inks."""
    size, window = recipe.size, recipe.window
    cell = size // window
    body = cell - 1 if cell >= 3 else cell
    volume_rows = int(np.floor(size * recipe.volume + 0.5))
    rows = size - volume_rows - bool(volume_rows)
    grid = np.full((size, size), EMPTY)
    pane, under = grid[:rows], grid[size - volume_rows :] if volume_rows else grid[:0]
    shown = bars[last - window + 1 : last + 1]
    drawn = np.isfinite(shown[:, :4]).all(axis=1)
    left = size - cell * window + cell * np.arange(window)
    if drawn.any():
        top, bottom = shown[drawn, 1].max(), shown[drawn, 2].min()

        def row(prices):
            prices = np.asarray(prices, dtype=float)
            if top == bottom:
                outside = np.where(prices > top, -float(rows), 2.0 * rows)
                return np.where(prices == top, (rows - 1) // 2, outside).astype(int)
            return np.clip(np.floor((top - prices) / (top - bottom) * (rows - 1) + 0.5), -rows, 2 * rows).astype(int)

        first = last - window + 1
        for known, ended, low, high, way in () if zones is None else sorted(map(tuple, zones), key=_order):
            begin = int(max(known - first, 0))
            end = int(min(last if np.isnan(ended) else ended, last) - first)
            if begin < window and end >= begin:
                high_row, low_row = row([high, low])
                box = pane[max(high_row, 0) : max(low_row + 1, 0), left[begin] : left[end] + cell]
                box[:] = ZONE_UP if way > 0 else ZONE_DOWN
        if recipe.average:
            _line(pane, bars, last, recipe, row, left + (body - 1) // 2)
        for x, (open_, high, low, close, _), there in zip(left, shown, drawn, strict=True):
            if there:
                pane[row(high) : row(low) + 1, x + (body - 1) // 2] = WICK
                ends = sorted(np.clip(row([open_, close]), 0, rows - 1))
                pane[ends[0] : ends[1] + 1, x : x + body] = UP if close >= open_ else DOWN
    volume = np.where(drawn & np.isfinite(shown[:, 4]) & (shown[:, 4] > 0.0), shown[:, 4], 0.0)
    for x, amount, bar in zip(left, volume, shown, strict=True):
        if amount > 0.0 and volume_rows:
            height = max(int(np.floor(amount / volume.max() * volume_rows + 0.5)), 1)
            under[volume_rows - height :, x : x + body] = VOLUME_UP if bar[3] >= bar[0] else VOLUME_DOWN
    inks = np.vstack([PALETTES[recipe.channels], np.zeros((1, recipe.channels), np.uint8)])
    return inks[grid]


def _order(zone):
    first, _, *rest = zone  # when it will end is not known when it is drawn first
    return first, *rest


def _line(pane, bars, last, recipe, row, middles):
    """The moving average: a row for every column of pixels, each joined to the one before it."""
    window, average = recipe.window, recipe.average
    points = []
    for x, i in zip(middles.tolist(), range(last - window + 1, last + 1), strict=True):
        total = 0.0
        for close in bars[max(i - average + 1, 0) : i + 1, 3].tolist():
            total += close
        points.append((x, int(row(total / average)) if i >= average - 1 and np.isfinite(total) else None))
    path = {}
    for (x0, y0), (x1, y1) in pairwise([(points[0][0], None), *points]):
        if y1 is None:
            continue
        if y0 is None:
            path[x1] = (y1, y1)
            continue
        before = y0
        for x in range(x0 + 1, x1 + 1):
            y = int(np.floor((y1 - y0) * (x - x0) / (x1 - x0) + 0.5))
            y += y0
            path[x] = (min(y, before + 1), y) if y > before else (y, max(y, before - 1))
            before = y
    for x, (top, bottom) in path.items():
        pane[max(top, 0) : max(bottom + 1, 0), x] = AVERAGE


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("sigma", [0.002, 0.05])
def test_pixels_are_those_of_a_plain_drawing(name, sigma):
    bars, recipe = bars_of(sigma=sigma), RECIPES[name]
    index = np.arange(recipe.window - 1, len(bars), 13)
    pictures = draw_pictures(bars, index, recipe)
    assert pictures.shape == (len(index), recipe.size, recipe.size, recipe.channels)
    assert pictures.dtype == np.uint8
    for picture, last in zip(pictures, index.tolist(), strict=True):
        assert np.array_equal(picture, plain(bars, last, recipe))


@pytest.mark.parametrize("size", [64, 224])
def test_zones_are_those_of_a_plain_drawing(size):
    bars, recipe = bars_of(), Recipe(size, 40, zones=True)
    zones, seen = some_zones(bars), set()
    for last in range(39, len(bars), 11):
        picture = draw_pictures(bars, [last], recipe, zones=zones)[0]
        assert np.array_equal(picture, plain(bars, last, recipe, zones[zones[:, 0] <= last]))
        seen |= set(map(tuple, picture.reshape(-1, recipe.channels)))
    assert {tuple(ink) for ink in PALETTES[recipe.channels].tolist()} <= seen  # every ink was needed


def test_bad_numbers_are_those_of_a_plain_drawing():
    bars = bars_of()
    rng = np.random.default_rng(1)
    for value in (np.nan, np.inf, -np.inf, 0.0, 1e300, -5.0):
        bars[rng.integers(0, 400, 12), 4] = value
    for column in range(4):
        bars[rng.integers(0, 400, 6), column] = np.nan
        bars[rng.integers(0, 400, 2), column] = np.inf
    for recipe in (Recipe(64), Recipe(224, 30)):
        for last in range(recipe.window - 1, 400, 7):
            assert np.array_equal(draw_pictures(bars, [last], recipe)[0], plain(bars, last, recipe))


def test_bytes_never_change():
    """Whoever changes how pictures are drawn counts DRAWING up, and both hashes with it."""
    bars = counted_bars()
    zones = np.array([[220.0, np.nan, 990.0, 1010.0, 1.0], [240.0, 280.0, 1030.0, 1040.0, -1.0]])
    bars[:, :4] += 10_000.0
    zones[:, 2:4] += bars[250, 3] - 1000.0
    recipes = Recipe(), Recipe(64), Recipe(224, 60, zones=True), Recipe(64, 20, channels=3, average=5)
    drawn = [hash_bytes(draw_pictures(bars, None, r, zones=zones if r.zones else None).tobytes())[:16] for r in recipes]
    assert drawn == ["2d59ffe2b6da3b3b", "aa1e8952e6ee6276", "8b62d4fd31ba19bb", "5270619bbb910287"]
    hashes = [recipe.hash[:16] for recipe in recipes]
    assert hashes == ["49d92833ad54151b", "49afe71120ea2f95", "54a1bbad42f9cd0b", "ac6d4b2da9d5a233"]


@pytest.mark.parametrize("recipe", [Recipe(64, 30), Recipe(224, 64, zones=True)], ids=str)
def test_nothing_later_than_its_bar_shows(recipe):
    bars = bars_of(300)
    zones = some_zones(bars) if recipe.zones else None
    whole = draw_pictures(bars, None, recipe, zones=zones)
    first = recipe.window - 1
    for cut in np.random.default_rng(2).integers(recipe.window, 300, 25).tolist():
        known = None
        if zones is not None:
            known = zones[zones[:, 0] < cut].copy()
            known[known[:, 1] >= cut, 1] = np.nan  # nobody knows yet when it will end
        short = draw_pictures(bars[:cut], None, recipe, zones=known)
        assert np.array_equal(short, whole[: cut - first])
        poisoned = bars.copy()
        poisoned[cut:] = np.random.default_rng(cut).choice([np.nan, np.inf, 0.0, 1e9], poisoned[cut:].shape)
        assert np.array_equal(draw_pictures(poisoned, np.arange(first, cut), recipe, zones=zones), whole[: cut - first])
        earliest = max(cut - recipe.window - recipe.average, 0)  # no bar before the average's either
        begun = zones if zones is None else zones - np.array([earliest, earliest, 0.0, 0.0, 0.0])
        alone = draw_pictures(bars[earliest:], [cut - 1 - earliest], recipe, zones=begun)
        assert np.array_equal(alone[0], whole[cut - 1 - first])


def test_zones_in_any_order_and_pictures_in_any_order_are_the_same():
    bars, recipe = bars_of(), Recipe(64, 40, zones=True)
    zones, shuffled = some_zones(bars), np.random.default_rng(3).permutation(np.arange(39, 400))
    whole = draw_pictures(bars, None, recipe, zones=zones)
    assert np.array_equal(draw_pictures(bars, shuffled, recipe, zones=zones[::-1]), whole[shuffled - 39])
    assert np.array_equal(draw_pictures(bars, None, recipe, zones=zones, workers=3), whole)
    assert len(np.unique(whole.reshape(len(whole), -1), axis=0)) > 350


def test_rising_and_falling_differ_in_one_channel():
    up = np.array([[10.0, 12.0, 9.0, 11.0, 5.0]])
    down = np.array([[11.0, 12.0, 9.0, 10.0, 5.0]])
    recipe = Recipe(32, 1, channels=1, average=0)
    rising, falling = (draw_pictures(bars, [0], recipe)[0, :, :, 0] for bars in (up, down))
    assert np.array_equal(rising > 0, falling > 0)
    assert rising.max() > falling.max()
    assert rising[-1].max() > falling[-1].max()  # volume too


def test_a_flat_window_lies_on_one_row():
    bars = np.tile([50.0, 50.0, 50.0, 50.0, 7.0], (80, 1))
    picture = draw_pictures(bars, [79], Recipe(64, volume=0.0))[0, :, :, 0]
    assert np.flatnonzero(picture.any(axis=1)).tolist() == [31]


def test_a_huge_spike_flattens_the_rest_and_its_volume_leaves_a_pixel_to_the_others():
    bars = bars_of(64)
    bars[40] = [100.0, 1e300, 1e-300, 100.0, 1e300]
    picture = draw_pictures(bars, [63], Recipe(64, average=0))[0, :, :, 0]
    assert picture[:50, 40].all()
    assert (np.count_nonzero(np.delete(picture[51:], 40, axis=1), axis=0) == 1).all()
    assert np.count_nonzero(picture[51:, 40]) == 13


def test_volume_that_is_unknown_leaves_its_pane_empty():
    bars = bars_of(64)
    bars[:, 4] = np.nan
    picture = draw_pictures(bars, [63], Recipe(64))[0, :, :, 0]
    assert not picture[50:].any()
    assert picture[:50].any()


def test_missing_bars_leave_no_gap(make_bars):
    with_gap = make_bars(200, missing=range(100, 120))
    without = make_bars(200)
    assert np.array_equal(ap.chart_images(with_gap, size=64), ap.chart_images(without, size=64))


def test_the_average_begins_with_its_first_whole_window():
    bars = np.tile(np.array([[90.0], [110.0]]), (32, 5))
    ink = PALETTES[1][AVERAGE, 0]
    columns = (draw_pictures(bars, [63], Recipe(64, average=40))[0, :, :, 0] == ink).any(axis=0)
    assert np.flatnonzero(columns).tolist() == list(range(39, 64))
    columns = (draw_pictures(bars, [63], Recipe(64, 20, average=40))[0, :, :, 0] == ink).any(axis=0)
    assert np.flatnonzero(columns).tolist() == list(range(4, 62))  # all of it, from bars before the window


def test_zones_of_events_are_drawn_from_the_bar_at_which_they_were_known(make_bars, compiled):
    bars, wanted = make_bars(400, sigma=0.02), chosen_patterns(["fair_value_gap"])
    events = detect(bars, wanted, cache_folder=compiled)
    others = events.with_columns(pattern=pl.lit("double_top"))
    zones = zones_of(pl.concat([others, events]), bars)
    assert len(zones) == events.height > 5
    row = events.filter(pl.col("ended_at").is_not_null()).row(0, named=True)
    first, last, low, high, direction = zones[np.flatnonzero(~np.isnan(zones[:, 1]))[0]]
    assert bars.close_time[int(first)] == row["known_at"]
    assert bars.close_time[int(last)] == row["ended_at"]
    assert (low, high, direction) == (row["low"], row["high"], row["direction"])
    for cut in (150, 230, 399):
        then = detect(bars.rows(0, cut + 1), wanted, cache_folder=compiled)
        now = ap.chart_images(bars.rows(0, cut + 1), [cut], size=64, zones=then)
        assert np.array_equal(now, ap.chart_images(bars, [cut], size=64, zones=events))
    with pytest.raises(ConfigError, match="no bar closes at"):
        zones_of(events, bars.rows(0, 50))
    none = ap.chart_images(bars, [150], size=64, zones=events.head(0))
    assert np.array_equal(none, ap.chart_images(bars, [150], size=64))


def test_sizes_channels_and_positions_by_default(make_bars):
    bars = make_bars(100)
    assert ap.chart_images(bars, [70, 99]).shape == (2, 224, 224, 3)
    assert ap.chart_images(bars, size=64).shape == (37, 64, 64, 1)
    assert ap.chart_images(bars, size=64, window=5, channels=3).shape == (96, 64, 64, 3)
    assert ap.chart_images(bars, np.array([], dtype=int)).shape == (0, 224, 224, 3)
    assert ap.chart_images(make_bars(10), window=11, size=16).shape == (0, 16, 16, 1)


@pytest.mark.parametrize(
    ("index", "options", "said"),
    [
        ([100], {}, "index 100 is outside the 100 bars"),
        ([-1], {}, "index -1 is outside"),
        ([10], {}, "bar 10 has 11 bars up to it, the window 64"),
        ([1.5], {}, "index is float64"),
        ([[70]], {}, "index is int64 of shape"),
        ([70], {"workers": 0}, "workers is 0"),
        ([70], {"size": 15}, "^size is 15"),
        ([70], {"size": 2000}, "size is 2000"),
        ([70], {"size": 64.0}, "size is 64.0"),
        ([70], {"size": 32}, "window is 64"),
        ([70], {"window": 0}, "window is 0"),
        ([70], {"channels": 2}, "no 2 channels"),
        ([70], {"average": -1}, "average is -1"),
        ([70], {"volume": 0.6}, "volume pane has 0.6"),
        ([70], {"volume": float("nan")}, "volume pane has nan"),
        ([70] * 30_000, {}, "30,000 pictures are more than memory"),
    ],
)
def test_what_cannot_be_drawn_is_said(make_bars, index, options, said):
    with pytest.raises(ConfigError, match=said) as error:
        ap.chart_images(make_bars(100), index, **options)
    assert error.value.hint


@pytest.mark.parametrize(
    ("bars", "zones"),
    [
        (np.ones((80, 4)), None),
        (np.ones(80), None),
        (np.ones((80, 5)), np.ones((1, 4))),
        (np.ones((80, 5)), np.array([[1.0, 2.0, np.nan, 3.0, 1.0]])),
        (np.ones((80, 5)), np.array([[1.0, 2.0, 2.0, 3.0, 0.0]])),
    ],
)
def test_arrays_that_do_not_fit_are_refused(bars, zones):
    with pytest.raises(AlphaPlusError) as error:
        draw_pictures(bars, [70], Recipe(64, zones=zones is not None), zones=zones)
    assert isinstance(error.value, BadBars if zones is None else ConfigError)


def test_zones_and_recipe_must_say_the_same():
    bars = bars_of(100)
    with pytest.raises(ConfigError, match="no zones are given"):
        draw_pictures(bars, [70], Recipe(zones=True))
    with pytest.raises(ConfigError, match="zones are given"):
        draw_pictures(bars, [70], Recipe(), zones=some_zones(bars))


def test_every_field_of_a_recipe_is_in_its_hash():
    others = [
        Recipe(225),
        Recipe(window=63),
        Recipe(channels=1),
        Recipe(average=21),
        Recipe(volume=0.25),
        Recipe(zones=True),
    ]
    assert len({recipe.hash for recipe in (Recipe(), *others)}) == 7
    assert Recipe(np.int64(224), volume=0).hash == Recipe(volume=0.0).hash
    assert Recipe(64).hash == Recipe(64, channels=1).hash


@pytest.mark.real_data
def test_recorded_bars_are_drawn_as_plainly(btc_1h):
    bars, recipe = btc_1h.matrix(BARS), Recipe()
    index = np.linspace(63, len(bars) - 1, 60).astype(int)
    pictures = draw_pictures(bars, index, recipe)
    for picture, last in zip(pictures, index.tolist(), strict=True):
        assert np.array_equal(picture, plain(bars, last, recipe))
