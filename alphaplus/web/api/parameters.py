"""What query parameters may hold; anything else is answered with 422 before a query sees it."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from alphaplus.market.symbols import check_symbol

MOST, MOST_BARS = 1000, 20_000
BOUND = 2**63  # numbers from here on do not fit into a column

Limit = Annotated[int, Field(ge=1, le=MOST, description="rows of a page")]
ChartLimit = Annotated[int, Field(ge=1, le=MOST_BARS, description="bars of a chart")]
Number = Annotated[int, Field(ge=0, lt=BOUND)]
Kinds = Annotated[str, Field(max_length=2000, description="kinds or names of patterns, separated by commas")]
Symbol = Annotated[str, AfterValidator(check_symbol)]
Contributions = Annotated[
    Literal["top", "all"], Field(description="`top` gives the six largest of each prediction, `all` every one")
]
