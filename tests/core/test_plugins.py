"""Files of the user: run once, told of with file and line where they fail, known to other processes."""

import sys

import pytest

from alphaplus.core import plugins
from alphaplus.core.catalog import Catalog
from alphaplus.core.errors import ConfigError
from alphaplus.core.parallel import Backend, parallel_map


@pytest.fixture(autouse=True)
def nothing_loaded(monkeypatch):
    monkeypatch.setattr(plugins, "_folders", [])
    monkeypatch.setattr(plugins, "_loaded", {})


@pytest.fixture
def write(tmp_path):
    def to(name, text):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return to


def test_a_file_is_run_once(write):
    path = write("counts.py", "import builtins\nbuiltins.runs = getattr(builtins, 'runs', 0) + 1\nVALUE = runs\n")
    first = plugins.load_file(path)
    assert plugins.load_file(path) is first
    assert first.VALUE == 1
    assert sys.modules["alphaplus_user_counts"] is first
    del __import__("builtins").runs


def test_a_copy_is_the_same_file_and_another_text_is_not(write):
    path = write("mine.py", "VALUE = 1\n")
    module = plugins.load_file(path)
    assert plugins.load_file(write("copies/mine.py", "VALUE = 1\n")) is module
    with pytest.raises(ConfigError, match=r"other/mine\.py is another file than .*mine\.py, which is in use"):
        plugins.load_file(write("other/mine.py", "VALUE = 2\n"))
    write("mine.py", "VALUE = 3\n")
    with pytest.raises(ConfigError, match=r"was loaded before it changed"):
        plugins.load_file(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\ndef broken(:\n", r"bad\.py, line 2: invalid syntax"),
        ("x = 1\n\ny = 1 / 0\n", r"bad\.py, line 3: ZeroDivisionError: division by zero"),
        ("import no_such_module\n", r"bad\.py, line 1: ModuleNotFoundError: No module named 'no_such_module'"),
        ("def inner():\n    raise KeyError('x')\n\n\ninner()\n", r"bad\.py, line 2: KeyError: 'x'"),
    ],
)
def test_what_goes_wrong_is_told_with_file_and_line(write, text, told):
    with pytest.raises(ConfigError, match=told):
        plugins.load_file(write("bad.py", text))
    assert "alphaplus_user_bad" not in sys.modules


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.py cannot be read"):
        plugins.load_file(tmp_path / "none.py")


@pytest.fixture
def shelf(write, tmp_path, monkeypatch):
    """A catalog of a package of its own that takes files of the user."""
    write("user_shelf/__init__.py", "")
    monkeypatch.syspath_prepend(tmp_path)
    seen = []
    catalog = Catalog("thing", package="user_shelf", user_files=lambda things: seen.append(dict(things)))
    catalog.add("shipped", 0)
    monkeypatch.setattr(plugins, "SHELF", catalog, raising=False)
    yield catalog, seen
    sys.modules.pop("user_shelf")


ADD = "from alphaplus.core import plugins\nplugins.SHELF.add({!r}, {})\n"


def test_files_of_a_folder_are_run_when_the_catalog_is_asked(shelf, write, tmp_path):
    catalog, seen = shelf
    assert catalog.names() == ["shipped"]
    write("own/b.py", ADD.format("second", 2))
    write("own/a.py", ADD.format("first", 1))
    write("own/_note.py", "raise RuntimeError")
    plugins.use_folder(tmp_path / "own")
    assert catalog.names() == ["shipped", "first", "second"]
    assert seen[-1] == {"shipped": 0, "first": 1, "second": 2}
    assert catalog.get("second") == 2


def test_a_folder_that_is_not_there_brings_nothing(shelf, tmp_path):
    plugins.use_folder(tmp_path / "nowhere")
    assert shelf[0].names() == ["shipped"]


def test_a_broken_file_is_an_error_each_time_and_leaves_nothing(shelf, write, tmp_path):
    catalog, _ = shelf
    write("own/bad.py", ADD.format("half", 1) + "raise ValueError('no')\n")
    plugins.use_folder(tmp_path / "own")
    for _ in range(2):
        with pytest.raises(ConfigError, match=r"bad\.py, line 3: ValueError: no"):
            catalog.get("shipped")
    assert "half" not in catalog._things
    write("own/bad.py", ADD.format("whole", 1))
    assert catalog.names() == ["shipped", "whole"]


def test_a_name_that_is_taken_is_told_with_file_and_line(shelf, write, tmp_path):
    write("own/twice.py", ADD.format("shipped", 1))
    plugins.use_folder(tmp_path / "own")
    with pytest.raises(ConfigError, match=r"twice\.py, line 2: two things are called 'shipped'"):
        shelf[0].names()


def columns_of_user(_):
    from alphaplus.features.contract import features

    return [column for column, spec in features if spec.group == "user"]


STEP = '''
from alphaplus.features.contract import feature

@feature(inputs=("close",), outputs=("doubled_in_a_process",), unit="price")
def doubled(s, b, n, close):
    """Twice the close.

    Reference: test.
    """
    return 2.0 * close
'''


def test_processes_know_the_files_of_the_user(write, tmp_path):
    write("features/doubled.py", STEP)
    plugins.use_folder(tmp_path / "features")
    found = parallel_map(columns_of_user, [1, 2], backend=Backend.PROCESSES, workers=2)
    assert found == [["doubled_in_a_process"], ["doubled_in_a_process"]]


def test_what_a_failing_file_gave_to_catalogs_side_by_side_is_taken_from_both(write, monkeypatch):
    first = Catalog("thing", package="alphaplus.core", user_files=lambda things: None)
    second = Catalog("other", package="alphaplus.core", beside=first)
    monkeypatch.setattr(plugins, "shelves", (first, second), raising=False)
    path = write(
        "both/mine.py", "from alphaplus.core import plugins\nfor shelf in plugins.shelves: shelf.add('a', 1)\n1 / 0\n"
    )
    plugins.use_folder(path.parent)
    for shelf in (second, first, second):
        with pytest.raises(ConfigError, match="ZeroDivisionError"):
            shelf.names()
    assert (first._things, second._things) == ({}, {})
    path.write_text("from alphaplus.core import plugins\nfor shelf in plugins.shelves: shelf.add('a', 1)\n")
    assert second.names() == first.names() == ["a"]
