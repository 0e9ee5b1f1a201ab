"""Symbols: what a market may be called, and how a file name says which market it holds."""

import re
import unicodedata
from pathlib import Path

from alphaplus.core.errors import ConfigError

_SYMBOL = re.compile(r"[A-Z0-9._:/-]{1,32}")
_SUFFIXES = {".gz", ".zip", ".csv", ".txt"}


def check_symbol(text: str) -> str:
    """Give the symbol in its normal form: NFC, 1 to 32 characters of A-Z, 0-9 and `._:/-`.

    Raises ConfigError for anything else: lower case, look-alike letters of other scripts, path steps.
    """
    symbol = unicodedata.normalize("NFC", text)
    if _SYMBOL.fullmatch(symbol) is None or ".." in symbol or not any(letter.isalnum() for letter in symbol):
        wanted = "1 to 32 characters of A-Z, 0-9 and ._:/-"
        near = symbol.upper()
        hint = f"did you mean {near}?" if near != symbol and _SYMBOL.fullmatch(near) else f"a symbol has {wanted}"
        raise ConfigError(f"{text[:64]!a} is not a symbol: expected {wanted}", hint=hint, symbol=text[:64])
    return symbol


def symbol_from_filename(path: Path) -> str | None:
    """Read the symbol off a file name such as `BTCUSDT-1h-2024-01.csv.gz`; None when it does not start with one.

    The symbol is what stands before the first `-`, `_` or blank of the name; a name may also be the symbol alone, or
    start with `SIM-` for a simulated market.
    """
    name = Path(path).name
    while Path(name).suffix.lower() in _SUFFIXES:
        name = Path(name).stem
    match = re.match(r"(SIM-[A-Z0-9]+|[A-Z0-9.]{2,32})(?=$|[-_ ])", name)
    if match is None or not any(letter.isalpha() for letter in match[1]):
        return None
    return check_symbol(match[1])
