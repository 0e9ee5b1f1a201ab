"""A state that does not flicker: what was entered is kept for some bars."""

from alphaplus.features.state import compiled

STATE, AGE = range(2)  # slots
STAY = 6  # bars that every state lasts at least
LONGEST = 100  # bars, beyond which nobody counts


@compiled
def present(s, b, none):
    """The state that held until now, `none` before the first."""
    return s[b + STATE] if s[b + AGE] > 0.0 else none


@compiled
def settle(s, b, found):
    """The state from this bar on: the one found if the present one has lasted `STAY` bars, else the present one."""
    age = s[b + AGE]
    if age == 0.0 or (found != s[b + STATE] and age >= STAY):
        s[b + STATE], s[b + AGE] = found, 1.0
    else:
        s[b + AGE] = min(age + 1.0, LONGEST)
    return s[b + STATE]
