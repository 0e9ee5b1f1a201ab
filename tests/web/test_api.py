"""What the API answers: the shapes that pages and programs rely on."""

import gzip
import json
from urllib.parse import unquote

import numpy as np
import polars as pl
import pytest

from alphaplus.core import errors
from alphaplus.core.bars import Timeframe
from alphaplus.core.enums import Stage
from alphaplus.web.api.errors import STATUS, status_of
from alphaplus.web.problems import without_paths

LEVELS = {"entry", "stop", "target", "expires_at"}
DECISION = {
    "as_of",
    "side",
    "probability",
    "confidence",
    "reason",
    "panels",
    "contributions",
    "model",
    "origin",
} | LEVELS
CHART = {
    "symbol", "timeframe", "simulated", "venue", "precision", "open_time", "open", "high", "low", "close", "volume",
    "ema_20", "ema_50", "rsi_14", "probability", "signals", "gaps", "decision", "model", "feed", "has_more",
}  # fmt: skip
COLUMNS = ("open_time", "open", "high", "low", "close", "volume", "ema_20", "ema_50", "rsi_14", "probability")


@pytest.fixture
def get(client, filled):
    def answer(path, status=200):
        found = client.get(path)
        assert found.status_code == status, found.content
        return found.json()

    return answer


def test_bars_come_in_pages_without_loss_or_repetition(get, make):
    seen, before = [], ""
    while True:
        page = get(f"/api/market/bars?symbol=BTCUSDT&timeframe=1h&limit=70{before}")
        seen = [bar["open_time"] for bar in page["bars"]] + seen
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert seen == make.bars(missing=(100, 101)).open_time.tolist()
    assert set(page["bars"][0]) == {"open_time", "open", "high", "low", "close", "volume"}


def test_a_chart_is_columns_of_equal_length(get, make):
    chart = get("/api/market/chart?symbol=BTCUSDT&timeframe=1h&limit=200")
    assert set(chart) == CHART
    assert {len(chart[name]) for name in COLUMNS} == {200}
    assert chart["has_more"]
    assert (chart["simulated"], chart["venue"], chart["precision"]) == (False, "binance", 2)
    assert chart["close"] == make.bars(missing=(100, 101)).column("close")[-200:].tolist()
    assert chart["gaps"] == [{"start": make.now - 200 * make.hour, "bars": 2}]
    assert chart["probability"][-4:] == [0.7, 0.5, 0.3, 0.7]
    assert chart["probability"][:170] == [None] * 170
    assert chart["model"]["stage"] == "production"
    assert chart["feed"] is None


def test_indicator_lines_are_those_of_the_feature_engine(get, installation, make):
    from alphaplus.features.compute import compute_features
    from alphaplus.features.sets import FeatureSet

    chart = get("/api/market/chart?symbol=BTCUSDT&timeframe=1h&limit=100")
    lines = compute_features(make.bars(missing=(100, 101)), FeatureSet("lines", ("ema_20", "ema_50", "rsi_14")))
    for position, name in enumerate(lines.columns):
        assert chart[name] == pytest.approx(lines.values[-100:, position].tolist(), abs=0.0051)


def test_signals_carry_what_came_of_them(get, make):
    signals = get("/api/market/chart?symbol=BTCUSDT&timeframe=1h")["signals"]
    assert len(signals) == 20
    newest, oldest = signals[-1], signals[0]
    assert newest == {
        "as_of": make.now,
        "side": "long",
        "confidence": 0.8,
        "probability": 0.7,
        "entry": 100.0,
        "stop": 98.0,
        "target": 104.0,
        "status": "active",
        "return_pct": None,  # its trade closes after the newest bar
    }
    assert oldest["return_pct"] == 0.9


