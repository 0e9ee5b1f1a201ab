"""The catalog of features as a table, for people."""

import inspect

import polars as pl

from alphaplus.core.bars import PRICES
from alphaplus.features.contract import FeatureSpec, features, total_memory, total_warmup
from alphaplus.features.needs import BAR_COLUMNS
from alphaplus.features.sets import feature_sets, purpose_of

AS_THE_COLUMN = "as the column"  # a declared unit that is the one of the first input
BAR_UNITS = dict.fromkeys(PRICES, "price") | {
    "open_time": "milliseconds since 1970",
    "volume": "base units",
    "quote_volume": "quote currency",
    "trade_count": "trades",
    "buy_volume": "base units",
    "largest_trade": "base units",
    "sentiment": "score",
    "sentiment_count": "items",
    "news_age_ms": "milliseconds",
    "tick_size": "price",
    "timeframe_ms": "milliseconds",
}  # of the columns of bars that are no features
_PURPOSES = {
    "core": "what models learn from unless another set is named",
    "lean": "a small set for quick models and first steps",
    "volume": "the volume analysis; price levels and running totals among it, so no input of models",
    "full": "every column that a model can learn from, but for those of patterns",
    "all": "the whole catalog, those of your own included",
}


def catalog(*, hidden: bool = False) -> pl.DataFrame:
    """Every registered column: name, category, unit, inputs, params, warm-up, memory, description, reference.

    Those that only events and other features read are left out unless `hidden` asks for them.

    Warm-up and memory count bars of the column's own clock (`every`), what its inputs need included; memory is null
    for running totals.
    """
    rows = [
        {
            "name": column,
            "category": spec.group,
            "unit": unit_of(column),
            "inputs": ", ".join(spec.prefix + name if spec.every else name for name in spec.inputs),
            "params": ", ".join(f"{name}={value}" for name, value in spec.params.items()),
            "every": spec.every.value if spec.every else "",
            "warmup": total_warmup(column),
            "memory": total_memory(column),
            "description": spec.description,
            "reference": spec.reference,
        }
        for column, spec in features
        if hidden or column not in spec.hidden
    ]
    return pl.DataFrame(rows, schema_overrides={"memory": pl.Int64}, infer_schema_length=None).sort("category", "name")


def unit_of(column: str) -> str:
    """What a column is counted in, with its range; where it is that of another column, that one's."""
    if column in BAR_UNITS:
        return BAR_UNITS[column]
    spec = features.get(column)
    unit = spec.units[column]
    if unit != AS_THE_COLUMN:
        return unit
    first = spec.inputs[0]
    return unit_of(first if first in BAR_COLUMNS else spec.prefix + first)


def documentation(column: str) -> str:
    """What the step says of itself beside its first line and its reference: definition and edges."""
    step = features.get(column).step
    text = (inspect.getdoc(step) or "") if step is not None else ""
    return text.partition("Reference:")[0].partition("\n")[2].strip()


def words_of(column: str) -> dict[int, str]:
    """The words that the numbers of a column stand for; empty where they are numbers."""
    return dict(features.get(column).words.get(column, {}))


def duration(bars: int | None, spec: FeatureSpec, *, hours: int = 0) -> str:
    """A number of bars of the feature's own clock in words, with the hours that it needs beside them."""
    if bars is None:
        return "never: it is a running total"
    clock = f" of {spec.every}" if spec.every is not None else ""
    text = f"{bars:,} bar{'' if bars == 1 else 's'}{clock}"
    return f"{text}, on bars of 1h; {hours:,} hours of it are counted on the clock" if hours else text


def inputs_tree(column: str) -> list[str]:
    """What a column is made of, a line each, indented by how far it lies below."""
    spec = features.get(column)
    lines = [column]
    for name in spec.inputs:
        if name in BAR_COLUMNS:
            lines.append(f"  {name} (bars{f' of {spec.every}' if spec.every else ''})")
        else:
            lines += [f"  {line}" for line in inputs_tree(spec.prefix + name)]
    return lines


def purpose(name: str) -> str:
    """What a set is for."""
    return _PURPOSES.get(name) or purpose_of(name) or "a set of your own, from the settings"


def holding_sets(column: str) -> list[str]:
    """Names of the sets that hold a column."""
    return [chosen.name for chosen in feature_sets() if column in chosen.columns]
