"""Hit rates of patterns as tables: trades in one, zones in another, and what the numbers are."""

from datetime import timedelta
from typing import Any

import polars as pl

from alphaplus.core.bars import Timeframe
from alphaplus.evaluation.pattern_scores import ENOUGH, EVERY
from alphaplus.web.commands.say import MINUS, number, signed
from alphaplus.web.commands.screen import Cell, Screen

SPARE = (">broke",)  # goes where names would break
CLEAR = 0.05  # adjusted p-values below it are marked
TRADES = (
    *("pattern", "symbol", "regime", ">born", ">broke", ">decided", ">hit rate", ">95 %", ">break-even"),
    *(">result", ">95 %", ">p adj."),
)
ZONES = (
    *("pattern", "symbol", "regime", ">born", ">alive", ">touched", ">mitigated", ">filled", ">broken"),
    *(">bars to touch", ">bars to end"),
)
BROKE = "broke: figures that closed beyond their level, of those that wait for it no more; only these become trades"
WORDS = (
    "before costs, and of the bars on which the patterns were found: a description of them, no forecast",
    "hit rate: targets over targets and stops; break-even: what it would be if the price only wandered",
    "result: mean, in units of what was risked; p: of a mean result of 0, adjusted for all rows of the table",
    f"too few: under {ENOUGH} decided trades, which say next to nothing",
)


def show_scores(scores: pl.DataFrame, timeframe: Timeframe, screen: Screen) -> None:
    """Print the scores of patterns that became trades, then those of zones."""
    rows = scores.to_dicts()
    zones = [row for row in rows if row["touched"] is not None]
    trades = [row for row in rows if row["touched"] is None]
    if trades:
        _table("how trades ended", TRADES, [_trade(row) for row in trades], trades, screen)
        for line in WORDS if all(row["broke_out"] is None for row in trades) else (BROKE, *WORDS):
            screen.say(line, tone="quiet")
    if zones:
        _table("what became of zones", ZONES, [_zone(row, timeframe) for row in zones], zones, screen)


def _table(
    title: str,
    columns: tuple[str, ...],
    cells: list[list[Cell | str]],
    rows: list[dict[str, Any]],
    screen: Screen,
) -> None:
    """A table without the columns in which nothing is said."""
    empty = {name for name in ("symbol", "regime") if all(row[name] == EVERY for row in rows)}
    if all(row["broke_out"] is None for row in rows):
        empty.add(">broke")
    kept = [place for place, name in enumerate(columns) if name not in empty]
    shown = [columns[place] for place in kept]
    screen.table(title, shown, [[row[place] for place in kept] for row in cells], spare=SPARE)


def _names(row: dict[str, Any]) -> list[Cell | str]:
    return [row["pattern"], *(Cell(row[name], "quiet" if row[name] == EVERY else "") for name in ("symbol", "regime"))]


def _trade(row: dict[str, Any]) -> list[Cell | str]:
    few = row["too_few"]
    return [
        *_names(row),
        f"{row['born']:,}",
        _percent(row["broke_out"]),
        Cell(f"{row['decided']:,}", "quiet" if few else ""),
        Cell("no trades" if row["decided"] + row["expired"] + row["alive"] == 0 else "too few", "quiet")
        if few
        else _percent(row["hit_rate"]),
        "-" if few else _between(row["hit_low"], row["hit_high"], _percent),
        "-" if few else _percent(row["break_even"]),
        "-" if few else _mean(row),
        "-" if few else _between(row["result_low"], row["result_high"], _result),
        _clear(row["p_adjusted"]),
    ]


def _zone(row: dict[str, Any], timeframe: Timeframe) -> list[Cell | str]:
    return [
        *_names(row),
        f"{row['born']:,}",
        f"{row['alive']:,}",
        *(_percent(row[name]) for name in ("touched", "mitigated", "filled", "broken")),
        _bars(row["median_to_touch"], timeframe),
        _bars(row["median_to_end"], timeframe),
    ]


def _clear(p_value: float | None) -> Cell | str:
    if p_value is None:
        return "-"
    return Cell("< 0.001" if p_value < 0.001 else number(p_value), "warn" if p_value < CLEAR else "")


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100.0 * value:.0f} %"


def _mean(row: dict[str, Any]) -> Cell | str:
    """The mean result, coloured where it is clear from zero."""
    clear = row["p_adjusted"] is not None and row["p_adjusted"] < CLEAR
    return signed(row["result"], 2) if clear else _result(row["result"])


def _result(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}".replace("-", MINUS)  # never -0.00


def _between(low: float | None, high: float | None, said: Any) -> str:  # noqa: ANN401 - how one number is said
    return "-" if low is None or high is None else f"{said(low).removesuffix(' %')} to {said(high)}"


def _bars(duration: timedelta | None, timeframe: Timeframe) -> str:
    return "-" if duration is None else f"{duration / timedelta(milliseconds=timeframe.ms):,.0f}"
