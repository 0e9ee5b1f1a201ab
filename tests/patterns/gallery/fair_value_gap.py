"""Fair value gaps."""

from drawing import CALM, Case, mirror, path

GAP = path((0, 100.0), (1, 99.0), (1, 106.0), (1, 106.3), (4, 104.3))
NARROW = path((0, 100.0), (1, 99.0), (1, 100.6), (1, 100.9), (4, 98.9))

CASES = (
    Case(
        "fair_value_gap",
        "positive",
        "a bar so long that its neighbours leave prices untraded",
        GAP,
        ((1, CALM + 2),),
        (("low", 100.25), ("high", 105.75)),
    ),
    Case("fair_value_gap", "near miss", "narrower than a tenth of an average true range", NARROW),
    Case(
        "fair_value_gap",
        "mirrored",
        "a fall so fast that its neighbours leave prices untraded",
        mirror(GAP, around=100.0),
        ((-1, CALM + 2),),
        (("low", 94.25), ("high", 99.75)),
    ),
)
