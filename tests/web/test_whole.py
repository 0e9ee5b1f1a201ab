"""Whole numbers as text: what is one, and what only looks like one."""

import pytest

from alphaplus.web.whole import whole_number


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_digits_are_a_number(text, number):
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", " 1", "1_0", "²", "٣", "９", "9" * 19, "9" * 5000])
def test_anything_else_is_none(text):
    assert whole_number(text) is None
