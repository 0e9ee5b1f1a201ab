"""Opening a model file from elsewhere in a process of its own, which has little memory and time.

The readers of such files are large libraries written in C++: a file that was made to break one of them breaks a process
that holds nothing. What comes back is written anew by the library itself, and was read once more.

    python -m alphaplus.models.quarantine FOLDER

reads `asked.json` and `model` in the folder, and writes `answer.json` and `native` there.
"""

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from alphaplus.core.errors import AlphaPlusError, ModelRefused
from alphaplus.models.foreign import REMEDY, ForeignFile, Format

MEMORY = 2 * 2**30  # bytes of address space
SECONDS = 30  # of processor time
PATIENCE = 120.0  # seconds in all
ASKED, GIVEN, ANSWER, NATIVE = "asked.json", "model", "answer.json", "native"
PASSED_ON = ("PATH", "PYTHONPATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR")  # no settings, so no secrets
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@runtime_checkable
class Named(Protocol):
    """A model whose file may name the columns that it was trained on; empty where it does not."""

    column_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A model file that could be read: its native form as the family writes it, and the columns' names it carries."""

    native: bytes
    column_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """How many columns a model should take and how many outputs it should give."""

    columns: int
    outputs: int


def open_foreign(file: ForeignFile, expected: Expected) -> Opened:
    """Open a model file; raises ModelRefused saying what is wrong with it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / GIVEN).write_bytes(file.content)
        (folder / ASKED).write_text(json.dumps({"format": file.format.value, **asdict(expected)}), encoding="utf-8")
        # -P: no code from the folder that the user is in, which may be the one that the file was downloaded to
        environment = {key: os.environ[key] for key in PASSED_ON if key in os.environ} | ONE_THREAD
        command = [sys.executable, "-P", "-m", "alphaplus.models.quarantine", name]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise ModelRefused(f"{file.name} could not be read in {PATIENCE:.0f} seconds", hint=REMEDY) from None
        if not (folder / ANSWER).is_file():
            last = done.stderr.decode(errors="replace").strip().rsplit("\n", 1)[-1]
            raise ModelRefused(
                f"{file.name} is no whole {file.format} file: its reader broke ({last or f'code {done.returncode}'})",
                hint=REMEDY,
            )
        answer = json.loads((folder / ANSWER).read_text(encoding="utf-8"))
        if "refused" in answer:
            raise ModelRefused(f"{file.name}: {answer['refused']}", hint=answer["hint"])
        return Opened((folder / NATIVE).read_bytes(), tuple(answer["column_names"]))


def main(folder: Path) -> None:
    """Read the file in the folder and write what is in it beside."""
    _confine()
    asked = json.loads((folder / ASKED).read_text(encoding="utf-8"))
    expected = Expected(asked["columns"], asked["outputs"])
    try:
        opened = _examined((folder / GIVEN).read_bytes(), Format(asked["format"]), expected)
    except AlphaPlusError as error:
        answer: dict[str, object] = {"refused": error.message, "hint": error.hint}
    except ValueError as error:
        answer = {"refused": str(error), "hint": REMEDY}
    else:
        answer = {"column_names": opened.column_names}
        (folder / NATIVE).write_bytes(opened.native)
    (folder / ANSWER).write_text(json.dumps(answer), encoding="utf-8")


def _confine() -> None:
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(ValueError, OSError):  # a system that knows no such limit
            resource.setrlimit(what, (most, most))


def _examined(content: bytes, form: Format, expected: Expected) -> Opened:
    """Read the file, write it anew, read that, export it, and run two rows through the graph."""
    import numpy as np

    from alphaplus.models.family import get_family
    from alphaplus.models.foreign import FAMILIES
    from alphaplus.models.onnx import OnnxModel

    family = get_family(FAMILIES[form])
    first = family.load(_plain(content, form, expected))
    native = first.native()
    graph = OnnxModel(family.load(native).to_onnx())
    if graph.columns != expected.columns:
        raise ModelRefused(
            f"the model takes {graph.columns} columns, {expected.columns} are named",
            hint="name all columns that it was trained on, in their order",
        )
    shape = graph.run(np.zeros((2, expected.columns), dtype=np.float32)).shape
    if len(shape) != 2 or shape[1] != expected.outputs:
        raise ModelRefused(
            f"the model gives outputs of shape {shape} for two rows, the label needs {(2, expected.outputs)}",
            hint="a probability for each class of the label, or one value: is this the label it was trained on?",
        )
    return Opened(native, first.column_names if isinstance(first, Named) else ())


def _plain(content: bytes, form: Format, expected: Expected) -> bytes:
    """The content in the form that the family's `load` reads."""
    if form is Format.XGBOOST_UBJ:
        import xgboost

        booster = xgboost.Booster()
        booster.load_model(bytearray(content))
        return bytes(booster.save_raw(raw_format="json"))
    if form is Format.ONNX:
        from alphaplus.models.convert import adapted

        return adapted(content, columns=expected.columns, outputs=expected.outputs)
    return content


if __name__ == "__main__":
    main(Path(sys.argv[1]))
