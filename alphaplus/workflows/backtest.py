"""Backtest the decisions of the live pipeline on stored bars, and keep what came out."""

from dataclasses import dataclass

from pydantic import Field

from alphaplus.core.bars import BarFrame, Timeframe
from alphaplus.core.config import Settings
from alphaplus.core.enums import Origin, Task
from alphaplus.core.errors import ConfigError, MissingBars
from alphaplus.core.records import Run
from alphaplus.inference.predictor import Predictor
from alphaplus.registry.routing import by_slot
from alphaplus.registry.versions import ModelVersion
from alphaplus.trading.backtest import run_backtest
from alphaplus.trading.pipeline import Pipeline
from alphaplus.trading.result import Backtest
from alphaplus.trading.serving import ServiceSource, pinned, registered
from alphaplus.workflows.base import Ports, Request
from alphaplus.workflows.series import symbols_for


class BacktestRequest(Request):
    """What to test, over which range (ms UTC, half open), at which costs."""

    symbols: tuple[str, ...] = ()
    timeframe: Timeframe = Timeframe.H1
    start: int | None = None
    end: int | None = None
    model: str | None = None
    capital: float | None = Field(None, gt=0, allow_inf_nan=False)
    fee_bps: float | None = Field(None, ge=0, allow_inf_nan=False)
    slippage_bps: float | None = Field(None, ge=0, allow_inf_nan=False)
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """A finished backtest and the number under which it is kept; `version` spoke in it, None when only rules did."""

    number: int
    backtest: Backtest
    version: ModelVersion | None


def backtest(request: BacktestRequest, ports: Ports) -> list[Kept]:
    """Test every symbol asked for, each on its own account.

    Without a start the test begins where the model's knowledge ends, so that no model is scored on what it learned
    from; where no model serves, the rules are tested on the whole series. Raises MissingBars when nothing is stored,
    ConfigError for a model that gives no probability of up.
    """
    symbols = symbols_for(request.symbols, request.timeframe, ports)
    return [_one(symbol, request, ports) for symbol in symbols]


def _one(symbol: str, request: BacktestRequest, ports: Ports) -> Kept:
    settings = _with_costs(ports.settings, request)
    versions, services = _services(symbol, request, ports)
    version = versions[-1] if versions else None
    bars = ports.bars.read(symbol, request.timeframe, end=request.end)
    pipeline = pipeline_for(bars, services, ports, settings=settings)
    start = request.start
    if start is None and versions:
        latest = max(versions, key=lambda one: one.trained_to)
        start = latest.trained_to + 1
        _require_bars_after(bars, latest)
    ports.progress.stage(f"backtest {symbol}", len(bars))
    result = run_backtest(
        bars,
        pipeline,
        start=start,
        seed=request.seed,
        judged_until=max((until for one in versions if (until := _judged_until(one, ports)) is not None), default=None),
        progress=lambda done, _: ports.progress.advance(done),
    )
    number = ports.journal.backtested(
        symbols=[symbol],
        timeframe=request.timeframe,
        version=None if version is None else version.number,
        summary=result.summary(),
        trades=result.trades,
    )
    run = Run(Origin.BACKTEST, f"backtest-{number}")
    ports.ledger.record(*result.predictions, *result.decisions, *result.signals, run=run)
    return Kept(number, result, version)


def pipeline_for(
    bars: BarFrame, services: ServiceSource, ports: Ports, *, settings: Settings, explain: bool = False
) -> Pipeline:
    """The pipeline of one series, with the versions of the registry and their artefacts behind it."""
    return Pipeline(
        bars.instrument,
        bars.timeframe,
        settings=settings,
        predictor=Predictor(ports.artifacts),
        services=services,
        explain=explain,
        cache_folder=settings.cache_folder,
    )


def _judged_until(version: ModelVersion, ports: Ports) -> int | None:
    """The end of the untouched slice on which the version was judged; None when it never was."""
    evaluations = ports.models.evaluations(version.number)
    return evaluations[-1].window_end if evaluations else None


def _services(symbol: str, request: BacktestRequest, ports: Ports) -> tuple[list[ModelVersion], ServiceSource]:
    """The present champion of every slot that is asked, that for all regimes last, and those before them."""
    if request.model is not None:
        version = ports.models.get(request.model)
        _require_side(version)
        return [version], pinned(version)
    services = registered(ports.models, symbol, request.timeframe)
    return [timeline[-1].version for timeline in by_slot(services())], services


def _require_side(version: ModelVersion) -> None:
    """Refuse a version that gives no probability of up: read as one, a volatility or an event would trade nonsense."""
    label = version.spec.label
    if not label.directional or label.task is Task.REGRESSION:
        raise ConfigError(
            f"{version.label} answers {label.name}, which is no probability of up: decisions cannot rest on it alone",
            hint="name a model of signal_direction, or leave out --model-id",
        )


def _with_costs(settings: Settings, request: BacktestRequest) -> Settings:
    asked = {"capital": request.capital, "fee_bps": request.fee_bps, "slippage_bps": request.slippage_bps}
    changes = {name: value for name, value in asked.items() if value is not None}
    return settings.model_copy(update={"trading": settings.trading.model_copy(update=changes)})


def _require_bars_after(bars: BarFrame, version: ModelVersion) -> None:
    if len(bars) == 0 or int(bars.close_time[-1]) <= version.trained_to:
        raise MissingBars(
            f"there are no {bars.timeframe} bars of {bars.instrument.symbol} after what {version.label} learned from",
            hint="import newer bars, or name an older version with --model-id",
        )
