"""The higher clocks on which some features are computed as well."""

from collections.abc import Iterable, Mapping

from alphaplus.features.contract import Param

HIGHER = ("1h", "4h", "1d")

Variants = list[dict[str, Param]]


def on_higher_clocks(*variants: Mapping[str, Param]) -> Variants:
    """The variants on every higher clock."""
    return [{**variant, "every": every} for every in HIGHER for variant in variants]


def on_all_clocks(*variants: Mapping[str, Param]) -> Variants:
    """The variants on the bars themselves and on every higher clock; without any, one without params."""
    chosen: Iterable[Mapping[str, Param]] = variants or ({},)
    return [dict(variant) for variant in chosen] + on_higher_clocks(*chosen)
