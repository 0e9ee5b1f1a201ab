"""The written loop, the cache on disk, and the hashes that decide whether either may be used again."""

import os
import stat
import subprocess
import sys

import numpy as np
import pytest

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import ConfigError
from alphaplus.features.cache import open_cache
from alphaplus.features.codehash import code_hash
from alphaplus.features.compiler import _compiled, compile_set, warm
from alphaplus.features.contract import feature, features
from alphaplus.features.sets import FeatureSet, feature_set, feature_sets

PROGRAM = """
import sys, time
from pathlib import Path
from alphaplus.features.compiler import compile_set
from alphaplus.core.bars import Timeframe
import numpy as np
kernel = compile_set(("rsi_14", "h4_return"), 24, Timeframe.H1, Path(sys.argv[1]))
bars = np.empty((0, 6))
kernel.run(bars, np.zeros(kernel.plan.size), np.empty((0, 2)), False)
print(sum(kernel.run.stats.cache_hits.values()), sum(kernel.run.stats.cache_misses.values()))
"""


def run_program(folder):
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(folder)], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_second_process_takes_the_code_from_the_cache(tmp_path):
    warm(("rsi_14", "h4_return"), 24, [Timeframe.H1], tmp_path / "cache")
    assert run_program(tmp_path / "cache") == ["1", "0"]
    written = sorted(path.suffix for path in (tmp_path / "cache").rglob("*") if path.is_file())
    assert written.count(".py") == 1
    assert ".nbi" in written


def test_two_processes_at_once_compile_once(tmp_path):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "cache")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    counts = [one.communicate(timeout=300)[0].split() for one in both]
    assert sorted(counts) == [["0", "1"], ["1", "0"]]
    assert not list((tmp_path / "cache").glob("*.lock"))


def test_the_cache_is_closed_to_others(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o755)
    assert stat.S_IMODE(open_cache(folder).stat().st_mode) == 0o700


def test_a_cache_into_which_others_could_write_is_refused(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    folder.chmod(0o777)
    assert stat.S_IMODE(open_cache(folder).stat().st_mode) == 0o700  # empty: nothing can have been slipped in
    (folder / "planted.py").write_text("")
    folder.chmod(0o777)
    with pytest.raises(ConfigError, match="others can write"):
        open_cache(folder)


def test_a_cache_of_another_owner_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 12_345)
    with pytest.raises(ConfigError, match="another user"):
        open_cache(tmp_path / "cache")


def test_the_loop_is_compiled_once_in_a_process(tmp_path):
    first = compile_set(("rsi_14",), 24, Timeframe.H1, None)
    assert compile_set(("rsi_14",), 24, Timeframe.H1, tmp_path / "elsewhere").run is first.run
    assert compile_set(("rsi_14",), 24, Timeframe.M15, None).code != first.code


def test_a_step_is_compiled_once_whatever_its_windows_and_sets():
    """As literals, its integers would be types of their own: one compilation for each number."""
    for columns in (("sma_20", "sma_50"), ("sma_200",)):
        compile_set(columns, 24, Timeframe.H1, None)
    step = features.get("sma_20").step
    assert features.get("sma_50").step is step
    assert len(_compiled(step).signatures) == 1


def test_a_set_is_written_in_parts(every_feature, compiled):
    columns = every_feature.columns
    text = compile_set(columns, every_feature.max_gap, Timeframe.H1, compiled).text
    assert len(columns) / 80 < text.count("def part_") < len(columns) / 40
    assert "def clock_h4(" in text
    assert "def clock_d1(" in text


def test_unwanted_outputs_of_a_step_do_not_reach_the_frame(walk):
    from alphaplus.features.compute import compute_features

    bars = walk(100)
    whole = compute_features(bars, FeatureSet("whole", ("macd", "macd_signal", "macd_histogram", "macd_to_close")))
    part = compute_features(bars, FeatureSet("part", ("macd_histogram", "macd_to_close")))
    assert part.values.shape == (100, 2)
    for column in part.columns:
        assert np.array_equal(part.column(column), whole.column(column), equal_nan=True)


