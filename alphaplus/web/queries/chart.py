"""Everything a chart draws, as columns: bars, indicator lines, the model's probability, signals and the decision."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import PRICES, BarFrame, Instrument, Timeframe
from alphaplus.core.enums import Role, Stage
from alphaplus.web.models import ModelVersion, Prediction
from alphaplus.web.queries.bars import newest
from alphaplus.web.queries.decisions import latest, model_name
from alphaplus.web.queries.feeds import feed
from alphaplus.web.queries.indicators import COLUMNS, WARMUP, indicators
from alphaplus.web.queries.newest import newest_per_bar
from alphaplus.web.queries.signals import signals

PAGE, MOST = 2000, 20_000
MOST_DECIMALS = 8
SIGNIFICANT = 5  # leading figures of computed prices
VOLUME_FIGURES = 4
OSCILLATOR_DECIMALS = 2
DIRECTION = "signal_direction"


def chart(symbol: str, timeframe: str, limit: int = PAGE, before: int | None = None) -> dict[str, Any]:
    """The newest `limit` bars that opened before `before`, with all that is drawn on them.

    Raises UnknownName for a timeframe, MissingBars for a series that there is not.
    """
    step = Timeframe.parse(timeframe)
    limit = max(1, min(limit, MOST))
    read = newest(symbol, step, limit + WARMUP, before)
    first = max(0, len(read) - limit)
    bars = read.rows(first, len(read))
    lines = indicators(read)
    digits = precision(bars)
    closes = bars.close_time
    content: dict[str, Any] = {
        "symbol": symbol,
        "timeframe": step.value,
        "simulated": bars.instrument.simulated,
        "venue": bars.instrument.venue,
        "precision": digits,
        "open_time": bars.open_time.tolist(),
    }
    for name in PRICES:
        content[name] = _column(bars.column(name), digits)
    content["volume"] = _column(_figures(bars.column("volume")), MOST_DECIMALS)
    for name in COLUMNS:
        content[name] = _column(lines[name][first:], OSCILLATOR_DECIMALS if name.startswith("rsi") else digits)
    decided = latest(symbol, step.value)
    content |= {
        "probability": _probabilities(symbol, step, closes),
        "signals": _signals(symbol, step, closes, digits),
        "gaps": gaps(bars),
        "decision": decided,
        "model": (decided or {}).get("model") or serving(symbol, step.value),
        "feed": feed(symbol, step.value),
        "has_more": first > 0,
    }
    return content


def gaps(bars: BarFrame) -> list[dict[str, int]]:
    """Missing bars inside: the open time of the first one, and how many."""
    missing = bars.missing_before
    return [
        {"start": int(bars.open_time[at - 1]) + bars.timeframe.ms, "bars": int(missing[at])}
        for at in np.flatnonzero(missing > 0)
    ]


def serving(symbol: str, timeframe: str) -> dict[str, Any] | None:
    """The version in production for a series, in short."""
    rows = ModelVersion.objects.filter(stage=Stage.PRODUCTION.value, slot__timeframe=timeframe).order_by("-number")
    for number, symbols in rows.values_list("number", "slot__symbol"):
        if symbol in symbols.split("+"):
            return model_name(number)
    return None


def precision(bars: BarFrame) -> int:
    """Decimals that prices are shown with: those of the tick size, else as many as the closes have."""
    if bars.instrument.tick_size > 0:
        return _decimals_of_tick(bars.instrument)
    closes = bars.column("close")[-200:]
    if not len(closes):
        return 2
    digits = max(len(f"{close:.{MOST_DECIMALS}f}".rstrip("0").partition(".")[2]) for close in closes)
    if digits == MOST_DECIMALS:  # computed prices have no end of decimals: then the leading figures say enough
        digits = SIGNIFICANT - 1 - math.floor(math.log10(float(closes[-1])))
    return max(0, min(digits, MOST_DECIMALS))


def _decimals_of_tick(instrument: Instrument) -> int:
    text = f"{instrument.tick_size:.{MOST_DECIMALS}f}".rstrip("0")
    return len(text.partition(".")[2])


def _signals(symbol: str, timeframe: Timeframe, closes: NDArray[np.int64], digits: int) -> list[dict[str, Any]]:
    if not len(closes):
        return []
    return signals(symbol, timeframe.value, int(closes[0]), int(closes[-1]), precision=digits)


def _probabilities(symbol: str, timeframe: Timeframe, closes: NDArray[np.int64]) -> list[float | None]:
    if not len(closes):
        return []
    said = Prediction.objects.filter(
        symbol=symbol,
        timeframe=timeframe.value,
        as_of__range=(int(closes[0]), int(closes[-1])),
        role=Role.CHAMPION.value,
        target=DIRECTION,
    )
    known = dict(newest_per_bar(said).values_list("as_of", "value"))
    return [None if (value := known.get(int(at))) is None else round(value, 4) for at in closes]


def _figures(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values rounded to their leading figures: volumes differ by orders of magnitude between instruments."""
    size = np.floor(np.log10(np.abs(values), out=np.zeros_like(values), where=values != 0))
    unit = 10.0 ** (size - VOLUME_FIGURES + 1)
    return np.round(values / unit) * unit


def _column(values: NDArray[np.float64], decimals: int) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in np.round(values, decimals).tolist()]
