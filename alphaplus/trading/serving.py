"""Which versions a pipeline may ask, and from which bar on each may speak."""

from collections.abc import Callable, Sequence

from alphaplus.core.bars import Timeframe
from alphaplus.core.enums import Stage
from alphaplus.registry.routing import Service, timeline
from alphaplus.registry.versions import ModelStore, ModelVersion

ServiceSource = Callable[[], Sequence[Service]]
"""Gives the services at this moment, oldest first; a version speaks from its service's start until the next one's."""

ALL = "all"  # the regime of versions that speak at every bar
DIRECTION = "signal_direction"  # the label whose versions the decisions rest on


def nobody() -> tuple[Service, ...]:
    """No version: the rules decide alone."""
    return ()


def pinned(version: ModelVersion) -> ServiceSource:
    """One version whatever its stage, from the first bar that it did not learn from."""
    services = (Service(version.trained_to + 1, version),)
    return lambda: services


def registered(store: ModelStore, symbol: str, timeframe: Timeframe) -> ServiceSource:
    """The champions of a symbol's direction slot as the registry knows them when asked.

    Where several slots have a champion, the slot of fewer symbols comes first, then the one promoted last.
    """

    def services() -> Sequence[Service]:
        champions = [
            version
            for version in store.find(stage=Stage.PRODUCTION, symbol=symbol)
            if version.slot.timeframe is timeframe and version.slot.target == DIRECTION and version.slot.regime == ALL
        ]
        if not champions:
            return ()
        best = min(champions, key=lambda version: (len(version.slot.symbols), -version.deployed_at, -version.number))
        return timeline(store, best.slot)

    return services
