"""All that is known at one bar close, as the voters see it. What the account holds is not part of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from alphaplus.core.bars import Instrument, Timeframe
from alphaplus.core.errors import UnknownName
from alphaplus.core.records import Prediction


@dataclass(frozen=True, slots=True)
class MarketView:
    """One bar close: its price, its feature row, and what the serving versions predicted.

    `columns` says where each feature stands in `row`. `predictions` is keyed by the voter they are for; where one is
    missing, `absences` says why.
    """

    instrument: Instrument
    timeframe: Timeframe
    as_of: int
    close: float
    columns: Mapping[str, int]
    row: Sequence[float]
    predictions: Mapping[str, Prediction] = field(default_factory=dict)
    absences: Mapping[str, str] = field(default_factory=dict)

    def feature(self, name: str) -> float:
        """The value of a feature column, NaN before its warm-up; raises UnknownName when it is not computed."""
        position = self.columns.get(name)
        if position is None:
            raise UnknownName(name, kind="feature column of this pipeline", known=self.columns)
        return self.row[position]
