"""The chart page: it draws what the API says, and every control works by keyboard."""

import re

CHART = "/api/market/chart?symbol=SIM-M1&timeframe=1h"

# what came live is painted with the next frame, so the numbers agree a moment later
DRAWN = """(({ history, view }) => ({ first: history.columns.open_time[0], closed: history.closed,
  length: history.length, signals: history.signals.length, candles: view.candles.data().length,
  markers: view.markers.markers().length, panes: view.chart.panes().length }))(alphaplusChart)"""


def closed_times(page):
    return page.evaluate("alphaplusChart.history.columns.open_time.slice(0, alphaplusChart.history.closed)")


def visible(page):
    return page.evaluate("(({from, to}) => [from, to])(alphaplusChart.view.range())")


def test_what_is_painted_is_what_the_api_said(page, until):
    answers = []
    page.on("response", lambda response: answers.append(response) if "/api/market/chart" in response.url else None)
    page.goto("/ml/chart/SIM-M1/1h")
    page.wait_for_selector("body[data-ready=true]")
    said = answers[0].json()
    first = [answer for answer in answers if answer.url.endswith("limit=1200")]
    assert len(first) == 1, "the preloaded answer is used, not asked for twice"
    until(page, f"(({{candles, length, markers, signals}}) => candles === length && markers === signals)({DRAWN})")
    drawn = page.evaluate(DRAWN)
    new = drawn["closed"] - len(said["open_time"])
    assert said["open_time"][0] == drawn["first"]
    assert 0 <= new <= 60, "only what came live may be more than what was loaded"
    assert len(said["signals"]) > 20
    assert len(said["signals"]) <= drawn["signals"] <= len(said["signals"]) + new
    assert drawn["panes"] == 3
    assert page.locator("a#tv-attr-logo").count() == 1


def test_lines_carried_on_in_the_browser_are_those_of_the_server(chart, until):
    until(chart, "alphaplusChart.history.closed > alphaplusChart.history.chart.open_time.length + 3")
    ours = chart.evaluate(
        "(({columns, closed}) => ['open_time', 'ema_20', 'ema_50', 'rsi_14'].map((n) => columns[n][closed - 1]))"
        "(alphaplusChart.history)"
    )
    said = chart.request.get(f"{CHART}&limit=5&before={ours[0] + 1}").json()
    assert said["open_time"][-1] == ours[0]
    tick = 10 ** -said["precision"]  # the lines are carried on from values rounded to it
    for name, value, near in zip(("ema_20", "ema_50", "rsi_14"), ours[1:], (2 * tick, 2 * tick, 0.2), strict=True):
        assert abs(said[name][-1] - value) < near, name


def test_n_and_p_speak_the_stored_signals(chart, until):
    chart.keyboard.press("n")
    until(chart, "document.querySelector('#announcement').textContent.startsWith('Signal')")
    chart.keyboard.press("p")
    chart.keyboard.press("p")
    chart.wait_for_selector("#decision[data-when=past]")
    spoken = chart.inner_text("#announcement")
    as_of = int(chart.get_attribute("#signals tr[aria-current] button", "data-as-of"))
    place, count, side, confidence, result = re.match(
        r"Signal (\d+) of (\d+): (long|short), confidence (\d+) percent, .* UTC, (open|win|loss)", spoken
    ).groups()
    assert int(place) in (int(count) - 2, int(count) - 3), "two before the newest; one more may have come meanwhile"
    said = next(s for s in chart.request.get(f"{CHART}&limit=1200").json()["signals"] if s["as_of"] == as_of)
    assert (said["side"], round(said["confidence"] * 100)) == (side, int(confidence))
    if result != "open":
        assert (said["return_pct"] > 0) == (result == "win")


def test_a_past_bar_shows_the_decision_as_it_was_stored(chart, until):
    chart.keyboard.press("p")
    chart.wait_for_selector("#decision[data-when=past]")
    as_of = int(chart.get_attribute("#decision", "data-as-of"))
    stored = chart.request.get(f"/api/market/decision?symbol=SIM-M1&timeframe=1h&as_of={as_of}").json()
    assert stored["as_of"] == as_of
    assert f"{stored['probability']:.3f}" in chart.inner_text("#decision")
    assert stored["side"] != "hold"
    assert f"rules decide: {stored['reason']}" in chart.inner_text("#decision"), "the seeded home has no model"
    absent = [vote for panel in stored["panels"] for vote in panel["votes"] if vote["probability"] is None]
    assert absent, "the seeded home has no model, so its voter must be absent"
    for vote in absent:
        assert vote["reason"] in chart.inner_text("#votes")
    painted = int(chart.get_attribute("#chart", "data-painted"))
    until(chart, f"Number(document.querySelector('#chart').dataset.painted) > {painted + 8}")
    assert int(chart.get_attribute("#decision", "data-as-of")) == as_of, "new bars do not move it"
    chart.keyboard.press("Escape")
    chart.wait_for_selector("#decision[data-when=now]")


def test_nothing_is_said_of_a_past_bar_before_its_decision_is_known(chart, until, watch):
    """The answer is held back while a new decision comes: what was shown stays shown, and no absence is made up."""
    watch.expected.append("ERR_FAILED")
    held = []

    def hold(route):
        held.append(route)

    chart.route("**/api/market/decision*", hold)
    chart.evaluate("alphaplusChart.stored.clear()")
    chart.evaluate("alphaplusChart.goTo(500)")
    while not held:
        chart.wait_for_timeout(20)
    now = int(chart.get_attribute("#decision", "data-as-of"))
    until(chart, f"alphaplusChart.decision.as_of > {now}")
    assert chart.get_attribute("#decision", "data-when") == "now"
    held[0].abort()
    until(chart, "document.querySelector('#decision').innerText.includes('It did not load.')")
    chart.unroute("**/api/market/decision*")
    chart.keyboard.press("Escape")
    chart.wait_for_selector("#decision[data-when=now]")


