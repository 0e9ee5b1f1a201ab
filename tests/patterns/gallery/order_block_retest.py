"""Order blocks that the price comes back to."""

from drawing import CALM, Case, mirror, path

from gallery.structure import RISE

# The order block reaches from 104.75 to 106.0833 and is known with the break of the swing high at 110.25.
BROKEN = (*RISE, (8, 113.0))
RETESTED = path(*BROKEN, (8, 105.6), (3, 110.0))
FAR = path(*BROKEN, (8, 106.6), (3, 110.0))
LOST = path(*BROKEN, (8, 104.4), (3, 110.0))
INSIDE = path(*BROKEN, (8, 105.6), (1, 105.9))

CASES = (
    Case(
        "order_block_retest",
        "positive",
        "the price dips into the order block and closes above it",
        RETESTED,
        ((1, CALM + 47),),
        (("level", 107.0667), ("stop", 104.384), ("target", 115.114)),
    ),
    Case("order_block_retest", "near miss", "the price turns before it reaches the block", FAR),
    Case("order_block_retest", "near miss", "a bar closes below the block, which ends it", LOST),
    Case("order_block_retest", "near miss", "the price is in the block but has not closed out of it", INSIDE),
    Case(
        "order_block_retest",
        "mirrored",
        "the price rises into the order block and closes below it",
        mirror(RETESTED, around=100.0),
        ((-1, CALM + 47),),
        (("level", 92.9333), ("stop", 95.616)),
    ),
)
