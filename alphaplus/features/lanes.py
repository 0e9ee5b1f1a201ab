"""Reductions of a window on eight lanes at once: what loops over a history compile to.

The LLVM code is written here, because a compiler may not reorder a sum of floats by itself: lanes, their order and the
order in which they are added up are fixed, so the bits are the same for every caller and on every machine. All read
the `window` - 1 values before the newest, s[h - 1], s[h - 2] and so on; the caller adds s[h]. The newest was stored a
moment ago, and a wide load that meets a narrow store still under way has to wait for it. Up to seven slots before the
window are read and thrown away.
"""

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils

LANES = 8
CHAINS = 4  # sums side by side in long windows, so that one addition need not wait for the last

intrinsic: Any = extending.intrinsic

_DOUBLE, _INT, _PLACE = ir.DoubleType(), ir.IntType(64), ir.IntType(32)
_BLOCK, _INTS = ir.VectorType(_DOUBLE, LANES), ir.VectorType(_INT, LANES)
_AGE = ir.Constant(_INTS, list(range(LANES, 0, -1)))  # memory holds the oldest first

Terms = Callable[[Any, Sequence[Any], Any, Sequence[Any]], Sequence[Any]]  # builder, blocks, ages, numbers -> terms


@intrinsic
def older_sum(typing, s, h, window):
    """Sum of the older values."""
    return _reduction(_values)


@intrinsic
def older_squares(typing, s, h, window, center):
    """Sum of the squared distances of the older values from `center`."""

    def terms(builder, blocks, ages, numbers):
        distance = builder.fsub(blocks[0], numbers[0])
        return [builder.fmul(distance, distance)]

    return _reduction(terms, numbers=1)


@intrinsic
def older_powers(typing, s, h, window, center):
    """Sums of the second, third and fourth powers of the distances of the older values from `center`."""

    def terms(builder, blocks, ages, numbers):
        distance = builder.fsub(blocks[0], numbers[0])
        square = builder.fmul(distance, distance)
        return [square, builder.fmul(square, distance), builder.fmul(square, square)]

    return _reduction(terms, numbers=1, results=3)


@intrinsic
def older_distances(typing, s, h, window, center):
    """Sum of the absolute distances of the older values from `center`."""

    def terms(builder, blocks, ages, numbers):
        distance = builder.fsub(blocks[0], numbers[0])
        return [_magnitude(builder, distance)]

    return _reduction(terms, numbers=1)


@intrinsic
def older_signed(typing, s, h, window):
    """Sum of the positive ones of the older values, and the sum of the magnitudes of all."""

    def terms(builder, blocks, ages, numbers):
        return [_larger(builder, blocks[0], _constant(0.0)), _magnitude(builder, blocks[0])]

    return _reduction(terms, results=2)


@intrinsic
def older_aged(typing, s, h, window):
    """Sum of the older values, each times its age in bars."""

    def terms(builder, blocks, ages, numbers):
        return [builder.fmul(builder.sitofp(ages, _BLOCK), blocks[0])]

    return _reduction(terms)


@intrinsic
def older_arched(typing, s, h, window, length):
    """Sum of the older values, each times (age + 1) (length - 1 - age)."""

    def terms(builder, blocks, ages, numbers):
        age, one = builder.sitofp(ages, _BLOCK), _constant(1.0)
        weight = builder.fmul(builder.fadd(age, one), builder.fsub(builder.fsub(numbers[0], one), age))
        return [builder.fmul(weight, blocks[0])]

    return _reduction(terms, numbers=1)


@intrinsic
def older_ranked(typing, s, h, window, value):
    """How many older values are below `value`, and how many equal it."""

    def terms(builder, blocks, ages, numbers):
        return [builder.fcmp_ordered(sign, blocks[0], numbers[0]) for sign in ("<", "==")]

    return _reduction(terms, fold=_count, numbers=1, results=2)


@intrinsic
def older_balance(typing, s, h, weights, window, level):
    """Sum of the weights of the older values below `level` minus that of those above, the weights a second history."""

    def terms(builder, blocks, ages, numbers):
        below, above = (
            builder.select(builder.fcmp_ordered(sign, blocks[0], numbers[0]), blocks[1], _constant(0.0))
            for sign in ("<", ">")
        )
        return [builder.fsub(below, above)]

    return _reduction(terms, histories=2, numbers=1)


