"""Write one loop for a plan, as plain text, compile it, and keep the compiled code on disk.

The text is a function for every part of about sixty columns of one bar, and `run`, which calls them for every bar. The
steps are compiled into it, with their slots and params as constants. Local names carry a prefix (`v_` value, `h_` place
in a history, `r_` values present in a row), so that columns cannot collide with steps.
"""

import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

import numba
import numpy as np
from numba.core.errors import NumbaError

from alphaplus.core.bars import REQUIRED, Timeframe
from alphaplus.core.errors import ConfigError
from alphaplus.core.hashing import stable_hash
from alphaplus.features import lanes, state
from alphaplus.features.cache import open_cache, write_once
from alphaplus.features.codehash import code_hash
from alphaplus.features.contract import CONSTANTS, DENSE, FeatureSpec, Step, features
from alphaplus.features.faulty import check_helpers, check_returns, explain
from alphaplus.features.plan import FULL_BAR, Block, Node, Plan, Ring, make_plan
from alphaplus.storage.durable import locked

log = logging.getLogger(__name__)

PART = 60  # columns: fewer make more calls, more compile slowly
AHEAD = 4  # rows: how early the memory of the output is asked for
_one_at_a_time = Lock()
HELPERS = {"first_bad": state.first_bad, "clear": state.clear, "resample": state.resample, "fetch_row": lanes.fetch_row}


@dataclass(frozen=True, slots=True)
class Kernel:
    """A compiled set: `run(bars, s, out, trusted)` gives -1, or the position of a bar that it refuses.

    `bars`: (n, k) float64 with the columns of `plan.matrix_columns`, `s`: the state (plan.size,), `out`: (n, p). Bars
    are checked before anything is changed, unless `trusted`. `code` hashes all that decides the layout of the state.
    """

    plan: Plan
    run: Callable[..., int]
    check: Callable[..., int]  # of bars and state alone, as `run` would answer
    code: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Source:
    """What is to be compiled; `code` alone says whether two are the same."""

    code: str
    plan: Plan = field(compare=False)
    text: str = field(compare=False)
    steps: dict[str, Step] = field(compare=False)
    cache_folder: Path | None = field(compare=False)

    @property
    def name(self) -> str:
        """The name of the module."""
        return f"alphaplus_compiled_{self.code[:24]}"

    @property
    def kept(self) -> bool:
        """Whether its code lies compiled on disk."""
        return bool(self._files("run-*.nbi"))

    def forget(self) -> None:
        """Remove its compiled code from disk."""
        for path in self._files("*"):
            path.unlink()

    def _files(self, ending: str) -> list[Path]:
        folder = self.cache_folder
        return [] if folder is None else list((folder.resolve() / "__pycache__").glob(f"{self.name}.{ending}"))

    @property
    def task(self) -> str:
        """What compiling it is, for people."""
        often = "in every process: there is no cache" if self.cache_folder is None else "once"
        return f"compiling {len(self.plan.columns)} columns for {self.plan.timeframe}, {often}"


def compile_set(columns: tuple[str, ...], max_gap: int, timeframe: Timeframe, cache_folder: Path | None) -> Kernel:
    """The kernel of a set for bars of one timeframe, compiled at most once in a process.

    Compiled code is kept in `cache_folder`, or nowhere if there is none.
    """
    specs = tuple(features.get(column) for column in columns)
    return _kernel(columns, specs, max_gap, timeframe, cache_folder)


@lru_cache(maxsize=256)
def _kernel(
    columns: tuple[str, ...],
    specs: tuple[FeatureSpec, ...],  # a name that came to mean something else is another set
    max_gap: int,
    timeframe: Timeframe,
    cache_folder: Path | None,
) -> Kernel:
    return _compile_once(_source(columns, max_gap, timeframe, cache_folder))


def still_to_compile(
    columns: tuple[str, ...], max_gap: int, timeframe: Timeframe, cache_folder: Path | None
) -> str | None:
    """What is to be compiled before a set can run, in words; None where `cache_folder` or this process has its code."""
    source = _source(columns, max_gap, timeframe, cache_folder)
    return None if source.kept or source.code in _in_memory else source.task


def warm(columns: tuple[str, ...], max_gap: int, timeframes: Iterable[Timeframe], cache_folder: Path) -> None:
    """Fill the cache for a set, so that nobody waits later."""
    for timeframe in timeframes:
        _compile(_source(columns, max_gap, timeframe, cache_folder))


