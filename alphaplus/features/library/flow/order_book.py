"""What the order book showed when the bar closed. No book, no value."""

from alphaplus.features.contract import feature
from alphaplus.features.state import window_sum

MOST = 100.0  # how often one side may be the other before the ratio says no more


@feature(
    inputs=("bid_depth_{band}", "ask_depth_{band}"),
    outputs=("{name}",),
    variants=(
        {"name": "order_book_imbalance", "band": "1_0"},
        {"name": "depth_imbalance_0_5", "band": "0_5"},
        {"name": "depth_imbalance_2_0", "band": "2_0"},
    ),
    unit="ratio in [-1, 1]",
)
def depth_imbalance(s, b, n, bid, ask):
    """Bid minus ask depth within one percent of the price, half a percent (0_5) or two (2_0), over their sum.

    An empty book reads 0.

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
    inputs=("{column}",),
    outputs=("{name}_{window}",),
    variants=(
        {"name": "depth_ratio", "column": "book_depth", "window": 20},
        {"name": "spread_ratio", "column": "spread_bps", "window": 20},
    ),
    history={"{column}": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="ratio in [0, {window}]",
)
def ratio_to_mean(s, b, n, value, window):
    """Depth within one percent, or the spread, over its mean of the last `window` bars; 1 where all are 0.

    Reference: definition.
    """
    total = window_sum(s, value, window)
    return 1.0 if total <= 0.0 else s[value] * window / total


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
