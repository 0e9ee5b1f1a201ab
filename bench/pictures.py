"""Chart pictures: the compiled rasteriser against one in plain NumPy, 64 x 64 grey and 224 x 224 in colours.

Both draw candles, volume and a moving average of the same bars; their pixels are compared before anything is timed.
"""

import time

import numpy as np

from alphaplus.datasets.chart.png import chart_png
from alphaplus.datasets.raster import (
    AVERAGE,
    BARS,
    DOWN,
    PALETTES,
    UP,
    VOLUME_DOWN,
    VOLUME_UP,
    WICK,
    draw_pictures,
)
from alphaplus.datasets.recipe import Recipe
from alphaplus.market.sources.simulated import simulate

COUNT = 2_000
BY_NUMPY = 300
ROUNDS = 5
WINDOW = 64
GOALS = {64: 20_000, 224: 2_000}


def plain(bars, last, recipe):
    """The picture of a bar with NumPy alone: masks of rows by columns of bars, widened to pixels at the end."""
    size, window, average = recipe.size, recipe.window, recipe.average
    cell, volume_rows = size // window, recipe.volume_rows
    body, rows = (cell - 1 if cell >= 3 else cell), size - volume_rows - 1
    shown = bars[last - window + 1 : last + 1]
    opens, closes = shown[:, 0], shown[:, 3]
    top, bottom = shown[:, 1].max(), shown[:, 2].min()
    before = bars[last - window - average + 2 : last + 1, 3]
    means = np.zeros(window)
    for k in range(average):  # in the order of the other side, for equal bits
        means += before[k : k + window]
    prices = np.column_stack([shown[:, :4], means / average])
    places = np.floor((top - prices) / (top - bottom) * (rows - 1) + 0.5).astype(np.int64)
    left = size - cell * window + cell * np.arange(window)
    middles = left + (body - 1) // 2
    inks = np.vstack([PALETTES[recipe.shape[2]], np.zeros((1, recipe.shape[2]), np.uint8)])
    grid = np.full((size, size), -1)
    y = np.arange(rows)[:, None]

    columns = np.arange(middles[0], middles[-1] + 1)
    behind = np.minimum((columns - middles[0]) // cell, window - 2)
    rise = places[behind + 1, 4] - places[behind, 4]
    line = places[behind, 4] + (2 * rise * (columns - middles[behind]) + cell) // (2 * cell)
    previous = np.concatenate([line[:1], line[:-1]])
    upper = np.where(line > previous, previous + 1, line)
    lower = np.where(line < previous, previous - 1, line)
    view = grid[:rows, columns]
    view[(y >= upper) & (y <= lower)] = AVERAGE
    grid[:rows, columns] = view

    view = grid[:rows, middles]
    view[(y >= places[:, 1]) & (y <= places[:, 2])] = WICK
    grid[:rows, middles] = view
    inside = (y >= np.minimum(places[:, 0], places[:, 3])) & (y <= np.maximum(places[:, 0], places[:, 3]))
    rising = closes >= opens
    heights = np.maximum(np.floor(shown[:, 4] / shown[:, 4].max() * volume_rows + 0.5), 1)
    amounts = np.arange(volume_rows)[:, None] >= volume_rows - heights
    for part in range(body):
        view = grid[:rows, left + part]
        grid[:rows, left + part] = np.where(inside, np.where(rising, UP, DOWN), view)
        grid[rows + 1 :, left + part] = np.where(amounts, np.where(rising, VOLUME_UP, VOLUME_DOWN), -1)
    return inks[grid]


def rate(work, count):
    """Pictures a second of CPU time, the best of some runs after one that is not counted."""
    work()
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return count / min(times)


def main() -> list[dict[str, object]]:
    """Measure both sizes, single calls and batches, ours and NumPy's, and print what came out."""
    market = simulate("N0", bars=COUNT + 200, seed=1)
    bars, index = market.matrix(BARS), np.arange(200, COUNT + 200)
    results = []
    for size, goal in GOALS.items():
        results += _of_size(bars, index, Recipe(size, WINDOW), goal)
    results.append(
        _row("PNG for the eye, 960 x 540", rate(lambda: chart_png(market), 1), "", "Pillow, 120 bars, encoded")
    )
    for result in results:
        print(f"{result['name']:<52} {result['value']:>12,} {result['unit']:<12} {result['goal']}")
    return results


def _of_size(bars, index, recipe, goal):
    ours = draw_pictures(bars, index[:BY_NUMPY], recipe)
    for picture, last in zip(ours, index.tolist(), strict=False):
        assert np.array_equal(picture, plain(bars, last, recipe))
    name = " x ".join(map(str, recipe.shape))

    def single():
        for last in index.tolist():
            draw_pictures(bars, [last], recipe)

    def two_threads():
        begun = time.perf_counter()
        draw_pictures(bars, index, recipe, workers=2)
        return time.perf_counter() - begun

    peer = rate(lambda: [plain(bars, last, recipe) for last in index[:BY_NUMPY].tolist()], BY_NUMPY)
    batch = rate(lambda: draw_pictures(bars, index, recipe), COUNT)
    shared = f"{WINDOW} bars, CPU time of one core, best of {ROUNDS}; {BY_NUMPY} pictures equal to NumPy's"
    return [
        _row(
            f"{name}, a picture a call", rate(single, COUNT), f">= {goal:,}", f"{shared}; checks of arguments included"
        ),
        _row(f"{name}, batch of {COUNT:,}", batch, f">= {goal:,}", shared),
        _row(f"{name}, batch, two threads", COUNT / min(two_threads() for _ in range(ROUNDS)), "", "wall clock"),
        _row(f"{name}, NumPy", peer, "", "the same pixels by masks, in the same run"),
        _row(f"{name}, speed-up", batch / peer, ">= 10", "batch over NumPy", unit="x"),
    ]


def _row(name, value, goal, detail, unit="pictures/s"):
    return {"name": f"pictures, {name}", "value": round(value, 1), "unit": unit, "goal": goal, "detail": detail}


if __name__ == "__main__":
    main()