def source(name, body, comment=""):
    space = {}
    exec(f'def {name}(x):\n    """Doc {comment}."""\n    # {comment}\n    return {body}\n', space)
    return space[name]


def test_comments_docstrings_and_decorators_void_no_hash(tmp_path):
    def module(name, text):
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        space = {"__name__": "same"}
        exec(compile(text, str(path), "exec"), space)
        return code_hash(space["double"])

    plain = module("a", "FACTOR = 2\ndef helper(x):\n    return x * FACTOR\ndef double(x):\n    return helper(x)\n")
    commented = module(
        "b",
        'FACTOR = 2\ndef helper(x):\n    """Doc."""\n    return x * FACTOR  # twice\n\n\n'
        "def keep(f):\n    return f\n@keep\ndef double(x):\n    '''Other doc.'''\n    return helper(x)\n",
    )
    assert plain == commented
    changed = "FACTOR = {}\ndef helper(x):\n    return x {} FACTOR\ndef double(x):\n    return helper(x)\n"
    assert module("c", changed.format(3, "*")) != plain  # a constant
    assert module("d", changed.format(2, "+")) != plain  # a helper


def test_every_number_of_a_table_is_part_of_the_hash():
    def reading(table):
        space = {"TABLE": table}
        exec("def read(k):\n    return TABLE[k]\n", space)
        return code_hash(space["read"])

    table = np.linspace(0.0, 1.0, 5_000)
    other = table.copy()
    other[2_500] = np.nextafter(other[2_500], 1.0)
    assert reading(table) == reading(table.copy())
    assert reading(table) != reading(other)
    assert reading(table) != reading(table.reshape(50, 100))
    assert reading(table) != reading(table.view(np.int64))
    assert reading((1, table)) == reading((1, table.copy()))
    assert reading((1, table)) != reading((1, other))


def test_code_typed_at_a_prompt_has_a_hash_too():
    assert code_hash(source("typed", "x + 1", "one")) == code_hash(source("typed", "x + 1", "two"))
    assert code_hash(source("typed", "x + 1")) != code_hash(source("typed", "x + 2"))


def test_the_hash_of_a_set_follows_columns_params_and_code(catalog):
    def declare(step, **more):
        step.__doc__ = "A step.\n\nReference: test."
        feature(inputs=("close",), outputs=(f"{step.__name__}_made",), unit="price", **more)(step)
        return FeatureSet("one", (f"{step.__name__}_made",)).hash

    def first(s, b, n, close):
        return close

    def second(s, b, n, close):
        return close + 1.0

    assert declare(first) != declare(second)
    assert FeatureSet("a", ("rsi_14",)).hash == FeatureSet("b", ("rsi_14",)).hash
    assert FeatureSet("a", ("rsi_14",)).hash != FeatureSet("a", ("rsi_7",)).hash
    assert FeatureSet("a", ("rsi_14", "rsi_7")).hash != FeatureSet("a", ("rsi_7", "rsi_14")).hash


def test_the_hash_is_the_same_in_every_process():
    program = "from alphaplus.features.sets import feature_set; print(feature_set('core').hash)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == feature_set("core").hash


def test_the_named_sets_are_as_large_as_promised():
    sets = {one.name: one.columns for one in feature_sets()}
    from alphaplus.features.contract import features, total_memory

    groups = [features.get(column).group for column in sets["core"]]
    counts = {name: groups.count(name) for name in set(groups)}
    assert len(sets["core"]) >= 70
    assert counts["price"] + sum("close_to_ema" in c for c in sets["core"]) >= 15
    assert counts["volume"] + counts["flow"] >= 5
    assert counts["calendar"] >= 8
    assert counts["lag"] >= 10
    assert counts["rolling"] >= 12
    assert counts["trend"] + counts["momentum"] + counts["volatility"] >= 12
    assert len(sets["lean"]) >= 20
    assert set(sets["core"]) | set(sets["lean"]) <= set(sets["all"])
    for column in ("ema_20", "ema_50", "rsi_14", "atr_14"):
        assert column in sets["all"]
    assert all(total_memory(column) is not None for column in sets["core"] + sets["lean"])
