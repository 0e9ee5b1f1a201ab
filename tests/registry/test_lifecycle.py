"""Promotion, archive, failure and rollback follow methodology 9 and leave a trail."""

from types import SimpleNamespace

import pytest

from alphaplus.core.enums import Stage, Verdict
from alphaplus.core.errors import ConfigError, GatesNotPassed, IllegalStageChange
from alphaplus.registry import lifecycle
from alphaplus.registry.audit import verify


def register(desk, slot, spec):
    model = SimpleNamespace(spec=spec, sha256="s", trained_from=1, trained_to=2)
    training = SimpleNamespace(model=model, dataset_hash="d", samples=10, metrics={"oos": {}}, seconds=1.5)
    return lifecycle.register(
        desk.store,
        slot=slot,
        training=training,
        artifact="uri",
        size_bytes=2_500_000,
        created_by="command",
        clock=desk.clock,
    )


def test_register_enters_staging_with_label_number_and_trail(desk, slot_of, spec_of):
    version = register(desk, slot_of(), spec_of())
    assert version.label == "lgb_btcusdt_1h_1763596800"
    assert (version.number, version.stage, version.size_mb, version.created_by) == (1, Stage.STAGING, 2.5, "command")
    second = register(desk, slot_of(), spec_of(family="logistic"))
    third = register(desk, slot_of(), spec_of())
    assert second.label == "log_btcusdt_1h_1763596800"
    assert third.label == "lgb_btcusdt_1h_1763596801"
    universe = register(desk, slot_of(symbol="BTCUSDT+ETHUSDT"), spec_of(symbols=("BTCUSDT", "ETHUSDT")))
    assert universe.label == "lgb_btcusdt-ethusdt_1h_1763596800"
    assert [event.action for event in desk.store.audit()] == ["register"] * 4
    verify(desk.store.audit())


def test_the_first_version_of_a_slot_goes_straight_to_production(desk):
    version = lifecycle.promote(desk.store, desk.judge(desk.add()).number, **desk.who)
    assert version.stage is Stage.PRODUCTION
    assert version.deployed_at == desk.clock.at
    last = desk.store.audit()[-1]
    assert (last.before, last.after, last.details["gates"]) == ("staging", "production", {"G1 skill": True})


def test_a_refresh_replaces_the_champion_in_one_change(desk, spec_of):
    old = lifecycle.promote(desk.store, desk.judge(desk.add(spec=spec_of())).number, **desk.who)
    new = desk.judge(desk.add(spec=spec_of()))
    assert lifecycle.promote(desk.store, new.label, **desk.who).stage is Stage.PRODUCTION
    assert desk.stages() == {old.number: Stage.ARCHIVED, new.number: Stage.PRODUCTION}
    assert desk.store.audit()[-1].details["replaces"] == old.label


def test_a_challenger_leaves_staging_by_its_gates_and_no_further(desk, spec_of):
    lifecycle.promote(desk.store, desk.judge(desk.add(spec=spec_of())).number, **desk.who)
    challenger = desk.judge(desk.add(spec=spec_of(seed=1)))
    assert lifecycle.promote(desk.store, challenger.number, **desk.who).stage is Stage.SHADOW
    with pytest.raises(GatesNotPassed, match="live predictions"):
        lifecycle.promote(desk.store, challenger.number, **desk.who)


def test_a_challenger_goes_one_stage_at_a_time(desk, spec_of):
    lifecycle.promote(desk.store, desk.judge(desk.add(spec=spec_of())).number, **desk.who)
    challenger = desk.judge(desk.add(spec=spec_of(seed=1)))
    seen = [lifecycle.promote(desk.store, challenger.number, override="watched", **desk.who).stage for _ in range(3)]
    assert seen == [Stage.SHADOW, Stage.CANARY, Stage.PRODUCTION]
    assert desk.stages()[1] is Stage.ARCHIVED
    with pytest.raises(IllegalStageChange):
        lifecycle.promote(desk.store, challenger.number, **desk.who)


