"""Dates, as traders write them: `--timerange`, and single moments."""

from datetime import UTC, datetime, timedelta

from alphaplus.core.errors import ConfigError


def timerange(text: str | None) -> tuple[int | None, int | None]:
    """Two dates joined by a dash, either missing, as ms UTC: `20220101-20220701`."""
    if text is None:
        return None, None
    first, dash, last = text.partition("-")
    if not dash:
        raise ConfigError(f"--timerange {text!r} has no dash", hint="20220101-20220701; either end may be missing")
    start, end = _day(first), _day(last)
    if start is not None and end is not None and start >= end:
        raise ConfigError(f"--timerange {text!r} ends before it starts", hint="the earlier date comes first")
    return start, end


def last_moment(flag: str, text: str | None) -> int | None:
    """A date, up to its last instant, or a moment, as ms UTC: `2021-12-31`, `20211231`, `2021-12-31T14:00`."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{flag}: {text!r} is not a date", hint="write it as 2021-12-31") from None
    if "T" not in text and " " not in text:
        found += timedelta(days=1, milliseconds=-1)
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def _day(text: str) -> int | None:
    if not text:
        return None
    try:
        return int(datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        raise ConfigError(f"--timerange: {text!r} is not a date", hint="write it as 20220131") from None
