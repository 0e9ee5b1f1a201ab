"""Premium and discount: whether the price is dear or cheap within the range that the market deals in."""

from alphaplus.features.contract import feature

HALF = 0.5
EQUILIBRIUM = 0.05  # of the range, to each side of its middle


@feature(
    inputs=("close", "swing_20_high", "swing_20_low"),
    outputs=("premium_discount", "premium_discount_zone"),
    sparse=("premium_discount", "premium_discount_zone"),
    words={"premium_discount_zone": {-1: "premium", 0: "equilibrium", 1: "discount"}},
    group="smc",
    unit=("share in [0, 1]", "-1, 0 or 1"),
)
def premium_discount(s, b, n, close, top, bottom):
    """Where the close is between the newest swing low (0) and swing high (1) of twenty bars on each side.

    Beyond the range it is 0 or 1. The zone is -1 above the middle of the range (premium: dear), +1 below (discount:
    cheap), and 0 within a twentieth of the range of it. Where the newest swing low is not below the newest swing high
    there is no range: the share is 0.5.

    Reference: the inner circle trader's concept of premium and discount arrays around the equilibrium of a range.
    """
    share = HALF
    if bottom < top:
        share = min(max((close - bottom) / (top - bottom), 0.0), 1.0)
    zone = -1.0 if share > HALF + EQUILIBRIUM else 1.0 if share < HALF - EQUILIBRIUM else 0.0
    return share, zone
