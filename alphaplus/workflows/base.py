"""What a workflow is handed besides its request: the ports to everything outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from alphaplus.core.bars import Timeframe
from alphaplus.core.clock import Clock
from alphaplus.core.config import Settings
from alphaplus.core.records import ImportReport, RowsRead, Trade
from alphaplus.registry.versions import ModelStore
from alphaplus.storage.base import ArtifactStore, BarStore, Ledger, Publisher


class Request(BaseModel):
    """The arguments of one workflow: frozen, validated, JSON in and out."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Progress(Protocol):
    """Told how far a workflow has come."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Begin a stage of `total` steps, None when their number is unknown."""
        ...

    def advance(self, done: int, note: str = "") -> None:
        """Report how many steps of the stage are done."""
        ...


class Silent:
    """Progress that nobody watches."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Ignore the stage."""

    def advance(self, done: int, note: str = "") -> None:
        """Ignore the step."""


class Journal(Protocol):
    """Keeps what finished runs leave behind, for pages and people."""

    def imported(self, symbol: str, timeframe: Timeframe, report: ImportReport) -> None:
        """Keep the report of an import with its quarantined rows."""
        ...

    def rows_read(self, symbol: str, timeframe: Timeframe) -> RowsRead | None:
        """The rows of all imports of a series; None when nothing was imported for it."""
        ...

    def trained(self, version: int, summary: Mapping[str, object], recipe: Mapping[str, object] | None = None) -> None:
        """Keep the session of a training that registered `version`.

        With the `recipe` of its dataset that is kept too: `summary` is then `Training.summary()`, which has the hash.
        """
        ...

    def backtested(
        self,
        *,
        symbols: Sequence[str],
        timeframe: Timeframe,
        version: int | None,
        summary: Mapping[str, object],
        trades: Sequence[Trade],
    ) -> int:
        """Keep a finished backtest (`summary` is its JSON form) with its trades; returns its number."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """Stores, ledger, clock and settings, handed to every workflow."""

    bars: BarStore
    artifacts: ArtifactStore
    models: ModelStore
    ledger: Ledger
    publisher: Publisher
    journal: Journal
    clock: Clock
    settings: Settings
    progress: Progress
