"""The closed vocabularies: words that rooms exchange and that may not be misspelt."""

from enum import StrEnum


class Side(StrEnum):
    """What a signal asks for."""

    LONG = "long"
    SHORT = "short"
    HOLD = "hold"


class Task(StrEnum):
    """The statistical shape of a label."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


class Stage(StrEnum):
    """Where a model version stands in its life."""

    STAGING = "staging"
    SHADOW = "shadow"
    CANARY = "canary"
    PRODUCTION = "production"
    ARCHIVED = "archived"
    FAILED = "failed"


class Trend(StrEnum):
    """The regime that models are trained for; its place in the list is its code in a matrix."""

    TRENDING = "trending"
    SIDEWAYS = "sideways"
    VOLATILE = "volatile"
    CONSOLIDATION = "consolidation"


class Bias(StrEnum):
    """Which way a market leans."""

    BULL = "bull"
    BEAR = "bear"
    SIDEWAYS = "sideways"


class Volatility(StrEnum):
    """How much a market moves, compared with its own last month."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Role(StrEnum):
    """In which capacity a version made a prediction."""

    CHAMPION = "champion"
    CANARY = "canary"
    SHADOW = "shadow"


class InputKind(StrEnum):
    """The view of a dataset that a family takes."""

    TABLE = "table"
    SEQUENCE = "sequence"
    IMAGE = "image"


class Verdict(StrEnum):
    """What an evaluation concludes."""

    PROMOTE = "promote"
    REJECT = "reject"
    ROLLBACK = "rollback"


class Panel(StrEnum):
    """The two panels that vote."""

    ML = "ml"
    RULES = "rules"


class Origin(StrEnum):
    """Which kind of run produced a prediction, decision or signal."""

    BACKTEST = "backtest"
    REPLAY = "replay"
    LIVE = "live"