@intrinsic
def older_products(typing, s, h, other, window, center, other_center):
    """Sum of the products of the older values' distances from their centers, of two histories."""

    def terms(builder, blocks, ages, numbers):
        distances = [builder.fsub(block, center) for block, center in zip(blocks, numbers, strict=True)]
        return [builder.fmul(*distances)]

    return _reduction(terms, histories=2, numbers=2)


@intrinsic
def older_max(typing, s, h, window):
    """Largest of the older values; minus infinity without any."""
    return _reduction(_values, fold=_larger, neutral=float("-inf"))


@intrinsic
def older_min(typing, s, h, window):
    """Smallest of the older values; infinity without any."""
    return _reduction(_values, fold=_smaller, neutral=float("inf"))


@intrinsic
def exchange_sorted(typing, s, first, window, old, new):
    """Let `new` take the place of `old`, one of the `window` sorted values from slot `first` on, which stay sorted.

    Every value becomes itself, a neighbour or the new one, all alike: where `old` has been passed values move down by
    one, and of each the smaller stays behind of it and the larger of `new` and the one below. Up to eight slots after
    the window are read, and some of them written as they were.
    """
    taken = (types.Array(types.float64, 1, "C"), types.int64, types.int64, types.float64, types.float64)

    def code(context: Any, builder: Any, signature: Any, arguments: Sequence[Any]) -> Any:
        data = context.make_array(taken[0])(context, builder, arguments[0]).data
        first, window = arguments[1:3]
        old, new = (_spread(builder, number, _BLOCK) for number in arguments[3:])
        last = _spread(builder, builder.sub(window, _INT(1)), _INTS)
        places = ir.Constant(_INTS, list(range(LANES)))
        shifted = ir.Constant(ir.VectorType(_PLACE, LANES), list(range(LANES - 1, 2 * LANES - 1)))
        before = cgutils.alloca_once_value(builder, _constant(float("-inf")))
        with cgutils.for_range_slice(builder, _INT(0), window, _INT(LANES), intp=_INT) as (start, _):
            place = builder.add(first, start)
            here, above = (_load(builder, data, builder.add(place, _INT(LANES + step))) for step in (0, 1))
            index = builder.add(_spread(builder, start, _INTS), places)
            moved = builder.select(builder.fcmp_ordered("<", here, old), here, above)
            moved = builder.select(builder.icmp_signed("<", index, last), moved, _constant(float("inf")))
            below = builder.shuffle_vector(builder.load(before), moved, shifted)
            placed = _smaller(builder, moved, _larger(builder, below, new))
            kept = builder.select(builder.icmp_signed("<=", index, last), placed, here)
            builder.store(moved, before)
            to = builder.bitcast(builder.gep(data, [place]), _BLOCK.as_pointer())
            builder.store(kept, to).align = 8
        return context.get_dummy_value()

    return types.void(*taken), code


@intrinsic
def fetch_row(typing, out, row):
    """Ask for the memory of a row (beyond the last one too) that will be written soon, so that stores need not wait."""
    table = types.Array(types.float64, 2, "C")

    def code(context: Any, builder: Any, signature: Any, arguments: Sequence[Any]) -> Any:
        array = context.make_array(table)(context, builder, arguments[0])
        columns = cgutils.unpack_tuple(builder, array.shape)[1]
        start = builder.mul(arguments[1], columns)
        kind = ir.FunctionType(ir.VoidType(), [ir.PointerType(), ir.IntType(32), ir.IntType(32), ir.IntType(32)])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        with cgutils.for_range_slice(builder, _INT(0), columns, _INT(LANES), intp=_INT) as (column, _):
            place = builder.gep(array.data, [builder.add(start, column)])
            builder.call(prefetch, [place, _PLACE(1), _PLACE(3), _PLACE(1)])
        return context.get_dummy_value()

    return types.void(table, types.int64), code


def _values(builder: Any, blocks: Sequence[Any], ages: Any, numbers: Sequence[Any]) -> Sequence[Any]:
    return blocks


def _sum(builder: Any, left: Any, right: Any) -> Any:
    return builder.fadd(left, right)


def _count(builder: Any, total: Any, found: Any) -> Any:
    """Add one on the lanes of a mask, or, at the end, both counts."""
    if found.type == total.type:
        return builder.fadd(total, found)
    return builder.select(found, builder.fadd(total, _constant(1.0)), total)


