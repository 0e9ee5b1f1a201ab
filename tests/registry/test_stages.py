"""The life cycle knows exactly the changes of the architecture, section 5."""

import itertools

import pytest

from alphaplus.core.enums import Stage
from alphaplus.core.errors import IllegalStageChange
from alphaplus.registry.stages import ROLLBACK, check

FORWARD = [Stage.STAGING, Stage.SHADOW, Stage.CANARY, Stage.PRODUCTION]


def allowed(before, after):
    """The rules in words, written a second time."""
    if before is after:
        return False
    if before in FORWARD and after in FORWARD:
        return FORWARD.index(after) > FORWARD.index(before)
    if after is Stage.ARCHIVED:
        return before in FORWARD
    if after is Stage.FAILED:
        return before in FORWARD  # any but archived
    return before is Stage.FAILED and after is Stage.STAGING


@pytest.mark.parametrize(("before", "after"), list(itertools.product(Stage, Stage)))
def test_every_pair_of_stages(before, after):
    if allowed(before, after):
        check(before, after, action="promote")
        return
    with pytest.raises(IllegalStageChange, match=before.value):
        check(before, after, action="promote")


@pytest.mark.parametrize(("before", "after"), list(itertools.product(Stage, Stage)))
def test_a_rollback_opens_only_the_way_out_of_the_archive(before, after):
    if allowed(before, after) or (before, after) == (Stage.ARCHIVED, Stage.PRODUCTION):
        check(before, after, action=ROLLBACK)
        return
    with pytest.raises(IllegalStageChange):
        check(before, after, action=ROLLBACK)
