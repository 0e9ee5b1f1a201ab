"""Judge a candidate by the gates: its unseen predictions, what trading them would have earned, and its artefact."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.core.enums import Side, Stage, Task, Verdict
from alphaplus.core.errors import ArtifactCorrupt, InferenceError, StorageError, UnknownVersion
from alphaplus.core.normal import normal_cdf
from alphaplus.core.records import Evaluation, GateResult
from alphaplus.datasets.pattern_events import PATTERN_SUCCESS
from alphaplus.datasets.regimes import ALL, check_regime
from alphaplus.datasets.weights import effective_samples
from alphaplus.evaluation.evidence import UNTOUCHED, Evidence
from alphaplus.evaluation.gating import judge, risk_score, verdict
from alphaplus.features.compute import compute_features
from alphaplus.features.leaks import poison_faults, prefix_faults
from alphaplus.features.sets import FeatureSet
from alphaplus.features.trial import Trial
from alphaplus.market.symbols import check_symbol
from alphaplus.models.artifact import load_model
from alphaplus.models.model import Model
from alphaplus.models.outofsample import OutOfSample
from alphaplus.models.pattern_success import said_of_rows
from alphaplus.models.training import read_report, read_rows
from alphaplus.registry.trials import count_trials, overfitting, tried_first
from alphaplus.registry.versions import ModelVersion
from alphaplus.trading.backtest import backtest_positions, fill
from alphaplus.trading.baselines import SHIFTS, random_sharpes
from alphaplus.trading.costs import Costs
from alphaplus.trading.observation import model_columns
from alphaplus.trading.positions import model_positions, moves, on_bars
from alphaplus.trading.result import Backtest
from alphaplus.workflows.base import Ports, Request

LEAK_CHECK_BARS = 1_500
LEAK_CHECK_CUTS = 12
"""A sample of the proof that the test suite makes in full for every feature."""

Floats = NDArray[np.float64]


class EvaluateRequest(Request):
    """Which candidate to judge: a number or label, else the newest in staging of the slots named.

    `symbols`: only slots that cover all of them; none means any.
    """

    model_name: str = "technical_ml"
    regime: str = ALL
    symbols: tuple[str, ...] = ()
    candidate: str | None = None


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the artefact store holds of a version."""

    model: Model
    rows: OutOfSample
    parity_error: float | None
    forward: bool


def candidate_of(request: EvaluateRequest, ports: Ports) -> ModelVersion:
    """Find the version to judge; raises UnknownVersion saying what there is."""
    if request.candidate is not None:
        return ports.models.get(request.candidate)
    regime, symbols = check_regime(request.regime), {check_symbol(symbol) for symbol in request.symbols}
    waiting = [
        version
        for version in ports.models.find(stage=Stage.STAGING)
        if version.slot.name == request.model_name
        and version.slot.regime == regime
        and symbols <= set(version.slot.symbols)
    ]
    if not waiting:
        of = f" of {', '.join(sorted(symbols))}" if symbols else ""
        of += f" for {regime} markets" if regime != ALL else ""
        raise UnknownVersion(
            f"no version of {request.model_name}{of} waits in staging",
            hint="train one: alphaplus train_ml_model; or name one: --candidate NUMBER",
        )
    return waiting[-1]


def evaluate(version: ModelVersion, ports: Ports) -> Evaluation:
    """Judge one version and give the evaluation; nothing is stored and no stage changes."""
    began = perf_counter()
    ports.progress.stage("judging by the gates")
    try:
        stored = _load(version, ports)
    except ArtifactCorrupt as error:
        return _broken(version, error, ports, seconds=perf_counter() - began)
    # rows name their symbol by its position in the spec, which is the dataset's order
    series = [ports.bars.read(symbol, version.slot.timeframe) for symbol in stored.model.spec.symbols]
    trades = _trades(series, stored, ports)
    rival = _rival(version, stored.rows, series=series, ports=ports)
    evidence = _evidence(version, stored, series=series, trades=trades, rival=rival, ports=ports)
    gates = judge(evidence, ports.settings.gates)
    untouched = stored.rows.rows(stored.rows.fold == UNTOUCHED)
    return Evaluation(
        candidate=version.number,
        champion=rival.number,
        window_start=int(untouched.as_of[0]),
        window_end=int(untouched.as_of[-1]),
        metrics={**_metrics(version), "trading": _trading_metrics(evidence, trades)},
        gates=gates,
        verdict=verdict(gates),
        risk_score=risk_score(gates),
        notes="; ".join(filter(None, [_notes(gates), rival.remark])),
        samples=len(stored.rows),
        seconds=perf_counter() - began,
        created_at=ports.clock.now(),
    )


