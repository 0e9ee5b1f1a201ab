"""Parameters as people write them: NAME=VALUE."""

from alphaplus.core.errors import ConfigError


def pairs(flag: str, words: list[str] | None, *, example: str) -> dict[str, str | int | float]:
    """Values by name, numbers as numbers; raises ConfigError for a word without `=`."""
    found: dict[str, str | int | float] = {}
    for word in words or []:
        name, equals, text = word.partition("=")
        if not equals:
            raise ConfigError(f"{flag} {word!r} is not NAME=VALUE", hint=f"for instance {flag} {example}")
        found[name] = _number(text)
    return found


def _number(text: str) -> str | int | float:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
