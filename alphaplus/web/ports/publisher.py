"""News for screens in tables: events that nobody may miss in `outbox`, forming bars in one replaced row each."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F

from alphaplus.core.bars import Timeframe
from alphaplus.core.clock import Clock
from alphaplus.web import models as tables
from alphaplus.web.plain import plain

BAR, FEED = "bar", "feed"
KEPT_EVENTS = 20_000  # events older than these are dropped; a browser that missed more loads its page anew
SWEEP_EVERY = 1000


class OrmPublisher:
    """Keeps what `storage.base.Publisher` asks for, and the state of each feed beside it."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    def publish(self, topic: str, kind: str, payload: Mapping[str, object]) -> None:
        """Write an event; one of kind `feed` also replaces the feed's row, a closed bar moves its `as_of` on."""
        now = self._clock.now()
        content = plain(payload) | ({"updated_at": now} if kind == FEED else {})
        with transaction.atomic():
            event = tables.Outbox.objects.create(topic=topic, kind=kind, payload=content, created_at=now)
            if kind == FEED:
                _replace_feed(topic, content)
            elif kind == BAR:
                _advance_feed(topic, payload, now)
            if event.pk % SWEEP_EVERY == 0:
                tables.Outbox.objects.filter(pk__lte=event.pk - KEPT_EVENTS).delete()

    def forming(self, topic: str, payload: Mapping[str, object]) -> None:
        """Replace the forming bar of a topic."""
        now = self._clock.now()
        with transaction.atomic():
            row = tables.FormingBar.objects.filter(topic=topic)
            if not row.update(payload=plain(payload), updated_at=now, revision=F("revision") + 1):
                tables.FormingBar.objects.create(topic=topic, payload=plain(payload), updated_at=now)


def _replace_feed(topic: str, content: Mapping[str, Any]) -> None:
    columns = {name: content.get(name) for name in ("origin", "state", "as_of", "speed", "updated_at")}
    tables.Feed.objects.update_or_create(topic=topic, defaults=columns)


def _advance_feed(topic: str, payload: Mapping[str, object], now: int) -> None:
    timeframe = Timeframe(topic.rpartition(":")[2])
    closed_at = int(str(payload["open_time"])) + timeframe.ms
    tables.Feed.objects.filter(topic=topic).update(as_of=closed_at, updated_at=now)
