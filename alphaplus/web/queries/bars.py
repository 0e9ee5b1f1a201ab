"""Bars of a series, a page at a time, never later than a running replay has come."""

from typing import Any

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.web.queries.feeds import known_until
from alphaplus.web.queries.stores import bar_store

PAGE, MOST = 500, 1000
COLUMNS = ("open_time", "open", "high", "low", "close", "volume")


def bars(symbol: str, timeframe: str, limit: int = PAGE, before: int | None = None) -> dict[str, Any]:
    """The newest `limit` bars that opened before `before`, oldest first; `next` is the `before` of older ones.

    Raises UnknownName for a timeframe, MissingBars for a series that there is not.
    """
    limit = max(1, min(limit, MOST))
    frame = newest(symbol, Timeframe.parse(timeframe), limit + 1, before)
    shown = frame.rows(max(0, len(frame) - limit), len(frame))
    older = int(shown.open_time[0]) if len(frame) > limit else None
    return {"bars": shown.table.select(COLUMNS).to_dicts(), "next": older}


def newest(symbol: str, timeframe: Timeframe, count: int, before: int | None = None) -> BarFrame:
    """The newest `count` bars that opened before `before` and that a running replay has shown already."""
    store = bar_store()
    limit = known_until(symbol, timeframe.value)
    ends = [end for end in (before, None if limit is None else limit - timeframe.ms + 1) if end is not None]
    if not ends:
        return store.last(symbol, timeframe, count)
    span = store.span(symbol, timeframe)
    if span is None:
        return store.last(symbol, timeframe, count)  # which says that there are none
    end = min([*ends, span[1] + 1])
    # Bars are on a grid, so `count` of them span at least this much; gaps make it more.
    reach = count * timeframe.ms
    while True:
        frame = store.read(symbol, timeframe, end - reach, end)
        if len(frame) >= count or end - reach <= span[0]:
            return frame.rows(max(0, len(frame) - count), len(frame))
        reach *= 2
