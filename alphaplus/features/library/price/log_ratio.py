"""Logarithm of the ratio of two prices that lie close together, faster than through the ratio."""

from math import log

from alphaplus.features.state import compiled

NEAR = 0.02  # a move of four percent; six terms of the series then leave less than the last bit


@compiled
def log_ratio(price, other):
    """Natural logarithm of `price` over `other`, exactly 0 where they are equal.

    2 atanh(z) with z the difference over the sum, by its power series where |z| is small (Abramowitz & Stegun 4.1.27).
    """
    z = (price - other) / (price + other)
    if abs(z) > NEAR:
        return log(price / other)
    q = z * z
    return 2.0 * z * (1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0))))))
