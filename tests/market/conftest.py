"""Files of candles made by code."""

from pathlib import Path

import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.market.read import read_bars

HOUR = 3_600_000
START = 1_600_000_000_000 // HOUR * HOUR
NOW = 1_767_225_600_000
HEADER = "timestamp,open,high,low,close,volume"


def row(n: int, *, open_=100.0, high=110.0, low=90.0, close=105.0, volume=7.0, time=None) -> str:
    """One good row of an hourly file, `n` hours after the start."""
    return f"{START + n * HOUR if time is None else time},{open_},{high},{low},{close},{volume}"


@pytest.fixture
def candles(tmp_path):
    """Write lines as a file and read it as hourly bars."""

    def read(*lines, name="BTCUSDT-1h.csv", header=HEADER, content=None, **options):
        path = tmp_path / name
        if content is None:
            content = "\n".join(([header] if header else []) + list(lines)) + "\n"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        given = {"symbol": "BTCUSDT", "timeframe": Timeframe.H1, "now": NOW} | options
        return read_bars([Path(path)], **given)

    return read
