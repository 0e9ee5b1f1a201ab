"""Which versions a pipeline may ask, and from which bar on each may speak."""

from collections.abc import Callable, Sequence

from alphaplus.core.bars import Timeframe
from alphaplus.datasets.regimes import ALL
from alphaplus.registry.routing import Service, ranked_slots, timeline
from alphaplus.registry.versions import ModelStore, ModelVersion, Slot

ServiceSource = Callable[[], Sequence[Service]]
"""Gives the services at this moment, slot by slot, the slot to ask first first, and of each slot the oldest first.

A version speaks from its service's start until the next one of its slot, at bars of the regime its slot is for.
"""

DIRECTION = "signal_direction"  # the label whose versions the decisions rest on


def nobody() -> tuple[Service, ...]:
    """No version: the rules decide alone."""
    return ()


def pinned(version: ModelVersion) -> ServiceSource:
    """One version whatever its stage, from the first bar that it did not learn from."""
    services = (Service(version.trained_to + 1, version),)
    return lambda: services


def registered(store: ModelStore, symbol: str, timeframe: Timeframe) -> ServiceSource:
    """The champions of a symbol's direction slots as the registry knows them when asked.

    Of the slots for all regimes one serves: that of fewer symbols, then the one promoted last. Before it come, in the
    same order, the slots for single regimes, one for each, that are not wider than it.
    """

    def services() -> Sequence[Service]:
        ranked = ranked_slots(store, symbol, timeframe, target=DIRECTION)
        chosen: dict[str, Slot] = {}
        for slot in ranked:
            if ALL not in chosen:
                chosen.setdefault(slot.regime, slot)
        return [service for slot in chosen.values() for service in timeline(store, slot)]

    return services
