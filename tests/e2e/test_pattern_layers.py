"""The layers of patterns on the chart: they draw what the API tells, move nothing, and say how they stand."""

import json
import re

STILL = "/ml/chart/SIM-N0/1h"  # a series that no replay carries on
TOLD = "/api/market/patterns?symbol=SIM-N0&timeframe=1h"
ALL = "off=averages&on=candles,volume_patterns&density=all"
READY = "#chart[data-patterns=ready]"
LAYERS = ("zones", "structure", "figures", "candles", "volume_patterns", "entries")
COUNTS = (
    "Object.fromEntries(Object.entries(alphaplusChart.patterns.chosen()).map(([layer, all]) => [layer, all.length]))"
)
COMPILE_MS = 400_000  # the first page has the server compile


def show(page, query=""):
    page.goto(f"{STILL}?{query}")
    page.wait_for_selector(READY, timeout=COMPILE_MS)


def see_all(page, until):
    page.evaluate("alphaplusChart.view.chart.timeScale().fitContent()")
    until(page, "alphaplusChart.view.range().from < 1")


def layer_of(kind, drawing):
    if kind != "smc":
        return kind
    return "zones" if drawing == "zone" else "structure"


def counts_of(told):
    drawings = {shape["name"]: shape["drawing"] for shape in told["patterns"]}
    layers = [
        layer_of(kind, drawings[name])
        for name, kind in zip(told["events"]["pattern"], told["events"]["kind"], strict=True)
    ]
    return {layer: layers.count(layer) for layer in LAYERS}


def test_as_many_are_drawn_as_the_api_tells(page, until):
    show(page, ALL)
    see_all(page, until)
    bars = page.evaluate("alphaplusChart.history.closed")
    told = page.request.get(f"{TOLD}&limit={bars}").json()
    expected = counts_of(told)
    same = f"JSON.stringify({COUNTS}) === {json.dumps(json.dumps(expected, separators=(',', ':')))}"
    until(page, same, seconds=COMPILE_MS / 1000)  # each kind is compiled when first asked for
    assert all(expected[layer] > 0 for layer in ("zones", "structure", "figures", "candles", "volume_patterns"))
    events = told["events"]
    zones = [
        ended
        for name, kind, ended in zip(events["pattern"], events["kind"], events["ended_at"], strict=True)
        if layer_of(kind, {s["name"]: s["drawing"] for s in told["patterns"]}[name]) == "zones"
    ]
    page.click("[data-density='3']")
    few = page.evaluate(COUNTS)
    assert few["zones"] == min(3, zones.count(None)) + min(3, len(zones) - zones.count(None))
    assert few["structure"] == 3
    assert few["candles"] == expected["candles"], "marks are bounded by one a bar"


def test_keys_switch_layers_and_density_and_move_nothing(page, until):
    show(page)
    page.evaluate("alphaplusChart.view.chart.timeScale().setVisibleLogicalRange({from: 200, to: 300})")
    until(page, "Math.abs(alphaplusChart.view.range().from - 200) < 0.01")
    before = page.evaluate("(({from, to}) => [from, to])(alphaplusChart.view.range())")
    scale = page.evaluate("alphaplusChart.view.candles.priceToCoordinate(100)")
    for key in "567890d":
        page.keyboard.press(key)
    page.wait_for_selector(READY)
    assert page.evaluate("(({from, to}) => [from, to])(alphaplusChart.view.range())") == before
    assert page.evaluate("alphaplusChart.view.candles.priceToCoordinate(100)") == scale, "nothing asks for room"
    pressed = {layer: page.get_attribute(f"[data-layer={layer}]", "aria-pressed") for layer in LAYERS}
    shown = {"candles": "true", "volume_patterns": "true"}
    assert pressed == dict.fromkeys(LAYERS, "false") | shown
    for part in ("off=zones%2Cstructure%2Cfigures%2Centries", "on=candles%2Cvolume_patterns", "density=all"):
        assert part in page.url
    page.reload()
    page.wait_for_selector(READY)
    assert {layer: page.get_attribute(f"[data-layer={layer}]", "aria-pressed") for layer in LAYERS} == pressed
    page.goto(STILL)
    page.wait_for_selector(READY)
    assert page.get_attribute("[data-density=all]", "aria-pressed") == "true", "the density is kept"
    assert page.get_attribute("[data-layer=zones]", "aria-pressed") == "true"


def test_what_is_under_the_cursor_is_named_and_the_list_says_it_in_words(page, until):
    show(page, ALL)
    page.evaluate("alphaplusChart.view.showLast(150)")
    until(page, "alphaplusChart.view.range().from === alphaplusChart.history.length - 151")  # from the next frame on
    until(page, "alphaplusChart.patterns.chosen().candles.length > 0")
    x, y, name = page.evaluate(
        """() => { const { view, patterns } = alphaplusChart;
          const event = patterns.chosen().candles.at(-1);
          const box = document.querySelector('#chart').getBoundingClientRect();
          return [box.x + view.chart.timeScale().logicalToCoordinate(event.known),
                  box.y + view.candles.priceToCoordinate(event.level), event.shape.title.split(/[:.]/)[0]]; }"""
    )
    page.mouse.move(x, y)
    until(page, f"document.querySelector('#pattern-legend').textContent.includes({json.dumps(name)})")
    page.mouse.move(5, 5)
    until(page, "document.querySelector('#pattern-legend').textContent === ''")
    page.keyboard.press("v")
    page.wait_for_selector("#pattern-list li")
    lines = page.locator("#pattern-list li").all_inner_texts()
    assert any(name in line for line in lines)
    times = [re.search(r"known (\S+ \S+) UTC", line).group(1) for line in lines]
    assert times == sorted(times, reverse=True)
    assert page.inner_text("#pattern-count").startswith(f"{sum(page.evaluate(COUNTS).values())} patterns in sight")


