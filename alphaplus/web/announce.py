"""Says where the server answers and how to sign in."""

import sys

from alphaplus.core.clock import SystemClock
from alphaplus.web.signin import VALID_MS, sign_in_link


def announce(address: str) -> None:
    """Print the address of the dashboard and, while no admin has a password, a fresh one-time link on stderr."""
    print(f"AlphaPlus is at {address}/ml/ (stop with Ctrl+C)", file=sys.stderr)
    link = sign_in_link(address, clock=SystemClock())
    if link is not None:
        minutes = VALID_MS // 60_000
        print(f"to change things, sign in within {minutes} minutes, once: {link}", file=sys.stderr)
    sys.stderr.flush()
