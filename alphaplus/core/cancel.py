"""Cancelling: long work asks now and then whether it is still wanted, and ends itself where it is not."""

from collections.abc import Callable
from typing import TypeAlias

from alphaplus.core.errors import JobCancelled

Cancelled: TypeAlias = Callable[[], bool]
"""Whether somebody cancelled the work; asked often, so it answers at once."""


def stop_if(cancelled: Cancelled | None) -> None:
    """Raise JobCancelled where somebody cancelled."""
    if cancelled is not None and cancelled():
        raise JobCancelled("cancelled", hint="what was finished is kept; run the same again to go on")