def _larger(builder: Any, left: Any, right: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", left, right), left, right)


def _smaller(builder: Any, left: Any, right: Any) -> Any:
    return builder.select(builder.fcmp_ordered("<", left, right), left, right)


def _magnitude(builder: Any, block: Any) -> Any:
    return _larger(builder, block, builder.fneg(block))


def _reduction(
    terms: Terms,
    *,
    fold: Callable[[Any, Any, Any], Any] = _sum,
    neutral: float = 0.0,
    histories: int = 1,
    numbers: int = 0,
    results: int = 1,
) -> tuple[Any, Any]:
    """Signature and code of f(s, *places, window, *numbers): the terms of every block, folded."""
    state = types.Array(types.float64, 1, "C")
    taken = (state, *[types.int64] * histories, types.int64, *[types.float64] * numbers)
    given = types.float64 if results == 1 else types.UniTuple(types.float64, results)

    def code(context: Any, builder: Any, signature: Any, arguments: Sequence[Any]) -> Any:
        data = context.make_array(state)(context, builder, arguments[0]).data
        places, window = arguments[1 : 1 + histories], arguments[1 + histories]
        spread = [_spread(builder, number, _BLOCK) for number in arguments[2 + histories :]]
        totals = [
            [cgutils.alloca_once_value(builder, _constant(neutral)) for _ in range(results)] for _ in range(CHAINS)
        ]
        older = builder.sub(window, _INT(1))
        block = builder.mul(builder.sdiv(older, _INT(LANES)), _INT(LANES))
        chain = builder.mul(builder.sdiv(older, _INT(CHAINS * LANES)), _INT(CHAINS * LANES))

        def add(start: Any, chain: int, mask: Any = None) -> None:
            blocks = [_load(builder, data, builder.sub(place, start)) for place in places]
            ages = builder.add(_AGE, _spread(builder, start, _INTS))
            for total, term in zip(totals[chain], terms(builder, blocks, ages, spread), strict=True):
                before = builder.load(total)
                after = fold(builder, before, term)
                builder.store(after if mask is None else builder.select(mask, after, before), total)

        with cgutils.for_range_slice(builder, _INT(0), chain, _INT(CHAINS * LANES), intp=_INT) as (start, _):
            for number in range(CHAINS):
                add(builder.add(start, _INT(number * LANES)), number)
        with cgutils.for_range_slice(builder, chain, block, _INT(LANES), intp=_INT) as (start, _):
            add(start, 0)
        rest = builder.sub(older, block)
        with builder.if_then(builder.icmp_signed(">", rest, _INT(0))):
            add(block, 0, builder.icmp_signed("<=", _AGE, _spread(builder, rest, _INTS)))
        folded = [_across(builder, _joined(builder, parts, fold), fold) for parts in zip(*totals, strict=True)]
        return folded[0] if results == 1 else context.make_tuple(builder, given, folded)

    return given(*taken), code


def _joined(builder: Any, totals: Sequence[Any], fold: Callable[[Any, Any, Any], Any]) -> Any:
    """The chains' blocks, two and two."""
    blocks = [builder.load(total) for total in totals]
    while len(blocks) > 1:
        blocks = [fold(builder, left, right) for left, right in zip(blocks[::2], blocks[1::2], strict=True)]
    return blocks[0]


def _load(builder: Any, data: Any, end: Any) -> Any:
    """The block that ends before slot `end`."""
    first = builder.gep(data, [builder.sub(end, _INT(LANES))])
    block = builder.load(builder.bitcast(first, _BLOCK.as_pointer()))
    block.align = 8
    return block


def _across(builder: Any, block: Any, fold: Callable[[Any, Any, Any], Any]) -> Any:
    """Fold the lanes of a block: the older half with the newer one, until one is left."""
    width = LANES
    while width > 1:
        width //= 2
        kind = ir.VectorType(_PLACE, width)
        halves = [ir.Constant(kind, list(range(start, start + width))) for start in (0, width)]
        block = fold(builder, *(builder.shuffle_vector(block, block, half) for half in halves))
    return builder.extract_element(block, _PLACE(0))


def _spread(builder: Any, number: Any, kind: Any) -> Any:
    """A number on every lane."""
    unset = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(unset, number, _PLACE(0))
    return builder.shuffle_vector(first, unset, ir.Constant(ir.VectorType(_PLACE, LANES), [0] * LANES))


def _constant(number: float) -> Any:
    return ir.Constant(_BLOCK, [number] * LANES)
