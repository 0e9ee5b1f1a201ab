"""What tuning may try: a range beside the default of each parameter, read off the family's own `Params`."""

from collections.abc import Mapping
from dataclasses import dataclass

from alphaplus.core.errors import ConfigError
from alphaplus.models.family import get_family

DIGITS = 4  # significant ones of a proposed number: more would only look exact


@dataclass(frozen=True, slots=True)
class Search:
    """The range in which tuning looks for a parameter, ends included; `log` where factors matter, not differences.

    It stands in the annotation of the parameter: `l2: Annotated[float, Search(0.1, 100, log=True)] = Field(10.0, ...)`.
    Whole numbers are searched where both ends are whole (int).
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ConfigError(f"a search from {self.low} to {self.high} has no room", hint="low < high, log above 0")

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are tried."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def rounded(self, value: float) -> float:
        """A proposed value as people would write it, inside the range."""
        return value if self.whole else min(max(float(f"{value:.{DIGITS}g}"), self.low), self.high)

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}" + (", by factors" if self.log else "")


def space_of(family: str, *, fixed: Mapping[str, object] | None = None) -> dict[str, Search]:
    """What may be searched of a family, by parameter, without what is `fixed`.

    Raises UnknownName, and ConfigError when nothing is left to search.
    """
    given = dict(fixed or {})
    declared = {
        name: searched
        for name, info in get_family(family).Params.model_fields.items()
        for searched in info.metadata
        if isinstance(searched, Search)
    }
    if not declared:
        raise ConfigError(
            f"the family {family} has nothing to tune", hint="none of its parameters declares a range of search"
        )
    space = {name: searched for name, searched in declared.items() if name not in given}
    if not space:
        raise ConfigError(
            f"every parameter of {family} that can be tuned is given: {', '.join(sorted(declared))}",
            hint="leave out those that should be searched",
        )
    return space


def defaults_of(family: str, space: Mapping[str, Search]) -> dict[str, float]:
    """The family's own defaults of the searched parameters."""
    fields = get_family(family).Params.model_fields
    return {name: fields[name].default for name in space}
