"""Catalogs, hashes, errors, logs and the parallel map."""

import io
import logging
import sys

import numpy as np
import pytest

from alphaplus.core.catalog import Catalog
from alphaplus.core.errors import ConfigError, MissingExtra, UnknownName
from alphaplus.core.hashing import stable_hash
from alphaplus.core.log import KeyValueFormatter, configure, run_id
from alphaplus.core.optional import require
from alphaplus.core.parallel import Backend, parallel_map


def square(x):
    return x * x


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    package = tmp_path / "shelf_of_things"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from alphaplus.core.catalog import Catalog\nthings = Catalog('thing', package='shelf_of_things')\n"
    )
    (package / "second.py").write_text("from shelf_of_things import things\nthings.add('gauge', 2)\n")
    (package / "first.py").write_text("from shelf_of_things import things\nthings.add('lever', 1)\n")
    monkeypatch.syspath_prepend(tmp_path)
    import shelf_of_things

    yield shelf_of_things.things
    for name in [name for name in sys.modules if name.startswith("shelf_of_things")]:
        del sys.modules[name]


def test_a_new_file_is_the_whole_registration(shelf):
    assert shelf.names() == ["lever", "gauge"]
    assert shelf.get("gauge") == 2


def test_an_unknown_name_gets_the_nearest_match(shelf):
    with pytest.raises(UnknownName, match="did you mean lever"):
        shelf.get("levr")


def test_two_things_of_one_name_fail(shelf):
    with pytest.raises(ConfigError, match="two things are called 'lever'"):
        shelf.get("lever"), shelf.add("lever", 3)


def test_hash_sees_content_not_order_or_identity():
    a = {"x": np.arange(3.0), "y": [1, "two", None]}
    b = {"y": (1, "two", None), "x": np.arange(3.0)}
    assert stable_hash(a) == stable_hash(b)
    assert stable_hash(a) != stable_hash({**a, "x": np.arange(3.0, dtype=np.float32)})
    assert stable_hash(a) != stable_hash({**a, "x": np.array([0.0, 1.0, 2.0000001])})


@pytest.mark.parametrize("backend", [backend for backend in Backend if backend is not Backend.RAY])
def test_parallel_map_keeps_order_and_reports(backend):
    seen = []
    assert parallel_map(square, range(7), backend=backend, workers=2, done=seen.append) == [x * x for x in range(7)]
    assert seen == [1, 2, 3, 4, 5, 6, 7]


def test_a_missing_extra_says_how_to_install_it():
    with pytest.raises(MissingExtra, match=r"pip install 'alphaplus\[deep\]'"):
        require("no_such_package_anywhere", extra="deep")


def test_a_log_line_carries_facts_and_run():
    record = logging.makeLogRecord({"name": "alphaplus.x", "levelname": "INFO", "msg": "model promoted", "version": 7})
    token = run_id.set("4f2a")
    try:
        line = KeyValueFormatter().format(record)
    finally:
        run_id.reset(token)
    assert line.endswith("INFO alphaplus.x model promoted version=7 run=4f2a")


def test_errors_carry_message_hint_and_exit_code():
    error = UnknownName("clse", kind="bar column", known=["close", "open"])
    assert (error.exit_code, error.hint) == (2, "did you mean close?")
    assert str(error) == "unknown bar column 'clse' (did you mean close?)"
    nearest = UnknownName("double_tpo", kind="pattern", known=["double_bottom", "double_top"])
    assert nearest.hint == "did you mean double_top, double_bottom?"
    assert Catalog("thing", package="nowhere").kind == "thing"


def test_logs_go_to_what_stderr_is_at_the_moment(monkeypatch):
    log = logging.getLogger("alphaplus")
    monkeypatch.setattr(log, "handlers", [])
    monkeypatch.setattr(log, "level", log.level)
    monkeypatch.setattr(log, "propagate", log.propagate)
    configure()
    later = io.StringIO()
    monkeypatch.setattr(sys, "stderr", later)  # as a progress bar does, to print above itself
    logging.getLogger("alphaplus.models").warning("late", extra={"bars": 3})
    assert later.getvalue().endswith("WARNING alphaplus.models late bars=3\n")
