"""Fixtures shared by all rooms: real market data where it lies, and a home of its own for every test."""

import os
from pathlib import Path

import pytest

TEST_DATA = "ALPHAPLUS_TEST_DATA"
NOW = 1_767_225_600_000  # 2026-01-01, later than all recorded data
HERE = Path(__file__).resolve().parent
LONG = ("e2e", "patterns", "contracts", "workflows", "invariants", "features", "trading")


def pytest_collection_modifyitems(items):
    """Begin with the rooms whose files take long: what is begun last should not keep other workers waiting."""
    rank = {room: place for place, room in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path.relative_to(HERE).parts[0], len(LONG)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Hand out files in the order above, and all that drives the browser to one worker: it shares one server."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByFileAndServer(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return "tests/e2e" if "/e2e/" in nodeid else super()._split_scope(nodeid)

    config.option.loadscopereorder = False
    return ByFileAndServer(config, log)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of recorded market data; skips where there is none."""
    folder = os.environ.get(TEST_DATA)
    if not folder:
        pytest.skip(f"{TEST_DATA} is not set: no recorded market data to read")
    path = Path(folder).resolve()
    if not path.is_dir():
        pytest.fail(f"{TEST_DATA}={folder} is not a folder")
    return path


@pytest.fixture(scope="session")
def btc_1h(data_folder):
    """Recorded BTCUSDT hourly bars, 2017-08 to 2022-10."""
    from alphaplus.core.bars import Timeframe
    from alphaplus.market.read import read_bars

    path = data_folder / "ohlcv/binance_spot_1h/BTCUSDT-1h-201708-202210.csv.gz"
    return read_bars([path], symbol="BTCUSDT", timeframe=Timeframe.H1, now=NOW)


@pytest.fixture(scope="session")
def compiled(tmp_path_factory) -> Path:
    """A folder of compiled code that all tests of a run share, over its workers: all patterns take a minute."""
    root = tmp_path_factory.getbasetemp()
    folder = (root.parent if "PYTEST_XDIST_WORKER" in os.environ else root) / "compiled"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def new_home(tmp_path_factory, compiled):
    """`new_home()`: a home folder, empty but for the compiled code of the whole run."""

    def made() -> Path:
        home = tmp_path_factory.mktemp("homes") / "home"
        home.mkdir()
        (home / "cache").symlink_to(compiled, target_is_directory=True)
        return home

    return made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder
