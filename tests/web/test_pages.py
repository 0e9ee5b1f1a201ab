"""The pages at /ml/ as the server writes them: empty, filled, unknown, and in which words."""

import json
import re
from dataclasses import replace
from urllib.parse import quote

import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.web.dashboard import shell
from alphaplus.web.dashboard.report import key_figures
from alphaplus.web.dashboard.sparkline import points
from alphaplus.web.templatetags import figures
from alphaplus.workflows.score_tables import headline, score_tables

PAGES = ("/ml/", "/ml/chart/", "/ml/models", "/ml/backtests", "/ml/about")


def text_of(response):
    html = re.sub(r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.parametrize("url", PAGES)
def test_an_empty_installation_says_what_to_do(client, ports, url):
    response = client.get(url)
    assert response.status_code == 200
    if url != "/ml/about":
        assert "alphaplus " in text_of(response), "the exact command stands on the page"


@pytest.mark.parametrize("url", ["/ml/", "/ml/chart/BTCUSDT/1h", "/ml/models", "/ml/models/1", "/ml/backtests/1"])
def test_a_filled_installation_shows_its_pages(client, filled, url):
    assert client.get(url).status_code == 200


def test_the_board_shows_decision_probability_and_who_serves(client, filled, make):
    text = text_of(client.get("/ml/"))
    for words in ("BTCUSDT 1h", "LONG", "0.700", "80 %", "lgb_1", "horizon 24 bars"):
        assert words in text
    assert "SIMULATED" not in text


def test_simulated_series_are_named_as_such(client, simulated):
    assert "SIMULATED" in text_of(client.get("/ml/"))
    assert "SIMULATED" in text_of(client.get("/ml/chart/SIM-M1/1h"))


def test_the_chart_opens_on_the_first_series(client, filled):
    assert client.get("/ml/chart/").headers["Location"] == "/ml/chart/BTCUSDT/1h"


@pytest.mark.parametrize("url", ["/ml/chart/NOPE/1h", "/ml/chart/BTCUSDT/5m", "/ml/chart/BTCUSDT/9x"])
def test_an_unknown_series_names_the_command_and_what_is_there(client, filled, url):
    response = client.get(url)
    assert response.status_code == 404
    assert "alphaplus data import FILE --symbol" in text_of(response)
    assert "BTCUSDT 1h" in text_of(response)


def test_a_symbol_from_the_address_is_escaped(client, ports):
    body = client.get('/ml/chart/<script>alert("x")<b>/1h').content.decode()
    assert "<script>alert" not in body
    assert "&lt;script&gt;" in body


@pytest.mark.parametrize("symbol", ["X; rm -rf ~", "$(reboot)", "`id`", "a b", "\N{CYRILLIC CAPITAL LETTER A}"])
def test_only_what_can_be_a_symbol_gets_into_a_command(client, filled, symbol):
    response = client.get(f"/ml/chart/{quote(symbol)}/1h")
    assert response.status_code == 404
    assert "--symbol SYMBOL --timeframe 1h" in text_of(response)


@pytest.mark.parametrize("number", ["99", "9" * 23, "9" * 5000, "%C2%B2", "-1"])
@pytest.mark.parametrize("kind", ["models", "backtests"])
def test_no_number_breaks_a_page(client, filled, kind, number):
    assert client.get(f"/ml/{kind}/{number}").status_code == 404


@pytest.mark.parametrize("url", ["/ml/models/99", "/ml/backtests/99"])
def test_unknown_numbers_are_not_found(client, filled, url):
    assert client.get(url).status_code == 404


def test_a_rejected_version_says_why(client, ports, make):
    version = ports.models.add(make.version(), make.event("register", before="", after="staging"))
    ports.models.add_evaluation(make.evaluation(version.number, verdict=make.reject))
    text = text_of(client.get(f"/ml/models/{version.number}"))
    assert "Not promoted" in text
    assert "log-loss better" in text
    assert "1 of 1 failed" in text_of(client.get("/ml/models"))


@pytest.mark.parametrize(
    ("notes", "shown"),
    [
        ("1 of 1 conditions do not hold: g1_skill skill", ""),
        (
            "1 of 1 conditions do not hold: g1_skill skill; lgb_0 serves but cannot be compared with: no file",
            '<p class="muted">lgb_0 serves but cannot be compared with: no file</p>',
        ),
    ],
)
def test_notes_say_only_what_the_gates_do_not(client, ports, make, notes, shown):
    version = ports.models.add(make.version(), make.event("register", before="", after="staging"))
    ports.models.add_evaluation(replace(make.evaluation(version.number, verdict=make.reject), notes=notes))
    body = client.get(f"/ml/models/{version.number}").content.decode()
    assert "g1_skill skill; " not in body
    assert body.count("1 of 1 conditions do not hold") == 1
    assert shown in body


def test_the_pooled_auc_says_how_to_read_it(client, ports, make):
    part = {
        "model": {"roc_auc": {"value": 0.464, "low": 0.44, "high": 0.49}},
        "baselines": {"base_rate": {"roc_auc": 0.47}},
    }
    metrics = {"oos": part, "holdout": part, "splits": {"name": "kfold"}}
    number = ports.models.add(replace(make.version(), metrics=metrics), make.event("register")).number
    text = text_of(client.get(f"/ml/models/{number}"))
    note = "AUC: pooled over folds whose levels differ, so even a constant forecast can be off 0.5"
    assert text.count(note) == 1, "the untouched slice is one piece"
    assert text.index("Purged k-fold, out of sample") < text.index(note) < text.index("Untouched last slice")
    assert "pooled over folds" in client.get("/ml/models").content.decode()


def test_importance_is_shown_in_its_three_kinds_the_most_moving_column_first(client, ports, make):
    number = ports.models.add(make.version(), make.event()).number
    importance = {
        "gain": {"adx_14": 0.75, "rsi_14": 0.25},
        "permutation": {"rsi_14": -0.00125},
        "shap": {"adx_14": 0.1, "rsi_14": 0.5},
    }
    ports.journal.trained(number, {"importance": importance})
    text = re.sub(r"\s+", " ", text_of(client.get(f"/ml/models/{number}")))
    assert "rsi_14 0.2500 −0.00125 0.5000 adx_14 0.7500 – 0.1000" in text


def test_a_model_from_elsewhere_says_what_is_known_of_its_training(client, ports, make):
    told = {"file": "mine.onnx", "format": "ONNX", "sha256": "c" * 64, "calibration": "platt"}
    metrics = {"imported": told | {"trained_to": 1_640_217_599_999}}  # 2021-12-22 23:59
    number = ports.models.add(replace(make.version(), metrics=metrics), make.event("register")).number
    text = re.sub(r"\s+", " ", text_of(client.get(f"/ml/models/{number}")))
    assert "Trained elsewhere until 2021-12-22 23:59 UTC" in text
    assert "File mine.onnx, ONNX" in text
    assert "Calibrated on" in text
    assert "Trained on" not in text


def test_a_volatility_model_is_ranked_by_rank_and_no_rules_stand_in_for_it(client, ports, make):
    version = make.version()
    slot = replace(version.slot, target="target_volatility", regime="bull")
    spec = replace(version.spec, label=LabelSpec("target_volatility", 24))
    part = {"model": {"rank_ic": {"value": 0.5, "low": 0.4, "high": 0.6}}, "baselines": {"base_rate": {}}}
    metrics = {"oos": part, "holdout": part}
    version = replace(version, slot=slot, spec=spec, metrics=metrics)
    number = ports.models.add(version, make.event("register")).number
    fold = {"fold": 0, "start": 0, "end": 1, "train_rows": 9, "test_rows": 3, "metrics": {"rank_ic": 0.512}}
    ports.journal.trained(number, {"folds": [fold]})
    text = re.sub(r"\s+", " ", text_of(client.get(f"/ml/models/{number}")))
    assert "regime bull" in text
    assert "Test rows Rank IC Skill" in text
    assert "9 3 0.512" in text
    listed = text_of(client.get("/ml/models"))
    assert "no version in production" in listed
    assert "rules decide alone" not in listed
    ports.models.add(make.version("lgb_2"), make.event("register"))
    assert text_of(client.get("/ml/models")).count("rules decide alone") == 1


def test_refusals_are_among_what_happened(client, filled, make):
    waiting = filled.models.add(make.version("lgb_2"), make.event("register", "lgb_2"))
    filled.models.add_evaluation(make.evaluation(waiting.number, verdict=make.reject))
    happened = text_of(client.get("/ml/")).partition("What happened")[2]
    assert "refuse lgb_2 1 of 1 conditions do not hold" in happened
    assert happened.index("refuse lgb_2") < happened.index("register lgb_2")


def test_a_decision_of_the_rules_does_not_read_like_a_refusal(client, filled, make):
    from alphaplus.web.models import Decision

    row = Decision.objects.get(as_of=make.now)
    row.reason = "ml confidence 0.27 is below 0.70"
    row.rules = {**row.rules, "probability": 0.6}
    row.save()
    assert "LONG rules decide: ml confidence 0.27 is below 0.70" in text_of(client.get("/ml/"))


@pytest.mark.parametrize(
    ("side", "ml", "rules", "reason", "read"),
    [
        ("long", 0.6, 0.7, "ml confidence 0.27 is below 0.70", "rules decide: ml confidence 0.27 is below 0.70"),
        ("short", None, 0.3, "ml abstains: no votes", "rules decide: ml abstains: no votes"),
        ("long", 0.7, None, "rules abstain: 1 vote", "ml decides: rules abstain: 1 vote"),
        ("hold", 0.6, None, "ml confidence 0.27 is below 0.70", "ml confidence 0.27 is below 0.70"),
        ("long", 0.7, 0.7, "", ""),
    ],
)
def test_a_reason_says_which_panel_decides(side, ml, rules, reason, read):
    panels = [{"panel": "ml", "probability": ml}, {"panel": "rules", "probability": rules}]
    assert figures.reading({"side": side, "reason": reason, "panels": panels}) == read


@pytest.mark.parametrize(("offset_hours", "said"), [(-10, True), (-31, False), (None, False)])
def test_bars_that_helped_to_judge_the_model_are_said(client, ports, make, offset_hours, said):
    until = None if offset_hours is None else make.now + offset_hours * make.hour
    summary = {
        "simulated": False,
        "start": make.now - 30 * make.hour,
        "end": make.now,
        "metrics": {},
        "judged_until": until,
    }
    number = ports.journal.backtested(
        symbols=["BTCUSDT"], timeframe=Timeframe.H1, version=None, summary=summary, trades=[]
    )
    text = text_of(client.get(f"/ml/backtests/{number}"))
    words = "Bars up to 2025-11-19 were part of the slice on which the model was judged"
    assert (words in text) is said


def test_a_version_shows_its_scores_beside_the_baseline(client, filled):
    text = text_of(client.get("/ml/models/1"))
    assert "Accuracy 0.540 0.500 to 0.580 0.510" in text


@pytest.mark.parametrize("url", PAGES)
def test_no_inline_script_runs_without_the_nonce_and_no_host_is_foreign(client, filled, url):
    response = client.get(url, follow=True)
    body = response.content.decode()
    nonce = re.search(r"'nonce-([^']+)'", response.headers["Content-Security-Policy"])[1]
    for attributes in re.findall(r"<script([^>]*)>", body):
        inline = "src=" not in attributes and "application/json" not in attributes
        assert not inline or f'nonce="{nonce}"' in attributes
    assert not re.search(r"\son\w+=|\sstyle=", body)
    loaded = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]+)"', body)
    assert loaded
    assert all(address.startswith("/") for address in loaded)


