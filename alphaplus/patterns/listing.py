"""The catalog of patterns, for people: what each one is, what becomes of it, and which columns tell of it."""

import inspect

import polars as pl

from alphaplus.core.errors import UnknownName
from alphaplus.features.contract import features
from alphaplus.patterns.births import RANGES
from alphaplus.patterns.contract import KINDS, Life, PatternSpec, patterns

KIND_WORDS = {
    "candles": "candlestick patterns, by TA-Lib",
    "figures": "chart figures from confirmed turning points",
    "smc": "smart money concepts: structure, zones, liquidity",
    "volume_patterns": "what volume says beside the price",
    "entries": "entry points with target and stop",
}
"""What the kinds of patterns are."""


def catalog(kind: str | None = None) -> pl.DataFrame:
    """Every pattern, or those of a kind: name, kind, life, description, reference; raises UnknownName."""
    if kind is not None and kind not in KINDS:
        raise UnknownName(kind, kind="kind of patterns", known=KINDS)
    rows = [
        {
            "name": name,
            "kind": spec.kind,
            "life": spec.life.value,
            "description": spec.description,
            "reference": spec.reference,
        }
        for name, spec in patterns
        if kind in (None, spec.kind)
    ]
    schema = dict.fromkeys(("name", "kind", "life", "description", "reference"), pl.String())
    order = {kind: place for place, kind in enumerate(KINDS)}
    return pl.DataFrame(sorted(rows, key=lambda row: (order[row["kind"]], row["name"])), schema=schema)


def definition(spec: PatternSpec) -> str:
    """What the step of a pattern says of itself but for its first line and its reference; empty for candlesticks."""
    step = None if spec.bars else features.get(spec.columns[0]).step
    text = (inspect.getdoc(step) or "") if step is not None else ""
    return text.partition("Reference:")[0].partition("\n")[2].strip()


def shown_columns(spec: PatternSpec) -> tuple[str, ...]:
    """The columns that tell of a pattern, its distance included."""
    return spec.columns if spec.bars else (*spec.columns, f"{spec.name}_distance")


def rules(spec: PatternSpec) -> list[str]:
    """What becomes of an event of the pattern, a sentence each."""
    horizon = f"{spec.horizon:,} bars"
    if spec.life is Life.ZONE:
        end = "broken by a close beyond its far edge" if spec.by_close else "filled when the price reaches its far edge"
        return [
            f"A zone is touched at its near edge, mitigated at its middle, and {end}.",
            f"It lives {horizon} at most, with at most {spec.most} of its direction; the oldest retires.",
        ]
    trade = f"entered at the next open, it ends at its target, its stop (first, of both in one bar) or after {horizon}"
    if spec.life is Life.FIGURE:
        return [
            f"A figure waits {horizon} at most for a close beyond its level; a close beyond its other side ends it.",
            f"Then it is a trade: {trade}.",
        ]
    given = [f"Target and stop lie {RANGES:g} average true ranges from the close."] if spec.bars else []
    return [*given, f"It is a trade: {trade}."]