def test_a_newer_run_takes_the_place_of_an_older_one(get, filled, make):
    from alphaplus.core.enums import Origin
    from alphaplus.core.records import Run, Trade

    story = make.story(run=Run(Origin.REPLAY, "replay-1"), bars=2, end=make.now - make.hour)
    filled.ledger.record(*(record for record in story.records if not isinstance(record, Trade)), run=story.run)
    signals = {signal["as_of"]: signal for signal in get("/api/market/chart?symbol=BTCUSDT&timeframe=1h")["signals"]}
    assert signals[make.now - make.hour]["side"] == "long"  # the backtest said short
    assert signals[make.now - 2 * make.hour]["side"] == "short"  # where the backtest held
    assert signals[make.now]["side"] == "long"


def test_a_decision_is_what_was_stored_then(get, make):
    decision = get(f"/api/market/decision?symbol=BTCUSDT&timeframe=1h&as_of={make.now}")
    assert set(decision) == DECISION
    assert (decision["side"], decision["probability"], decision["entry"]) == ("long", 0.7, 100.0)
    ml, rules = decision["panels"]
    assert (ml["panel"], rules["panel"]) == ("ml", "rules")
    assert ml["votes"][0] == {
        "voter": "technical_ml",
        "weight": 0.25,
        "probability": 0.7,
        "confidence": 0.8,
        "version": 1,
        "reason": "",
    }
    assert rules["votes"][0]["reason"] == "flat"
    assert decision["contributions"] == [{"column": "rsi_14", "value": 55.0, "contribution": 0.125}]
    assert decision["model"] == {
        "number": 1, "label": "lgb_1", "stage": "production", "family": "lightgbm", "horizon": 24,
    }  # fmt: skip
    held = get(f"/api/market/decision?symbol=BTCUSDT&timeframe=1h&as_of={make.now - 2 * make.hour}")
    assert (held["side"], held["entry"]) == ("hold", None)
    assert held["contributions"], "a held bar shows what moved its prediction"


def test_while_a_replay_runs_nothing_later_is_shown(get, filled, make):
    until = make.now - 10 * make.hour
    running = {"origin": "replay", "state": "running", "as_of": until, "speed": 2.0}
    filled.publisher.publish("BTCUSDT:1h", "feed", running)
    chart = get("/api/market/chart?symbol=BTCUSDT&timeframe=1h")
    assert chart["open_time"][-1] == until - make.hour
    assert max(signal["as_of"] for signal in chart["signals"]) <= until
    assert chart["decision"]["as_of"] == until
    assert chart["feed"]["state"] == "running"
    bars = get("/api/market/bars?symbol=BTCUSDT&timeframe=1h&limit=3")["bars"]
    assert [bar["open_time"] for bar in bars] == [until - back * make.hour for back in (3, 2, 1)]
    get(f"/api/market/decision?symbol=BTCUSDT&timeframe=1h&as_of={make.now}", status=404)
    filled.publisher.publish("BTCUSDT:1h", "feed", {**running, "state": "finished"})
    assert get("/api/market/chart?symbol=BTCUSDT&timeframe=1h")["open_time"][-1] == make.now - make.hour


def test_models_come_with_slot_metrics_and_gates(get, filled, make):
    for number in range(2, 5):
        filled.models.add(make.version(f"lgb_{number}"), make.event("register", f"lgb_{number}"))
    page = get("/api/ml/models/?limit=3")
    assert [model["number"] for model in page["models"]] == [4, 3, 2]
    last = get(f"/api/ml/models/?limit=3&before={page['next']}")
    assert last["next"] is None
    champion = last["models"][0]
    assert (champion["number"], champion["stage"], champion["verdict"]) == (1, "production", "promote")
    assert champion["slot"]["symbol"] == "BTCUSDT"
    assert champion["gates"][0]["name"] == "skill"
    assert champion["metrics"]["broken"] is None
    assert [model["number"] for model in get("/api/ml/models/?stage=production")["models"]] == [1]
    assert get("/api/ml/models/?symbol=ETHUSDT")["models"] == []
    assert get("/api/ml/models/?stage=live", status=422)["detail"].startswith("query.stage")


