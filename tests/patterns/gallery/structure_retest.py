"""Broken levels of the structure that are retested."""

from drawing import CALM, Case, mirror, path

from gallery.structure import RISE

# The swing high at 110.25 is broken, the price goes on to 115, and comes back.
BROKEN = (*RISE, (8, 113.0), (3, 115.0))
RETESTED = path(*BROKEN, (4, 110.5), (4, 114.0))
LOST = path(*BROKEN, (4, 110.0), (4, 114.0))
FAR = path(*BROKEN, (4, 111.5), (4, 114.0))
LATE = path(*BROKEN, (15, 117.0), (10, 110.5), (4, 114.0))

CASES = (
    Case(
        "structure_retest",
        "positive",
        "the broken swing high is touched from above and holds",
        RETESTED,
        ((1, CALM + 46),),
        (("level", 111.375), ("stop", 109.892), ("target", 115.824)),
    ),
    Case("structure_retest", "near miss", "a bar closes back below the broken level", LOST),
    Case("structure_retest", "near miss", "the price does not come back to the level", FAR),
    Case("structure_retest", "near miss", "the retest comes more than 24 bars after the break", LATE),
    Case(
        "structure_retest",
        "mirrored",
        "the broken swing low is touched from below and holds",
        mirror(RETESTED, around=100.0),
        ((-1, CALM + 46),),
        (("level", 88.625), ("stop", 90.108)),
    ),
)
