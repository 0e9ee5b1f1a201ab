"""What tests of patterns share: the drawings, and one cache of compiled code."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))  # the gallery is read by tests and by the documentation alike


@pytest.fixture(scope="session")
def cases():
    """All cases of the gallery."""
    import gallery

    return gallery.CASES
