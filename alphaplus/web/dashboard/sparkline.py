"""Small lines of prices as SVG points, drawn by the server."""

from collections.abc import Sequence

WIDTH, HEIGHT, MARGIN = 96, 24, 2


def points(values: Sequence[float]) -> str:
    """The `points` of a polyline that fills the box; empty where fewer than two values are known."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    spread = high - low or 1.0
    step = (WIDTH - 2 * MARGIN) / (len(values) - 1)
    rows = (HEIGHT - MARGIN - (value - low) / spread * (HEIGHT - 2 * MARGIN) for value in values)
    return " ".join(f"{MARGIN + i * step:.1f},{y:.1f}" for i, y in enumerate(rows))
