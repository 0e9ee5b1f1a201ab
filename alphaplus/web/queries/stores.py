"""Where pages find the bars: the store of the installation that this Django works on."""

from django.conf import settings

from alphaplus.core.config import Settings
from alphaplus.storage.parquet import ParquetBarStore


def installation() -> Settings:
    """The settings of AlphaPlus that Django was configured from."""
    found: Settings = settings.ALPHAPLUS
    return found


def bar_store() -> ParquetBarStore:
    """The bars of the installation."""
    return ParquetBarStore(installation().bars_folder)


def simulated_symbols() -> set[str]:
    """Symbols whose prices come from a generator, which every screen says."""
    return {series.instrument.symbol for series in bar_store().series() if series.instrument.simulated}
