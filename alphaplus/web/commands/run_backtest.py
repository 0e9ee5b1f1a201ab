"""`alphaplus run_backtest`: the decisions of the live pipeline on stored bars."""

import argparse
from pathlib import Path
from typing import Any

from alphaplus.web.commands.run import Context
from alphaplus.web.commands.say import number, signed, utc
from alphaplus.web.commands.screen import Cell
from alphaplus.web.commands.timerange import timerange
from alphaplus.web.dashboard.report import ENOUGH
from alphaplus.workflows.backtest import BacktestRequest, Kept, backtest

COLUMNS = (
    "symbol", "decided by", "from", "to", ">net", ">buy and hold", ">Sharpe", ">90 % interval", ">drawdown", ">trades",
    ">win rate", ">beats random",
)  # fmt: skip


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Test every symbol and show the figures beside the baselines."""
    start, end = timerange(arguments.timerange)
    request = BacktestRequest(
        symbols=tuple(arguments.symbols or ()),
        timeframe=arguments.timeframe,
        start=start,
        end=end,
        model=arguments.model_id,
        capital=arguments.capital,
        fee_bps=arguments.fee_bps,
        slippage_bps=arguments.slippage_bps,
    )
    if arguments.export is not None:
        Path(arguments.export).mkdir(parents=True, exist_ok=True)  # a folder that cannot be is said before the work
    found = backtest(request, context.ports)
    context.screen.result({"backtests": [{"number": kept.number, **kept.backtest.summary()} for kept in found]})
    context.screen.table("backtests, after costs", COLUMNS, [result_row(kept) for kept in found])
    for kept in found:
        costs = kept.backtest.costs
        context.screen.say(
            f"backtest {kept.number}: fee {costs.fee_bps:g} bp and slippage {costs.slippage_bps:g} bp a side, "
            f"fills at the next open{', simulated data' if kept.backtest.instrument.simulated else ''}"
        )
    if arguments.export is not None:
        _export(found, Path(arguments.export), context)
    web = context.settings.web
    context.screen.note(f"next: alphaplus serve, then http://{web.host}:{web.port}/ml/backtests/{found[0].number}")
    return 0


def result_row(kept: Kept) -> list[Cell | str]:
    """One backtest as a row of COLUMNS."""
    result = kept.backtest
    metrics: dict[str, Any] = result.metrics
    baselines: dict[str, Any] = result.baselines
    percentile = baselines["random_entries"]["percentile"]
    win_rate = metrics["win_rate"]
    name = result.instrument.symbol
    return [
        Cell(f"{name} (simulated)", "warn") if result.instrument.simulated else name,
        "rules only" if kept.version is None else f"model {kept.version.number} and rules",
        utc(int(result.bars.open_time[0]))[:10],
        utc(int(result.times[-1]))[:10],
        signed(100 * metrics["total_return"], unit=" %"),
        signed(100 * baselines["buy_and_hold"]["total_return"], unit=" %"),
        number(metrics["sharpe"], 2),
        f"{number(metrics['sharpe_low'], 2)} to {number(metrics['sharpe_high'], 2)}",
        signed(100 * metrics["max_drawdown"], unit=" %"),
        f"{metrics['trades']:,}",
        "n too small" if win_rate is None or metrics["trades"] < ENOUGH else f"{100 * win_rate:.1f} %",
        "-" if percentile is None else f"{percentile:.0f} % of 500",
    ]


def _export(found: list[Kept], folder: Path, context: Context) -> None:
    for kept in found:
        place = folder if len(found) == 1 else folder / kept.backtest.instrument.symbol.replace("/", "-")
        place.mkdir(parents=True, exist_ok=True)
        kept.backtest.to_html(place / "report.html")
        (place / "report.json").write_text(kept.backtest.to_json(), encoding="utf-8")
        kept.backtest.to_csv(place / "trades.csv")
        context.screen.say(f"wrote report.html, report.json and trades.csv to {place}")
