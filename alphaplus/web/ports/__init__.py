"""The stores of an installation as workflows see them: Parquet for bars, files for artefacts, tables for the rest."""

from alphaplus.core.clock import Clock, SystemClock
from alphaplus.core.config import Settings
from alphaplus.storage.files import FileArtifactStore
from alphaplus.storage.parquet import ParquetBarStore
from alphaplus.web.ports.journal import OrmJournal
from alphaplus.web.ports.ledger import OrmLedger
from alphaplus.web.ports.model_store import OrmModelStore
from alphaplus.web.ports.publisher import OrmPublisher
from alphaplus.web.ports.trial_log import OrmTrialLog
from alphaplus.workflows.base import Ports, Progress, Silent

__all__ = ["OrmJournal", "OrmLedger", "OrmModelStore", "OrmPublisher", "OrmTrialLog", "open_ports"]


def open_ports(settings: Settings, clock: Clock | None = None, *, progress: Progress | None = None) -> Ports:
    """Open every store of an installation; `setup` must have run in this process."""
    clock = clock or SystemClock()
    return Ports(
        bars=ParquetBarStore(settings.bars_folder),
        artifacts=FileArtifactStore(settings.artifacts_folder),
        models=OrmModelStore(),
        trials=OrmTrialLog(),
        ledger=OrmLedger(),
        publisher=OrmPublisher(clock=clock),
        journal=OrmJournal(clock=clock),
        clock=clock,
        settings=settings,
        progress=progress or Silent(),
    )
