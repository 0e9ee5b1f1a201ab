"""The catalog of features as a table, for people."""

import polars as pl

from alphaplus.features.contract import features, total_memory, total_warmup


def catalog() -> pl.DataFrame:
    """Every registered column: name, category, unit, inputs, params, warm-up, memory, description, reference.

    Warm-up and memory count bars of the column's own clock (`every`), what its inputs need included; memory is null
    for running totals.
    """
    rows = [
        {
            "name": column,
            "category": spec.group,
            "unit": spec.unit,
            "inputs": ", ".join(spec.prefix + name if spec.every else name for name in spec.inputs),
            "params": ", ".join(f"{name}={value}" for name, value in spec.params.items()),
            "every": spec.every.value if spec.every else "",
            "warmup": total_warmup(column),
            "memory": total_memory(column),
            "description": spec.description,
            "reference": spec.reference,
        }
        for column, spec in features
    ]
    return pl.DataFrame(rows, schema_overrides={"memory": pl.Int64}, infer_schema_length=None).sort("category", "name")