def _source(columns: tuple[str, ...], max_gap: int, timeframe: Timeframe, cache_folder: Path | None) -> _Source:
    plan = make_plan(columns, timeframe=timeframe, max_gap=max_gap)
    text = _Writer(plan).text()
    steps = {_step_name(node.spec): _step(node.spec) for block in plan.blocks for node in block.nodes}
    codes = {name: code_hash(step) for name, step in sorted((steps | HELPERS).items())}
    code = stable_hash([text, codes, [spec.outputs for spec in plan.talib], numba.__version__])
    return _Source(code, plan, text, steps, cache_folder)


def _compile(source: _Source) -> Kernel:
    specs = [node.spec for block in source.plan.blocks for node in block.nodes]
    check_helpers(specs)
    if not source.kept:
        log.info(source.task)
    name = source.name
    module = ModuleType(name)
    module.__dict__.update({"nan": float("nan"), "compiled": state.compiled, "whole": numba.int64, **HELPERS})
    module.__dict__.update({step: _compiled(function) for step, function in source.steps.items()})
    path, kept = f"<{name}>", source.cache_folder is not None
    if source.cache_folder is not None:
        path = str(write_once(open_cache(source.cache_folder) / f"{name}.py", source.text))
        sys.modules[name] = module  # numba finds the globals of cached code by the name of the module
    exec(compile(source.text, path, "exec"), module.__dict__)  # noqa: S102 - the text was written by this file
    outer = numba.njit(error_model="numpy", nogil=True, cache=kept)
    with _beside_its_text():
        kernel = Kernel(source.plan, outer(module.run), outer(module.check), source.code, source.text)
    try:
        with _alone(source):
            _prepare(kernel)
    except NumbaError as error:
        raise explain(source.plan, error) from None
    try:
        check_returns((spec, module.__dict__[_step_name(spec)]) for spec in specs)
    except ConfigError:
        source.forget()  # numba has kept it already
        raise
    _in_memory.add(source.code)
    return kernel


@contextmanager
def _beside_its_text() -> Iterator[None]:
    """Have numba keep code beside its text, so that commands and notebooks find what the other has compiled.

    NUMBA_CACHE_DIR, which commands set, would send it to a folder of its own.
    """
    settings: Any = numba.config
    with _one_at_a_time:
        elsewhere, settings.CACHE_DIR = settings.CACHE_DIR, ""
        try:
            yield
        finally:
            settings.CACHE_DIR = elsewhere


@contextmanager
def _alone(source: _Source) -> Iterator[None]:
    """Let no other process compile the same meanwhile: who comes second waits, and finds the code of the first."""
    if source.cache_folder is None or source.kept:
        yield
        return
    lock = source.cache_folder / f"{source.name}.lock"
    with locked(lock):
        yield
        lock.unlink(missing_ok=True)


def _prepare(kernel: Kernel) -> None:
    """Compile now, or load what was compiled before."""
    bars, zeros = np.empty((0, len(kernel.plan.matrix_columns))), np.zeros(kernel.plan.size)
    kernel.check(bars, zeros)
    kernel.run(bars, zeros, np.empty((0, len(kernel.plan.columns))), False)


_compile_once = lru_cache(maxsize=256)(_compile)
_compiled = lru_cache(maxsize=4096)(state.compiled)  # a step is compiled once in a process, whatever sets it is in
_in_memory: set[str] = set()  # codes of the sets that this process has compiled or loaded


def _step_name(spec: FeatureSpec) -> str:
    return f"step_{spec.name}_{code_hash(_step(spec))[:8]}"  # two features may share a name, never their code


def _step(spec: FeatureSpec) -> Step:
    if spec.step is None:
        raise TypeError(f"{spec.name} has no step")
    return spec.step


class _Writer:
    """The text of one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.output = {column: place for place, column in enumerate(plan.columns)}
        self.matrix = {column: place for place, column in enumerate(plan.matrix_columns)}
        self.clock_of = {column: block for block in plan.blocks if block.every for column in _columns(block)}
        self.functions: list[str] = []
        self.lines: list[str] = []
        self.known: set[str] = set()

    def text(self) -> str:
        """The whole module."""
        for block in self.plan.blocks:
            if block.every is not None:
                self._clock(block)
        self._bars(self.plan.blocks[-1])
        names = [line.split("(")[0].removeprefix("def ") for text in self.functions for line in text.splitlines()[1:2]]
        self._forget_unread()
        return "\n\n".join([*self.functions, self._run(names)]) + "\n"

    def _run(self, names: list[str]) -> str:
        plan, plain, frame = self.plan, self.plan.blocks[-1], self.plan.timeframe
        calls = "\n".join(f"        {name}(bars, t, s, out)" for name in names)
        return f"""\
