"""The audit trail: every event carries the hash of the one before it, so that an edit shows."""

from collections.abc import Sequence
from dataclasses import asdict, replace

from alphaplus.core.errors import RegistryError
from alphaplus.core.hashing import stable_hash
from alphaplus.core.records import AuditEvent


def chain(event: AuditEvent, previous: str) -> AuditEvent:
    """Give the event its place after the event whose hash is `previous` ("" for the first)."""
    linked = replace(event, previous_hash=previous, hash="")
    return replace(linked, hash=_content_hash(linked))


def verify(events: Sequence[AuditEvent]) -> None:
    """Raise RegistryError naming the first event that does not follow from the one before it, or was edited."""
    previous = ""
    for position, event in enumerate(events):
        if event.previous_hash != previous or event.hash != _content_hash(replace(event, hash="")):
            raise RegistryError(
                f"the audit trail is broken at event {position + 1} ({event.action} {event.subject})",
                hint="the event, or one before it, was edited or removed",
                position=position,
            )
        previous = event.hash


def _content_hash(event: AuditEvent) -> str:
    content = asdict(event)
    del content["hash"]
    return stable_hash(content)
