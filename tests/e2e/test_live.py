"""Live updates: nothing is lost, nothing comes twice, and the pill says what is true."""

import json
from itertools import pairwise

HOUR_MS = 3_600_000
CLOSED = "alphaplusChart.history.columns.open_time.slice(0, alphaplusChart.history.closed)"


def test_closed_bars_advance_without_a_gap(chart, until):
    before = chart.evaluate("alphaplusChart.history.closed")
    until(chart, f"alphaplusChart.history.closed >= {before + 12}")
    new = chart.evaluate(f"{CLOSED}.slice({before - 1})")
    assert [b - a for a, b in pairwise(new)] == [HOUR_MS] * (len(new) - 1)
    price = chart.inner_text("#price").replace(",", "")
    closes = chart.evaluate("alphaplusChart.history.columns.close.slice(-12)")
    assert any(abs(float(price) - close) < 0.01 for close in closes)
    assert "replay running at 3.0 bars/s" in chart.inner_text("#feed")


def test_a_killed_server_is_said_and_nothing_is_lost_when_it_is_back(chart, server, watch, until):
    watch.expected.append("ERR_CONNECTION_REFUSED")
    watch.expected.append("ERR_INCOMPLETE_CHUNKED_ENCODING")
    watch.expected.append("ERR_CONNECTION_RESET")
    server.kill()
    chart.wait_for_selector("#live[data-state=reconnecting]", timeout=5000)
    kept = chart.evaluate("alphaplusChart.history.closed")
    assert kept > 500, "what was there stays on screen"
    server.start()
    chart.wait_for_selector("#live[data-state=live]")
    until(chart, f"alphaplusChart.history.closed >= {kept + 6}")
    times, closes = chart.evaluate(
        "(({columns, closed}) => [columns.open_time.slice(0, closed), columns.close.slice(0, closed)])"
        "(alphaplusChart.history)"
    )
    stored = chart.request.get(f"/api/market/bars?symbol=SIM-M1&timeframe=1h&limit=400&before={times[-1] + 1}").json()
    assert times[-400:] == [bar["open_time"] for bar in stored["bars"]]
    assert len(times) == len(set(times))
    tick = 10 ** -chart.evaluate("alphaplusChart.history.chart.precision")  # what was loaded is rounded to it
    assert max(abs(a - bar["close"]) for a, bar in zip(closes[-400:], stored["bars"], strict=True)) < 0.51 * tick


def test_a_replay_that_begins_in_the_past_of_the_screen_starts_it_anew(chart):
    chart.evaluate("window.old = true")
    feed = "{origin: 'replay', state: 'running', speed: 3, as_of: 1700000000000, updated_at: Date.now() + 1000}"
    with chart.expect_navigation():
        chart.evaluate(f"alphaplusLive.hear('feed', {feed})")
    chart.wait_for_selector("#live[data-state=live]")
    assert chart.evaluate("window.old") is None
    chart.evaluate("alphaplusLive.hear('feed', {...alphaplusLive.feed, as_of: 0, updated_at: 0})")
    assert chart.evaluate("alphaplusLive.feed.as_of") > 0, "an older word, as a later tab hears it, changes nothing"


def test_eight_tabs_are_all_live(context, watch, until):
    pages = [context.new_page() for _ in range(8)]
    for page in pages:
        watch.follow(page)
        page.goto("/ml/chart/SIM-M1/1h", wait_until="commit")
    for page in pages:
        page.wait_for_selector("#live[data-state=live]")
        until(page, "Number(document.querySelector('#chart').dataset.painted) > 2")


def test_without_shared_workers_the_page_has_a_stream_of_its_own(context, watch):
    context.add_init_script("delete window.SharedWorker")
    page = context.new_page()
    watch.follow(page)
    page.goto("/ml/chart/SIM-M1/1h")
    page.wait_for_selector("#live[data-state=live]")


def test_a_series_without_a_feed_says_so(page):
    page.goto("/ml/chart/SIM-N0/4h")
    page.wait_for_selector("#live[data-state=idle]")
    assert "no feed" in page.inner_text("#live")
    assert "No decision yet" in page.inner_text("#decision")


def test_the_board_stays_fresh(page, until):
    page.goto("/ml/")
    page.wait_for_selector("body[data-ready=true]")
    first = page.inner_text("[data-fresh=board] tbody tr:first-child")
    said = "document.querySelector('[data-fresh=board] tbody tr').innerText"
    until(page, f"{said} !== {json.dumps(first)}")
    assert "replay running" in page.inner_text("[data-fresh=board]")
