"""Voting: opinions pooled into a consensus, and two panels fused into one probability (methodology 10).

A voter is a function of a MarketView with the decorator `@voter`; its file is the whole registration. It returns an
Opinion, or one without a probability when it has nothing to say: absence is honest, one half is a statement.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import exp, fsum, isfinite, log, sqrt
from typing import NamedTuple

from alphaplus.core.catalog import Catalog
from alphaplus.core.config import Fusion
from alphaplus.core.enums import Panel
from alphaplus.core.records import Consensus, Vote
from alphaplus.signals.view import MarketView

LOWEST, HIGHEST = 0.01, 0.99  # probabilities are clipped to this before they are pooled

logger = logging.getLogger(__name__)


class Opinion(NamedTuple):
    """What a voter thinks: a probability of up, or None with the reason.

    `confidence` is the rank in [0, 1] of its decisiveness, 0 for a voter without a model to rank by; `health` in
    [0, 1] scales its weight.
    """

    probability: float | None
    confidence: float = 0.0
    health: float = 1.0
    version: int | None = None
    latency_ms: float = 0.0
    reason: str = ""


def absent(reason: str, *, version: int | None = None) -> Opinion:
    """No opinion, and why."""
    return Opinion(None, version=version, reason=reason)


@dataclass(frozen=True, slots=True)
class Voter:
    """A registered voter, and the feature columns that it reads."""

    name: str
    panel: Panel
    columns: tuple[str, ...]
    ask: Callable[[MarketView], Opinion]


voters: Catalog[Voter] = Catalog("voter", package="alphaplus.signals")


def voter(
    panel: Panel, *, columns: Sequence[str] = ()
) -> Callable[[Callable[[MarketView], Opinion]], Callable[[MarketView], Opinion]]:
    """Register a function `(view) -> Opinion` as a voter of its own name."""

    def register(ask: Callable[[MarketView], Opinion]) -> Callable[[MarketView], Opinion]:
        voters.add(ask.__name__, Voter(ask.__name__, panel, tuple(columns), ask))
        return ask

    return register


@dataclass(frozen=True, slots=True)
class Seat:
    """A voter and its weight on a panel."""

    voter: Voter
    weight: float


@dataclass(frozen=True, slots=True)
class Roster:
    """The seats of one panel. Without a vote from at least one of `essential`, where there are any, it abstains.

    `failures` counts the voters that raised.
    """

    panel: Panel
    seats: tuple[Seat, ...]
    essential: frozenset[str] = frozenset()
    failures: Counter[str] = field(default_factory=Counter, compare=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """The feature columns that its voters read, each once."""
        return tuple(dict.fromkeys(column for seat in self.seats for column in seat.voter.columns))


def tally(roster: Roster, view: MarketView, *, fusion: Fusion) -> Consensus:
    """Ask every voter of a panel and pool what they say."""
    votes = tuple(_vote(roster, seat, view) for seat in roster.seats)
    return pool(votes, roster.panel, fusion=fusion, essential=roster.essential)


def _vote(roster: Roster, seat: Seat, view: MarketView) -> Vote:
    name = seat.voter.name
    try:
        opinion = seat.voter.ask(view)
    except Exception as error:
        roster.failures[name] += 1
        logger.exception("voter failed", extra={"voter": name, "as_of": view.as_of})
        opinion = absent(f"failed: {error}")
    probability, reason = opinion.probability, opinion.reason
    if probability is not None and not 0.0 <= probability <= 1.0:
        probability, reason = None, f"{probability} is not a probability"
    return Vote(
        voter=name,
        panel=roster.panel,
        weight=seat.weight,
        probability=probability,
        confidence=opinion.confidence,
        health=opinion.health,
        version=opinion.version,
        latency_ms=opinion.latency_ms,
        reason=reason,
    )


def pool(
    votes: tuple[Vote, ...], panel: Panel, *, fusion: Fusion, essential: frozenset[str] = frozenset()
) -> Consensus:
    """Pool the votes that are present in log-odds, weighted by weight times health, or abstain with the reason.

    Sums are exact before rounding, so the order of the seats changes no bit.
    """
    present = [vote for vote in votes if vote.probability is not None and vote.weight * vote.health > 0.0]
    configured = fsum([vote.weight for vote in votes])
    coverage = fsum([vote.weight for vote in present]) / configured if configured > 0.0 else 0.0
    if not present:
        reasons = "; ".join(f"{vote.voter}: {vote.reason or 'absent'}" for vote in votes)
        return Consensus(panel, None, 0.0, coverage, 0.0, 0.0, votes, reasons or "nobody sits on this panel")
    total = fsum([vote.weight * vote.health for vote in present])
    shares = [vote.weight * vote.health / total for vote in present]
    probabilities = [float(vote.probability or 0.0) for vote in present]
    pooled = pool_probabilities(probabilities, shares)
    pairs = list(zip(shares, probabilities, strict=True))
    up = fsum([share for share, p in pairs if p > 0.5])
    down = fsum([share for share, p in pairs if p < 0.5])
    agreement = 1.0 - 2.0 * min(up, down)
    mean = fsum([share * p for share, p in pairs])
    variance = fsum([share * (p - mean) ** 2 for share, p in pairs])
    confidence = fsum([share * vote.confidence for share, vote in zip(shares, present, strict=True)])
    reason = ""
    needed = min(fusion.min_votes, len(votes))
    if coverage < fusion.min_coverage:
        reason = f"votes of {coverage:.2f} of the weight, {fusion.min_coverage:.2f} needed"
    elif len(present) < needed:
        reason = f"{len(present)} votes, {needed} needed"
    elif essential and not any(vote.voter in essential for vote in present):
        reason = f"no vote from {' or '.join(sorted(essential))}"
    elif agreement < fusion.min_agreement:
        reason = f"votes disagree: agreement {agreement:.2f}, {fusion.min_agreement:.2f} needed"
    return Consensus(
        panel=panel,
        probability=None if reason else pooled,
        confidence=confidence,
        coverage=coverage,
        agreement=agreement,
        spread=sqrt(variance),
        votes=votes,
        reason=reason,
    )


def pool_probabilities(probabilities: Sequence[float], shares: Sequence[float]) -> float:
    """The weighted mean in log-odds of probabilities clipped to [0.01, 0.99]; `shares` sum to one."""
    clipped = [min(max(p, LOWEST), HIGHEST) for p in probabilities]
    odds = fsum([share * log(p / (1.0 - p)) for share, p in zip(shares, clipped, strict=True)])
    pooled = 1.0 / (1.0 + exp(-odds))
    return min(max(pooled, min(clipped)), max(clipped))  # rounding may not leave the range


class Fused(NamedTuple):
    """One probability from both panels, or None with the reason; `confidence` as of the panels it rests on."""

    probability: float | None
    confidence: float
    reason: str


def fuse(ml: Consensus, rules: Consensus, *, fusion: Fusion) -> Fused:
    """Fuse the panels in log-odds.

    The ml panel counts when it does not abstain and its confidence reaches `min_ml_confidence`; otherwise the rules
    decide alone, and the reason says why. A panel that points against the result adds nothing to the confidence.
    """
    counted = []
    notes = []
    if ml.probability is None:
        notes.append(f"ml abstains: {ml.reason}")
    elif ml.confidence < fusion.min_ml_confidence:
        notes.append(f"ml confidence {ml.confidence:.2f} is below {fusion.min_ml_confidence:.2f}")
    else:
        counted.append((ml.probability, ml.confidence, fusion.ml_weight))
    if rules.probability is None:
        notes.append(f"rules abstain: {rules.reason}")
    else:
        counted.append((rules.probability, rules.confidence, fusion.rule_based_weight))
    total = fsum([weight for _, _, weight in counted])
    if total <= 0.0:
        return Fused(None, 0.0, "; ".join(notes) or "no panel has weight")
    shares = [weight / total for _, _, weight in counted]
    probability = pool_probabilities([p for p, _, _ in counted], shares)
    confidence = fsum(
        share * rank
        for share, (p, rank, _) in zip(shares, counted, strict=True)
        if (p - 0.5) * (probability - 0.5) > 0.0
    )
    if isfinite(probability) and probability != 0.5:
        return Fused(probability, confidence, "; ".join(notes))
    return Fused(probability, 0.0, "; ".join([*notes, "the panels cancel out"]))
