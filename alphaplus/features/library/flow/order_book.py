"""What the order book showed when the bar closed. No book, no value."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_sum

MOST = 100.0  # how often one side may be the other before the ratio says no more


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
    inputs=("bid_depth_{band}", "ask_depth_{band}"),
    outputs=("depth_imbalance_{band}",),
    variants=({"band": "0_5"}, {"band": "2_0"}),
    unit="ratio in [-1, 1]",
)
def depth_imbalance(s, b, n, bid, ask):
    """Bid minus ask depth within half a percent (0_5) or two (2_0), over their sum; 0 for an empty book.

    Within one percent it is `order_book_imbalance`.

    Reference: Cont, Kukanov & Stoikov (2014).
    """
    total = bid + ask
    return 0.0 if total <= 0.0 else (bid - ask) / total


@feature(
    inputs=("bid_depth_1_0", "ask_depth_1_0"),
    outputs=("bid_ask_ratio",),
    unit="ratio in [0.01, 100]",
)
def bid_ask_ratio(s, b, n, bid, ask):
    """Bid over ask depth within one percent of the price.

    A side that is empty, or a hundred times smaller, reads 0.01 or 100; an empty book reads 1.

    Reference: definition.
    """
    if bid <= 0.0 and ask <= 0.0:
        return 1.0
    return max(min(bid / ask if ask > 0.0 else MOST, MOST), 1.0 / MOST)


@feature(
    inputs=("bid_depth_0_5", "ask_depth_0_5", "bid_depth_2_0", "ask_depth_2_0"),
    outputs=("depth_concentration",),
    unit="ratio in [0, 1]",
)
def depth_concentration(s, b, n, bid_near, ask_near, bid, ask):
    """Share of the depth within two percent of the price that lies within half a percent; 0 for an empty book.

    A book whose levels are evenly filled reads 0.25.

    Reference: definition.
    """
    total = bid + ask
    return 0.0 if total <= 0.0 else min((bid_near + ask_near) / total, 1.0)


@feature(
    inputs=("bid_depth_1_0", "ask_depth_1_0"),
    outputs=("book_depth",),
    unit="base units",
)
def book_depth(s, b, n, bid, ask):
    """Bid and ask depth within one percent of the price together.

    Reference: definition.
    """
    return bid + ask


@feature(
    inputs=("book_depth",),
    outputs=("depth_ratio_{window}",),
    variants=({"window": 20},),
    history={"book_depth": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="ratio in [0, {window}]",
)
def depth_ratio(s, b, n, depth, window):
    """Depth within one percent over its mean of the last `window` bars; 1 where all books were empty.

    Reference: definition.
    """
    total = window_sum(s, depth, window)
    return 1.0 if total <= 0.0 else s[depth] * window / total


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
