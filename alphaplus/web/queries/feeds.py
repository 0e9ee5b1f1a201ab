"""Feeds: where the bars of a series come from now, and what "now" is while a replay runs."""

from typing import Any

from alphaplus.core.enums import Origin
from alphaplus.web.models import Feed
from alphaplus.web.models.feed import FINISHED


def topic(symbol: str, timeframe: str) -> str:
    """The topic of a series."""
    return f"{symbol}:{timeframe}"


def feed(symbol: str, timeframe: str) -> dict[str, Any] | None:
    """The feed of a series: origin, state, as_of, updated_at, speed."""
    row = Feed.objects.filter(topic=topic(symbol, timeframe)).first()
    return None if row is None else shape(row)


def shape(row: Feed) -> dict[str, Any]:
    """A feed as JSON."""
    return {
        "origin": row.origin,
        "state": row.state,
        "as_of": row.as_of,
        "updated_at": row.updated_at,
        "speed": row.speed,
    }


def known_until(symbol: str, timeframe: str) -> int | None:
    """The latest time that may be shown, ms UTC: the replay's `as_of` while one goes on, else None for no limit."""
    row = Feed.objects.filter(topic=topic(symbol, timeframe), origin=Origin.REPLAY.value).exclude(state=FINISHED)
    return row.values_list("as_of", flat=True).first()


def finish_abandoned(now: int, *, silent_ms: int = 30_000) -> int:
    """End replays whose process died: not a sign for `silent_ms`; gives their number."""
    running = Feed.objects.filter(origin=Origin.REPLAY.value, updated_at__lt=now - silent_ms).exclude(state=FINISHED)
    return running.update(state=FINISHED, updated_at=now)
