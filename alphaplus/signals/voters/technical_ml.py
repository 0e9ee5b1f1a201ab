"""Technical model: the calibrated probability of the version that serves the direction slot."""

from math import isfinite

from alphaplus.core.enums import Panel
from alphaplus.signals.view import MarketView
from alphaplus.signals.voting import Opinion, absent, voter

NAME = "technical_ml"


@voter(Panel.ML)
def technical_ml(view: MarketView) -> Opinion:
    """Repeat what the serving version said; absent with the reason when there is none.

    Probability and confidence are the version's own: calibrated, and ranked among its out-of-sample predictions.
    """
    prediction = view.predictions.get(NAME)
    if prediction is None:
        return absent(view.absences.get(NAME, "no version serves"))
    if not isfinite(prediction.value):
        return absent("the version gave no finite probability", version=prediction.version)
    return Opinion(
        prediction.value,
        confidence=prediction.confidence,
        version=prediction.version,
        latency_ms=prediction.latency_ms,
    )
