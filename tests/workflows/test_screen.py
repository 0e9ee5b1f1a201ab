"""What a command prints on a terminal: tables that can be read at any width."""

import re
import sys

import pytest

from alphaplus.web.commands.scores import column_notes, importance_table, range_note, score_table
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


def test_where_broken_words_do_not_fit_either_spare_columns_go_first(terminal):
    rows = [["inverse_head_and_shoulders", *("0.123456789",) * 4]]
    columns = ["name", *(f">value_{place}" for place in range(4))]
    text = terminal(51, lambda screen: screen.table("values", columns, rows, spare=(">value_0", ">value_1")))
    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == "values; no room for value_0"
    assert lines[1].split() == ["name", "value_1", "value_2", "value_3"]


SCORES = ("skill", "roc_auc", "balanced_accuracy")
PART = {
    "model": {name: {"value": -0.123, "low": -0.456, "high": 0.789} for name in SCORES},
    "baselines": {
        baseline: dict.fromkeys(SCORES, 0.5) for baseline in ("base_rate", "persistence", "one_lag")
    },
}  # fmt: skip


@pytest.mark.parametrize(("width", "tables"), [(80, 2), (120, 1)])
def test_scores_stay_tables_at_the_usual_width(width, tables, terminal):
    metrics = {"oos": PART, "holdout": PART, "splits": {"name": "walk_forward"}}
    text = terminal(width, lambda screen: score_table(screen, metrics))
    assert text.count("95 % interval") == tables
    lines = [line for line in text.splitlines() if "balanced_accuracy" in line]
    assert len(lines) == 2
    assert all(line.count("0.500") == 3 for line in lines)
    assert "walk-forward" in text
    assert "untouched slice" in text


def test_a_model_that_explains_nothing_has_no_table_of_it(capsys):
    known = {"gain": {"a": 0.0, "b": 0.0}, "permutation": {}, "shap": {}}
    importance_table(Screen("test"), known)
    assert capsys.readouterr().out == ""
    importance_table(Screen("test"), known | {"gain": {"a": 0.25, "b": 0.75}, "shap": {"b": 0.1}})
    assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()] == ["column", "b", "a"]


def test_a_short_range_is_said(capsys):
    range_note(Screen("test"), {"splits": {"short_range": True, "folds": 6}})
    assert "too short for the usual folds; 6 equal blocks" in capsys.readouterr().out
    range_note(Screen("test"), {"splits": {"short_range": False, "folds": 9}})
    assert capsys.readouterr().out == ""