def test_the_import_map_names_every_module_once(client, filled):
    body = client.get("/ml/chart/BTCUSDT/1h").content.decode()
    names = json.loads(re.search(r'<script type="importmap"[^>]*>(.*?)</script>', body, re.S)[1])["imports"]
    modules = {path.relative_to(shell.MODULES).as_posix() for path in shell.MODULES.rglob("*.js")} - set(shell.SCRIPTS)
    ours = {name for name in names if name.startswith("alphaplus/")}
    assert ours == {f"alphaplus/{name.removesuffix('.js')}" for name in modules}
    for module in modules:  # a script that names a module which is not in the map would fail only in a browser
        source = (shell.MODULES / module).read_text(encoding="utf-8")
        for wanted in re.findall(r'^(?:import|\} from).*"(alphaplus/[^"]+)";', source, re.M):
            assert wanted in ours, f"{module} asks for {wanted}"


def test_without_the_chart_library_the_pages_say_so(client, filled, monkeypatch, tmp_path):
    monkeypatch.setattr(shell, "STATIC", tmp_path)
    body = client.get("/ml/chart/BTCUSDT/1h").content.decode()
    assert "alphaplus assets build" in body
    assert "lightweight-charts" not in re.search(r"<script type=.importmap.*?</script>", body, re.S)[0]
    assert '"assets": false' in body
    assert "alphaplus assets build" in client.get("/ml/backtests/1").content.decode()


