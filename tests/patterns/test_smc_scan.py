"""Smart money on whole series: events and living zones equal those of plain scans of the definitions."""

import numpy as np
import pytest
from scans import SCANS, stretches, trend_of

from alphaplus.patterns.contract import Life, patterns

NAMES = tuple(SCANS)
ZONES = tuple(name for name in NAMES if patterns.get(name).life is Life.ZONE)
SEEN = tuple(column for name in NAMES for column in patterns.get(name).columns)
TELLING = ("strength", "level", "target", "stop")


@pytest.fixture(scope="module")
def found(market, detect, columns_of):
    """The market, its columns, the table of events, and the stretches between long gaps."""
    columns = columns_of(market, [*SEEN, "structure_trend", "atr_14"])
    table = detect(market, [patterns.get(name) for name in NAMES])
    return market, columns, table, stretches(market, columns["atr_14"])


@pytest.fixture(scope="module")
def scanned(found):
    """The events of every scan, with positions in the whole series."""
    *_, parts = found
    events = {name: [(part, event) for part in parts for event in scan(part)] for name, scan in SCANS.items()}
    assert all(len(of_one) > 40 for of_one in events.values())
    return events


@pytest.mark.parametrize("name", NAMES)
def test_events_are_those_of_the_scan(found, scanned, name):
    bars, _, table, _ = found
    events = table.filter(pattern=name)
    closed, opened = bars.close_time, bars.open_time
    expected = [
        (int(closed[part.start + event.at]), event.direction, event.low, event.high) for part, event in scanned[name]
    ]
    got = list(zip(*(events[column].to_list() for column in ("known_at", "direction", "low", "high")), strict=True))
    assert got == expected
    for column in TELLING:
        values = np.array([getattr(event, column) for _, event in scanned[name]])
        np.testing.assert_allclose(events[column].fill_null(np.nan).to_numpy(), values, rtol=1e-9, err_msg=column)
    points = [
        [(int(opened[part.start + place]), price) for place, price in event.points] for part, event in scanned[name]
    ]
    assert [[(point["time"], point["price"]) for point in row] for row in events["points"].to_list()] == points


def test_the_trend_is_the_way_of_the_newest_break(found):
    _, columns, _, parts = found
    for part in parts:
        got = columns["structure_trend"][part.start : part.start + len(part.close)]
        known = np.isfinite(got)
        np.testing.assert_array_equal(got[known], trend_of(part)[known])
        assert known[10:].all()


def lives_of(spec, part, events, *, followed):
    """When each zone of a stretch is touched, mitigated and over, and how: positions, None for never.

    `followed` says that another stretch comes after a long gap, which interrupts what is alive.
    """
    lives = []
    for number, event in enumerate(events):
        later = slice(event.at + 1, event.at + spec.horizon + 1)
        high, low, close = part.high[later], part.low[later], part.close[later]
        up = event.direction > 0
        near, far = (event.high, event.low) if up else (event.low, event.high)
        middle = 0.5 * (event.low + event.high)
        back = low if up else -high
        sign = 1.0 if up else -1.0

        def first(where, start=event.at + 1):
            return start + int(np.argmax(where)) if where.any() else None

        touched, mitigated = first(back <= sign * near), first(back <= sign * middle)
        if spec.by_close:
            ends = [(first(sign * close < sign * far), "broken")]
        else:
            ends = [(first(back <= sign * far), "filled")]
        ends.append((event.at + spec.horizon if event.at + spec.horizon < len(part.close) else None, "expired"))
        newer = [other.at for other in events[number + 1 :] if other.direction == event.direction]
        ends.append((newer[spec.most - 1] if len(newer) >= spec.most else None, "retired"))
        over = min((end for end in ends if end[0] is not None), key=lambda end: end[0], default=(None, None))
        if over[0] is None and followed:
            over = (len(part.close), "interrupted")
        last = len(part.close) if over[0] is None else over[0]
        lives.append(tuple(at if at is not None and at <= last else None for at in (touched, mitigated)) + over)
    return lives


@pytest.mark.parametrize("name", ZONES)
def test_zones_live_as_their_rules_say(found, scanned, name):
    bars, _, table, parts = found
    spec = patterns.get(name)
    closed = bars.close_time
    expected = []
    for part in parts:
        events = [event for owner, event in scanned[name] if owner is part]
        for *places, outcome in lives_of(spec, part, events, followed=part is not parts[-1]):
            expected.append((*(None if at is None else int(closed[part.start + at]) for at in places), outcome))
    events = table.filter(pattern=name)
    columns = ("touched_at", "mitigated_at", "ended_at", "outcome")
    assert list(zip(*(events[column].to_list() for column in columns), strict=True)) == expected


@pytest.mark.parametrize("name", ZONES)
def test_the_columns_tell_of_the_nearest_zone_that_lives(found, name):
    bars, columns, table, _ = found
    spec = patterns.get(name)
    n = len(bars)
    row_of = {int(time): row for row, time in enumerate(bars.close_time)}
    close = bars.column("close")
    # Nearest first; of both directions at the same distance the zone below, of one direction the youngest.
    best = np.full((n, 3), np.inf)
    told = np.full((n, 5), np.nan)
    told[:, :2] = 0.0
    alive = {1: np.zeros(n, int), -1: np.zeros(n, int)}
    for event in table.filter(pattern=name).iter_rows(named=True):
        born = row_of[event["known_at"]]
        end = n if event["ended_at"] is None else row_of[event["ended_at"]]
        rows = np.arange(born, end)
        alive[event["direction"]][rows] += 1
        away = np.maximum(np.maximum(event["low"] - close[rows], close[rows] - event["high"]), 0.0)
        rank = np.column_stack([away, np.full(len(rows), -event["direction"]), np.full(len(rows), -born)])
        nearer = np.array([tuple(a) < tuple(b) for a, b in zip(rank, best[rows], strict=True)], dtype=bool)
        rows = rows[nearer]
        best[rows] = rank[nearer]
        told[rows] = np.column_stack(
            [np.tile([event["direction"], event["strength"], event["low"], event["high"]], (len(rows), 1)), rows - born]
        )
    got = np.column_stack([columns[column] for column in spec.columns])
    known = np.isfinite(got[:, 0])
    np.testing.assert_array_equal(got[known], told[known])
    assert max(counts.max() for counts in alive.values()) <= spec.most


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ZONES])
def test_the_columns_tell_of_the_newest_event_for_its_horizon(found, name):
    bars, columns, table, parts = found
    spec = patterns.get(name)
    row_of = {int(time): row for row, time in enumerate(bars.close_time)}
    stops = np.array([part.start for part in parts[1:]] + [len(bars)])
    told = np.full((len(bars), 5), np.nan)
    told[:, :2] = 0.0
    for event in table.filter(pattern=name).iter_rows(named=True):
        born = row_of[event["known_at"]]
        rows = np.arange(born, min(born + spec.horizon + 1, stops[stops > born].min()))
        told[rows] = np.column_stack(
            [np.tile([event["direction"], event["strength"], event["low"], event["high"]], (len(rows), 1)), rows - born]
        )
    got = np.column_stack([columns[column] for column in spec.columns])
    known = np.isfinite(got[:, 0])
    np.testing.assert_array_equal(got[known], told[known])


def test_blocks_come_with_breaks_alone(found):
    *_, table, _ = found
    breaks = table.filter(table["pattern"].is_in(["break_of_structure", "change_of_character"]))
    blocks = table.filter(pattern="order_block")
    assert blocks.join(breaks, on=["known_at", "direction"], how="anti").is_empty()
    assert len(blocks) > 0.7 * len(breaks)
