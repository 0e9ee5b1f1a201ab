"""Everything once: candles to files, files to the store, a model each, its gates, a backtest each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alphaplus.core.bars import SIMULATED_VENUE, Timeframe
from alphaplus.core.errors import ConfigError
from alphaplus.core.records import Evaluation
from alphaplus.market.sources.simulated import simulate
from alphaplus.market.symbols import symbol_from_filename
from alphaplus.market.write import write_csv
from alphaplus.registry.versions import ModelVersion
from alphaplus.workflows.backtest import BacktestRequest, Kept, backtest
from alphaplus.workflows.base import Ports, Request
from alphaplus.workflows.collect import Imported, ImportRequest, import_files
from alphaplus.workflows.evaluate import EvaluateRequest
from alphaplus.workflows.promote import evaluate_and_promote
from alphaplus.workflows.train import TrainRequest, train

MARKETS = ("M1", "N0")
SIMULATED_BARS = 20_000
SIMULATED_FEE_BPS = 2.0
SIMULATED_HORIZON = 1  # M1's edge is in the next bar
TRAINING_DAYS = 730


class DemoRequest(Request):
    """Real candle files with their symbols, or none for the simulated markets."""

    files: tuple[Path, ...] = ()
    symbols: tuple[str, ...] = ()
    timeframe: Timeframe = Timeframe.H1


@dataclass(frozen=True, slots=True)
class Shown:
    """What became of one symbol on its way through the house."""

    imported: Imported
    version: ModelVersion
    evaluation: Evaluation
    kept: Kept


def demo(request: DemoRequest, ports: Ports, *, actor: str) -> list[Shown]:
    """Take every symbol from its file to a judged model and a backtest.

    Simulated markets are one with a planted edge (M1) and one without (N0); they are written as files first and marked
    as simulated from there on. Raises ConfigError when files and symbols do not match.
    """
    files = _named(request) if request.files else _simulated(request.timeframe, ports)
    simulated = not request.files
    return [_one(symbol, file, request.timeframe, ports, simulated=simulated, actor=actor) for symbol, file in files]


def _named(request: DemoRequest) -> list[tuple[str, Path]]:
    symbols: Sequence[str | None] = request.symbols or [symbol_from_filename(file) for file in request.files]
    if len(symbols) != len(request.files):
        raise ConfigError(
            f"{len(request.files)} files, but {len(symbols)} symbols", hint="name one symbol for each file, in order"
        )
    named = [(symbol, file) for symbol, file in zip(symbols, request.files, strict=True) if symbol is not None]
    if len(named) < len(request.files):
        unnamed = [str(file) for symbol, file in zip(symbols, request.files, strict=True) if symbol is None]
        raise ConfigError(f"the symbol of {unnamed[0]} is not in its name", hint="say it: SYMBOLS=BTCUSDT")
    return named


def _simulated(timeframe: Timeframe, ports: Ports) -> list[tuple[str, Path]]:
    folder = ports.settings.home / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    ports.progress.stage("simulating markets", len(MARKETS))
    written = []
    for done, market in enumerate(MARKETS, start=1):
        bars = simulate(market, bars=SIMULATED_BARS, seed=1, timeframe=timeframe)
        path = folder / f"{bars.instrument.symbol}-{timeframe}.csv.gz"
        write_csv(bars, path)
        written.append((bars.instrument.symbol, path))
        ports.progress.advance(done)
    return written


def _one(symbol: str, file: Path, timeframe: Timeframe, ports: Ports, *, simulated: bool, actor: str) -> Shown:
    ports.progress.stage(f"importing {symbol}")
    source = {"venue": SIMULATED_VENUE, "fee_bps": SIMULATED_FEE_BPS} if simulated else {}
    request = ImportRequest(files=(file,), symbol=symbol, timeframe=timeframe, **source)
    imported = import_files(request, ports.bars, now=ports.clock.now())[0]
    ports.journal.imported(symbol, timeframe, imported.report)
    task = {"horizon": SIMULATED_HORIZON, "threshold": 0.0} if simulated else {}
    spec = TrainRequest(symbols=(symbol,), timeframe=timeframe, training_days=TRAINING_DAYS, created_by="demo", **task)
    version, _ = train(spec, ports)
    outcome = evaluate_and_promote(EvaluateRequest(candidate=str(version.number)), ports, actor=actor)
    kept = backtest(BacktestRequest(symbols=(symbol,), timeframe=timeframe, start=version.trained_to + 1), ports)[0]
    return Shown(imported, outcome.version, outcome.evaluation, kept)
