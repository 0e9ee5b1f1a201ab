"""From the columns of a set to a plan: what must be computed, in which order, and where it lies in the state."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from alphaplus.core.bars import REQUIRED, SIDE_COLUMNS, Timeframe
from alphaplus.core.errors import ConfigError
from alphaplus.features.contract import CONSTANTS, DENSE, FeatureSpec, features
from alphaplus.features.state import CLOCK, FOOTER, HEADER

FULL_BAR = 0.9  # share of its bars that a higher bar needs


@dataclass(frozen=True, slots=True)
class Ring:
    """A mirrored history of one column: `size` is a power of two, every value is written twice, `size` apart."""

    column: str
    base: int
    size: int
    run: int | None  # slot that counts the values present in a row; None where none can be missing


@dataclass(frozen=True, slots=True)
class Node:
    """One step in the loop."""

    spec: FeatureSpec
    inputs: tuple[str, ...]  # resolved names of columns
    history: dict[str, int]  # of resolved names
    optional: frozenset[str]
    base: int
    counter: int | None  # slot of its own count of bars; None where the bar counter serves or nobody asks


@dataclass(slots=True)
class Block:
    """Steps that share a bar counter, with their histories: those on the bars, or those on one higher clock."""

    every: Timeframe | None
    nodes: list[Node] = field(default_factory=list)
    rings: dict[str, Ring] = field(default_factory=dict)
    start: int = 0
    stop: int = 0


@dataclass(slots=True)
class Plan:
    """Everything the writer of the loop needs to know."""

    timeframe: Timeframe
    columns: tuple[str, ...]
    max_gap: int
    inputs: tuple[str, ...]  # bar columns
    talib: tuple[FeatureSpec, ...]  # their columns come after the inputs
    blocks: list[Block]  # higher clocks first, the bars' own block last
    held: dict[str, int]  # slots of columns that rest in the state, not in the output
    absent: frozenset[str]  # columns of clocks that this timeframe cannot build: always NaN
    carry_start: int
    size: int

    @property
    def matrix_columns(self) -> tuple[str, ...]:
        """Columns of the matrix that the loop reads."""
        return self.inputs + tuple(column for spec in self.talib for column in spec.outputs)


def make_plan(columns: Iterable[str], *, timeframe: Timeframe, max_gap: int) -> Plan:
    """Order the features that `columns` need and give each its place; raises UnknownName, ConfigError."""
    columns = tuple(columns)
    found = _Found(timeframe)
    for column in columns:
        found.visit(column, ())
    sides = [name for name in SIDE_COLUMNS if name in found.bars]
    matrix = {*REQUIRED, *sides, *(column for spec in found.talib for column in spec.outputs)}
    plan = Plan(
        timeframe=timeframe,
        columns=columns,
        max_gap=max_gap,
        inputs=(*REQUIRED, *sides),
        talib=tuple(found.talib),
        blocks=[],
        held={},
        absent=frozenset(found.absent),
        carry_start=0,
        size=HEADER,
    )
    plain = Block(every=None, start=plan.size)
    carried = [spec for spec in found.plain if spec.gaps == "carry"]
    _place(plan, plain, [spec for spec in found.plain if spec.gaps != "carry"])
    for spec in found.plain:
        for column in spec.outputs:
            if column not in columns and column not in matrix:
                plan.held[column] = _take(plan, 1)
    plain.stop = plan.size
    for every in sorted(found.clocks, key=lambda clock: clock.ms):
        plan.blocks.append(_clock_block(plan, every, found))
    plan.carry_start = plan.size
    _place(plan, plain, carried)
    order = {id(spec): place for place, spec in enumerate(found.plain)}
    plain.nodes.sort(key=lambda node: order[id(node.spec)])
    plan.blocks.append(plain)
    plan.size += FOOTER
    return plan


class _Found:
    """The closure of the wanted columns under need, in an order in which it can be computed."""

    def __init__(self, timeframe: Timeframe) -> None:
        self.timeframe = timeframe
        self.plain: list[FeatureSpec] = []
        self.clocks: dict[Timeframe, list[FeatureSpec]] = {}
        self.talib: list[FeatureSpec] = []
        self.bars: set[str] = set()
        self.absent: set[str] = set()
        self._done: set[str] = set()

    def visit(self, column: str, path: tuple[str, ...]) -> None:
        """Find what a column needs, `path` being the columns that need it."""
        if column in self._done:
            return
        spec = features.get(column)
        if not set(path).isdisjoint(spec.outputs):
            raise ConfigError(f"features need each other in a circle: {' -> '.join((*path, column))}", hint="break it")
        self._needs(spec, (*path, column))
        self._done.update(spec.outputs)

    def _needs(self, spec: FeatureSpec, path: tuple[str, ...]) -> None:
        if spec.talib is not None:
            self.talib.append(spec)
            return
        if spec.every is not None and not self._fits(spec.every):
            self.absent.update(spec.outputs)
            return
        for name in spec.inputs:
            if name in DENSE or name in SIDE_COLUMNS:
                self._bar(spec, name)
            else:
                self.visit(spec.prefix + name, path)
        if spec.is_bar_column:
            return
        if spec.every is None or spec.every is self.timeframe:
            self.plain.append(spec)
        else:
            self.clocks.setdefault(spec.every, []).append(spec)

    def _fits(self, every: Timeframe) -> bool:
        return every.ms % self.timeframe.ms == 0

    def _bar(self, spec: FeatureSpec, name: str) -> None:
        if spec.every is not None and name in SIDE_COLUMNS:
            raise ConfigError(f"{spec.outputs[0]} reads {name}, which higher clocks do not build", hint="use prices")
        if name in CONSTANTS and name in spec.history:
            raise ConfigError(f"{spec.outputs[0]} asks for the history of the constant {name}", hint="read it plainly")
        self.bars.add(name)


def _take(plan: Plan, slots: int) -> int:
    base = plan.size
    plan.size += slots
    return base


def _resolved(spec: FeatureSpec, name: str) -> str:
    """Name of the column that an input means: features of a clock read features of the same clock."""
    return name if name in DENSE or name in SIDE_COLUMNS else spec.prefix + name


def _place(plan: Plan, block: Block, specs: list[FeatureSpec]) -> None:
    """Give slots to the histories and states of steps that live and restart together."""
    lengths: dict[str, int] = {}
    for spec in specs:
        for name, length in spec.history.items():
            column = _resolved(spec, name)
            lengths[column] = max(lengths.get(column, 1), length)
    for column, length in lengths.items():
        size = 1 << (length - 1).bit_length()
        base = _take(plan, 2 * size)
        block.rings[column] = Ring(column, base, size, run=None if column in DENSE else _take(plan, 1))
    for spec in specs:
        inputs = tuple(_resolved(spec, name) for name in spec.inputs)
        optional = frozenset(_resolved(spec, name) for name in spec.optional)
        sparse = any(name not in DENSE and name not in optional for name in inputs)
        own_count = spec.counts and (sparse or spec.gaps == "carry")
        history = {_resolved(spec, name): length for name, length in spec.history.items()}
        base = _take(plan, spec.state_size) if spec.state_size else 0
        counter = _take(plan, 1) if own_count else None
        block.nodes.append(Node(spec, inputs, history, optional, base, counter))


def _clock_block(plan: Plan, every: Timeframe, found: _Found) -> Block:
    block = Block(every=every, start=_take(plan, CLOCK))
    specs = found.clocks[every]
    _place(plan, block, specs)
    for spec in specs:
        for column in spec.outputs:
            plan.held[column] = _take(plan, 1)
    block.stop = plan.size
    return block
