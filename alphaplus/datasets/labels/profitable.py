"""Whether a trade pays: the triple barrier, net of what entering and leaving cost."""

import numpy as np

from alphaplus.core.bars import BarFrame
from alphaplus.core.errors import ConfigError
from alphaplus.datasets.barriers import STOP_SIGMAS, TARGET_SIGMAS, trades_of
from alphaplus.datasets.labelling import EVENT, Answers, LabelSpec, Params, Shape, Spans, label


def _shape(_: Params) -> Shape:
    return EVENT


@label("profitable", shape=_shape, target=TARGET_SIGMAS, stop=STOP_SIGMAS, side=1.0, cost_bps=None)
def profitable(bars: BarFrame, spec: LabelSpec, _spans: Spans) -> Answers:
    """1 where a trade entered at the next bar's open ends with a profit after costs, else 0.

    `side` is 1 for a long, -1 for a short. It ends at `target` or `stop` sigmas of one bar from its entry, or with the
    last bar of the span; the answer is known then. `cost_bps` a side; where it is not given, the instrument's fee and 2
    basis points of slippage, which a simulated instrument does not pay.

    The barriers are for a horizon of 24 bars, within which most trades should meet one: on recorded hours of BTCUSDT a
    trade lasts ten bars on average and time ends one in seven, and a round trip of 24 basis points takes a fifth of
    what is risked. Barriers half as far would let costs take two fifths.
    """
    side = spec.params["side"]
    if side not in (1.0, -1.0):
        raise ConfigError(f"side is {side!r}", hint="1 for a long, -1 for a short")
    trades = trades_of(spec.params, bars, np.full(len(bars), float(side)), horizon=spec.horizon)
    return Answers(np.where(np.isnan(trades.net), np.nan, trades.net > 0.0), trades.end)
