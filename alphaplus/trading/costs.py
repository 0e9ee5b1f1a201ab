"""What a fill costs: the fee and the slippage of one side, as settings or the instrument say."""

from dataclasses import dataclass

from alphaplus.core.bars import Instrument
from alphaplus.core.config import Trading
from alphaplus.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Costs:
    """Fee and slippage of one side, in basis points of the notional."""

    fee_bps: float
    slippage_bps: float

    def __post_init__(self) -> None:
        if not (0 <= self.fee_bps < 10_000 and 0 <= self.slippage_bps < 10_000):
            message = f"costs of {self.fee_bps} and {self.slippage_bps} bps are out of range"
            raise ConfigError(message, hint="basis points a side, from 0 to below 10000")

    @classmethod
    def of(cls, instrument: Instrument, settings: Trading) -> "Costs":
        """The costs of an instrument: the settings where they say something, else its own fee and slippage."""
        return cls(
            instrument.fee_bps if settings.fee_bps is None else settings.fee_bps,
            instrument.slippage_bps if settings.slippage_bps is None else settings.slippage_bps,
        )

    def times(self, factor: float) -> "Costs":
        """The costs scaled, for a report at other costs."""
        return Costs(self.fee_bps * factor, self.slippage_bps * factor)

    @property
    def round_trip(self) -> float:
        """Share of the notional that entering and leaving at market take."""
        return 2 * (self.fee_bps + self.slippage_bps) / 10_000
