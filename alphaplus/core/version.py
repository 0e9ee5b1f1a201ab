"""Which code and which libraries decide what a training gives: what was begun with others is not gone on with."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("core", "market", "storage", "features", "patterns", "datasets", "evaluation", "models")
LIBRARIES = ("numpy", "scikit-learn", "lightgbm", "xgboost", "xgboost-cpu", "catboost", "onnx")
DIGITS = 12


@cache
def code_version() -> str:
    """The version of the package, and a digest of its files up to the models and of the libraries they learn with.

    `0.1.0+5f0a1c2b3d4e`: the same wherever the same code would do the same.
    """
    digest = hashlib.sha256()
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    for name in LIBRARIES:
        digest.update(f"{name}=={_version(name)}\0".encode())
    return f"{_version('alphaplus')}+{digest.hexdigest()[:DIGITS]}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
