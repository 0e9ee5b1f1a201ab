"""Who serves: the version of each slot that may speak about a bar, as of that bar.

A version speaks only about bars that close after everything it learned from (`trained_to`), so a backtest over the
past asks the version of that time, or none. Where the present champion is too young for a bar, the newest former
champion that is old enough speaks; a slot without a champion is silent whatever its history.

A slot for one regime speaks at the bars of that regime, before the slot of the same symbols for all of them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from alphaplus.core.bars import Timeframe
from alphaplus.core.enums import Stage
from alphaplus.datasets.regimes import ALL
from alphaplus.registry.versions import ModelStore, ModelVersion, Slot


@dataclass(frozen=True, slots=True)
class Service:
    """A version and the first bar close it speaks about: its `trained_to` is before `start`."""

    start: int
    version: ModelVersion


@dataclass(frozen=True, slots=True)
class Routes:
    """Who serves a symbol at one bar close; no champion means that rules serve."""

    champion: ModelVersion | None
    canary: ModelVersion | None = None
    shadows: tuple[ModelVersion, ...] = ()


def routes(
    store: ModelStore,
    symbol: str,
    timeframe: Timeframe,
    as_of: int,
    *,
    regimes: Collection[str] = (),
    target: str = "signal_direction",
    name: str | None = None,
    horizon: int | None = None,
) -> Routes:
    """Find who serves bars of `symbol` that close at `as_of` (ms UTC), the market then being in these `regimes`.

    The slot of the symbol alone is asked first, then universes that contain it, smaller ones before larger; of the same
    width first that of a present regime, then that of all; among equal slots (several names or horizons) the one
    promoted last.
    """
    for slot in ranked_slots(store, symbol, timeframe, target=target, name=name, horizon=horizon):
        if slot.regime not in (ALL, *regimes):
            continue
        champion = at(timeline(store, slot), as_of)
        if champion is not None:
            versions = [version for version in store.find(slot=slot) if version.trained_to < as_of]
            canary = next((version for version in versions if version.stage is Stage.CANARY), None)
            shadows = tuple(version for version in versions if version.stage is Stage.SHADOW)
            return Routes(champion, canary, shadows)
    return Routes(None)


def timeline(store: ModelStore, slot: Slot) -> tuple[Service, ...]:
    """Who spoke for the slot from when on, oldest first; empty when it has no champion."""
    champion = next(iter(store.find(slot=slot, stage=Stage.PRODUCTION)), None)
    if champion is None:
        return ()
    former = [
        version
        for version in store.find(slot=slot, stage=Stage.ARCHIVED)
        if version.deployed_at and version.trained_to < champion.trained_to
    ]
    former.sort(key=lambda version: (version.trained_to, version.number))
    return tuple(Service(version.trained_to + 1, version) for version in [*former, champion])


def at(services: Sequence[Service], as_of: int) -> ModelVersion | None:
    """The version that speaks about a bar closing at `as_of`."""
    return next((service.version for service in reversed(services) if service.start <= as_of), None)


def by_slot(services: Sequence[Service]) -> list[list[Service]]:
    """The services of each slot, the slots in the order in which they are asked."""
    found: dict[Slot, list[Service]] = {}
    for service in services:
        found.setdefault(service.version.slot, []).append(service)
    return list(found.values())


def ranked_slots(
    store: ModelStore,
    symbol: str,
    timeframe: Timeframe,
    *,
    target: str,
    name: str | None = None,
    horizon: int | None = None,
) -> list[Slot]:
    """The slots with a champion for a symbol, the one to ask first first: see `routes`."""
    champions = [
        version
        for version in store.find(stage=Stage.PRODUCTION, symbol=symbol)
        if version.slot.timeframe is timeframe
        and version.slot.target == target
        and (name is None or version.slot.name == name)
        and (horizon is None or version.slot.horizon == horizon)
    ]
    champions.sort(
        key=lambda version: (
            len(version.slot.symbols),
            version.slot.regime == ALL,
            -version.deployed_at,
            -version.number,
        )
    )
    return [version.slot for version in champions]
