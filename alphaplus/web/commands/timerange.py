"""`--timerange`, as traders write it."""

from datetime import UTC, datetime

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


def _day(text: str) -> int | None:
    if not text:
        return None
    try:
        return int(datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        raise ConfigError(f"--timerange: {text!r} is not a date", hint="write it as 20220131") from None
