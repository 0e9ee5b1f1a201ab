"""JSON forms of values."""

import json
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
import pytest

from alphaplus.core.enums import Side
from alphaplus.web.plain import plain


@dataclass(frozen=True)
class Pair:
    left: object
    right: object


class Level(IntEnum):
    HIGH = 3


def test_numpy_enums_records_and_paths_become_plain():
    value = {
        "scalar": np.float32(0.5),
        "truth": np.bool_(True),
        "array": np.array([[1, 2], [3, 4]]),
        Side.LONG: Level.HIGH,
        "record": Pair(Path("a/b"), (1, None)),
    }
    found = plain(value)
    assert found == {
        "scalar": 0.5,
        "truth": True,
        "array": [[1, 2], [3, 4]],
        "long": 3,
        "record": {"left": "a/b", "right": [1, None]},
    }
    assert json.loads(json.dumps(found)) == found
    assert type(found["truth"]) is bool


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -np.inf, np.float64("nan")])
def test_what_json_cannot_say_becomes_null(value):
    assert plain({"x": [value]}) == {"x": [None]}


def test_a_value_without_a_json_form_is_refused():
    with pytest.raises(TypeError, match="object"):
        plain({"x": object()})
