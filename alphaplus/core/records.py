"""What the rooms write down for one another: plain frozen records, times in ms UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from alphaplus.core.bars import Instrument, Timeframe
from alphaplus.core.enums import Bias, Origin, Panel, Role, Side, Trend, Verdict, Volatility


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row that was refused: where it stood, why, and what it said."""

    file: str
    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Bars that are missing: the open time of the first one, and how many."""

    start: int
    bars: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of every row that was read: stored + duplicates + quarantined_count = rows.

    `quarantined` holds the first 1,000 refused rows and no more (KEPT_ROWS in market/account.py); `quarantined_count`
    counts all of them, conflicts with known bars included.
    """

    files: tuple[str, ...]
    layout: str
    rows: int
    stored: int
    duplicates: int
    conflicts: int
    quarantined: tuple[QuarantinedRow, ...]
    quarantined_count: int
    gaps: tuple[Gap, ...]
    zero_volume: int
    out_of_order: int
    first: int | None
    last: int | None

    @property
    def missing_bars(self) -> int:
        """Bars missing inside the range."""
        return sum(gap.bars for gap in self.gaps)


@dataclass(frozen=True, slots=True)
class RowsRead:
    """How many rows all imports of a series read, and how many of them they refused."""

    rows: int
    refused: int


@dataclass(frozen=True, slots=True)
class RegimeState:
    """The kind of market at one bar close, in words."""

    trend: Trend
    bias: Bias
    volatility: Volatility


@dataclass(frozen=True, slots=True)
class Contribution:
    """How much one column moved one prediction, in the units of the model's raw output."""

    column: str
    value: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one version said about one bar close.

    `value` is the calibrated probability of up, or the forecast of a regression; `confidence` the rank in [0, 1] of
    its decisiveness among the version's own out-of-sample predictions.
    """

    version: int
    symbol: str
    timeframe: Timeframe
    as_of: int
    horizon: int
    value: float
    probabilities: tuple[float, ...]
    confidence: float
    role: Role = Role.CHAMPION
    target: str = "signal_direction"
    latency_ms: float = field(default=0.0, compare=False)
    contributions: tuple[Contribution, ...] = ()
    actual_value: float | None = None
    is_correct: bool | None = None
    settled_at: int | None = None


@dataclass(frozen=True, slots=True)
class Vote:
    """One opinion: `probability` of up, or None and the `reason` why the voter is absent."""

    voter: str
    panel: Panel
    weight: float
    probability: float | None
    confidence: float = 0.0
    health: float = 1.0
    version: int | None = None
    latency_ms: float = field(default=0.0, compare=False)
    reason: str = ""

    @property
    def present(self) -> bool:
        """Whether the voter has an opinion."""
        return self.probability is not None

    @property
    def direction(self) -> int:
        """+1 up, -1 down, 0 for neither or absent."""
        if self.probability is None or self.probability == 0.5:
            return 0
        return 1 if self.probability > 0.5 else -1


@dataclass(frozen=True, slots=True)
class Consensus:
    """A tallied panel. `probability` is None when it abstains, and `reason` says why."""

    panel: Panel
    probability: float | None
    confidence: float
    coverage: float
    agreement: float
    spread: float
    votes: tuple[Vote, ...]
    reason: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """The voters that had no opinion."""
        return tuple(vote.voter for vote in self.votes if not vote.present)


@dataclass(frozen=True, slots=True)
class Decision:
    """Both panels and their fusion at one bar close; the side is HOLD with a reason when neither carries it."""

    symbol: str
    timeframe: Timeframe
    as_of: int
    ml: Consensus
    rules: Consensus
    probability: float | None
    confidence: float
    side: Side
    reason: str


@dataclass(frozen=True, slots=True)
class Signal:
    """What we would do at one bar close: its decision, levels and expiry."""

    symbol: str
    timeframe: Timeframe
    as_of: int
    side: Side
    strength: float
    confidence: float
    entry: float
    stop: float | None
    target: float | None
    decision: Decision
    contributions: tuple[Contribution, ...] = ()
    expires_at: int | None = None
    status: str = "active"


@dataclass(frozen=True, slots=True)
class TradePlan:
    """A signal sized: the fraction of equity to hold from the next open on, or why not."""

    signal: Signal
    position: float
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution: `quantity` in base units, positive for a purchase; `fee` in quote currency."""

    time: int
    price: float
    quantity: float
    fee: float


@dataclass(frozen=True, slots=True)
class Trade:
    """A round trip; `pnl` is net of fees and slippage, `return_pct` relative to the equity at entry, in percent."""

    symbol: str
    side: Side
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
    confidence: float = 0.0
    probability: float | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class GateResult:
    """One condition for promotion: the value found, the threshold, the sample size, and whether it held.

    `risk` in [0, 1] is how near it came to failing, 1 when it did.
    """

    gate: str
    name: str
    value: float | None
    threshold: float | None
    n: int
    passed: bool
    detail: str = ""
    risk: float = 0.0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A candidate judged beside the champion on one window."""

    candidate: int
    champion: int | None
    window_start: int
    window_end: int
    metrics: Mapping[str, object]
    gates: tuple[GateResult, ...]
    verdict: Verdict
    risk_score: float
    notes: str = ""
    samples: int = 0
    seconds: float = 0.0
    created_at: int = 0

    @property
    def failed_gates(self) -> tuple[GateResult, ...]:
        """The gates that were not met."""
        return tuple(gate for gate in self.gates if not gate.passed)


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """A change of state: who, when, what, before, after and why; chained by the hash of the event before it."""

    at: int
    actor: str
    action: str
    subject: str
    before: str
    after: str
    reason: str
    details: Mapping[str, object] = field(default_factory=dict)
    previous_hash: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something a person should know."""

    at: int
    kind: str
    message: str
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """The run that produced records: a backtest, a replay or the live loop."""

    origin: Origin
    id: str


@dataclass(frozen=True, slots=True)
class Series:
    """One stored series of bars: what is there, from when to when."""

    instrument: Instrument
    timeframe: Timeframe
    bars: int
    first: int
    last: int
    missing_bars: int
