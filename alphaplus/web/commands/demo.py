"""`alphaplus demo`: the whole way once, a compact table, then the dashboard with a live replay."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from alphaplus.core.bars import Timeframe
from alphaplus.web.commands.run import Context
from alphaplus.web.commands.run_backtest import COLUMNS, result_row
from alphaplus.web.commands.say import number, stage
from alphaplus.web.commands.screen import Cell
from alphaplus.workflows.demo import DemoRequest, Shown, demo

TABLE = ("symbol", ">bars", ">gaps", "model", ">AUC unseen", ">95 % interval", "gates", "stage")


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Run the demo; serve unless told not to."""
    request = DemoRequest(
        files=tuple(Path(file) for file in arguments.data or ()),
        symbols=tuple(arguments.symbols or ()),
        timeframe=Timeframe(arguments.timeframe),
    )
    shown = demo(request, context.ports, actor=context.actor)
    context.screen.result({"symbols": [_as_json(one) for one in shown]})
    context.screen.table("what was found", TABLE, [_row(one) for one in shown])
    context.screen.say("")
    context.screen.table("backtests after training, after costs", COLUMNS, [result_row(one.kept) for one in shown])
    context.screen.say("")
    _explain(shown, context)
    if arguments.serve:
        _serve(arguments, shown, context)
    else:
        context.screen.note("next: alphaplus serve, alphaplus models list, alphaplus run_backtest --export report")
    return 0


def _row(one: Shown) -> list[Cell | str]:
    report = one.imported.report
    auc = one.version.metrics["oos"]["model"]["roc_auc"]  # type: ignore[index]  # metrics are plain JSON
    failed = len(one.evaluation.failed_gates)
    name = one.imported.series.instrument.symbol
    return [
        Cell(f"{name} (simulated)", "warn") if one.imported.series.instrument.simulated else name,
        f"{one.imported.series.bars:,}",
        str(len(report.gaps)),
        f"{one.version.number} {one.version.family}",
        number(auc["value"]),
        f"{number(auc['low'])} to {number(auc['high'])}",
        Cell("all met", "good") if not failed else Cell(f"{failed} not met", "bad"),
        stage(one.version.stage),
    ]


def _as_json(one: Shown) -> dict[str, object]:
    return {
        "symbol": one.imported.series.instrument.symbol,
        "simulated": one.imported.series.instrument.simulated,
        "bars": one.imported.series.bars,
        "version": one.version.number,
        "stage": one.version.stage.value,
        "verdict": one.evaluation.verdict.value,
        "failed_gates": [f"{gate.gate} {gate.name}" for gate in one.evaluation.failed_gates],
        "metrics": dict(one.version.metrics),
        "backtest": one.kept.number,
        "backtest_metrics": one.kept.backtest.metrics,
    }


def _explain(shown: list[Shown], context: Context) -> None:
    for one in shown:
        name = one.imported.series.instrument.symbol
        failed = one.evaluation.failed_gates
        if not failed:
            context.screen.say(f"{name}: model {one.version.number} met every gate and serves", tone="good")
            continue
        first = failed[0]
        context.screen.say(f"{name}: nothing promoted; {first.gate} {first.name}: {first.detail}", tone="warn")
    if not any(one.evaluation.verdict.value == "promote" for one in shown):
        context.screen.say("no model deserved to serve, so the rules decide alone: a correct result, not a failure")


def _serve(arguments: argparse.Namespace, shown: list[Shown], context: Context) -> None:
    from alphaplus.web.server import serve

    host = context.settings.web.host
    port = context.settings.web.port if arguments.port is None else arguments.port
    symbols = [one.imported.series.instrument.symbol for one in shown]
    words = ["replay", "--symbols", *symbols, "--timeframe", arguments.timeframe, "--speed", str(arguments.speed)]
    home = {"ALPHAPLUS_HOME": str(context.settings.home)}
    child = subprocess.Popen(
        [sys.executable, "-m", "alphaplus", *words, "--quiet", "--home", str(context.settings.home)],
        env={**os.environ, **home},
        stdout=subprocess.DEVNULL,
    )
    context.screen.note(
        f"\nreplaying the last bars live: http://{host}:{port}/ml/chart/{symbols[0]}/{arguments.timeframe}"
    )
    try:
        serve(context.settings, host=host, port=port)
    finally:
        child.terminate()
        child.wait(timeout=10)
