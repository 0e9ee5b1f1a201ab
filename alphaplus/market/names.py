"""What the name of a file says of its content, held against what the caller says."""

import re
from dataclasses import dataclass
from pathlib import Path

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import BadBars
from alphaplus.market.symbols import is_symbol_like, without_suffixes

# An upper-case M is a month in exchanges' archives, so minutes are known by the lower-case one only.
_MARKET = re.compile(r"(.+?)[-_ ](\d+(?:[mhdw]|[HDW]))(?=$|[-_ .(])")
_SHORTEST_QUOTE = 3


@dataclass(frozen=True, slots=True)
class _Market:
    """What a file name says: a symbol as it is written there, and a timeframe."""

    symbol: str
    timeframe: Timeframe


def check_name(name: str, file: str, *, symbol: str, timeframe: Timeframe) -> None:
    """Refuse a file whose name says another market than was asked for; `file` is what messages call it.

    Only a name that clearly is `SYMBOL-TIMEFRAME`, such as `ETHUSDT-1h-2024-01.csv.gz`, says anything. Separators
    (`BTC_USDT`), the venue (`BINANCE:BTCUSDT`) and the quote currency (`BTC`) may be missing on either side.

    Raises BadBars.
    """
    said = _market(name)
    if said is None or (_same(said.symbol, symbol) and said.timeframe is timeframe):
        return
    found = said.symbol.upper()
    raise BadBars(
        f"{file}: the name says {found} {said.timeframe}, expected {symbol} {timeframe}",
        hint=f"say --symbol {found if not _same(said.symbol, symbol) else symbol} --timeframe {said.timeframe}, "
        "or rename the file if its name is wrong",
        file=file,
    )


def _market(name: str) -> _Market | None:
    match = _MARKET.match(without_suffixes(Path(name).name))
    if match is None or match[2].lower() not in list(Timeframe):
        return None
    words = re.split(r"[-_ ]", match[1])
    clear = any(is_symbol_like(word) for word in words) and all(
        is_symbol_like(word) or re.fullmatch(r"[0-9.]+", word) for word in words
    )
    return _Market(match[1], Timeframe(match[2].lower())) if clear else None


def _same(written: str, symbol: str) -> bool:
    """Whether a symbol as written in a file name may mean the one asked for."""
    words = [_bare(word) for word in re.split(r"[-_ ]", written)]
    runs = {"".join(words[a:b]) for a in range(len(words)) for b in range(a + 1, len(words) + 1)}
    meant = {_bare(symbol), *(_bare(part) for part in symbol.split(":"))}
    base = "".join(words)
    return bool(runs & meant) or any(m.startswith(base) and len(m) - len(base) >= _SHORTEST_QUOTE for m in meant)


def _bare(symbol: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", symbol.upper())
