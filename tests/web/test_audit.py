"""An edited audit trail is found out."""

import pytest
from django.db import connection

from alphaplus.core.errors import RegistryError
from alphaplus.registry.audit import verify


@pytest.fixture
def trail(ports, make):
    for label in ("one", "two", "three"):
        ports.models.add(make.version(label), make.event("register", label, before="", after="staging"))
    return ports.models.audit


def tamper(*statements):
    """Change rows behind the back of the triggers, as somebody with the file could."""
    with connection.cursor() as cursor:
        for name in ("audit_event_no_update", "audit_event_no_delete"):
            cursor.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            cursor.execute(statement)


def test_an_untouched_trail_verifies(trail):
    assert len(trail()) == 3
    verify(trail())


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("UPDATE audit_event SET actor = 'somebody else' WHERE subject = 'two'", 1),
        ("UPDATE audit_event SET details = '{\"skill\": 0.5}' WHERE subject = 'three'", 2),
        ("UPDATE audit_event SET at = at + 1 WHERE subject = 'one'", 0),
        ("DELETE FROM audit_event WHERE subject = 'two'", 1),
    ],
)
def test_an_edited_or_removed_event_is_named(trail, statement, position):
    tamper(statement)
    with pytest.raises(RegistryError, match=f"event {position + 1}") as caught:
        verify(trail())
    assert caught.value.context["position"] == position