def test_new_bars_bring_new_patterns_and_move_nothing(chart, until):
    chart.wait_for_selector(READY, timeout=COMPILE_MS)
    chart.evaluate("alphaplusChart.view.chart.timeScale().setVisibleLogicalRange({from: 200, to: 300})")
    until(chart, "Math.abs(alphaplusChart.view.range().from - 200) < 0.01")
    asked = "alphaplusChart.patterns.reach('smc').until"
    first = chart.evaluate(asked)
    until(chart, f"{asked} > {first + 5 * 3_600_000}")
    assert chart.evaluate("Math.abs(alphaplusChart.view.range().from - 200) < 0.01")
    known, closed = chart.evaluate(
        """(({ found }, { columns, closed }) => [found.events.at(-1).known_at, columns.open_time[closed - 1]])
           (alphaplusChart.patterns, alphaplusChart.history)"""
    )
    assert known <= closed + 3_600_000
    ids = chart.evaluate("alphaplusChart.patterns.found.events.map((e) => `${e.pattern} ${e.known_at}`)")
    assert len(ids) == len(set(ids)), "nothing is told twice"


def test_older_bars_bring_their_patterns(chart, until):
    """All that the API tells of them. The bars, not the patterns, say what is older: those may be a bar behind."""
    chart.wait_for_selector(READY, timeout=COMPILE_MS)
    opened = "alphaplusChart.history.columns.open_time[0]"
    first = chart.evaluate(opened)
    chart.evaluate("alphaplusChart.view.chart.timeScale().setVisibleLogicalRange({from: -20, to: 80})")
    until(chart, f"{opened} < {first} && alphaplusChart.patterns.reach('smc').from === {opened}")
    bars, drawn = chart.evaluate(
        f"""(({{ patterns, history }}) => [history.positions.get({first}) - patterns.found.positionOf(
          patterns.reach('smc').from), patterns.found.events.filter((event) => event.known_at <= {first})
          .map((event) => [event.pattern, event.known_at, event.direction])])(alphaplusChart)"""
    )
    told = chart.request.get(
        f"{TOLD.replace('N0', 'M1')}&before={first}&limit={bars}&kinds=smc,figures,entries"
    ).json()["events"]
    assert bars > 100
    assert len(drawn) > 10
    assert sorted(map(tuple, drawn)) == sorted(zip(told["pattern"], told["known_at"], told["direction"], strict=True))


def test_patterns_are_not_ready_until_they_cover_what_is_loaded(page, until):
    """A server that is some bars ahead of the page tells of fewer old ones: these are asked for before it is said."""
    older = []

    def ahead(route):
        if "before=" in route.request.url:
            older.append(route)
        else:
            route.continue_(url=re.sub(r"limit=(\d+)", lambda found: f"limit={int(found[1]) - 4}", route.request.url))

    page.route("**/api/market/patterns*", ahead)
    page.goto(STILL)
    until(page, "globalThis.alphaplusChart?.patterns?.asked.size > 0", seconds=COMPILE_MS / 1000)
    assert page.get_attribute("#chart", "data-patterns") != "ready"
    while not older:
        page.wait_for_timeout(20)
    older[0].continue_()
    page.wait_for_selector(READY)
    assert page.evaluate("alphaplusChart.patterns.reach('smc').from === alphaplusChart.history.columns.open_time[0]")


def test_compiling_and_failures_are_said_and_heal(page, watch):
    watch.expected.append("503")
    route = "**/api/market/patterns*"
    page.route(route, lambda route: route.fulfill(status=202, json={"state": "compiling", "retry_ms": 50}))
    page.goto(STILL)
    page.wait_for_selector("#chart[data-patterns=compiling]")
    assert page.inner_text("#pattern-state") == "patterns: compiling, once; this takes a minute or two"
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        said = page.locator("#pattern-state").bounding_box()
        assert said["x"] + said["width"] < width, "it is not cut off"
    assert page.get_attribute("body", "data-ready") == "true", "the chart does not wait for it"
    page.route(route, lambda route: route.fulfill(status=503, json={"detail": "the disk is full"}))  # before the other
    page.wait_for_selector("#chart[data-patterns=error]")
    assert "503: the disk is full" in page.inner_text("#pattern-state")
    page.unroute(route)
    page.get_by_role("button", name="Retry").click()
    page.wait_for_selector(READY, timeout=COMPILE_MS)
    assert page.inner_text("#pattern-state") == ""


def test_axe_finds_nothing_grave_with_all_layers_and_the_list(page, axe):
    for media in ({"color_scheme": "dark"}, {"color_scheme": "light"}, {"color_scheme": "dark", "contrast": "more"}):
        page.emulate_media(**media)
        show(page, ALL)
        page.keyboard.press("v")
        page.wait_for_selector("#pattern-list li")
        page.evaluate(axe)
        result = page.evaluate("axe.run('#chart-area', {resultTypes: ['violations']})")
        grave = [v for v in result["violations"] if v["impact"] in ("serious", "critical")]
        assert [(v["id"], [node["html"][:200] for node in v["nodes"][:3]]) for v in grave] == [], media
