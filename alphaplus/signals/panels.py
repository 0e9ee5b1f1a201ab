"""Who sits on the two panels, and with what weight. Only voters that are built have a seat."""

from collections.abc import Mapping

from alphaplus.core.enums import Panel
from alphaplus.signals.voting import Roster, Seat, voters

ML_WEIGHTS = {"technical_ml": 0.25}  # the weight it has among all nine of specification G3
ML_ESSENTIAL = frozenset({"technical_ml"})
RULE_WEIGHTS = {"trend": 0.6, "momentum": 0.4}


def ml_roster() -> Roster:
    """The voters that rest on trained models."""
    return Roster(Panel.ML, _seats(ML_WEIGHTS), ML_ESSENTIAL)


def rules_roster() -> Roster:
    """The voters that rest on rules."""
    return Roster(Panel.RULES, _seats(RULE_WEIGHTS))


def _seats(weights: Mapping[str, float]) -> tuple[Seat, ...]:
    return tuple(Seat(voters.get(name), weight) for name, weight in weights.items())
