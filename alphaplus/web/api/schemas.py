"""The shapes that the API answers with; see `web.queries`, which fills them."""

from typing import Any

from ninja import Schema
from pydantic import Field


class Bar(Schema):
    """A closed bar."""

    open_time: int = Field(description="ms UTC")
    open: float
    high: float
    low: float
    close: float
    volume: float


class Bars(Schema):
    """A page of bars, oldest first."""

    bars: list[Bar]
    next: int | None = Field(description="`before` of the page with older bars, null on the last one")


class Slot(Schema):
    """What a model is for."""

    name: str
    symbol: str
    timeframe: str
    regime: str
    target: str
    horizon: int


class Gate(Schema):
    """One condition for promotion."""

    gate: str
    name: str
    value: float | None
    threshold: float | None
    n: int
    passed: bool
    detail: str
    risk: float = Field(0.0, description="0 to 1, how near it came to failing")


class Model(Schema):
    """A model version."""

    number: int
    label: str
    slot: Slot
    family: str
    stage: str
    simulated: bool
    metrics: dict[str, Any]
    gates: list[Gate]
    verdict: str | None
    risk_score: float | None
    trained_from: int
    trained_to: int
    samples: int
    size_mb: float
    seconds: float
    created_at: int
    deployed_at: int


class Models(Schema):
    """A page of model versions, newest first."""

    models: list[Model]
    next: int | None


class Evaluation(Schema):
    """A judgement of a version."""

    champion: int | None
    window_start: int
    window_end: int
    metrics: dict[str, Any]
    gates: list[Gate]
    verdict: str
    risk_score: float
    notes: str
    samples: int
    seconds: float
    created_at: int


class Event(Schema):
    """An entry of the audit trail."""

    at: int
    actor: str
    action: str
    before: str
    after: str
    reason: str
    details: dict[str, Any]


class ModelDetail(Model):
    """A model version with all that is kept about it."""

    spec: dict[str, Any]
    artifact_uri: str
    sha256: str
    dataset_hash: str
    featureset_hash: str
    code: str
    created_by: str
    parent: int | None
    evaluations: list[Evaluation]
    history: list[Event]
    training: dict[str, Any]


class Contribution(Schema):
    """How much one column moved a prediction."""

    column: str
    value: float | None
    contribution: float | None


class Prediction(Schema):
    """What a version said about a bar close."""

    id: int
    symbol: str
    timeframe: str
    as_of: int
    horizon: int
    target: str
    value: float
    probabilities: list[float]
    confidence: float
    role: str
    latency_ms: float
    contributions: list[Contribution]
    version: int
    label: str
    origin: str
    actual_value: float | None
    is_correct: bool | None
    settled_at: int | None


class Predictions(Schema):
    """A page of predictions, newest first."""

    predictions: list[Prediction]
    next: int | None


class Backtest(Schema):
    """A finished backtest in short."""

    id: int
    symbols: list[str]
    timeframe: str
    simulated: bool
    start: int | None
    end: int | None
    metrics: dict[str, Any]
    trade_count: int
    created_at: int
    version: int | None
    label: str | None


class Backtests(Schema):
    """A page of backtests, newest first."""

    backtests: list[Backtest]
    next: int | None


class Trade(Schema):
    """A round trip."""

    symbol: str
    side: str
    opened_at: int
    closed_at: int
    entry: float
    exit: float
    quantity: float
    fees: float
    pnl: float
    return_pct: float
    bars: int
    exit_reason: str
    confidence: float
    probability: float | None
    version: int | None


class ModelName(Schema):
    """A version in short."""

    number: int
    label: str
    stage: str
    family: str
    horizon: int


class BacktestDetail(Backtest):
    """A finished backtest with curves and trades."""

    model: ModelName | None
    summary: dict[str, Any]
    trades: list[Trade]


class Vote(Schema):
    """One opinion."""

    voter: str
    weight: float
    probability: float | None
    confidence: float
    version: int | None
    reason: str


class Panel(Schema):
    """A tallied panel."""

    panel: str
    probability: float | None
    confidence: float
    coverage: float
    agreement: float
    reason: str
    votes: list[Vote]


class Decision(Schema):
    """Both panels, their fusion and the levels that follow, as stored when it was taken."""

    as_of: int
    side: str
    probability: float | None
    confidence: float
    reason: str
    entry: float | None
    stop: float | None
    target: float | None
    expires_at: int | None
    panels: list[Panel]
    contributions: list[Contribution]
    model: ModelName | None
    origin: str


class Signal(Schema):
    """A signal and what came of it."""

    as_of: int
    side: str
    confidence: float
    probability: float | None
    entry: float
    stop: float | None
    target: float | None
    status: str
    return_pct: float | None


class Gap(Schema):
    """Missing bars."""

    start: int
    bars: int


class Feed(Schema):
    """Where the bars of a series come from now."""

    origin: str
    state: str
    as_of: int
    updated_at: int
    speed: float | None


Column = list[float | None]


class Chart(Schema):
    """Everything a chart draws, as columns of equal length."""

    symbol: str
    timeframe: str
    simulated: bool
    venue: str
    precision: int
    open_time: list[int]
    open: Column
    high: Column
    low: Column
    close: Column
    volume: Column
    ema_20: Column
    ema_50: Column
    rsi_14: Column
    probability: Column
    signals: list[Signal]
    gaps: list[Gap]
    decision: Decision | None
    model: ModelName | None
    feed: Feed | None
    has_more: bool


class Series(Schema):
    """A stored series."""

    symbol: str
    timeframe: str
    venue: str
    simulated: bool
    bars: int
    first: int
    last: int
    missing_bars: int


class AllSeries(Schema):
    """Every stored series."""

    series: list[Series]


class Alive(Schema):
    """The process answers."""

    status: str


class Problem(Schema):
    """What went wrong."""

    type: str
    title: str
    status: int
    detail: str
    hint: str = ""
    instance: str
    request_id: str
