"""Predictions."""

from ninja import Schema

from alphaplus.web.api.schemas.common import Contribution


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
