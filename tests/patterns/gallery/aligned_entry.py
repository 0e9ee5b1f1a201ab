"""Gaps that are filled with the structure of a higher timeframe, and against it."""

from drawing import CALM, Case, mirror, path

HOURS, DAYS = 28, 150  # bars of a leg that bars of four hours, or of a day, show as a swing


def rise(leg):
    """Turns of a market that breaks a swing high, so that its structure points up."""
    return ((0, 100.0), (leg, 112.0), (leg, 102.0), (2 * leg, 122.0))


UP, DOWN = ((1, 128.0), (2, 130.0), (2, 125.0), (2, 130.0)), ((1, 116.0), (2, 114.0), (2, 119.0), (2, 114.0))
WITH_HOURS, AGAINST_HOURS = path(*rise(HOURS), *UP), path(*rise(HOURS), *DOWN)
WITH_DAYS, AGAINST_DAYS = path(*rise(DAYS), *UP), path(*rise(DAYS), *DOWN)


def cases(pattern, title, drawings, born):
    """A gap filled with the structure, one against it, and both upside down."""
    towards, against = drawings
    return (
        Case(
            pattern, "positive", f"a gap up is filled while {title} rises", towards, ((1, born),), (("level", 130.0),)
        ),
        Case(pattern, "near miss", f"a gap down is filled while {title} rises", against),
        Case(
            pattern,
            "mirrored",
            f"a gap down is filled while {title} falls",
            mirror(towards, around=140.0),
            ((-1, born),),
        ),
        Case(pattern, "mirrored", f"a gap up is filled while {title} falls", mirror(against, around=140.0)),
    )


CASES = (
    *cases("entry_with_h1", "the structure of the hours", (WITH_HOURS, AGAINST_HOURS), CALM + 118),
    *cases("entry_with_h4", "the structure of four hours", (WITH_HOURS, AGAINST_HOURS), CALM + 118),
    *cases("entry_with_d1", "the structure of the days", (WITH_DAYS, AGAINST_DAYS), CALM + 606),
)