def test_about_attributes_the_charts(client, ports):
    text = text_of(client.get("/ml/about"))
    assert "TradingView Lightweight Charts" in text
    assert "Apache License 2.0" in text


@pytest.mark.parametrize(
    ("filtered", "text"),
    [
        (figures.number(-1234.5, 1), "−1,234.5"),
        (figures.number(-0.001, 1), "0.0"),
        (figures.number(None), "–"),
        (figures.number(float("nan")), "–"),
        (figures.signed(0.25), "+0.25"),
        (figures.percent(0.541, 1), "54.1\u202f%"),
        (figures.signed_percent(-0.031, 1), "−3.1\u202f%"),
        (figures.in_percent(1.5), "+1.50\u202f%"),
        (figures.significant(1.3e-7), "1.3e−07"),
        (figures.significant(11980.0), "11,980"),
        (figures.significant("passed"), "passed"),
        (figures.tone(-1.0), "down"),
        (figures.duration(90_000), "90\u202fs"),
        (figures.duration(3 * 86_400_000), "3\u202fd"),
    ],
)
def test_figures_are_written_as_traders_read_them(filtered, text):
    assert filtered == text


def test_moments_name_their_zone():
    written = figures.moment(1_763_596_800_000)
    assert "2025-11-20 00:00 UTC" in written
    assert 'datetime="2025-11-20T00:00:00+00:00"' in written
    assert figures.moment(None) == figures.moment(0) == "–"


def test_few_trades_have_no_win_rate():
    rows = {
        figure.title: figure for figure in key_figures({}, {"trades": 12, "win_rate": 0.75, "break_even_rate": 0.5})
    }
    assert rows["Win rate"].value == "n too small"
    many = {figure.title: figure for figure in key_figures({}, {"trades": 412, "win_rate": 0.541})}
    assert many["Win rate"].value == "54.1\u202f%"


def test_the_best_baseline_of_a_loss_is_the_smallest():
    part = {
        "model": {"roc_auc": {"value": 0.54, "low": 0.53, "high": 0.55}},
        "baselines": {"base_rate": {"roc_auc": 0.5}, "one_lag": {"roc_auc": 0.52}},
    }
    (row,) = headline({"oos": part})
    assert row["best"] == 0.52
    assert [table["key"] for table in score_tables({"oos": part})] == ["oos"]
    assert score_tables({}) == []


def test_sparklines_fill_their_box():
    assert points([1.0]) == ""
    assert points([1.0, 2.0]) == "2.0,22.0 94.0,2.0"
    assert points([5.0, 5.0, 5.0]).count(",") == 3