def test_a_model_is_found_by_number_and_by_label(get):
    by_number, by_label = get("/api/ml/models/1"), get("/api/ml/models/lgb_1")
    assert by_number == by_label
    assert [event["action"] for event in by_number["history"]] == ["register", "promote"]
    assert by_number["evaluations"][0]["verdict"] == "promote"
    assert by_number["spec"]["family"] == "lightgbm"


def test_predictions_are_paged_and_filtered(get):
    first = get("/api/ml/predictions/?symbol=BTCUSDT&limit=20")
    second = get(f"/api/ml/predictions/?symbol=BTCUSDT&limit=20&before={first['next']}")
    ids = [row["id"] for row in first["predictions"] + second["predictions"]]
    assert ids == sorted(set(ids), reverse=True)
    assert len(ids) == 30
    assert second["next"] is None
    newest = first["predictions"][0]
    assert (newest["value"], newest["version"], newest["label"], newest["role"]) == (0.7, 1, "lgb_1", "champion")
    assert get("/api/ml/predictions/?symbol=ETHUSDT")["predictions"] == []


def test_a_list_of_predictions_has_what_moved_each_most(client, filled, make):
    from alphaplus.core.enums import Origin
    from alphaplus.core.records import Contribution, Prediction, Run

    moved = tuple(Contribution(f"column_{i}", 1.0, (-1) ** i * i / 100) for i in range(60))
    said = [
        Prediction(1, "ETHUSDT", Timeframe.H1, make.now + i, 24, 0.6, (0.4, 0.6), 0.8, contributions=moved)
        for i in range(100)
    ]
    filled.ledger.record(*said, run=Run(Origin.LIVE, "live-1"))
    short = client.get("/api/ml/predictions/?symbol=ETHUSDT&limit=100")
    assert len(short.content) < 100_000
    row = short.json()["predictions"][0]
    assert [one["column"] for one in row["contributions"]] == [f"column_{i}" for i in (59, 58, 57, 56, 55, 54)]
    whole = client.get("/api/ml/predictions/?symbol=ETHUSDT&limit=1&contributions=all").json()["predictions"][0]
    assert [one["column"] for one in whole["contributions"]] == [f"column_{i}" for i in range(60)]
    assert client.get("/api/ml/predictions/?contributions=some").status_code == 422


def test_backtests_in_short_and_whole(get):
    short = get("/api/backtests/")["backtests"][0]
    assert (short["symbols"], short["trade_count"], short["metrics"]) == (["BTCUSDT"], 20, {"sharpe": 1.25})
    assert "summary" not in short
    whole = get(f"/api/backtests/{short['id']}")
    assert len(whole["trades"]) == 20
    assert whole["summary"]["curves"]["equity"] == [10_000.0]
    assert whole["model"]["label"] == "lgb_1"


def test_simulated_series_say_so(client, simulated):
    found = client.get("/api/market/series").json()["series"]
    assert [(one["symbol"], one["simulated"], one["bars"]) for one in found] == [("SIM-M1", True, 300)]
    assert client.get("/api/market/chart?symbol=SIM-M1&timeframe=1h").json()["simulated"]


