"""Reads the news that other processes wrote: outbox events, forming bars and feeds."""

from dataclasses import dataclass
from typing import Any

from alphaplus.web.models import Feed, FormingBar, Outbox
from alphaplus.web.queries.feeds import shape

BATCH = 1000


@dataclass(frozen=True, slots=True)
class News:
    """Something for the clients of a topic; `id` is the outbox id, None for what is replaced and not kept."""

    topic: str
    kind: str
    payload: dict[str, Any]
    at: int
    id: int | None = None


def newest_id() -> int:
    """The id of the newest event, 0 when there is none."""
    return Outbox.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def oldest_id() -> int:
    """The id of the oldest event that is still kept, 0 when there is none."""
    return Outbox.objects.order_by("pk").values_list("pk", flat=True).first() or 0


def events(after: int, *, until: int | None = None, topic: str | None = None) -> list[News]:
    """Events with after < id <= until, of one topic or all, oldest first, at most a batch."""
    rows = Outbox.objects.filter(pk__gt=after).order_by("pk")
    if until is not None:
        rows = rows.filter(pk__lte=until)
    if topic is not None:
        rows = rows.filter(topic=topic)
    return [News(row.topic, row.kind, row.payload, row.created_at, row.pk) for row in rows[:BATCH]]


def forming(revisions: dict[str, int]) -> list[News]:
    """Forming bars that were replaced since the given revisions, which are brought up to date."""
    found = []
    for row in FormingBar.objects.all():
        if revisions.get(row.topic) != row.revision:
            revisions[row.topic] = row.revision
            found.append(News(row.topic, "bar", row.payload, row.updated_at))
    return found


def feed(topic: str) -> News | None:
    """The state of a topic's feed."""
    row = Feed.objects.filter(topic=topic).first()
    return None if row is None else News(topic, "feed", shape(row), row.updated_at)
