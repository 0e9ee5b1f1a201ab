"""The audit trail shows every edit."""

import json
from dataclasses import asdict, fields, replace

import pytest

from alphaplus.core.errors import RegistryError
from alphaplus.core.records import AuditEvent
from alphaplus.registry.audit import chain, verify


def trail(length=4):
    events, previous = [], ""
    for at in range(length):
        details = {"gates": {"G1 skill": True}, "n": at, "risk": 0.25}
        event = chain(AuditEvent(at, "tester", "promote", f"v{at}", "staging", "shadow", "why", details), previous)
        events.append(event)
        previous = event.hash
    return events


def test_an_honest_trail_verifies_also_after_a_trip_through_json():
    verify(trail())
    verify([])
    verify([AuditEvent(**json.loads(json.dumps(asdict(event)))) for event in trail()])


@pytest.mark.parametrize("name", [field.name for field in fields(AuditEvent)])
def test_an_edit_of_any_field_is_found_at_its_event(name):
    events = trail()
    old = getattr(events[1], name)
    events[1] = replace(events[1], **{name: {"edited": 1} if name == "details" else 99 if name == "at" else old + "x"})
    with pytest.raises(RegistryError, match="event 2 "):
        verify(events)


def test_a_removed_or_moved_event_is_found():
    for broken in ([trail()[i] for i in (0, 2, 3)], [trail()[i] for i in (0, 2, 1, 3)], trail()[1:]):
        with pytest.raises(RegistryError, match="broken"):
            verify(broken)