def _load(version: ModelVersion, ports: Ports) -> _Stored:
    folder = ports.artifacts.open(version.artifact_uri)
    model = load_model(folder, expected=version.sha256)
    metrics = read_report(folder)["metrics"]
    forward = bool(metrics["splits"].get("forward", False))  # what does not say so has not shown it
    return _Stored(model, read_rows(folder), metrics["parity"]["max_error"], forward)


def _trades(series: Sequence[BarFrame], stored: _Stored, ports: Ports) -> list[Backtest]:
    """Trade the model's own unseen predictions of every symbol that has some; none of a label that takes no side."""
    if not stored.model.spec.label.directional:
        return []
    by_symbol = [stored.rows.rows(stored.rows.instrument_id == position) for position in range(len(series))]
    return [_trade(bars, own, stored, ports) for bars, own in zip(series, by_symbol, strict=True) if len(own)]


def _trade(bars: BarFrame, own: OutOfSample, stored: _Stored, ports: Ports) -> Backtest:
    """Trade unseen predictions of one symbol, from the first of them on."""
    predicted = own.predicted
    if stored.model.task is Task.REGRESSION:
        predicted = normal_cdf(predicted / stored.model.spread)
    costs = Costs.of(bars.instrument, ports.settings.trading)
    move = moves(bars, horizon=stored.model.horizon, cache_folder=ports.settings.cache_folder)
    positions = model_positions(
        on_bars(bars, own.as_of, predicted),
        move,
        as_of=bars.close_time,
        timeframe=bars.timeframe,
        round_trip_cost=costs.round_trip,
        horizon=stored.model.horizon,
    )
    first, last = np.searchsorted(bars.close_time, (own.as_of[0], own.span_end[-1]))
    window = slice(int(first), int(last) + 1)
    return backtest_positions(
        bars.rows(window.start, window.stop),
        positions[window],
        fee_bps=costs.fee_bps,
        slippage_bps=costs.slippage_bps,
        capital=ports.settings.trading.capital,
        seed=stored.model.spec.seed,
    )


def _evidence(
    version: ModelVersion,
    stored: _Stored,
    *,
    series: Sequence[BarFrame],
    trades: Sequence[Backtest],
    rival: "_Rival",
    ports: Ports,
) -> Evidence:
    rows, spec = stored.rows, stored.model.spec
    features = spec.features
    features_ok = features.hash == version.featureset_hash
    return Evidence(
        task=stored.model.task,
        directional=spec.label.directional,
        timeframe=spec.timeframe,
        horizon=stored.model.horizon,
        simulated=all(bars.instrument.simulated for bars in series),
        as_of=rows.as_of,
        predicted=rows.predicted,
        actual=rows.actual,
        fold=rows.fold,
        base_rate=rows.base_rate,
        persistence=rows.persistence,
        one_lag=rows.one_lag,
        n_eff=effective_samples(rows.as_of, rows.span_end, instrument_id=rows.instrument_id),
        returns=_together(trades),
        gross_returns=_together([trade.at_costs(0.0) for trade in trades]),
        double_cost_returns=_together([trade.at_costs(2.0) for trade in trades]),
        random_sharpes=_random_sharpes(trades),
        trades=sum(len(trade.trades) for trade in trades),
        parity_error=stored.parity_error,
        artifact_ok=True,
        features_ok=features_ok,
        forward=stored.forward,
        leakage_ok=_leak_free(features, series[0], ports) if features_ok else None,
        trials=count_trials(ports.models, ports.trials, version.slot),
        pbo=overfitting(ports.trials.of_slot(version.slot), version.spec.hash),
        chosen=not tried_first(ports.models, ports.trials, version.slot, version.spec.hash),
        champion=rival.says,
        seed=spec.seed,
    )


def _together(trades: Sequence[Backtest]) -> Floats:
    """Returns of equal shares in every symbol, by time; a symbol without a bar at some time earned nothing then."""
    if len(trades) == 1:
        return trades[0].returns
    if not trades:
        return np.empty(0)
    times = np.unique(np.concatenate([trade.times for trade in trades]))
    total = np.zeros(len(times))
    for trade in trades:
        total[np.searchsorted(times, trade.times)] += trade.returns
    return total / len(trades)


def _random_sharpes(trades: Sequence[Backtest]) -> Floats:
    """Sharpe ratios of shifted copies of the positions: of one symbol, or of all together, shifted alike."""
    if len(trades) == 1:
        return random_sharpes(trades[0])
    if not trades:
        return np.empty(0)
    rng = np.random.default_rng(trades[0].seed)
    per_year = trades[0].timeframe.per_year
    found = np.empty(SHIFTS)
    for draw, share in enumerate(rng.uniform(0.0, 1.0, SHIFTS)):
        returns = _together([_shifted(trade, share) for trade in trades])
        spread = returns.std(ddof=1)
        found[draw] = returns.mean() / spread * np.sqrt(per_year) if spread > 0 else np.nan
    return found


