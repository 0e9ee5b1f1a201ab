"""Symbols: what passes, and what is refused however alike it looks."""

from pathlib import Path

import pytest

from alphaplus.core.errors import ConfigError
from alphaplus.market.symbols import check_symbol, symbol_from_filename


@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTC/USDT", "BTC/USDT:USDT", "BRK.B", "SIM-M1", "ES_F", "A", "9" * 32])
def test_symbols_of_all_venues_pass(symbol):
    assert check_symbol(symbol) == symbol


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ВТСUSDT",
        "втсusdt",
        "btcuſdt",
        "bıtcusdt",
        "../x",
        "BTC USDT",
        "BTC\x00",
        "BTC\n",
        "../ETC",
        "..",
        "/",
        "-",
        "₿",
        "BTC\u202eUSDT",
        "A" * 33,
        "🚀",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ConfigError):
        check_symbol(text)


@pytest.mark.parametrize("text", ["btcusdt", "BtcUsdt", "BTCUSDT"])
def test_symbols_are_known_in_either_case(text):
    assert check_symbol(text) == "BTCUSDT"


@pytest.mark.parametrize("text", ["../x", "..", "a..b"])
def test_the_remedy_is_never_another_refused_symbol(text):
    with pytest.raises(ConfigError) as caught:
        check_symbol(text)
    assert text.upper() not in caught.value.hint


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("BTCUSDT-1h-201708-202210.csv.gz", "BTCUSDT"),
        ("ETHUSD_1m.csv", "ETHUSD"),
        ("SOLUSDT.zip", "SOLUSDT"),
        ("SIM-M1-1h.csv.gz", "SIM-M1"),
        ("SIM-N0.csv", "SIM-N0"),
        ("BRK.B-1d.csv", "BRK.B"),
        ("btcusdt-1h.csv", "BTCUSDT"),
        ("ethbtc.csv.gz", "ETHBTC"),
        ("prices.csv", None),
        ("candles-1h.csv", None),
        ("2024-01.csv", None),
        ("12345.csv", None),
    ],
)
def test_a_file_name_tells_its_symbol(name, symbol):
    assert symbol_from_filename(Path("/some/folder") / name) == symbol
