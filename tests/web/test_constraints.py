"""What the database itself refuses, whoever writes."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from alphaplus.core.enums import Stage
from alphaplus.web.models import AuditEvent, Feed, ModelVersion, Slot


@pytest.fixture
def two(ports, make):
    """Two versions of one slot in staging."""
    return [ports.models.add(make.version(label), make.event("register", label)).number for label in ("one", "two")]


@pytest.mark.parametrize("stage", [Stage.PRODUCTION, Stage.CANARY])
def test_a_slot_holds_one_production_and_one_canary_version(two, stage):
    rows = ModelVersion.objects.filter(number__in=two)
    assert rows.filter(number=two[0]).update(stage=stage.value) == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.filter(number=two[1]).update(stage=stage.value)
    assert ModelVersion.objects.filter(stage=stage.value).count() == 1


def test_other_stages_and_other_slots_are_not_limited(two, ports, make):
    ModelVersion.objects.filter(number__in=two).update(stage=Stage.ARCHIVED.value)
    ModelVersion.objects.filter(number=two[0]).update(stage=Stage.PRODUCTION.value)
    other = make.version("three", slot=make.slot(symbol="ETHUSDT"), stage=Stage.PRODUCTION)
    ports.models.add(other, make.event("register", "three"))
    assert ModelVersion.objects.filter(stage=Stage.PRODUCTION.value).count() == 2


def test_a_stage_that_does_not_exist_is_refused(two):
    with pytest.raises(IntegrityError, match="model_version_stage_known"), transaction.atomic():
        ModelVersion.objects.filter(number=two[0]).update(stage="live")


def test_a_slot_exists_once(two):
    known = Slot.objects.values("name", "symbol", "timeframe", "regime", "target", "horizon").get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Slot.objects.create(**known)


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET actor = 'nobody'", "DELETE FROM audit_event"])
def test_the_audit_trail_can_only_grow(two, statement):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEvent.objects.filter(actor="tester").count() == 2


def test_the_audit_trail_cannot_fork(two):
    first, second = AuditEvent.objects.order_by("pk")
    assert second.previous_hash == first.hash
    second.pk, second.hash = None, "0" * 64
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save(force_insert=True)


def test_a_feed_has_a_known_state(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        Feed.objects.create(topic="BTCUSDT:1h", origin="replay", state="walking", as_of=0, updated_at=0)


def test_table_names_are_plain(db):
    from django.apps import apps

    names = {table._meta.db_table for table in apps.get_app_config("alphaplus").get_models()}
    assert names == {
        "alert", "audit_event", "backtest_run", "data_import", "dataset", "decision", "evaluation", "feed",
        "forming_bar", "model_version", "outbox", "prediction", "quarantined_row", "sign_in_link", "signal", "slot",
        "trade", "training_session",
    }  # fmt: skip