def check(bars, s):
    return first_bad(bars, s, {frame.ms}, {frame.offset_ms})


def run(bars, s, out, trusted):
    if not trusted:
        bad = first_bad(bars, s, {frame.ms}, {frame.offset_ms})
        if bad >= 0:
            return bad
    for t in range(bars.shape[0]):
        fetch_row(out, t + {AHEAD})
        if s[{state.SEEN}] == 0.0:
            s[{state.ORIGIN}] = bars[t, 0]
        elif (bars[t, 0] - s[{state.TIME}]) / {frame.ms} - 1.0 > {plan.max_gap}:
            s[{state.BAR}] = 0.0
            clear(s, {plain.start}, {plain.stop})
{calls}
        s[{state.BAR}] += 1.0
        s[{state.SEEN}] += 1.0
        s[{state.TIME}] = bars[t, 0]
    return -1"""

    def _forget_unread(self) -> None:
        """Drop the stores of columns that no other part reads: within its part a value stays in a local."""
        text = "\n".join(self.functions)
        unread = {f"s[{slot}] = v_{column}" for column, slot in self.plan.held.items() if text.count(f"s[{slot}]") == 1}
        self.functions = [
            "\n".join(line for line in function.splitlines() if line.strip() not in unread)
            for function in self.functions
        ]

    def _begin(self, counter: str) -> None:
        self.lines = [f"    n = int({counter})"]
        self.known = set()

    def _end(self, name: str) -> None:
        self.functions.append("\n".join(["@compiled", f"def {name}(bars, t, s, out):", *self.lines]))

    def _bars(self, block: Block) -> None:
        """Parts for the steps on the bars themselves."""
        counter = f"s[{state.BAR}]"
        self._begin(counter)
        for column in _columns_of_clocks(self.plan):
            if column in self.output:
                self.lines.append(f"    out[t, {self.output[column]}] = {self._held(column)}")
        for column in self.plan.columns:
            if column in self.plan.absent:
                self.lines.append(f"    out[t, {self.output[column]}] = nan")
            elif column in self.matrix:
                self.lines.append(f"    out[t, {self.output[column]}] = bars[t, {self.matrix[column]}]")
        own = set(_columns(block))
        for column, ring in block.rings.items():
            if column not in own:
                self._value(column, "    ")
                self._write_ring(ring, "    ")
        parts, written = 0, 0
        for node in block.nodes:
            if written >= PART:
                self._end(f"part_{parts}")
                self._begin(counter)
                parts, written = parts + 1, 0
            self._node(node, block, "    ")
            written += len(node.spec.outputs)
        self._end(f"part_{parts}")

    def _clock(self, block: Block) -> None:
        """One function for the steps of a higher clock: build the bar, run the steps when it is final."""
        every, frame, z = block.every, self.plan.timeframe, block.start
        if every is None:
            raise TypeError("a clock has a timeframe")
        need = -(-int(FULL_BAR * 1000) * every.ms // (1000 * frame.ms))
        bar = ", ".join(f"bars[t, {REQUIRED.index(name)}]" for name in REQUIRED)
        self._begin("0.0")
        numbers = f"{frame.ms}, {every.ms}, {every.offset_ms}, {need}, {self.plan.max_gap}"
        self.lines.append(f"    if resample(s, {z}, {block.stop}, {bar}, {numbers}):")
        self.lines.append(f"        n = int(s[{z + state.CLOSED}])")
        self.lines.append(f"        v_timeframe_ms = {float(every.ms)}")
        self.known = {"timeframe_ms"}
        for place, name in enumerate(REQUIRED):
            self.lines.append(f"        v_{name} = s[{z + state.LAST + place}]")
            self.known.add(name)
        for column, ring in block.rings.items():
            if column in REQUIRED:
                self._write_ring(ring, "        ")
        for node in block.nodes:
            self._node(node, block, "        ")
        self.lines.append(f"        s[{z + state.CLOSED}] += 1.0")
        self._end(f"clock_{every.value[-1]}{every.value[:-1]}")

    def _node(self, node: Node, block: Block, indent: str) -> None:
        """One step, behind the conditions under which its inputs are there."""
        spec, arguments, conditions = node.spec, [], []
        for name in node.inputs:
            if name in node.history:
                arguments.append(f"h_{name}")
                conditions += self._history(block.rings[name], node, name, indent)
            else:
                self._value(name, indent)
                arguments.append(f"v_{name}")
                if name not in DENSE and name not in node.optional:
                    conditions.append(f"v_{name} == v_{name}")
        targets = [f"v_{column}" for column in spec.outputs]
        count = "n" if node.counter is None else "k"
        numbers = [_number(value) for value in spec.arguments]
        call = f"{_step_name(spec)}(s, {_number(node.base)}, {', '.join([count, *arguments, *numbers])})"
        body = [f"{', '.join(targets)} = {call}"]
        if node.counter is not None:
            body = [f"k = int(s[{node.counter}])", f"s[{node.counter}] += 1.0", *body]
        if conditions:
            self.lines.append(f"{indent}if {' and '.join(dict.fromkeys(conditions))}:")
            self.lines += [f"{indent}    {line}" for line in body]
            self.lines += [f"{indent}else:", f"{indent}    {' = '.join(targets)} = nan"]
        else:
            self.lines += [indent + line for line in body]
        for column in spec.outputs:
            self.known.add(column)
            if column in self.plan.held:
                self.lines.append(f"{indent}s[{self.plan.held[column]}] = v_{column}")
            elif column in self.output:
                self.lines.append(f"{indent}out[t, {self.output[column]}] = v_{column}")
            if column in block.rings:
                self._write_ring(block.rings[column], indent)

    def _history(self, ring: Ring, node: Node, name: str, indent: str) -> list[str]:
        """Where the window lies, and the conditions under which all of it is there."""
        length = node.history[name]
        if f"h_{name}" not in self.known:
            self.lines.append(f"{indent}h_{name} = {ring.base + ring.size} + (n & {ring.size - 1})")
            self.known.add(f"h_{name}")
        if ring.run is None or name in node.optional:
            return [f"n >= {length - 1}"] if length > 1 else []
        if f"r_{name}" not in self.known:
            self.lines.append(f"{indent}r_{name} = s[{ring.run}]")
            self.known.add(f"r_{name}")
        return [f"r_{name} >= {length}.0"]

    def _write_ring(self, ring: Ring, indent: str) -> None:
        name = ring.column
        self.lines.append(f"{indent}h_{name} = {ring.base + ring.size} + (n & {ring.size - 1})")
        self.lines.append(f"{indent}s[h_{name}] = v_{name}")
        self.lines.append(f"{indent}s[h_{name} - {ring.size}] = v_{name}")
        self.known.add(f"h_{name}")
        if ring.run is not None:
            self.lines.append(f"{indent}r_{name} = s[{ring.run}] + 1.0 if v_{name} == v_{name} else 0.0")
            self.lines.append(f"{indent}s[{ring.run}] = r_{name}")
            self.known.add(f"r_{name}")

    def _value(self, name: str, indent: str) -> None:
        """Make sure that a local holds the value of a column."""
        if name in self.known:
            return
        self.known.add(name)
        if name in self.matrix:
            source = f"bars[t, {self.matrix[name]}]"
        elif name in CONSTANTS:
            source = f"s[{state.TICK}]" if name == "tick_size" else f"{float(self.plan.timeframe.ms)}"
        elif name in self.plan.absent:
            source = "nan"
        elif name in self.plan.held:
            source = self._held(name)
        else:
            source = f"out[t, {self.output[name]}]"
        self.lines.append(f"{indent}v_{name} = {source}")

    def _held(self, column: str) -> str:
        """A column that rests in the state; one of a higher clock is unknown until that clock's first bar."""
        value = f"s[{self.plan.held[column]}]"
        block = self.clock_of.get(column)
        return value if block is None else f"{value} if s[{block.start + state.CLOSED}] > 0.0 else nan"


def _number(value: object) -> str:
    """A number in the text; numba would compile a step anew for every literal integer, and what it calls with it."""
    return f"whole({value})" if isinstance(value, int) and not isinstance(value, bool) else repr(value)


def _columns(block: Block) -> list[str]:
    return [column for node in block.nodes for column in node.spec.outputs]


def _columns_of_clocks(plan: Plan) -> list[str]:
    return [column for block in plan.blocks if block.every is not None for column in _columns(block)]
