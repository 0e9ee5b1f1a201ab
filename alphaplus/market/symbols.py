"""Symbols: what a market may be called, and how a file name says which market it holds."""

import re
import unicodedata
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from alphaplus.core.errors import ConfigError

_SYMBOL = re.compile(r"[A-Z0-9._:/-]{1,32}")
_SUFFIXES = {".gz", ".zip", ".csv", ".txt"}
_UPPER: Final = str.maketrans(ascii_lowercase, ascii_uppercase)  # `upper()` would make letters of look-alikes
_PAIR = re.compile(r"[a-z0-9]{2,}(?:usdt|usdc|busd|fdusd|tusd|usd|eur|gbp|jpy|try|btc|eth|bnb)")


def check_symbol(text: str) -> str:
    """Give the symbol in its normal form: NFC, upper case, 1 to 32 characters of A-Z, 0-9 and `._:/-`.

    Raises ConfigError for anything else: look-alike letters of other scripts, path steps.
    """
    symbol = unicodedata.normalize("NFC", text).translate(_UPPER)
    if _SYMBOL.fullmatch(symbol) is None or ".." in symbol or not any(letter.isalnum() for letter in symbol):
        raise ConfigError(
            f"{text[:64]!a} is not a symbol: expected 1 to 32 characters of A-Z, 0-9 and ._:/-",
            hint="write it in plain letters, such as BTCUSDT or BTC/USDT",
            symbol=text[:64],
        )
    return symbol


def symbol_from_filename(path: Path) -> str | None:
    """Read the symbol off a file name such as `BTCUSDT-1h-2024-01.csv.gz`; None when it does not start with one.

    The symbol is what stands before the first `-`, `_` or blank of the name; a name may also be the symbol alone, or
    start with `SIM-` for a simulated market. In lower case only a pair with a known quote currency is a symbol
    (`btcusdt-1h.csv`), as other names are words (`prices.csv`).
    """
    match = re.match(r"(SIM-[A-Z0-9]+|[A-Za-z0-9.]{2,32})(?=$|[-_ ])", without_suffixes(Path(path).name))
    if match is None or not is_symbol_like(match[1]):
        return None
    return check_symbol(match[1])


def bare_symbol(symbol: str) -> str:
    """A symbol as exchanges write it in their messages: without the venue before it and without separators."""
    return re.sub(r"[^A-Z0-9]", "", symbol.upper().rpartition(":")[2])


def is_symbol_like(word: str) -> bool:
    """Whether a word of a file name is a symbol and no word of a language: capitals, or a pair in lower case."""
    return (word.isupper() and any(letter.isalpha() for letter in word)) or _PAIR.fullmatch(word) is not None


def without_suffixes(name: str) -> str:
    """A file name without the endings that say how it is written."""
    while Path(name).suffix.lower() in _SUFFIXES:
        name = Path(name).stem
    return name
