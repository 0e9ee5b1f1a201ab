"""How fast a replay goes: when the next event is due, and whether to go on at all."""

from collections.abc import Callable
from typing import Protocol

NAP = 0.2  # seconds after which a sleeper looks whether it should stop


class Pace(Protocol):
    """Asked before every event."""

    @property
    def speed(self) -> float | None:
        """Bars a second, None where bars come by themselves."""
        ...

    def wait(self) -> bool:
        """Return when the next event is due: True to go on, False to stop."""
        ...


class Unpaced:
    """Every event at once."""

    speed: float | None = None

    def wait(self) -> bool:
        """Go on."""
        return True


class Metronome:
    """A steady number of bars a second, `events_per_bar` events to a bar.

    `now` gives seconds that only grow, `sleep` waits for seconds, `stopped` says whether to end. Time that an event
    took is taken off the next wait; after a stall the beat starts anew and does not catch up.
    """

    def __init__(
        self,
        bars_per_second: float,
        *,
        events_per_bar: int,
        now: Callable[[], float],
        sleep: Callable[[float], None],
        stopped: Callable[[], bool],
    ) -> None:
        self.speed: float | None = bars_per_second
        self._interval = 1.0 / (bars_per_second * events_per_bar)
        self._now, self._sleep, self._stopped = now, sleep, stopped
        self._due = now()

    def wait(self) -> bool:
        """Sleep until the next event is due; False as soon as it is stopped."""
        while not self._stopped():
            now = self._now()
            left = self._due - now
            if left <= 0.0:
                self._due = (self._due if -left < self._interval else now) + self._interval
                return True
            self._sleep(min(left, NAP))
        return False
