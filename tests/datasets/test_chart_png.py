"""Charts for the eye: what is on them, what must not be, and bars that are hard to draw."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import polars as pl
import pytest
from PIL import Image

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import BadBars, ConfigError
from alphaplus.datasets.chart.axes import price_text, price_ticks, time_ticks
from alphaplus.datasets.chart.plot import DARK, LIGHT
from alphaplus.datasets.chart.png import chart_png
from alphaplus.datasets.chart.shown import ZONES, figure_of, shown_of
from alphaplus.market.sources.simulated import simulate
from alphaplus.patterns.contract import Drawing
from alphaplus.patterns.events import SCHEMA, chosen_patterns, detect

HOUR = Timeframe.H1.ms


def pixels(png):
    return np.asarray(Image.open(BytesIO(png)))


def count(png, color):
    """How many pixels have exactly this colour."""
    return int((pixels(png) == [int(color[i : i + 2], 16) for i in (1, 3, 5)]).all(axis=2).sum())


def events_of(bars, *rows):
    """A table of events: each row a mapping of columns, with positions of bars for times."""
    table = []
    for row in rows:
        known = dict.fromkeys(SCHEMA) | {"direction": 1, "strength": 1.0, "points": [], "state": "open"} | row
        for name in ("known_at", "ended_at", "broke_at"):
            known[name] = None if known[name] is None else int(bars.close_time[known[name]])
        for name in ("start", "entered_at"):
            known[name] = None if known[name] is None else int(bars.open_time[known[name]])
        known["points"] = [{"time": int(bars.open_time[at]), "price": price} for at, price in known["points"]]
        table.append(known)
    return pl.DataFrame(table, schema=SCHEMA)


def zone(known, low, high, ended=None):
    return {
        "pattern": "fair_value_gap",
        "kind": "smc",
        "start": known - 2,
        "known_at": known,
        "low": low,
        "high": high,
        "ended_at": ended,
    }


def double_top(known, **other):
    points = [(known - 20, 101.0), (known - 12, 97.0), (known - 4, 101.5)]
    return {
        "pattern": "double_top",
        "kind": "figures",
        "direction": -1,
        "start": known - 20,
        "known_at": known,
        "points": points,
        "level": 97.0,
        "target": 93.0,
        "stop": 99.0,
        **other,
    }


@pytest.fixture(scope="module")
def bars(request):
    return replace(simulate("N0", bars=300, seed=3), instrument=replace(simulate("N0", bars=2).instrument, venue=""))


def test_the_same_chart_has_the_same_bytes(bars):
    png = chart_png(bars, 250, window=100)
    assert png == chart_png(bars, 250, window=100)
    assert png.startswith(b"\x89PNG")
    assert pixels(png).shape == (540, 960, 3)
    assert pixels(chart_png(bars, size=(400, 700))).shape == (700, 400, 3)


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_both_themes_stand_on_their_ground_with_both_kinds_of_candles(bars, theme):
    png = chart_png(bars, light=theme is LIGHT)
    assert count(png, theme.ground) > 200_000
    for color in (theme.up, theme.down, theme.text, theme.muted, theme.average):
        assert count(png, color) > 20
    assert count(chart_png(bars, light=theme is LIGHT, average=0), theme.average) == 0


def test_later_bars_and_what_came_of_events_later_do_not_show(bars, compiled):
    wanted = chosen_patterns(["fair_value_gap"])
    whole = detect(bars, wanted, cache_folder=compiled)
    for last in (120, 177, 260):
        past = bars.rows(0, last + 1)
        then = chart_png(past, window=80, events=detect(past, wanted, cache_folder=compiled))
        assert chart_png(bars, last, window=80, events=whole) == then
        assert chart_png(bars, last, window=80) != then


def test_simulated_bars_are_stamped(bars):
    made_up = replace(bars, instrument=replace(bars.instrument, venue="simulated"))
    assert count(chart_png(made_up), DARK.amber) > 1000
    assert count(chart_png(bars), DARK.amber) == 0


def test_levels_are_drawn_and_tagged_beyond_the_prices_too(bars):
    close = float(bars.column("close")[-1])
    plain, levels = chart_png(bars), {"target": close * 1.01, "entry": close, "stop": close * 0.99}
    drawn = chart_png(bars, levels=levels)
    for color in (DARK.up, DARK.accent, DARK.down):
        assert count(drawn, color) > count(plain, color) + 800
    far = chart_png(bars, levels={"target": close * 50.0, "stop": close * 0.001})
    spread = [
        np.ptp(np.flatnonzero((pixels(png)[60:440, :700] != pixels(png)[300, 2]).any(axis=(1, 2))))
        for png in (plain, far)
    ]
    assert abs(spread[0] - spread[1]) < 40  # the prices keep their place
    assert count(far, DARK.down) > count(plain, DARK.down) + 800  # tags stay on the axis


def test_a_rising_and_a_falling_candle_differ_without_colour(bars):
    flat = {name: pl.lit(100.0) for name in ("open", "high", "low", "close")}
    up = replace(
        bars,
        table=bars.table.with_columns(**flat | {"high": pl.lit(112.0), "low": pl.lit(99.0), "close": pl.lit(110.0)}),
    )
    down = replace(
        bars,
        table=bars.table.with_columns(**flat | {"high": pl.lit(112.0), "low": pl.lit(99.0), "open": pl.lit(110.0)}),
    )
    inside = []
    for one, edge in ((up, DARK.up), (down, DARK.down)):
        png = chart_png(one, window=40, average=0)
        assert count(png, edge) > 1000
        inside.append(count(png, edge))
    assert inside[1] > 2 * inside[0]  # the falling one is filled


@pytest.mark.parametrize(
    "change",
    [
        {name: pl.lit(5.0) for name in ("open", "high", "low", "close")},
        {name: pl.lit(0.0) for name in ("open", "high", "low", "close")},
        {"volume": pl.lit(float("nan"))},
        {"volume": pl.lit(0.0)},
        {"high": pl.when(pl.int_range(pl.len()) == 280).then(1e250).otherwise(pl.col("high"))},
        {name: pl.col(name) * 1e-9 for name in ("open", "high", "low", "close")},
        {
            name: pl.when(pl.int_range(pl.len()) % 3 == 0).then(float("nan")).otherwise(pl.col(name))
            for name in ("open", "close")
        },
        {"volume": pl.when(pl.int_range(pl.len()) == 280).then(1e300).otherwise(pl.col("volume"))},
    ],
    ids=["flat", "zero", "no volume", "nothing traded", "spike", "tiny", "holes", "much volume"],
)
@pytest.mark.parametrize("size", [(960, 540), (320, 320)])
def test_hard_bars_are_drawn_all_the_same(bars, change, size):
    hard = replace(bars, table=bars.table.with_columns(**change))
    assert pixels(chart_png(hard, size=size)).shape == (size[1], size[0], 3)
    assert pixels(chart_png(hard, 0, size=size, light=True)).shape == (size[1], size[0], 3)


def test_a_long_name_is_cut(bars):
    named = replace(bars, instrument=replace(bars.instrument, symbol="A" * 80, venue="simulated"))
    assert count(chart_png(named, size=(320, 320)), DARK.amber) > 100


@pytest.mark.parametrize(
    ("index", "options", "said"),
    [
        (300, {}, "index 300 is outside the 300 bars"),
        (-1, {}, "index -1 is outside"),
        (None, {"size": (100, 500)}, "a chart of 100 x 500 pixels"),
        (None, {"size": (900, 5000)}, "a chart of 900 x 5000 pixels"),
        (None, {"window": 0}, "window is 0"),
        (None, {"window": 300, "size": (320, 320)}, "300 bars on"),
    ],
)
def test_what_cannot_be_drawn_is_said(bars, index, options, said):
    with pytest.raises(ConfigError, match=said):
        chart_png(bars, index, **options)


def test_bars_without_prices_are_refused(bars):
    with pytest.raises(BadBars, match="none of the 120 bars"):
        chart_png(replace(bars, table=bars.table.with_columns(high=pl.lit(float("nan")))))
    with pytest.raises(ConfigError, match="outside the 0 bars"):
        chart_png(bars.rows(0, 0))


def test_zones_that_live_are_shown_the_nearest_first(bars):
    price = float(bars.column("close")[200])
    rows = [zone(100 + i, price * (1.0 + 0.01 * i), price * (1.0 + 0.01 * i + 0.005)) for i in range(1, 12)]
    rows += [zone(150, price, price, ended=190), zone(160, price, price * 1.001, ended=201), zone(201, price, price)]
    shown = shown_of(events_of(bars, *rows), bars, first=140, last=200)
    assert [z.start for z in shown.zones] == [158, *(99 + i for i in range(ZONES - 1))]


def test_levels_are_those_of_the_newest_trade_that_is_not_over(bars):
    old, over, later = double_top(150), double_top(190, ended_at=195), double_top(201)
    shown = shown_of(events_of(bars, old, over, later), bars, first=140, last=200)
    assert [(level.name, level.price, level.since) for level in shown.levels] == [
        ("target", 93.0, 150),
        ("entry", 97.0, 150),
        ("stop", 99.0, 150),
    ]
    assert [figure.lines[0][0][0] for figure in shown.figures] == [170, 130]
    for entered, entry in ((180, 96.5), (201, 97.0)):
        row = double_top(150, entered_at=entered, entry=96.5)
        assert shown_of(events_of(bars, row), bars, first=140, last=200).levels[1].price == entry


def test_marks_figures_and_flat_lines_are_each_the_newest_few(bars):
    def named(pattern, known, direction):
        return double_top(known) | {"pattern": pattern, "kind": "smc", "direction": direction, "target": None}

    names = ("break_of_structure", "double_bottom", "volume_climax", "head_and_shoulders")
    rows = [named(names[known % 4], known, (-1, 0, 1)[known % 3]) for known in range(100, 200)]
    shown = shown_of(events_of(bars, *rows), bars, first=140, last=199)
    assert [(figure.name, figure.flat) for figure in shown.figures] == [
        ("head and shoulders", False),
        ("double bottom", False),
        *[("break of structure", True)] * 3,
    ]
    assert {mark.name for mark in shown.marks} == {"volume climax"}
    assert [mark.place for mark in shown.marks] == [k for k in range(199, 139, -1) if k % 4 == 2 and k % 3 != 1][:12]
    everything = chart_png(bars, 199, window=60, events=events_of(bars, *rows))
    assert everything != chart_png(bars, 199, window=60)


def test_figures_are_drawn_as_their_kind_says(bars):
    (row,) = events_of(bars, double_top(100, ended_at=140)).to_dicts()
    as_of = int(bars.close_time[120])
    path = figure_of(row, Drawing.PATH, bars, as_of)
    assert path.lines == (((80.0, 101.0), (88.0, 97.0), (96.0, 101.5)), ((96.0, 97.0), (120.0, 97.0)))
    level = figure_of(row, Drawing.LEVEL, bars, int(bars.close_time[200]))
    assert level.lines == (((80.0, 97.0), (140.0, 97.0)),)
    assert (path.flat, level.flat) == (False, True)
    four = row | {"points": [*row["points"], {"time": int(bars.open_time[98]), "price": 103.5}], "level": None}
    lines = figure_of(four, Drawing.LINES, bars, as_of)
    assert lines.lines == (((80.0, 101.0), (100.0, 91.0)), ((96.0, 101.5), (100.0, 105.5)))
    assert figure_of(row | {"points": [], "level": None}, Drawing.PATH, bars, as_of).lines == ()


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (97.0, 103.0, ["98", "100", "102"]),
        (0.00041, 0.00059, ["0.00045", "0.00050", "0.00055"]),
        (10_000.0, 60_000.0, ["20,000", "40,000", "60,000"]),
        (66.1, 72.0, ["68", "70", "72"]),
        (66.1, 76.0, ["67.5", "70.0", "72.5", "75.0"]),
        (5.0, 5.0, ["5.0000"]),
    ],
)
def test_prices_on_the_axis_are_round(low, high, texts):
    assert [tick.text for tick in price_ticks(low, high, most=4)] == texts


def test_price_ticks_stay_inside_and_few():
    rng = np.random.default_rng(0)
    for _ in range(500):
        low = 10.0 ** rng.uniform(-8, 8)
        high, most = low * (1.0 + 10.0 ** rng.uniform(-6, 2)), int(rng.integers(2, 12))
        ticks = price_ticks(low, high, most=most)
        assert len(ticks) <= most
        assert all(low * (1 - 1e-12) <= tick.at <= high * (1 + 1e-12) for tick in ticks)
        assert len({tick.text for tick in ticks}) == len(ticks)
        assert all(abs(float(tick.text.replace(",", "")) - tick.at) <= 1e-9 * abs(tick.at) + 1e-12 for tick in ticks)


def test_prices_out_of_all_proportion_are_short():
    assert price_text(3.2e250, 1e249) == "3.2e+250"
    assert price_text(0.0, 0.01) == "0.00"


def test_times_on_the_axis_name_hours_days_and_months():
    def ticks(start, step, count, apart):
        times = (np.datetime64(start, "ms").astype(np.int64) + step * np.arange(count)).tolist()
        return [(tick.at, tick.text) for tick in time_ticks(times, apart=apart)]

    assert ticks("2022-03-01T20:00", HOUR, 12, 3) == [(1, "21:00"), (4, "Mar 2"), (7, "03:00"), (10, "06:00")]
    assert ticks("2022-02-26", 24 * HOUR, 14, 6) == [(2, "Feb 28"), (9, "Mar 7")]  # Mondays
    assert ticks("2021-11-15", 24 * HOUR, 100, 25) == [(16, "2021-12"), (47, "2022-01"), (78, "2022-02")]
    assert ticks("2022-03-01", HOUR, 1, 3) == []


def test_labels_of_a_series_with_gaps_do_not_touch():
    times = [0, HOUR, 2 * HOUR, 24 * HOUR, 25 * HOUR, 72 * HOUR, 73 * HOUR, 74 * HOUR, 80 * HOUR, 81 * HOUR]
    found = time_ticks(times, apart=3.0)
    assert len(found) >= 2
    assert (np.diff([tick.at for tick in found]) >= 3.0).all()
