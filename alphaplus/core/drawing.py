"""What drawings of values share: scales, round ticks, dates and lines, as pieces of SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight map of values [low, high] to pixels [start, end]."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        span = self.high - self.low
        return self.start + (value - self.low) / (span if span > 0 else 1.0) * (self.end - self.start)


def points(x: Sequence[float], y: Sequence[float]) -> str:
    """The places of a line, in pixels."""
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))


def dates(times: Sequence[int]) -> list[int]:
    """Four moments that stand evenly between the first and the last."""
    span = times[-1] - times[0]
    return [times[0] + span * part // 8 for part in (1, 3, 5, 7)]


def round_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round values from `low` to `high`, no more than `most`: steps are 1, 2 or 5 times a power of ten."""
    span = high - low
    if not span > 0.0:
        return [low]
    power = 10.0 ** floor(log10(span / most))
    step = next(m * power for m in (1, 2, 5, 10, 20) if span / (m * power) <= most - 1)
    return [round(place * step, 12) for place in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]
