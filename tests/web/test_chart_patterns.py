"""Patterns as the API tells them: those of the library, for the bars asked about, and nothing that is not known yet."""

import time
from importlib import import_module

import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.market.sources.simulated import simulate
from alphaplus.patterns.events import SCHEMA, chosen_patterns, detect

BARS = 9000  # more than the warm-up and a page take
DEADLINE_SECONDS = 400
URL = "/api/market/patterns?symbol=SIM-M1&timeframe=1h"
TOLD = ("pattern", "known_at", "direction", "start", "state", "outcome", "broke_at", "touched_at", "ended_at")


@pytest.fixture(scope="module")
def one_home(new_home):
    return new_home()


@pytest.fixture
def home(one_home):
    """One home for all tests of this module, with the compiled code of the whole run."""
    return one_home


@pytest.fixture(scope="module")
def statuses():
    """The status of every answer, in order."""
    return []


@pytest.fixture(scope="module")
def market():
    return simulate("M1", bars=BARS)


@pytest.fixture
def get(client, ports, market, statuses):
    if not ports.bars.series():
        ports.bars.append(market)

    def answer(query="", status=200):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            found = client.get(URL + query)
            statuses.append(found.status_code)
            if found.status_code != 202 or status == 202:
                assert found.status_code == status, found.content
                return found.json()
            assert found.json() == {"state": "compiling", "retry_ms": 2000}
            assert time.monotonic() < deadline, "patterns are never compiled"

    return answer


def told(events):
    return sorted(zip(*(events[name] for name in TOLD), strict=True), key=str)


def test_who_asks_first_is_told_that_patterns_are_being_compiled(get, statuses, monkeypatch):
    queries = import_module("alphaplus.web.queries.patterns")
    monkeypatch.setattr(queries, "PATIENCE", 0.0)  # compiled code is never loaded as fast
    get()
    assert statuses[0] == 202
    get("&limit=100")
    assert statuses[-1] == 200


def test_events_are_those_that_the_library_finds_on_all_bars(get, installation, market):
    found = get("&limit=400")
    expected = detect(market, chosen_patterns(), cache_folder=installation.cache_folder, since=BARS - 400)
    assert set(found["events"]) == set(SCHEMA)
    assert {len(column) for column in found["events"].values()} == {len(expected)}
    assert told(found["events"]) == told(expected.to_dict(as_series=False))
    assert found["first"] == market.open_time[BARS - 400]
    assert found["as_of"] == market.close_time[-1]
    kinds = {shape["name"]: shape["kind"] for shape in found["patterns"]}
    assert kinds == dict(zip(expected["pattern"], expected["kind"], strict=True))
    assert {"smc", "figures"} <= set(kinds.values())


def test_older_pages_join_and_tell_what_came_later(get, market):
    page = get("&limit=300")
    older = get(f"&limit=300&before={page['first']}")
    assert max(older["events"]["known_at"]) <= page["first"]
    joined = {name: older["events"][name] + page["events"][name] for name in TOLD}
    assert told(joined) == told(get("&limit=600")["events"])
    ended = [at for at in older["events"]["ended_at"] if at is not None]
    assert max(ended) > page["first"], "what became of an event is told, however old the page"


def test_a_page_before_all_bars_is_empty(get, market):
    found = get(f"&before={market.open_time[0]}")
    assert found["events"]["pattern"] == []


def test_kinds_and_names_choose(get):
    assert set(get("&limit=1500&kinds=figures")["events"]["kind"]) == {"figures"}
    chosen = get("&limit=1500&kinds=fair_value_gap,double_top")["events"]["pattern"]
    assert set(chosen) == {"fair_value_gap", "double_top"}


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("&kinds=triangles", 404, "pattern or kind of patterns"),
        ("&symbol=NOPE", 404, "no bars of NOPE"),
        ("&timeframe=7h", 404, "7h"),
        ("&limit=0", 422, "limit"),
        ("&limit=20001", 422, "limit"),
        ("&before=-1", 422, "before"),
    ],
)
def test_wrong_questions_are_refused_with_the_reason(get, query, status, says):
    assert says in get(query, status)["detail"]


def test_while_a_replay_runs_nothing_later_is_told(get, ports, installation, market):
    now = int(market.close_time[BARS - 501])
    ports.publisher.publish("SIM-M1:1h", "feed", {"origin": "replay", "state": "running", "as_of": now, "speed": 2.0})
    found = get("&limit=300")
    assert found["as_of"] == now
    past = market.rows(0, BARS - 500)
    expected = detect(past, chosen_patterns(), cache_folder=installation.cache_folder, since=len(past) - 300)
    assert told(found["events"]) == told(expected.to_dict(as_series=False))
    times = ("known_at", "broke_at", "touched_at", "mitigated_at", "entered_at", "ended_at")
    assert max(at for name in times for at in found["events"][name] if at is not None) <= now
    before = get(f"&limit=300&before={market.open_time[BARS - 700]}")
    assert max(at for at in before["events"]["ended_at"] if at is not None) <= now
    assert before["as_of"] == now


def test_the_sets_that_a_warm_up_compiles_are_those_that_pages_use():
    from alphaplus.patterns.events import event_sets
    from alphaplus.web.queries.patterns import drawn

    used = [one.columns for one in event_sets(chosen_patterns())]
    assert [one.for_timeframe(Timeframe.H1).columns for one in drawn()] == used
