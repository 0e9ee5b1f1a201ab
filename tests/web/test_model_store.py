"""The store in tables and the one in memory keep the same promises."""

import pytest

from alphaplus.core.enums import Stage, Verdict
from alphaplus.core.errors import IllegalStageChange, RegistryError, UnknownVersion
from alphaplus.registry.audit import verify
from alphaplus.registry.memory import MemoryModelStore
from alphaplus.web.models import Outbox
from alphaplus.web.ports import OrmModelStore


@pytest.fixture(params=[MemoryModelStore, OrmModelStore])
def store(request, db):
    return request.param()


@pytest.fixture
def add(store, make):
    def put(label, **options):
        return store.add(make.version(label, **options), make.event("register", label))

    return put


def test_the_store_gives_numbers_and_either_name_finds(store, add, make):
    first, second = add("one"), add("two")
    assert first.number < second.number
    found = store.get(second.number)
    assert found == store.get(str(second.number)) == store.get("two")
    wanted = make.version("two")
    assert (found.slot, found.spec.to_json(), found.spec.hash) == (wanted.slot, wanted.spec.to_json(), wanted.spec.hash)
    assert (found.stage, found.samples, found.size_mb) == (wanted.stage, wanted.samples, wanted.size_mb)
    assert found.metrics["holdout"] == wanted.metrics["holdout"]
    with pytest.raises(UnknownVersion, match="three"):
        store.get("three")
    with pytest.raises(UnknownVersion, match="77"):
        store.get(77)


def test_a_label_is_taken_once(store, add):
    add("one")
    with pytest.raises(RegistryError, match="one"):
        add("one")
    assert len(store.find()) == len(store.audit()) == 1


def test_what_is_written_together_is_there_as_a_whole_or_not_at_all(store, add):
    def one_then_a_full_disk():
        with store.together():
            add("one")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        one_then_a_full_disk()
    assert store.find() == store.audit() == []
    with store.together():
        add("one")
        add("two")
    assert [event.subject for event in store.audit()] == ["one", "two"]
    verify(store.audit())


def test_finding_by_slot_stage_and_symbol(store, add, make):
    btc = add("btc")
    both = add("both", slot=make.slot(symbol="BTCUSDT+ETHUSDT"))
    add("sol", slot=make.slot(symbol="SOLUSDT"), stage=Stage.PRODUCTION)
    lower = add("lower", slot=make.slot(symbol="btcusdt"))
    labels = [version.label for version in store.find(symbol="BTCUSDT")]
    assert labels == ["btc", "both"]
    assert [version.label for version in store.find(symbol="ETHUSDT")] == ["both"]
    assert [version.label for version in store.find(stage=Stage.PRODUCTION)] == ["sol"]
    assert [version.label for version in store.find(slot=btc.slot)] == ["btc"]
    assert store.find(slot=both.slot, stage=Stage.CANARY) == []
    assert store.slots() == [btc.slot, both.slot, make.slot(symbol="SOLUSDT"), lower.slot]


def test_promotion_archives_the_old_champion_in_one_change(store, add, make):
    old, new = add("old"), add("new")
    store.change([(old.number, Stage.PRODUCTION)], make.event())
    store.change([(old.number, Stage.ARCHIVED), (new.number, Stage.PRODUCTION)], make.event(at=make.now + 5))
    assert [store.get(label).stage for label in ("old", "new")] == [Stage.ARCHIVED, Stage.PRODUCTION]
    assert [store.get(label).deployed_at for label in ("old", "new")] == [make.now, make.now + 5]


def test_the_order_of_a_change_does_not_matter_to_the_constraint(store, add, make):
    """One place must be free before it is taken, also where the newcomer is named first."""
    champion, canary, shadow = add("champion"), add("canary"), add("shadow")
    store.change([(champion.number, Stage.PRODUCTION), (canary.number, Stage.CANARY)], make.event())
    changes = [(shadow.number, Stage.CANARY), (canary.number, Stage.PRODUCTION), (champion.number, Stage.ARCHIVED)]
    store.change(changes, make.event())
    stages = [store.get(label).stage for label in ("champion", "canary", "shadow")]
    assert stages == [Stage.ARCHIVED, Stage.PRODUCTION, Stage.CANARY]


def test_a_second_champion_is_refused_and_nothing_changes(store, add, make):
    old, new = add("old"), add("new")
    store.change([(old.number, Stage.PRODUCTION)], make.event())
    events = len(store.audit())
    with pytest.raises(RegistryError, match="already has"):
        store.change([(new.number, Stage.PRODUCTION)], make.event())
    with pytest.raises(RegistryError, match="already has"):
        add("third", stage=Stage.PRODUCTION)
    assert store.get("new").stage is Stage.STAGING
    assert len(store.audit()) == events


def test_an_illegal_step_undoes_the_whole_change(store, add, make):
    one, two = add("one"), add("two", stage=Stage.ARCHIVED)
    with pytest.raises(IllegalStageChange):
        store.change([(one.number, Stage.SHADOW), (two.number, Stage.PRODUCTION)], make.event("promote"))
    with pytest.raises(UnknownVersion):
        store.change([(one.number, Stage.SHADOW), (99, Stage.ARCHIVED)], make.event())
    assert store.get("one").stage is Stage.STAGING
    store.change([(two.number, Stage.PRODUCTION)], make.event("rollback"))
    assert store.get("two").stage is Stage.PRODUCTION


def test_evaluations_come_back_as_they_were_written(store, add, make):
    version = add("one")
    refused, passed = (make.evaluation(version.number, verdict=v) for v in (Verdict.REJECT, Verdict.PROMOTE))
    store.add_evaluation(refused)
    store.add_evaluation(passed)
    assert store.evaluations(version.number) == [refused, passed]
    assert refused.failed_gates
    assert store.evaluations(version.number + 1) == []
    with pytest.raises(UnknownVersion):
        store.add_evaluation(make.evaluation(99))


def test_the_audit_trail_is_chained(store, add, make):
    version = add("one")
    store.change([(version.number, Stage.PRODUCTION)], make.event())
    trail = store.audit()
    assert [event.action for event in trail] == ["register", "promote"]
    assert trail[1].previous_hash == trail[0].hash
    verify(trail)


def test_a_change_tells_the_outbox_in_the_same_transaction(db, make):
    store = OrmModelStore()
    version = store.add(make.version("one"), make.event("register", "one"))
    store.change([(version.number, Stage.PRODUCTION)], make.event(subject="one"))
    with pytest.raises(IllegalStageChange):
        store.change([(version.number, Stage.CANARY)], make.event())
    told = list(Outbox.objects.filter(topic="registry").values_list("kind", "payload__subject", "payload__after"))
    assert told == [("register", "one", "production"), ("promote", "one", "production")]
