"""Layouts: which column of a file holds what, and in which unit its times are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from alphaplus.core.bars import REQUIRED, SIDE_COLUMNS
from alphaplus.core.errors import BadBars, ConfigError
from alphaplus.market.printable import printable
from alphaplus.market.stamps import UNITS

MAX_COLUMNS = 64
BINANCE = "binance klines, 12 columns"
HEADER = "csv with a header"
_BINANCE_COLUMNS = {
    "open_time": 0,
    "open": 1,
    "high": 2,
    "low": 3,
    "close": 4,
    "volume": 5,
    "quote_volume": 7,
    "trade_count": 8,
    "buy_volume": 9,
}
_BINANCE_WIDTH = 12
_TIMES = (
    "open_time",
    "timestamp",
    "ts",
    "unix",
    "time",
    "datetime",
    "date",
)  # numbers before dates: the first is taken
_ALIASES = {
    "open": ("open",),
    "high": ("high",),
    "low": ("low",),
    "close": ("close",),
    "volume": ("volume", "vol"),
    "quote_volume": ("quote_volume", "quote_asset_volume"),
    "trade_count": ("trade_count", "count", "trades", "number_of_trades"),
    "buy_volume": ("buy_volume", "taker_buy_volume", "taker_buy_base_asset_volume", "taker_buy_base"),
}
_OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read the lines of one text: positions of our columns, the number of fields, and the unit of times.

    `unit` None means that it shows in the first rows: milliseconds or microseconds. `first_line` is the line number
    of the first row.
    """

    name: str
    columns: Mapping[str, int]
    width: int
    unit: str | None
    first_line: int


def detect(
    lines: list[str], name: str, *, first_line: int, columns: Mapping[str, str] | None, time_unit: str | None
) -> Layout:
    """Recognise the layout of a text by its first lines; `columns` maps our names to those of its header.

    Raises BadBars when the delimiter is not a comma, columns are missing, doubled, unnamed or too many; ConfigError
    when `columns` or `time_unit` names what there is not.
    """
    if time_unit is not None and time_unit not in UNITS:
        raise ConfigError(f"unknown time unit {time_unit!r}", hint=f"one of {', '.join(UNITS)}")
    position = next((n for n, line in enumerate(lines) if line.strip()), None)
    if position is None:
        raise BadBars(f"{name} has no rows", hint="download or export it again", file=name)
    number = first_line + position
    fields = split_fields(lines[position], name, number)
    if not any(is_value(field) for field in fields):
        return _by_header(fields, name, number, columns=columns, time_unit=time_unit)
    if len(fields) == _BINANCE_WIDTH and columns is None:
        return Layout(f"{BINANCE}, no header", _BINANCE_COLUMNS, _BINANCE_WIDTH, time_unit, number)
    raise BadBars(
        f"{name} line {number} has no header and {len(fields)} fields: {lines[position][:80]!r}",
        hint="add the first line timestamp,open,high,low,close,volume; only Binance's 12 columns go without; "
        "trades and order books are --kind trades and --kind book",
        file=name,
        line=number,
    )


def split_fields(line: str, name: str, number: int) -> list[str]:
    """Cut a line at its commas; raises BadBars when it is cut otherwise or has too many fields."""
    commas = line.count(",")
    for delimiter, word in _OTHER_DELIMITERS.items():
        if line.count(delimiter) > commas:
            raise BadBars(
                f"{name} line {number} separates its fields by {word}, expected commas: {line[:80]!r}",
                hint=f"export it with commas, or: tr '{_shell(delimiter)}' ',' < FILE > NEW",
                file=name,
                line=number,
            )
    if commas >= MAX_COLUMNS:
        raise BadBars(
            f"{name} line {number} has {commas + 1} columns, at most {MAX_COLUMNS} are read",
            hint="keep time, open, high, low, close, volume",
            file=name,
            line=number,
        )
    return [_unquoted(field) for field in line.split(",")]


def _shell(delimiter: str) -> str:
    return "\\t" if delimiter == "\t" else delimiter


def _unquoted(field: str) -> str:
    field = field.strip()
    return field[1:-1].strip() if len(field) > 1 and field[0] == field[-1] == '"' else field


def is_value(field: str) -> bool:
    """Whether a field is a number or a date, which no header is made of."""
    return bool(re.match(r"[-+]?\.?\d", field)) or field.lower() in ("nan", "inf", "-inf")


def _by_header(
    fields: list[str], name: str, number: int, *, columns: Mapping[str, str] | None, time_unit: str | None
) -> Layout:
    header = [normal_name(field) for field in fields]
    doubled = sorted({field for field in header if field and header.count(field) > 1})
    if doubled:
        raise BadBars(
            f"{name} line {number} names the column {doubled[0]!r} more than once",
            hint="rename or remove one of them",
            file=name,
            line=number,
        )
    found = columns_by_name(header) | (_mapped(columns, fields, header) if columns else {})
    absent = [ours for ours in REQUIRED if ours not in found]
    if absent:
        raise BadBars(
            f"{name} line {number} has no column for {', '.join(absent)}; "
            f"it names {printable(', '.join(fields)[:200])}",
            hint=f"say which is which: --columns {' '.join(f'{ours}=NAME' for ours in absent)}",
            file=name,
            line=number,
        )
    binance = len(header) == _BINANCE_WIDTH and header[0] == "open_time" and header[6] == "close_time"
    kind = f"{BINANCE}, header" if binance else HEADER
    unit = time_unit if time_unit is not None or binance else "ms"
    return Layout(kind, found, len(header), unit, number + 1)


def columns_by_name(header: list[str]) -> dict[str, int]:
    """Find our columns among normal names (lower case, words joined by `_`): ours to position."""
    found = {}
    for ours in (*REQUIRED, *SIDE_COLUMNS):
        names = _TIMES if ours == "open_time" else _ALIASES.get(ours, (ours,))
        present = [alias for alias in names if alias in header]
        if present:
            found[ours] = header.index(present[0])
    return found


def normal_name(name: str) -> str:
    """A column name in lower case, its words joined by `_`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _mapped(columns: Mapping[str, str], fields: list[str], header: list[str]) -> dict[str, int]:
    found = {}
    for ours, theirs in columns.items():
        if ours not in REQUIRED and ours not in SIDE_COLUMNS:
            raise ConfigError(f"{ours!r} is no bar column", hint=f"bars have {', '.join((*REQUIRED, *SIDE_COLUMNS))}")
        if theirs not in fields and normal_name(theirs) not in header:
            raise ConfigError(f"the file has no column {theirs!r}", hint=f"it has {printable(', '.join(fields)[:200])}")
        found[ours] = fields.index(theirs) if theirs in fields else header.index(normal_name(theirs))
    return found
