"""Printed decimals: their sums and products are those of decimal arithmetic, to the last bit."""

from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alphaplus.market.exact import decimals
from alphaplus.market.ids import Ids

printed = st.builds(
    lambda whole, places: float(Decimal(whole).scaleb(-places)), st.integers(1, 10**14), st.integers(0, 14)
)
any_float = st.floats(min_value=1e-30, max_value=1e30, allow_nan=False, allow_subnormal=False)


def exactly(values) -> list[Decimal]:
    return [Decimal(repr(value)) for value in values]


@given(st.lists(st.one_of(printed, any_float), min_size=1, max_size=40), st.data())
def test_sums_are_those_of_decimals(values, data):
    cuts = data.draw(st.lists(st.integers(1, len(values) - 1), unique=True) if len(values) > 1 else st.just([]))
    starts = np.array([0, *sorted(cuts)])
    found = decimals(np.array(values)).sums(starts)
    for total, start, end in zip(found, starts, [*starts[1:], len(values)], strict=True):
        parts = [total.__class__(part) for part in exactly(values[start:end])]
        assert total == sum(parts)


@given(st.lists(st.tuples(printed, printed), min_size=1, max_size=40))
def test_products_are_those_of_decimals(pairs):
    left, right = (np.array(column) for column in zip(*pairs, strict=True))
    [total] = (decimals(left) * decimals(right)).sums(np.array([0]))
    kind = total.__class__
    assert total == sum(kind(a) * kind(b) for a, b in zip(exactly(left.tolist()), exactly(right.tolist()), strict=True))


def test_a_thousand_tenths_are_a_hundred():
    assert sum([0.1] * 1000) != 100.0  # what floats make of it
    [total] = decimals(np.full(1000, 0.1)).sums(np.array([0]))
    assert total == 100


@given(st.lists(st.lists(st.integers(0, 60), max_size=12), max_size=8))
def test_ids_are_a_set(chunks):
    ids, seen = Ids(), set()
    for chunk in chunks:
        fresh = ids.fresh(np.array(chunk, dtype=np.int64))
        for number, new in zip(chunk, fresh.tolist(), strict=True):
            assert new == (number not in seen)
            seen.add(number)
        ids = ids.with_ids(np.array(chunk, dtype=np.int64)[fresh])
    inside = range(min(seen), max(seen) + 1) if seen else ()
    absent = [number for number in inside if number not in seen]
    assert ids.missing == len(absent)
    assert ids.gaps == sum(number - 1 in seen for number in absent)
    assert ids.greatest == max(seen, default=None)
