"""The admin: one for each table, every page renders, nothing is changed by hand."""

import re

import pytest
from django.apps import apps
from django.contrib import admin as django_admin

from alphaplus.core.enums import Role, Side, Stage, Verdict
from alphaplus.web.admin import badges
from alphaplus.web.admin.shown import utc

TABLES = [table._meta.model_name for table in apps.get_app_config("alphaplus").get_models()]


@pytest.fixture
def full(filled, make, admin):
    """Every table has a row."""
    from alphaplus.core.bars import Timeframe
    from alphaplus.core.clock import FixedClock
    from alphaplus.core.enums import Origin
    from alphaplus.core.records import Alert, ImportReport, QuarantinedRow, Run
    from alphaplus.web.signin import sign_in_link

    filled.publisher.publish("BTCUSDT:1h", "feed", {"origin": "replay", "state": "running", "as_of": 1, "speed": 2.0})
    filled.publisher.forming("BTCUSDT:1h", {"close": 1.0})
    filled.ledger.record(Alert(make.now, "stale", "no bar <b>for</b> an hour"), run=Run(Origin.LIVE, "live-1"))
    refused = (QuarantinedRow("a.csv", 7, "negative price", "1,-2"),)
    report = ImportReport(("a.csv",), "header", 10, 8, 1, 0, refused, 1, (), 0, 0, 0, make.now)
    filled.journal.imported("BTCUSDT", Timeframe.H1, report)
    recipe = {"features": {"name": "lean"}, "label": {"name": "signal_direction", "horizon": 24}}
    learned = {"dataset_hash": "d" * 64, "metrics": {"dataset": {"rows": 900, "symbols": ["BTCUSDT"]}}}
    filled.journal.trained(1, {"seconds": 1.5, "folds": [{}, {}], **learned}, recipe)
    sign_in_link("http://localhost", clock=FixedClock(make.now))
    return admin


@pytest.mark.parametrize("table", TABLES)
def test_each_table_has_a_list_and_a_page_a_row(full, table):
    model = apps.get_model("alphaplus", table)
    listing = full.get(f"/admin/alphaplus/{table}/")
    assert listing.status_code == 200
    row = model._default_manager.first()
    assert row is not None, f"the test made no {table}"
    page = full.get(f"/admin/alphaplus/{table}/{row.pk}/change/")
    assert page.status_code == 200
    for text in (listing.content.decode(), page.content.decode()):
        assert not re.findall(r"(?:src|href)=[\"'](?:https?:)?//", text), "the admin asks another host"


@pytest.mark.parametrize("table", TABLES)
def test_nobody_edits_records_by_hand(full, table):
    model = apps.get_model("alphaplus", table)
    before = list(model._default_manager.values())
    pk = model._default_manager.first().pk
    assert full.get(f"/admin/alphaplus/{table}/add/").status_code == 403
    assert full.post(f"/admin/alphaplus/{table}/{pk}/change/", {}).status_code == 403
    assert full.post(f"/admin/alphaplus/{table}/{pk}/delete/", {"post": "yes"}).status_code == 403
    assert list(model._default_manager.values()) == before


def test_every_table_is_in_the_navigation(full):
    page = full.get("/admin/").content.decode()
    missing = [table for table in TABLES if f'href="/admin/alphaplus/{table}/"' not in page]
    assert missing == []
    assert 'href="/admin/auth/user/"' in page


def test_versions_show_stage_margin_and_gates_in_colour(full):
    page = full.get("/admin/alphaplus/modelversion/").content.decode()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "production" in text
    assert "0.540 (+0.030)" in text
    assert "all 1 passed" in text


def test_a_rejected_version_counts_what_failed(full, filled, make):
    version = filled.models.add(make.version("lgb_2"), make.event("register", "lgb_2"))
    filled.models.add_evaluation(make.evaluation(version.number, verdict=make.reject))
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", full.get("/admin/alphaplus/modelversion/").content.decode()))
    assert "1 of 1 failed" in text


def test_values_are_escaped(full):
    page = full.get("/admin/alphaplus/alert/").content.decode()
    assert "<b>for</b>" not in page
    assert "&lt;b&gt;for&lt;/b&gt;" in page


def test_a_link_hides_even_its_hash(full):
    from alphaplus.web.models import SignInLink

    link = SignInLink.objects.get()
    assert link.token_hash not in full.get(f"/admin/alphaplus/signinlink/{link.pk}/change/").content.decode()


def test_lists_can_be_searched_and_filtered(full):
    for query in ("?q=BTC", "?stage=production", "?q=nothing", "?o=-1"):
        assert full.get(f"/admin/alphaplus/modelversion/{query}").status_code == 200
    assert full.get("/admin/alphaplus/prediction/?role=champion&q=lgb").status_code == 200


def test_each_table_has_one_admin():
    ours = [model for model in django_admin.site._registry if model._meta.app_label == "alphaplus"]
    assert sorted(model._meta.model_name for model in ours) == sorted(TABLES)


def test_every_state_has_a_colour():
    assert set(badges.STAGES) == {stage.value for stage in Stage}
    assert set(badges.VERDICTS) == {verdict.value for verdict in Verdict}
    assert set(badges.SIDES) == set(badges.ARROWS) == {side.value for side in Side}
    assert set(badges.ROLES) == {role.value for role in Role}
    assert badges.STAGES["production"] == badges.GREEN
    assert badges.STAGES["failed"] == badges.RED


def test_a_figure_is_judged_by_its_margin():
    assert badges.margin(0.56, 0.51, low=0.52) == ("high", "0.560 (+0.050)")
    assert badges.margin(0.56, 0.51, low=0.51)[0] == "middle", "its interval reaches down to the base rate"
    assert badges.margin(0.56, 0.51, low=None)[0] == "middle", "nobody knows how sure it is"
    assert badges.margin(0.90, 0.95, low=0.85) == ("low", "0.900 (\N{MINUS SIGN}0.050)")
    assert badges.margin(None, 0.5, low=None)[0] == "unknown"
    assert badges.confidence(0.71, high=0.7)[0] == "high"


def test_times_read_in_utc():
    assert utc(1_763_596_800_000) == "2025-11-20 00:00:00 UTC"
    assert utc(0) == utc(None) == "–"
