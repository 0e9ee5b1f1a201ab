"""What is said of a slot after a refusal: who serves it now."""

from types import SimpleNamespace

import pytest

from alphaplus.core.enums import Stage
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.web.commands.evaluate_and_promote import _serving


@pytest.mark.parametrize(
    ("label", "stage", "champion", "said"),
    [
        ("signal_direction", Stage.STAGING, None, "the rules serve its slot as before"),
        ("target_volatility", Stage.STAGING, None, "nothing serves its slot as before"),
        ("profitable", Stage.STAGING, None, "nothing serves its slot as before"),
        ("target_volatility", Stage.STAGING, 19, "version 19 serves its slot as before"),
        ("signal_direction", Stage.PRODUCTION, None, "it serves its slot as before"),
    ],
)
def test_who_serves_the_slot_is_said_as_it_is(label, stage, champion, said):
    version = SimpleNamespace(stage=stage, spec=SimpleNamespace(label=LabelSpec(label, 24)))
    assert _serving(version, champion) == said
