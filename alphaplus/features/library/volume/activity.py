"""How much is traded, compared with the bars before and with the same time of other days."""

from math import nan

from alphaplus.features.contract import Param, feature
from alphaplus.features.state import window_sum

DAY_MS = 86_400_000
SLOT_MS = 900_000
SLOTS = 96  # quarter hours of a day
DAYS = 20.0
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


@feature(
    inputs=("open_time", "volume"),
    outputs=("relative_volume",),
    state=2 * SLOTS + 1,
    warmup=2,
    memory=28_000,
    gaps="carry",
    unit="ratio in [0, 100]",
)
def relative_volume(s, b, n, open_time, volume):
    """Volume over what is usual at this quarter hour of the day (UTC), known before this bar.

    Usual is the mean of the first 20 bars of the quarter hour, then an exponential mean of weight 1/20; a quarter hour
    that was not seen yet borrows the mean of all bars. Capped at 100; 1 where nothing is usual. Gaps do not restart it.

    Reference: definition.
    """
    slot = int(open_time) % DAY_MS // SLOT_MS
    seen, mean, everywhere = b + slot, b + SLOTS + slot, b + 2 * SLOTS
    usual = s[mean] if s[seen] > 0.0 else s[everywhere]
    s[seen] += 1.0
    s[mean] += (volume - s[mean]) / min(s[seen], DAYS)
    s[everywhere] += (volume - s[everywhere]) / min(n + 1.0, DAYS * SLOTS)
    if n == 0:
        return nan
    return 1.0 if usual <= 0.0 else min(volume / usual, 100.0)
