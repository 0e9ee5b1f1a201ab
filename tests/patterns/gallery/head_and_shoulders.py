"""Head and shoulders, and their inverse."""

from drawing import CALM, Case, mirror, path

RISE = ((0, 102.0), (8, 96.0), (16, 112.0))
FALL = ((12, 102.0), (10, 94.0))
FIGURE = path(*RISE, (8, 106.0), (12, 118.0), (10, 107.0), (8, 112.5), *FALL)
LOW_HEAD = path(*RISE, (8, 106.0), (9, 114.0), (8, 107.0), (8, 112.5), *FALL)
UNEVEN = path((0, 102.0), (8, 96.0), (12, 109.0), (6, 104.0), (13, 118.0), (12, 105.0), (9, 114.0), *FALL)
LOW_SHOULDER = path(*RISE, (5, 107.0), (32, 139.0), (34, 107.0), (6, 113.0), *FALL)
TILTED = path((0, 102.0), (8, 96.0), (18, 114.5), (6, 109.0), (11, 120.0), (17, 103.0), (9, 112.0), *FALL)
NO_RISE = path((0, 112.0), (6, 106.0), (8, 114.0), (8, 106.0), (12, 119.0), (11, 107.0), (8, 114.0), *FALL)
LOPSIDED = path(*RISE, (8, 106.0), (12, 118.0), (35, 107.0), (30, 112.5), *FALL)
PASSED = path(*RISE, (8, 106.0), (12, 118.0), (10, 107.0), (8, 112.5), (1, 103.0), (10, 94.0))
# The neckline rises by 1 in 22 bars. It is broken a bar after the birth: target and stop are those of that bar.
FACTS = (("level", 107.341), ("target", 95.432), ("stop", 113.023), ("low", 105.75), ("high", 118.25))
MIRRORED = (("level", 92.659), ("target", 104.568), ("stop", 86.977), ("low", 81.75), ("high", 94.25))

CASES = (
    Case("head_and_shoulders", "positive", "a high between two lower ones", FIGURE, ((-1, CALM + 66),), FACTS),
    Case("head_and_shoulders", "near miss", "the head hardly stands out", LOW_HEAD),
    Case("head_and_shoulders", "near miss", "one shoulder is far higher than the other", UNEVEN),
    Case("head_and_shoulders", "near miss", "the shoulders are too low for the head", LOW_SHOULDER),
    Case("head_and_shoulders", "near miss", "the neckline is steep", TILTED),
    Case("head_and_shoulders", "near miss", "the left shoulder did not rise from below its low", NO_RISE),
    Case("head_and_shoulders", "near miss", "the right shoulder is too far from the head", LOPSIDED),
    Case("head_and_shoulders", "near miss", "the neckline is passed before the right shoulder is known", PASSED),
    Case(
        "inverse_head_and_shoulders",
        "mirrored",
        "a low between two higher ones",
        mirror(FIGURE, around=100.0),
        ((1, CALM + 66),),
        MIRRORED,
    ),
)
