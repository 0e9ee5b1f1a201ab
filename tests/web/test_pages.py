"""The pages at /ml/ as the server writes them: empty, filled, unknown, and in which words."""

import json
import re

import pytest

from alphaplus.web.dashboard import shell
from alphaplus.web.dashboard.report import key_figures
from alphaplus.web.dashboard.scores import headline, score_tables
from alphaplus.web.dashboard.sparkline import points
from alphaplus.web.templatetags import figures

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
        "baselines": {"base_rate": {"roc_auc": 0.5}, "lag_logistic": {"roc_auc": 0.52}},
    }
    (row,) = headline({"oos": part})
    assert row["best"] == 0.52
    assert [table["key"] for table in score_tables({"oos": part})] == ["oos"]
    assert score_tables({}) == []


def test_sparklines_fill_their_box():
    assert points([1.0]) == ""
    assert points([1.0, 2.0]) == "2.0,22.0 94.0,2.0"
    assert points([5.0, 5.0, 5.0]).count(",") == 3
