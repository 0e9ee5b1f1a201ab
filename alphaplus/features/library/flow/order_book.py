"""What the order book showed when the bar closed. No book, no value."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_sum


@feature(
    inputs=("bid_depth_1_0", "ask_depth_1_0"),
    outputs=("order_book_imbalance",),
    unit="ratio in [-1, 1]",
)
def order_book_imbalance(s, b, n, bid, ask):
    """Bid minus ask depth within one percent of the price, over their sum; 0 for an empty book.

    Reference: Cont, Kukanov & Stoikov (2014).
    """
    total = bid + ask
    return 0.0 if total <= 0.0 else (bid - ask) / total


@feature(
    inputs=("spread_bps",),
    outputs=("spread_ratio_{window}",),
    variants=({"window": 20},),
    history={"spread_bps": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="ratio",
)
def spread_ratio(s, b, n, spread, window):
    """Spread over its mean of the last `window` bars; 1 where all are 0.

    Reference: definition.
    """
    total = window_sum(s, spread, window)
    return 1.0 if total <= 0.0 else s[spread] * window / total


@feature(
    inputs=("microprice", "close"),
    outputs=("microprice_to_close",),
    unit="ratio",
)
def microprice_to_close(s, b, n, microprice, close):
    """Microprice over the close, minus one.

    Reference: Stoikov, The micro-price (2018).
    """
    return microprice / close - 1.0