def test_without_gates_nothing_is_promoted(desk):
    version = desk.add()
    with pytest.raises(GatesNotPassed, match="never evaluated"):
        lifecycle.promote(desk.store, version.number, **desk.who)
    desk.judge(version, Verdict.REJECT)
    with pytest.raises(GatesNotPassed, match="G1 skill"):
        lifecycle.promote(desk.store, version.number, **desk.who)
    assert desk.stages()[1] is Stage.STAGING


def test_the_latest_evaluation_counts(desk):
    version = desk.judge(desk.judge(desk.add()), Verdict.REJECT)
    with pytest.raises(GatesNotPassed):
        lifecycle.promote(desk.store, version.number, **desk.who)


def test_a_person_may_override_with_a_reason_that_is_kept(desk):
    version = desk.judge(desk.add(), Verdict.REJECT)
    lifecycle.promote(desk.store, version.number, override="reviewed by hand", **desk.who)
    last = desk.store.audit()[-1]
    assert last.reason == last.details["override"] == "reviewed by hand"


@pytest.mark.parametrize("stage", [Stage.ARCHIVED, Stage.FAILED, Stage.STAGING])
def test_promotion_leads_forward_only(desk, stage):
    version = desk.judge(desk.add())
    with pytest.raises(IllegalStageChange):
        lifecycle.promote(desk.store, version.number, to=stage, **desk.who)
    archived = desk.judge(desk.add(stage=Stage.ARCHIVED, deployed_at=5))
    with pytest.raises(IllegalStageChange):
        lifecycle.promote(desk.store, archived.number, to=Stage.PRODUCTION, **desk.who)


def champions(desk, spec_of, count):
    """Versions promoted one after the other; the last one serves."""
    for _ in range(count):
        desk.clock.at += 1000
        lifecycle.promote(desk.store, desk.judge(desk.add(spec=spec_of())).number, **desk.who)


def test_a_rollback_brings_the_newest_whole_former_champion_back(desk, spec_of):
    champions(desk, spec_of, 3)
    never_served = desk.add(stage=Stage.ARCHIVED)
    back = lifecycle.rollback(
        desk.store, 3, cause=True, verify=lambda version: version.number != 2, reason="drift", **desk.who
    )
    assert back.number == 1
    assert desk.stages() == {
        1: Stage.PRODUCTION,
        2: Stage.ARCHIVED,
        3: Stage.FAILED,
        never_served.number: Stage.ARCHIVED,
    }
    verify(desk.store.audit())


def test_a_second_rollback_cannot_choose_the_version_that_was_rolled_back(desk, spec_of):
    champions(desk, spec_of, 2)
    lifecycle.rollback(desk.store, 2, cause=True, verify=lambda _: True, reason="drift", **desk.who)
    assert lifecycle.rollback(desk.store, 1, cause=True, verify=lambda _: True, reason="drift", **desk.who) is None
    assert desk.stages() == {1: Stage.FAILED, 2: Stage.FAILED}


def test_a_rollback_by_hand_archives(desk, spec_of):
    champions(desk, spec_of, 2)
    lifecycle.rollback(desk.store, 2, cause=False, verify=lambda _: True, reason="by hand", **desk.who)
    assert desk.stages() == {1: Stage.PRODUCTION, 2: Stage.ARCHIVED}


def test_only_production_can_be_rolled_back(desk):
    version = desk.add()
    with pytest.raises(IllegalStageChange, match="only a version in production"):
        lifecycle.rollback(desk.store, version.number, cause=True, verify=lambda _: True, reason="x", **desk.who)


def test_failed_versions_return_only_with_a_reason(desk):
    version = desk.add()
    lifecycle.fail(desk.store, version.number, reason="too good to be true", **desk.who)
    with pytest.raises(ConfigError, match="reason"):
        lifecycle.restore(desk.store, version.number, reason=" ", **desk.who)
    assert lifecycle.restore(desk.store, version.number, reason="checked", **desk.who).stage is Stage.STAGING


def test_archive_leaves_the_slot_to_the_rules(desk, spec_of):
    champions(desk, spec_of, 1)
    assert lifecycle.archive(desk.store, 1, reason="given up", **desk.who).stage is Stage.ARCHIVED
    assert desk.store.find(stage=Stage.PRODUCTION) == []
