"""The pictures of the pattern page: every bar a candle, the birth where the case says it, nothing outside the frame."""

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def modules():
    """The picture writer and the gallery."""
    before = list(sys.path)
    sys.path[:0] = [str(ROOT / "docs"), str(ROOT / "tests" / "patterns")]
    import drawing
    import drawings
    import gallery

    sys.path[:] = before
    return drawing, drawings, gallery


@pytest.fixture(scope="module")
def drawn(modules):
    """Case and picture, without the detectors: the one event is made up."""
    from alphaplus.patterns.contract import patterns

    drawing, drawings, gallery = modules
    case = next(case for case in gallery.CASES if case.pattern == "double_top" and case.born)
    bars, (direction, born) = case.bars, case.born[0]
    times, high, low = bars.open_time, bars.column("high"), bars.column("low")
    event = {
        "direction": direction,
        "start": int(times[born - 30]),
        "known_at": int(bars.close_time[born]),
        "ended_at": None,
        "points": [
            {"time": int(times[born - back]), "price": price} for back, price in ((26, 112), (16, 106), (6, 112))
        ],
        "level": 106.0,
        "target": float(low.min()) - 1000.0,
        "stop": float(high.max()) - 1.0,
        "low": 106.0,
        "high": 112.0,
    }
    quiet = drawing.CALM
    text = drawings.picture(patterns.get("double_top"), bars, [event], title="a & b", quiet=quiet)
    return drawings, bars, born, quiet, ET.fromstring(text)


def test_every_bar_is_a_candle_and_the_birth_is_marked(drawn):
    drawings, bars, born, quiet, root = drawn
    first = quiet - drawings.CALM_SHOWN
    boxes = root.findall(f"{SVG}rect")
    bodies = [box for box in boxes if box.get("fill") in {drawings.UP, drawings.DOWN}]
    rising = bars.column("close")[first:] >= bars.column("open")[first:]
    assert [box.get("fill") == drawings.UP for box in bodies] == rising.tolist()
    (birth,) = [box for box in boxes if box.get("fill") == drawings.BIRTH]
    body = bodies[born - first]
    middle = float(birth.get("x")) + float(birth.get("width")) / 2
    assert middle == pytest.approx(float(body.get("x")) + float(body.get("width")) / 2, abs=0.2)


def test_what_is_far_away_is_left_out_and_nothing_leaves_the_frame(drawn):
    drawings, *_, root = drawn
    dashed = [line for line in root.findall(f"{SVG}line") if line.get("stroke-dasharray")]
    assert [line.get("stroke") for line in dashed] == [drawings.SHAPE, drawings.DOWN]
    (shape,) = root.findall(f"{SVG}polyline")
    assert len(shape.get("points").split()) == 3
    for element in root.iter():
        for name, most in (("x", 360), ("x1", 360), ("x2", 360), ("y", 190), ("y1", 190), ("y2", 190)):
            assert 0 <= float(element.get(name, 0)) <= most
    assert root.find(f"{SVG}title").text == "a & b"
