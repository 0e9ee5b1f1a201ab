"""What screens are told: bars, decisions and the state of a feed, as plain JSON values."""

from collections.abc import Mapping
from typing import Any

from alphaplus.core.bars import BarFrame
from alphaplus.core.records import Consensus, Signal, Vote
from alphaplus.registry.versions import ModelVersion

BAR, DECISION, FEED = "bar", "decision", "feed"
RUNNING, FINISHED = "running", "finished"


def topic(symbol: str, timeframe: str) -> str:
    """The name under which the events of one series are published."""
    return f"{symbol}:{timeframe}"


def bar_message(bars: BarFrame, *, closed: bool, sent_at: int, probability: float | None = None) -> dict[str, Any]:
    """The one bar in `bars`; `probability` is what the serving version said at its close."""
    row = bars.table.row(0, named=True)
    names = ("open_time", "open", "high", "low", "close", "volume")
    return {name: row[name] for name in names} | {"closed": closed, "probability": probability, "sent_at": sent_at}


def decision_message(signal: Signal, *, opens: bool, version: ModelVersion | None, origin: str) -> dict[str, Any]:
    """A decision with its votes; the levels are those of a signal that opened a position, else None."""
    decision = signal.decision
    levels: Mapping[str, Any] = {
        "entry": signal.entry,
        "stop": signal.stop,
        "target": signal.target,
        "expires_at": signal.expires_at,
    }
    return {
        "as_of": decision.as_of,
        "side": decision.side.value,
        "probability": decision.probability,
        "confidence": decision.confidence,
        "reason": decision.reason,
        **(levels if opens else dict.fromkeys(levels)),
        "panels": [_panel(decision.ml), _panel(decision.rules)],
        "contributions": [
            {"column": item.column, "value": item.value, "contribution": item.contribution}
            for item in signal.contributions
        ],
        "model": None if version is None else _model(version),
        "origin": origin,
    }


def feed_message(*, origin: str, state: str, as_of: int, updated_at: int, speed: float | None) -> dict[str, Any]:
    """The state of a feed; `speed` is bars a second, None for bars that come when the market makes them."""
    return {"origin": origin, "state": state, "as_of": as_of, "updated_at": updated_at, "speed": speed}


def _panel(consensus: Consensus) -> dict[str, Any]:
    return {
        "panel": consensus.panel.value,
        "probability": consensus.probability,
        "confidence": consensus.confidence,
        "coverage": consensus.coverage,
        "agreement": consensus.agreement,
        "reason": consensus.reason,
        "votes": [_vote(vote) for vote in consensus.votes],
    }


def _vote(vote: Vote) -> dict[str, Any]:
    return {
        "voter": vote.voter,
        "weight": vote.weight,
        "probability": vote.probability,
        "confidence": vote.confidence,
        "version": vote.version,
        "reason": vote.reason,
    }


def _model(version: ModelVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "label": version.label,
        "stage": version.stage.value,
        "family": version.family,
        "horizon": version.slot.horizon,
    }
