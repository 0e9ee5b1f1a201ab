"""How values read in the admin: UTC times, sizes, JSON."""

import json
from datetime import UTC, datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString

NOTHING = "–"


def utc(time_ms: int | None) -> str:
    """`2022-10-10 23:00:00 UTC`, or a dash for none and for never."""
    if not time_ms:
        return NOTHING
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def number(value: float | None, decimals: int = 4) -> str:
    """A number with a true minus sign, or a dash."""
    return NOTHING if value is None else f"{value:,.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def as_json(value: object) -> SafeString:
    """JSON for reading, escaped."""
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
    return format_html('<pre class="alphaplus-json">{}</pre>', text)
