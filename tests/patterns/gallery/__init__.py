"""Hand-drawn cases of every pattern; the file names are those of the patterns' own files."""

from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))
CASES = tuple(case for name in NAMES for case in import_module(f"{__name__}.{name}").CASES)
