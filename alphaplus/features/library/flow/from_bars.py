"""Columns of the order book that come with the bars, named here so that sets may hold them as they are."""

from alphaplus.features.contract import bar_column

BANDS = {"0_5": "0.5", "1_0": "1", "2_0": "2"}  # part of the name -> percent of the price

for _side in ("bid", "ask"):
    for _band, _percent in BANDS.items():
        bar_column(
            f"{_side}_depth_{_band}",
            unit="base units",
            group="flow",
            reference="definition",
            description=f"Size of the {_side} orders within {_percent} % of the price when the bar closed.",
        )
bar_column(
    "spread_bps",
    unit="basis points of the price",
    group="flow",
    reference="definition",
    description="Best ask minus best bid when the bar closed.",
)
bar_column(
    "microprice",
    unit="price",
    group="flow",
    reference="Stoikov, The micro-price (2018)",
    description="Best bid and ask when the bar closed, each weighted by the size on the other side.",
)
