"""Bars, decisions and charts."""

from ninja import Schema
from pydantic import Field

from alphaplus.web.api.schemas.common import Contribution, ModelName


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
