"""What a command prints on a terminal: tables that can be read at any width."""

import re
import sys

import pytest

from alphaplus.web.commands.scores import column_notes
from alphaplus.web.commands.screen import Screen

ROWS = [["BTCUSDT", "2022-10-10 21:00", *("0.12345678" for _ in range(20))]]
COLUMNS = ["symbol", "open_time", *(f">column_{place}" for place in range(20))]
ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@pytest.fixture
def terminal(monkeypatch, capsys):
    """A terminal of so many columns; gives a function from what is done to what then stands there."""

    def printed(width, act):
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        act(Screen("test"))
        return ANSI.sub("", capsys.readouterr().out)

    return printed


@pytest.mark.parametrize("width", [20, 80, 120])
def test_a_table_too_wide_for_the_terminal_loses_nothing(width, terminal):
    text = terminal(width, lambda screen: screen.table("values", COLUMNS, ROWS))
    assert text.count("0.12345678") == 20
    assert "2022-10-10 21:00" in text
    assert "column_19" in text


def test_a_table_that_fits_stays_a_table(terminal):
    text = terminal(80, lambda screen: screen.table("values", COLUMNS[:4], [row[:4] for row in ROWS]))
    assert [line.split() for line in text.splitlines()][1] == ["symbol", "open_time", "column_0", "column_1"]


NAMED = [["inverse_head_and_shoulders", "0.71", "1.00"]]


@pytest.mark.parametrize(
    ("width", "titles", "left"),
    [
        (60, ["name", "strength", "result"], "values"),
        (43, ["name", "result"], "values; no room for strength"),
        (32, ["name", "strength", "result"], "values"),
    ],
)
def test_a_spare_column_goes_where_that_keeps_words_whole(width, titles, left, terminal):
    columns = ["name", ">strength", ">result"]
    text = terminal(width, lambda screen: screen.table("values", columns, NAMED, spare=(">strength",)))
    lines = [line.strip() for line in text.splitlines()]
    assert (lines[0], lines[1].split()) == (left, titles)
    assert ("inverse_head_and_shoulders" in text) == (width > 32)


def test_a_pipe_has_every_column(capsys):
    Screen("test").table("values", ["name", ">strength", ">result"], NAMED, spare=(">strength",))
    assert capsys.readouterr().out.splitlines()[0] == "name\tstrength\tresult"


def test_dropped_columns_are_counted_and_a_few_named(capsys):
    dropped = {f"flat_{place}": "is constant" for place in range(7)} | {"late": "is missing in 80% of the bars"}
    selection = {"kept": ["a"], "dropped": dropped, "rows": 1000}
    column_notes(Screen("test"), {"dataset": {"selection": selection}}, most=5)
    out = capsys.readouterr().out
    assert "dropped: 7 constant, 1 mostly missing" in out
    assert out.count("is constant") == 5
    assert "and 3 more" in out
    column_notes(Screen("test"), {"dataset": {"selection": selection}})
    assert "late is missing" in capsys.readouterr().out
