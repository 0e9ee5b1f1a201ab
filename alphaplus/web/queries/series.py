"""The stored series."""

from typing import Any

from alphaplus.core.records import Series
from alphaplus.web.queries.stores import bar_store


def series() -> list[dict[str, Any]]:
    """Every stored series: symbol, timeframe, venue, simulated, bars, first, last, missing_bars."""
    return [shape(one) for one in bar_store().series()]


def shape(one: Series) -> dict[str, Any]:
    """A series as JSON."""
    return {
        "symbol": one.instrument.symbol,
        "timeframe": one.timeframe.value,
        "venue": one.instrument.venue,
        "simulated": one.instrument.simulated,
        "bars": one.bars,
        "first": one.first,
        "last": one.last,
        "missing_bars": one.missing_bars,
    }
