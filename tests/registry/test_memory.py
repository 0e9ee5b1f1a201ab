"""The store in memory keeps the promises of the protocol."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphaplus.core.enums import Stage
from alphaplus.core.errors import AlphaPlusError, IllegalStageChange, RegistryError, UnknownVersion
from alphaplus.core.records import AuditEvent
from alphaplus.registry.audit import verify
from alphaplus.registry.versions import EXCLUSIVE

NOW = 1_763_596_800_000


def event(action="promote"):
    return AuditEvent(NOW, "tester", action, "subject", "", "", "because")


def test_numbers_are_unique_and_either_name_finds(desk):
    first, second = desk.add(), desk.add()
    assert (first.number, second.number) == (1, 2)
    assert desk.store.get(2) == desk.store.get("2") == desk.store.get("lgb_2") == second
    with pytest.raises(UnknownVersion, match="lgb_9"):
        desk.store.get("lgb_9")


def test_two_in_production_are_refused_and_nothing_changes(desk):
    desk.add(stage=Stage.PRODUCTION)
    second = desk.add()
    before, trail = desk.stages(), len(desk.store.audit())
    with pytest.raises(RegistryError, match="already has version 1"):
        desk.store.change([(second.number, Stage.PRODUCTION)], event())
    assert desk.stages() == before
    assert len(desk.store.audit()) == trail


def test_a_change_is_all_or_nothing(desk):
    first, second = desk.add(), desk.add(stage=Stage.ARCHIVED)
    with pytest.raises(IllegalStageChange):
        desk.store.change([(first.number, Stage.PRODUCTION), (second.number, Stage.SHADOW)], event())
    assert desk.stages() == {1: Stage.STAGING, 2: Stage.ARCHIVED}
    with pytest.raises(UnknownVersion):
        desk.store.change([(first.number, Stage.PRODUCTION), (99, Stage.ARCHIVED)], event())
    assert desk.stages()[1] is Stage.STAGING


def test_a_taken_label_is_refused(desk):
    version = desk.add()
    with pytest.raises(RegistryError, match=version.label):
        desk.store.add(version, event("register"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(list(Stage))), max_size=30))
def test_no_sequence_of_changes_gives_a_slot_two_champions(new_desk, steps):
    desk = new_desk()
    for _ in range(4):
        desk.add()
    for number, stage in steps:
        try:
            desk.store.change([(number, stage)], event("rollback"))
        except AlphaPlusError:
            continue
        for exclusive in EXCLUSIVE:
            assert len(desk.store.find(stage=exclusive)) <= 1
    verify(desk.store.audit())


def test_threads_that_promote_at_once_leave_one_champion(desk):
    versions = [desk.add() for _ in range(20)]
    refused = []

    def promote(number):
        try:
            desk.store.change([(number, Stage.PRODUCTION)], event())
        except RegistryError as error:
            refused.append(error)

    threads = [threading.Thread(target=promote, args=(version.number,)) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(desk.store.find(stage=Stage.PRODUCTION)) == 1
    assert len(refused) == 19
    verify(desk.store.audit())