def test_large_answers_are_compressed(client, filled):
    answer = client.get("/api/market/chart?symbol=BTCUSDT&timeframe=1h", HTTP_ACCEPT_ENCODING="gzip")
    assert answer["Content-Encoding"] == "gzip"
    assert set(json.loads(gzip.decompress(answer.content))) == CHART


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/market/chart?symbol=NOPE&timeframe=1h", 404, "NOPE"),
        ("/api/market/chart?symbol=BTCUSDT&timeframe=1x", 404, "1x"),
        ("/api/market/bars?symbol=BTCUSDT&limit=many", 422, "limit"),
        ("/api/market/bars", 422, "symbol"),
        ("/api/market/bars?symbol=NOPE", 404, "no bars of NOPE 1h"),
        ("/api/market/bars?symbol=$(reboot)", 422, "is not a symbol"),
        ("/api/market/chart?symbol=%3Cscript%3E", 422, "is not a symbol"),
        ("/api/market/decision?symbol=BTC%20USDT&timeframe=1h&as_of=1", 422, "is not a symbol"),
        ("/api/ml/models/?symbol=..%2F..", 422, "is not a symbol"),
        ("/api/ml/predictions/?symbol=%00", 422, "is not a symbol"),
        ("/api/ml/models/%C2%B2", 404, "no model version"),
        ("/api/ml/models/%00", 404, "no model version"),
        (f"/api/ml/models/{'9' * 5000}", 404, "no model version"),
        (f"/api/ml/models/{'9' * 19}", 404, "no model version"),
        (f"/api/backtests/{'9' * 23}", 422, "number"),
        (f"/api/backtests/{'9' * 5000}", 422, "number"),
        (f"/api/ml/predictions/?version={'9' * 23}", 422, "version"),
        (f"/api/ml/predictions/?version={2**63}", 422, "version"),
        ("/api/ml/predictions/?version=-1", 422, "version"),
        ("/api/ml/predictions/?before=-1", 422, "before"),
        ("/api/ml/predictions/?limit=0", 422, "limit"),
        ("/api/ml/predictions/?limit=1001", 422, "limit"),
        ("/api/ml/models/?limit=1001", 422, "limit"),
        ("/api/backtests/?limit=-5", 422, "limit"),
        (f"/api/backtests/?before={'9' * 23}", 422, "before"),
        ("/api/market/bars?symbol=BTCUSDT&limit=1001", 422, "limit"),
        ("/api/market/chart?symbol=BTCUSDT&limit=20001", 422, "limit"),
        ("/api/market/chart?symbol=BTCUSDT&before=-1", 422, "before"),
        (f"/api/market/decision?symbol=BTCUSDT&timeframe=1h&as_of={2**63}", 422, "as_of"),
        ("/api/ml/models/99", 404, "99"),
        ("/api/backtests/99", 404, "99"),
        ("/api/market/decision?symbol=BTCUSDT&timeframe=1h&as_of=1", 404, "BTCUSDT"),
    ],
)
def test_errors_are_problem_details(client, filled, path, status, words):
    answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert words in problem["detail"]
    assert problem["status"] == status
    assert problem["request_id"] == answer["X-Request-ID"]
    assert problem["instance"] == unquote(path.partition("?")[0])
    assert len(problem["detail"]) < 1000, "what was asked is not repeated at length"


@pytest.mark.parametrize("before", [0, 1, 2**63 - 1])
def test_any_time_may_be_asked_for(get, filled, make, before):
    running = {"origin": "replay", "state": "running", "as_of": 2**62, "speed": 2.0}
    filled.publisher.publish("BTCUSDT:1h", "feed", running)
    for kind in ("bars", "chart"):
        found = get(f"/api/market/{kind}?symbol=BTCUSDT&timeframe=1h&limit=3&before={before}")
        bars = [bar["open_time"] for bar in found["bars"]] if kind == "bars" else found["open_time"]
        assert bars == ([make.now - back * make.hour for back in (3, 2, 1)] if before > 1 else [])
    get(f"/api/market/decision?symbol=BTCUSDT&timeframe=1h&as_of={before}", status=404)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no bars of BTC/USDT 1h in {home}/bars", "no bars of BTC/USDT 1h in ALPHAPLUS_HOME/bars"),
        ("cannot read '/srv/data of ann/a.csv'", "cannot read 'data of ann/a.csv'"),
        ("restore it, or remove /var/lib/alphaplus/bars and go on", "restore it, or remove bars and go on"),
        (r"see C:\Users\ann\a.csv, line 7", "see a.csv, line 7"),
        ("see https://example.org/a/b", "see https://example.org/a/b"),
        ("1/2 and 3 / 4", "1/2 and 3 / 4"),
    ],
)
def test_messages_do_not_say_where_files_lie(installation, text, told):
    assert without_paths(text.format(home=installation.home)) == told


