"""Bars, decisions and charts."""

from typing import Literal

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


class Pattern(Schema):
    """What a pattern is and how it is drawn."""

    name: str
    kind: str
    drawing: str = Field(description="path, lines, zone, level or mark")
    title: str


class Point(Schema):
    """A corner of a figure."""

    time: int = Field(description="open time of its bar, ms UTC")
    price: float


class Events(Schema):
    """Events as columns of equal length, in the order in which they became known; times are ms UTC."""

    pattern: list[str]
    kind: list[str]
    direction: list[int]
    strength: Column
    start: list[int]
    known_at: list[int]
    low: Column
    high: Column
    points: list[list[Point]]
    level: Column
    target: Column
    stop: Column
    confidence: Column
    cause: list[str | None]
    regime: list[str | None]
    state: list[str]
    broke_at: list[int | None]
    touched_at: list[int | None]
    mitigated_at: list[int | None]
    entered_at: list[int | None]
    entry: Column
    ended_at: list[int | None]
    outcome: list[str | None]
    result: Column


class Patterns(Schema):
    """Patterns found on a page of bars, and what had become of them when the newest bar closed."""

    state: Literal["ready"] = "ready"
    symbol: str
    timeframe: str
    first: int | None = Field(description="open time of the first bar asked about")
    as_of: int | None = Field(description="when the newest bar closed that events were followed to")
    lasting: int = Field(description="bars after which nothing more becomes of an event")
    patterns: list[Pattern] = Field(description="those of which there are events")
    events: Events


class Compiling(Schema):
    """The code that finds patterns is being compiled, once after installing; ask again."""

    state: Literal["compiling"] = "compiling"
    retry_ms: int = Field(description="when to ask again")
