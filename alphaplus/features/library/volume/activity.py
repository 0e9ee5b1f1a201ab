"""How much is traded, compared with the bars before."""

from alphaplus.features.contract import Param, feature
from alphaplus.features.state import window_sum

VARIANTS: list[dict[str, Param]] = [{"window": 20}]
VARIANTS += [{"window": 20, "every": every} for every in ("1h", "4h", "1d")]


@feature(
    inputs=("volume",),
    outputs=("volume_sum_{window}",),
    variants=VARIANTS,
    history={"volume": lambda window: window},
    warmup=lambda window: window,
    memory=lambda window: window,
    unit="base units",
)
def volume_sum(s, b, n, volume, window):
    """Volume of the last `window` bars together.

    Reference: definition.
    """
    return window_sum(s, volume, window)


@feature(
    inputs=("volume", "volume_sum_{window}"),
    outputs=("volume_ratio",),
    variants=VARIANTS,
    unit="ratio",
)
def volume_ratio(s, b, n, volume, total, window):
    """Volume over the mean volume of the last `window` bars, this one included; 1 without any volume.

    Reference: definition.
    """
    return 1.0 if total <= 0.0 else volume * window / total


@feature(
    inputs=("volume",),
    outputs=("volume_change",),
    history={"volume": 2},
    warmup=2,
    memory=2,
    unit="ratio in [-1, 1]",
)
def volume_change(s, b, n, volume):
    """Difference of this and the last volume over their sum: the tangent of half their log ratio, bounded.

    Two bars without volume read 0.

    Reference: definition.
    """
    total = s[volume] + s[volume - 1]
    return 0.0 if total <= 0.0 else (s[volume] - s[volume - 1]) / total