def test_no_answer_names_the_home_folder(client, filled, installation, monkeypatch):
    place = f"{installation.home}/bars/part.parquet"

    def broken():
        raise errors.StorageError(f"{place} is broken", hint=f"remove {place}", file=place, files=[place])

    monkeypatch.setattr("alphaplus.web.queries.series", broken)
    for path in ("/api/market/series", "/api/market/bars?symbol=NOPE"):
        answer = client.get(path).content.decode()
        assert str(installation.home) not in answer
        assert "/tmp" not in answer
    context = client.get("/api/market/series").json()["context"]
    assert context == {"file": "ALPHAPLUS_HOME/bars/part.parquet", "files": ["ALPHAPLUS_HOME/bars/part.parquet"]}


def test_a_failure_of_ours_says_nothing_about_its_cause(client, filled, monkeypatch, caplog):
    monkeypatch.setattr("alphaplus.web.queries.series", lambda: 1 / 0)
    answer = client.get("/api/market/series")
    assert answer.status_code == 500
    assert "division" not in answer.content.decode()
    assert answer.json()["request_id"]
    assert "division" in caplog.text


def test_every_error_of_ours_has_a_status():
    def below(kind):
        return {kind} | {deeper for one in kind.__subclasses__() for deeper in below(one)}

    kinds = {kind for kind in below(errors.AlphaPlusError) if kind.__module__ == errors.__name__}
    assert set(STATUS) <= kinds
    assert status_of(errors.GatesNotPassed("no")) == 409
    assert status_of(errors.StaleData("old")) == 422
    assert {STATUS.get(kind) for kind in kinds if kind.__name__.startswith("Unknown")} == {404}


def test_the_documentation_page_takes_nothing_from_elsewhere(client, filled):
    page = client.get("/api/docs").content.decode()
    assert "http://" not in page
    assert "https://" not in page
    schema = client.get("/api/openapi.json").json()
    assert "/api/ml/models/" in schema["paths"]


def test_the_overview_names_what_needs_a_person(filled, make):
    from alphaplus.web.queries import overview

    filled.bars.append(make.bars(symbol="ETHUSDT"))
    waiting = filled.models.add(make.version("lgb_2"), make.event("register", "lgb_2"))
    filled.models.add_evaluation(make.evaluation(waiting.number, verdict=make.reject))
    found = overview()
    assert [row["symbol"] for row in found["board"]] == ["BTCUSDT", "ETHUSDT"]
    served, unserved = found["board"]
    assert (served["model"]["label"], unserved["model"]) == ("lgb_1", None)
    assert served["decision"]["side"] == "long"
    assert len(served["spark"]) == 48
    assert {point["kind"] for point in found["attention"]} == {"rejected", "unserved"}
    assert "skill" in found["attention"][0]["text"]
    assert found["stages"][Stage.PRODUCTION] == 1
    refused, *earlier = found["timeline"]
    assert (refused["action"], refused["subject"]) == ("refuse", "lgb_2")
    assert refused["reason"] == "1 of 1 conditions do not hold"
    assert [event["action"] for event in earlier] == ["register", "promote", "register"]
    assert all(step["done"] for step in found["checklist"])


def test_an_empty_installation_shows_the_way(ports):
    from alphaplus.web.queries import overview

    found = overview()
    assert found["board"] == found["attention"] == found["timeline"] == []
    assert [step["done"] for step in found["checklist"]] == [False] * 4


def test_precision_follows_the_prices(make):
    from dataclasses import replace

    from alphaplus.web.queries.chart import precision

    bars = make.bars()
    assert precision(bars) == 2
    assert precision(replace(bars, instrument=replace(bars.instrument, tick_size=0.001))) == 3
    assert precision(replace(bars, instrument=replace(bars.instrument, tick_size=5.0))) == 0
    computed = replace(bars, table=bars.table.with_columns(pl.col("close") / 3))
    assert precision(computed) == 3, "five leading figures of a price in the tens"
    assert precision(bars.rows(0, 0)) == 2


def test_volumes_keep_their_leading_figures():
    from alphaplus.web.queries.chart import _figures

    rounded = _figures(np.array([0.0, 1_234_567.891, 0.000123456789]))
    assert rounded.tolist() == pytest.approx([0.0, 1_235_000.0, 0.0001235])
