"""Every example in the documentation runs: doctests, Python blocks, and the words of every command line."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

import alphaplus.notebook
from alphaplus.workflows import options

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")] if "generated" not in path.relative_to(ROOT).parts
)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
OWN_FILES = {
    "add-a-feature.md",
    "add-a-pattern.md",
}  # their blocks are files of their own, which tests/workflows follow


def blocks(page, language):
    return [text for found, text in BLOCK.findall(page.read_text(encoding="utf-8")) if found == language]


@pytest.fixture
def home_with_code(new_home, monkeypatch):
    """An empty home with the compiled code of the whole run."""
    monkeypatch.setenv("ALPHAPLUS_HOME", str(new_home()))


@pytest.fixture
def folder_with_candles(tmp_path, home_with_code, monkeypatch):
    """A folder with a file of simulated candles under the name that the pages use."""
    from alphaplus.market.sources.simulated import simulate
    from alphaplus.market.write import write_csv

    write_csv(simulate("N0", bars=6_000, seed=3), tmp_path / "BTCUSDT-1h.csv.gz")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_doctests_of_the_python_api(home_with_code):
    found = doctest.testmod(alphaplus.notebook, optionflags=doctest.ELLIPSIS)
    assert found.failed == 0
    assert found.attempted >= 10


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python") and p.name not in OWN_FILES], ids=str)
def test_python_blocks_run_in_order(page, folder_with_candles):
    names = {}
    for text in blocks(page, "python"):
        exec(compile(text, str(page), "exec"), names)
    assert "ap" in names


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "sh")], ids=str)
def test_command_lines_parse(page):
    checked = 0
    for text in blocks(page, "sh"):
        for line in text.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if not words or words[0] != "alphaplus":
                continue
            command = options.find(words[1])
            assert command is not None, line
            options.command_parser(command, prog=words[1]).parse_args(options.spelled(words[2:]))
            checked += 1
    assert checked or "make" in page.read_text(encoding="utf-8")
