"""Votes pooled into a consensus, panels fused into a decision: the properties of methodology 10."""

import itertools
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphaplus.core.config import Fusion
from alphaplus.core.enums import Panel
from alphaplus.core.records import Consensus, Vote
from alphaplus.signals.voting import Opinion, Roster, Seat, Voter, absent, fuse, pool, tally

WEIGHTS = (0.25, 0.15, 0.15, 0.15, 0.10, 0.05, 0.05, 0.05, 0.05)  # the nine of specification G3
OPEN = Fusion(min_coverage=0.0, min_votes=1, min_agreement=0.0)  # never abstains while anybody votes

probabilities = st.lists(st.floats(0, 1), min_size=9, max_size=9)


def vote(p, *, weight=0.2, health=1.0, confidence=0.5, name="v"):
    return Vote(name, Panel.ML, weight, p, confidence=confidence, health=health, reason="" if p is not None else "away")


def votes(values):
    return tuple(
        vote(p, weight=weight, name=f"v{i}") for i, (p, weight) in enumerate(zip(values, WEIGHTS, strict=True))
    )


def pooled(given_votes, fusion=OPEN):
    return pool(tuple(given_votes), Panel.ML, fusion=fusion)


def test_the_pool_is_the_weighted_mean_in_log_odds():
    found = pooled([vote(0.6, weight=0.3), vote(0.3, weight=0.1, health=0.5)])
    shares = np.array([0.3, 0.05]) / 0.35
    odds = shares @ np.log([0.6 / 0.4, 0.3 / 0.7])
    assert found.probability == pytest.approx(1 / (1 + exp(-odds)), rel=1e-14)


def test_all_subsets_of_nine_stay_within_their_votes():
    values = np.random.default_rng(0).random(9)
    for present in itertools.product((True, False), repeat=9):
        found = pooled(votes([float(p) if there else None for p, there in zip(values, present, strict=True)]))
        clipped = np.clip(values[list(present)], 0.01, 0.99)
        assert found.coverage == pytest.approx(np.array(WEIGHTS)[list(present)].sum())
        assert len(found.missing) == 9 - sum(present)
        if not any(present):
            assert found.probability is None
            assert "v0: away" in found.reason
        else:
            assert clipped.min() <= found.probability <= clipped.max()
            assert 0 <= found.agreement <= 1
            assert found.spread >= 0


@given(st.floats(0.01, 0.99))
def test_equal_votes_give_themselves(p):
    assert pooled(votes([p] * 9)).probability == p


@given(probabilities, st.permutations(range(9)))
def test_the_order_of_votes_does_not_matter(values, order):
    given_votes = votes(values)
    first, second = pooled(given_votes), pooled([given_votes[i] for i in order])
    assert (first.probability, first.agreement, first.confidence) == (
        second.probability,
        second.agreement,
        second.confidence,
    )


@given(probabilities, st.integers(0, 8), st.floats(0, 1))
def test_a_higher_vote_never_lowers_the_pool(values, place, other):
    low, high = sorted((values[place], other))
    below, above = (pooled(votes([*values[:place], p, *values[place + 1 :]])).probability for p in (low, high))
    assert below <= above + 1e-15


@given(probabilities)
def test_mirrored_votes_give_the_mirrored_pool(values):
    ours, mirrored = pooled(votes(values)), pooled(votes([1 - p for p in values]))
    assert mirrored.probability == pytest.approx(1 - ours.probability, abs=1e-12)
    assert mirrored.agreement == pytest.approx(ours.agreement, abs=1e-12)


@given(probabilities, st.integers(0, 8))
def test_an_absent_vote_counts_as_one_without_weight(values, place):
    given_votes = list(votes(values))
    away = [*given_votes[:place], vote(None, weight=WEIGHTS[place]), *given_votes[place + 1 :]]
    left_out = [*given_votes[:place], *given_votes[place + 1 :]]
    assert pooled(away).probability == pooled(left_out).probability


def test_an_unhealthy_vote_weighs_less_and_a_dead_one_nothing():
    calm = pooled([vote(0.7), vote(0.5, health=0.0)]).probability
    diluted = pooled([vote(0.7), vote(0.5, health=0.5)]).probability
    assert calm == 0.7
    assert 0.5 < diluted < 0.7


def test_confidence_is_the_weighted_rank_of_those_present():
    found = pooled([vote(0.6, weight=0.3, confidence=0.9), vote(0.7, weight=0.1, confidence=0.5), vote(None)])
    assert found.confidence == pytest.approx(0.75 * 0.9 + 0.25 * 0.5)


@pytest.mark.parametrize(
    ("given_votes", "fusion", "said"),
    [
        ([vote(0.6, weight=0.4), vote(None, weight=0.6)], Fusion(min_votes=1), "0.40 of the weight"),
        ([vote(0.6), vote(0.6), vote(None, weight=0.1)], Fusion(min_coverage=0), "2 votes, 3 needed"),
        ([vote(0.6), vote(0.4, weight=0.19)], Fusion(), "votes disagree"),
        ([vote(None), vote(None)], Fusion(), "v: away; v: away"),
    ],
)
def test_a_panel_abstains_and_says_why(given_votes, fusion, said):
    found = pooled(given_votes, fusion)
    assert found.probability is None
    assert said in found.reason


def test_fewer_seats_than_the_minimum_ask_for_all_of_them():
    assert pooled([vote(0.6)], Fusion(min_votes=3)).probability == 0.6


def test_a_panel_abstains_without_its_essential_voters():
    found = pool((vote(0.6, name="calm"),), Panel.ML, fusion=OPEN, essential=frozenset({"price_action_ml"}))
    assert found.reason == "no vote from price_action_ml"


def roster(*asks):
    seats = tuple(Seat(Voter(f"v{i}", Panel.RULES, (), ask), 0.5) for i, ask in enumerate(asks))
    return Roster(Panel.RULES, seats)


class View:
    as_of = 5


def test_a_voter_that_raises_is_absent_and_counted(caplog):
    def broken(view):
        raise ZeroDivisionError("oh")

    panel = roster(broken, lambda view: Opinion(0.7, confidence=0.4))
    for _ in range(2):
        found = tally(panel, View(), fusion=OPEN)
    assert found.probability == 0.7
    assert found.votes[0].reason == "failed: oh"
    assert panel.failures == {"v0": 2}
    assert [record.voter for record in caplog.records] == ["v0", "v0"]


@pytest.mark.parametrize("nonsense", [float("nan"), -0.1, 1.5, float("inf")])
def test_what_is_no_probability_is_no_vote(nonsense):
    found = tally(roster(lambda view: Opinion(nonsense), lambda view: absent("quiet")), View(), fusion=OPEN)
    assert found.probability is None
    assert "is not a probability" in found.votes[0].reason


def panel_of(kind, p, confidence=0.9):
    return Consensus(kind, p, confidence, 1.0, 1.0, 0.0, (), "" if p is not None else "nobody")


def fused(ml, rules, fusion=None, **kwargs):
    return fuse(panel_of(Panel.ML, ml, **kwargs), panel_of(Panel.RULES, rules, 0.2), fusion=fusion or Fusion())


def test_panels_are_fused_in_log_odds_with_their_weights():
    found = fused(0.7, 0.55)
    odds = 0.3 * log(0.7 / 0.3) + 0.7 * log(0.55 / 0.45)
    assert found.probability == pytest.approx(1 / (1 + exp(-odds)))
    assert found.confidence == pytest.approx(0.3 * 0.9 + 0.7 * 0.2)
    assert found.reason == ""


def test_an_unsure_ml_panel_leaves_it_to_the_rules():
    found = fused(0.7, 0.55, confidence=0.69)
    assert found.probability == pytest.approx(0.55)
    assert "ml confidence 0.69 is below 0.70" in found.reason


def test_ml_decides_alone_when_the_rules_abstain():
    found = fused(0.7, None)
    assert (found.probability, found.confidence) == (pytest.approx(0.7), 0.9)


def test_nobody_decides_when_both_abstain():
    found = fused(None, None)
    assert found.probability is None
    assert found.reason == "ml abstains: nobody; rules abstain: nobody"


def test_a_conflict_lowers_the_confidence():
    assert fused(0.9, 0.45).confidence == pytest.approx(0.3 * 0.9)


def test_panels_that_cancel_out_have_no_side():
    found = fused(0.6, 0.4, Fusion(ml_weight=0.5, rule_based_weight=0.5))
    assert found.probability == 0.5
    assert "cancel out" in found.reason


def test_a_panel_without_weight_is_not_heard():
    assert fused(0.9, 0.6, Fusion(ml_weight=0.0)).probability == pytest.approx(0.6)
    assert fused(0.9, None, Fusion(ml_weight=0.0)).probability is None