def _shifted(trade: Backtest, share: float) -> Backtest:
    """The same orders begun later by a share of the range, what falls off the end first: its equity and returns.

    Its trades are not told one by one: those of five hundred copies would take longer than all the rest of the judging.
    """
    orders = np.roll(trade.orders, 1 + int(share * (len(trade.orders) - 1)), axis=0)
    filled = fill(trade.bars, orders, costs=trade.costs, capital=trade.capital)
    return replace(trade, orders=orders, equity=filled.equity, positions=filled.position, trades=())


def _leak_free(features: FeatureSet, bars: BarFrame, ports: Ports) -> bool:
    """Whether no column of the set changes when the future is cut off or poisoned, on a sample of bars."""
    sample = bars.rows(0, min(len(bars), LEAK_CHECK_BARS))
    trial = Trial.begin(features, sample, cache_folder=ports.settings.cache_folder)
    rng = np.random.default_rng(0)
    cut_off = prefix_faults(trial.compute, trial.rows, features.columns, rng, cuts=LEAK_CHECK_CUTS)
    poisoned = poison_faults(trial.compute, trial.rows, features.columns, rng, cuts=LEAK_CHECK_CUTS)
    return not cut_off and not poisoned


@dataclass(frozen=True, slots=True)
class _Rival:
    """The version that serves the slot: its number, what it says on the candidate's rows, and why it says nothing."""

    number: int | None = None
    says: Floats | None = None
    remark: str = ""


def _rival(version: ModelVersion, rows: OutOfSample, *, series: Sequence[BarFrame], ports: Ports) -> _Rival:
    """The champion on the same rows; one that cannot serve any more stands in nobody's way."""
    serving = ports.models.find(slot=version.slot, stage=Stage.PRODUCTION)
    champion = next((other for other in serving if other.number != version.number), None)
    if champion is None:
        return _Rival()
    try:
        return _Rival(champion.number, _champion_says(champion, rows, series=series, ports=ports))
    except (StorageError, InferenceError) as error:
        return _Rival(champion.number, remark=f"{champion.label} serves but cannot be compared with: {error}")


def _champion_says(champion: ModelVersion, rows: OutOfSample, *, series: Sequence[BarFrame], ports: Ports) -> Floats:
    """What the champion predicts on the same rows; NaN where it had seen the answer."""
    model = load_model(ports.artifacts.open(champion.artifact_uri), expected=champion.sha256)
    model_columns(champion)  # raises when the code of its features has changed since
    if model.spec.label.name == PATTERN_SUCCESS:
        return said_of_rows(model, rows, series, cache_folder=ports.settings.cache_folder)
    out = np.full(len(rows), np.nan)
    for position, bars in enumerate(series):
        frame = compute_features(bars, model.spec.features, cache_folder=ports.settings.cache_folder)
        predicted = model.values(model.predict(frame))
        own = np.flatnonzero((rows.instrument_id == position) & (rows.as_of > model.trained_to))
        out[own] = predicted[np.searchsorted(bars.close_time, rows.as_of[own])]
    return out


def _metrics(version: ModelVersion) -> dict[str, Any]:
    return {name: version.metrics[name] for name in ("oos", "holdout") if name in version.metrics}


def _trading_metrics(evidence: Evidence, trades: Sequence[Backtest]) -> dict[str, Any]:
    def total(returns: Floats) -> float:
        return float(np.prod(1.0 + returns) - 1.0)

    return {
        "return_net": total(evidence.returns),
        "return_gross": total(evidence.gross_returns),
        "return_double_costs": total(evidence.double_cost_returns),
        "trades": evidence.trades,
        "long_trades": sum(trade.side is Side.LONG for result in trades for trade in result.trades),
        "bars": len(evidence.returns),
    }


def _notes(gates: Sequence[GateResult]) -> str:
    failed = [f"{gate.gate} {gate.name}" for gate in gates if not gate.passed]
    if not failed:
        return "every gate was met"
    return f"{len(failed)} of {len(gates)} conditions do not hold: {', '.join(failed)}"


def _broken(version: ModelVersion, error: ArtifactCorrupt, ports: Ports, *, seconds: float) -> Evaluation:
    """The evaluation of a version whose artefact cannot be trusted: rejected on integrity alone."""
    gate = GateResult("G0", "artefact", None, None, 0, passed=False, detail=str(error), risk=1.0)
    return Evaluation(
        candidate=version.number,
        champion=None,
        window_start=version.trained_to,
        window_end=version.trained_to,
        metrics={},
        gates=(gate,),
        verdict=Verdict.REJECT,
        risk_score=1.0,
        notes=str(error),
        seconds=seconds,
        created_at=ports.clock.now(),
    )
