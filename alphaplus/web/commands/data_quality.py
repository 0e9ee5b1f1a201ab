"""`alphaplus data quality`: the score of every stored series."""

import argparse

from alphaplus.core.bars import Timeframe
from alphaplus.market.score import WEIGHTS, DataQuality
from alphaplus.web.commands.run import Context
from alphaplus.web.commands.screen import Cell
from alphaplus.workflows.quality import QualityRequest, judge_series

GOOD, FAIR = 0.9, 0.6  # from where on a score is shown green, and yellow


def quality(arguments: argparse.Namespace, context: Context) -> int:
    """Print the scores, and the reason of every component that is not good."""
    request = QualityRequest(
        symbols=tuple(arguments.symbols or ()),
        timeframe=None if arguments.timeframe is None else Timeframe(arguments.timeframe),
        window_days=arguments.window_days,
    )
    judged = judge_series(request, context.ports)
    context.screen.result({"weights": dict(WEIGHTS), "quality": [_as_json(one) for one in judged]})
    columns = ("symbol", "timeframe", ">score", *(f">{name}" for name in WEIGHTS))
    context.screen.table("data quality, 0 to 1", columns, [_row(one) for one in judged])
    for one in judged:
        for name, part in one.components.items():
            if part.value < GOOD:
                context.screen.say(f"{one.symbol} {one.timeframe} {name} {part.value:.2f}: {part.reason}")
    return 0


def _as_json(one: DataQuality) -> dict[str, object]:
    return {
        "symbol": one.symbol,
        "timeframe": str(one.timeframe),
        "as_of": one.as_of,
        "bars": one.bars,
        "total": one.total,
        **{name: {"value": part.value, "reason": part.reason} for name, part in one.components.items()},
    }


def _row(one: DataQuality) -> list[Cell | str]:
    values = [part.value for part in one.components.values()]
    return [one.symbol, str(one.timeframe), _score(one.total), *map(_score, values)]


def _score(value: float) -> Cell:
    return Cell(f"{value:.3f}", "good" if value >= GOOD else "warn" if value >= FAIR else "bad")