def test_a_signal_is_gone_to_though_its_bar_is_not_painted_yet(chart, until):
    """A decision is heard of at once, its bar is painted with the next frame: here the second next is awaited."""
    as_of = chart.evaluate(
        """(({ history, decision }) => {
          const as_of = history.asOf(history.closed - 1) + 2 * history.timeframeMs;
          alphaplusChart.decide({ ...decision, as_of, side: 'long', entry: 1, stop: 0.9, target: 1.1 });
          return as_of; })(alphaplusChart)"""
    )
    chart.keyboard.press("p")
    chart.wait_for_selector(f"#decision[data-when=past][data-as-of='{as_of}']")
    first, last = visible(chart)
    assert first < chart.evaluate(f"alphaplusChart.history.positionOf({as_of})") < last


def test_a_bar_that_comes_with_escape_does_not_bring_the_past_back(chart, until):
    until(chart, "Number(document.querySelector('#chart').dataset.painted) > 0")
    painted = int(chart.get_attribute("#chart", "data-painted"))
    chart.evaluate("alphaplusChart.goTo(500); alphaplusChart.hover(500, true); alphaplusChart.leavePast()")
    until(chart, f"Number(document.querySelector('#chart').dataset.painted) > {painted + 4}")
    assert chart.get_attribute("#decision", "data-when") == "now"


def test_layers_zone_and_log_never_move_what_is_in_sight(chart, until):
    chart.keyboard.press("n")  # away from the newest bar, so that live bars do not move the view
    chart.keyboard.press("Escape")
    chart.evaluate("alphaplusChart.view.chart.timeScale().setVisibleLogicalRange({from: 200, to: 300})")
    until(chart, "Math.abs(alphaplusChart.view.range().from - 200) < 0.01")
    before = visible(chart)
    for key in "1234lz1":
        chart.keyboard.press(key)
    painted = int(chart.get_attribute("#chart", "data-painted"))
    until(chart, f"Number(document.querySelector('#chart').dataset.painted) > {painted + 5}")
    assert visible(chart) == before
    assert chart.get_attribute("[data-layer=signals]", "aria-pressed") == "true"
    assert chart.get_attribute("[data-layer=averages]", "aria-pressed") == "false"
    assert "off=averages%2Cvolume%2Cgaps" in chart.url
    assert "scale=log" in chart.url
    chart.reload()
    chart.wait_for_selector("body[data-ready=true]")
    assert chart.get_attribute("[data-layer=volume]", "aria-pressed") == "false"
    assert chart.get_attribute("#logarithm", "aria-pressed") == "true"


def test_arrows_plus_minus_and_end_move_the_chart(chart, until):
    chart.focus("#chart")
    start = visible(chart)
    chart.keyboard.press("Shift+ArrowLeft")
    until(chart, f"alphaplusChart.view.range().from < {start[0] - 10}")
    moved = visible(chart)
    chart.keyboard.press("-")
    until(chart, f"alphaplusChart.view.range().to - alphaplusChart.view.range().from > {moved[1] - moved[0] + 5}")
    chart.keyboard.press("End")
    until(chart, "alphaplusChart.view.range().to > alphaplusChart.history.length - 1")


def test_older_bars_come_when_one_moves_left(chart, until):
    count = len(closed_times(chart))
    chart.evaluate("alphaplusChart.view.chart.timeScale().setVisibleLogicalRange({from: -20, to: 80})")
    until(chart, f"alphaplusChart.history.closed > {count + 300}")
    times = closed_times(chart)
    assert times == sorted(set(times))


def test_the_table_says_what_the_picture_shows(chart):
    chart.keyboard.press("v")
    chart.wait_for_selector("#table tbody tr")
    row = chart.locator("#table tbody tr").nth(3)
    opened, *_, close, _volume = row.evaluate("(row) => [...row.cells].map((cell) => cell.innerText)")[:6]  # at once
    found = chart.evaluate(
        """(opened) => {
          const { open_time: times, close } = alphaplusChart.history.columns;
          return close[times.findIndex((t) => new Date(t).toISOString().slice(0, 16).replace("T", " ") === opened)];
        }""",
        opened,
    )
    assert abs(found - float(close.replace(",", ""))) < 0.01
    assert "newest first" in chart.inner_text("#table caption")


def test_the_key_sheet_lists_and_closes(chart):
    chart.keyboard.press("?")
    sheet = chart.locator("dialog#keys")
    for text in ("next, previous signal", "zoom", "newest bar", "view as table", "Overview"):
        assert text in sheet.inner_text()
    chart.keyboard.press("Escape")
    assert not sheet.is_visible()
    chart.keyboard.press("g")
    chart.keyboard.press("m")
    chart.wait_for_url("**/ml/models")


def test_a_bar_that_comes_late_is_dropped_and_counted(chart):
    chart.evaluate(
        """() => { const {history} = alphaplusChart; const old = history.at(history.closed - 3);
           window.taken = history.take({...old, closed: true, close: 1, sent_at: 0, seq: 0}); }"""
    )
    assert chart.evaluate("window.taken") is False
    assert chart.evaluate("alphaplusChart.history.dropped") >= 1
