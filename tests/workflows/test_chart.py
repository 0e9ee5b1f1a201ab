"""`alphaplus chart`: stored bars in, a PNG out, or a sentence that says why not."""

import pytest
from PIL import Image

from alphaplus.core.bars import Timeframe
from alphaplus.market.sources.simulated import simulate
from alphaplus.market.write import write_csv


@pytest.fixture(scope="module")
def bars():
    return simulate("N0", bars=600, seed=3)


@pytest.fixture(scope="module")
def cli_with_bars(module_cli, bars, tmp_path_factory):
    """A home with stored hours of one symbol."""
    path = tmp_path_factory.mktemp("files") / "BTCUSDT-1h.csv.gz"
    write_csv(bars, path)
    done = module_cli("data", "import", path, "--symbol", "BTCUSDT", "--timeframe", "1h")
    assert done.code == 0, done.err
    return module_cli


def test_the_chart_is_written_and_told(cli_with_bars, bars, tmp_path):
    out = tmp_path / "chart.png"
    done = cli_with_bars("chart", "-p", "btcusdt", "-i", "1h", "--out", out, "--bars", "90", "--json")
    assert done.code == 0, done.err
    with Image.open(out) as picture:
        assert picture.size == (960, 540)
    assert done.json["chart"] == {
        "file": str(out),
        "symbol": "BTCUSDT",
        "timeframe": "1h",
        "simulated": False,
        "bars": 90,
        "start": int(bars.open_time[-90]),
        "end": int(bars.close_time[-1]),
    }


def test_a_chart_of_the_past_with_patterns_and_a_look_of_its_own(cli_with_bars, bars, tmp_path):
    out = tmp_path / "chart.png"
    at = str(bars.close_time[400].astype("datetime64[ms]"))
    words = ("chart", "--at", at, "--patterns", "fair_value_gap", "--light", "--size", "400x700", "--out", out)
    done = cli_with_bars(*words, "--json")
    assert done.code == 0, done.err
    assert done.json["chart"]["end"] == int(bars.close_time[400])
    with Image.open(out) as picture:
        assert picture.size == (400, 700)
        assert picture.getpixel((1, 699)) == (255, 255, 255)
    before = out.read_bytes()
    assert cli_with_bars(*(word for word in words if word not in {"--patterns", "fair_value_gap"})).code == 0
    assert out.read_bytes() != before


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--out", "chart.jpg"), 2, "does not end in .png"),
        (("--out", "nodir/chart.png"), 2, "there is no folder"),
        (("--at", "yesterday"), 2, "'yesterday' is no time"),
        (("--at", "1990-01-01"), 4, "no bars of BTCUSDT 1h that closed by 1990-01-01 00:00 UTC"),
        (("--size", "960"), 2, "'960' is no size"),
        (("--size", "9x9"), 2, "a chart of 9 x 9 pixels"),
        (("--bars", "0"), 2, "--bars is 0"),
        (("--bars", "9000", "--size", "320x320"), 2, "bars on"),
        (("--patterns", "double_tpo"), 2, "did you mean double_top, double_bottom"),
        (("--symbols", "NOSUCH"), 4, "no bars of NOSUCH 1h"),
        (("--symbols", "BTCUSDT,ETHUSDT"), 4, "no bars of ETHUSDT"),
    ],
)
def test_what_cannot_be_drawn_ends_with_its_code(cli_with_bars, words, code, said):
    done = cli_with_bars("chart", *words, "--quiet")
    assert done.code == code, done.err
    assert said in done.err
    assert "Traceback" not in done.err


def test_two_symbols_are_too_many_for_a_chart(cli_with_bars, bars, tmp_path):
    for symbol in ("ETHUSDT", "SOLUSDT"):
        path = tmp_path / f"{symbol}-4h.csv"
        write_csv(simulate("N0", bars=50, timeframe=Timeframe.H4), path)
        assert cli_with_bars("data", "import", path, "--symbol", symbol, "--timeframe", "4h").code == 0
    done = cli_with_bars("chart", "--timeframe", "4h")
    assert done.code == 2
    assert "2 symbols on one chart: ETHUSDT, SOLUSDT" in done.err
