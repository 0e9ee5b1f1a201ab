"""Markets for the tests of this room."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def markets():
    """The module of small markets beside this file."""
    spec = importlib.util.spec_from_file_location("trading_markets", Path(__file__).parent / "markets.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
