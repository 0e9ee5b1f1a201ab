"""Progress on a terminal: how far a stage is, and nothing that nobody knows."""

import io
import sys

import pytest

from alphaplus.web.commands.progress import Bars


class Terminal(io.StringIO):
    """A terminal that keeps what it was sent."""

    def isatty(self):
        return True


@pytest.fixture
def shown(monkeypatch):
    """What stands on a terminal once a stage of so many steps has gone so far."""

    def printed(total, done):
        terminal = Terminal()
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "100")
        monkeypatch.setattr(sys, "stderr", terminal)
        with Bars() as bars:
            bars.stage("fits", total)
            bars.advance(done)
            bars._progress.refresh()
        return terminal.getvalue()

    return printed


def test_a_stage_of_known_length_counts_its_steps(shown):
    assert "3/14" in shown(14, 3)


def test_a_stage_of_unknown_length_counts_nothing(shown):
    text = shown(None, 0)
    assert "fits" in text
    assert "0/" not in text
