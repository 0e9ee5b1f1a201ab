"""Fair value gaps that are filled by half and left again."""

from drawing import CALM, Case, mirror, path

HALF = path((0, 100.0), (1, 106.0), (2, 108.0), (2, 103.0), (2, 108.0))
SHALLOW = path((0, 100.0), (1, 106.0), (2, 108.0), (2, 104.5), (2, 108.0))
THROUGH = path((0, 100.0), (1, 106.0), (2, 108.0), (2, 100.0), (2, 108.0))
STUCK = path((0, 100.0), (1, 106.0), (2, 108.0), (2, 103.0), (2, 105.5))

CASES = (
    Case(
        "gap_fill",
        "positive",
        "half of the gap is filled, then a bar closes out of it",
        HALF,
        ((1, CALM + 6),),
        (("level", 108.0), ("stop", 99.7269), ("target", 132.8194)),
    ),
    Case("gap_fill", "near miss", "the price comes back into the gap, but not to its middle", SHALLOW),
    Case("gap_fill", "near miss", "the price trades through the whole gap", THROUGH),
    Case("gap_fill", "near miss", "half of the gap is filled, but no bar closes out of it", STUCK),
    Case("gap_fill", "mirrored", "a gap down is filled by half", mirror(HALF, around=100.0), ((-1, CALM + 6),)),
)
