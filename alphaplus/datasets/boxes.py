"""From a table of events to the zones that chart pictures show."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from alphaplus.core.bars import BarFrame
from alphaplus.core.errors import ConfigError
from alphaplus.patterns.contract import Drawing, patterns


def zones_of(events: pl.DataFrame, bars: BarFrame) -> NDArray[np.float64]:
    """The zones among events that were found on these bars, as `draw_pictures` takes them: (m, 5).

    Position of the bar at whose close each became known, that of the bar that ended it (NaN while it lives), low, high
    and direction. Events that are no zones, or have no direction, are left out. Raises ConfigError for events of other
    bars.
    """
    drawn = [name for name, spec in patterns if spec.drawing is Drawing.ZONE]
    chosen = events.filter(pl.col("pattern").is_in(drawn), pl.col("direction").abs() == 1)
    return np.column_stack(
        [
            _positions(chosen["known_at"], bars),
            _positions(chosen["ended_at"], bars),
            *(chosen[name].cast(pl.Float64).to_numpy() for name in ("low", "high", "direction")),
        ]
    )


def _positions(closes: pl.Series, bars: BarFrame) -> NDArray[np.float64]:
    """Positions of the bars that close at these times, NaN where there is none."""
    times, known = closes.fill_null(-1).to_numpy(), bars.close_time
    places = np.searchsorted(known, times)
    there = np.array(closes.is_not_null().to_numpy())
    found = places < len(known)
    found[found] = known[places[found]] == times[found]
    if (there & ~found).any():
        raise ConfigError(
            f"no bar closes at {times[there & ~found][0]}", hint="give the bars on which the events were found"
        )
    return np.where(there, places, np.nan)
