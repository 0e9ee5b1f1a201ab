"""A dataset in a folder: arrays that workers map and share, and the rest as JSON; nothing that could run code.

X.npy, y.npy ...  one file for every array, in NumPy's own format
dataset.json      everything else and the content hash; written last, so a folder that has it is whole
"""

import io
import json
import os
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alphaplus.core.bars import Instrument, Timeframe
from alphaplus.core.errors import ArtifactCorrupt, StorageError, UnknownName
from alphaplus.datasets.dataset import ROW_FIELDS, Dataset
from alphaplus.datasets.dataset_recipe import DatasetRecipe
from alphaplus.datasets.labelling import LabelSpec
from alphaplus.datasets.select import Selection
from alphaplus.datasets.weights import Weighting
from alphaplus.storage.durable import flush_folder, make_folder, write_durably

FORMAT = 1
FACTS = "dataset.json"
TYPES = {"X": np.float32, "as_of": np.int64, "span_end": np.int64, "instrument_id": np.int32}  # others are float64


def save_dataset(dataset: Dataset, folder: Path | str) -> str:
    """Write a dataset into a folder of its own; gives its content hash.

    A folder that holds this very dataset is left as it is. Raises StorageError for one that holds another.
    """
    folder, content_hash = Path(folder), dataset.hash
    if (folder / FACTS).exists():
        held = _facts(folder)["hash"]
        if held != content_hash:
            raise StorageError(f"{folder} holds another dataset, {held[:12]}", hint="give every dataset its own folder")
        return content_hash
    make_folder(folder)
    for name in ROW_FIELDS:
        array = getattr(dataset, name)
        if not lies_at(array, folder / f"{name}.npy"):
            _write(folder / f"{name}.npy", array)
    facts = {"format": FORMAT, "hash": content_hash, "rows": len(dataset), **_to_json(dataset)}
    write_durably(folder / FACTS, json.dumps(facts, indent=1, sort_keys=True, allow_nan=False).encode())
    return content_hash


def open_dataset(folder: Path | str, *, verify: bool = False) -> Dataset:
    """Read a dataset that `save_dataset` wrote; its arrays are read-only maps of the files, shared by all who open it.

    `verify` reads every array through and compares the content hash. Raises StorageError where there is none, and
    ArtifactCorrupt naming the file that is missing, a link, damaged or changed.
    """
    folder = Path(folder)
    facts = _facts(folder)
    arrays: dict[str, Any] = {name: _map(folder / f"{name}.npy", rows=facts["rows"]) for name in ROW_FIELDS}
    try:
        dataset = Dataset(**arrays, **_from_json(facts))
    except (KeyError, TypeError, ValueError, UnknownName) as error:
        raise ArtifactCorrupt(f"{folder / FACTS} cannot be understood: {error}") from error
    if dataset.X.shape != (len(dataset), len(dataset.columns)):
        raise ArtifactCorrupt(f"{folder / 'X.npy'} does not have the {len(dataset.columns)} columns of {FACTS}")
    if verify and dataset.hash != facts["hash"]:
        raise ArtifactCorrupt(
            f"the dataset in {folder} is not the one that was saved: its hash is {dataset.hash[:12]} "
            f"and was {facts['hash'][:12]}",
            hint="assemble it again",
        )
    return dataset


class Growing:
    """The matrix X while its rows come in: in memory, or in the file of a folder, of which `finish` gives the map.

    `rows` is the most that will come; those that do not cost nothing.
    """

    def __init__(self, rows: int, columns: int, *, folder: Path | None = None) -> None:
        self._columns = columns
        self._count = 0
        self._path = None if folder is None else folder / "X.npy"
        if self._path is None:
            self._held = np.empty((rows, columns), dtype=np.float32)
        else:
            make_folder(self._path.parent)
            self._path.write_bytes(_header(rows, columns))

    def add(self, rows: NDArray[np.float32]) -> None:
        """Take the next rows (m, p)."""
        if self._path is None:
            self._held[self._count : self._count + len(rows)] = rows
        else:
            with self._path.open("ab") as file:
                file.write(rows.tobytes())
        self._count += len(rows)

    def finish(self) -> NDArray[np.float32]:
        """All rows that came (n, p), C-contiguous."""
        if self._path is None:
            return self._held[: self._count]
        with self._path.open("r+b") as file:
            file.write(_header(self._count, self._columns))
            file.flush()
            os.fsync(file.fileno())
        return _map(self._path, rows=self._count)


def refuse_held(folder: Path) -> None:
    """Raise StorageError for a folder that holds a dataset."""
    if (folder / FACTS).exists():
        raise StorageError(f"{folder} holds a dataset already", hint="open_dataset reads it; or name another folder")


def lies_at(array: NDArray[Any], path: Path) -> bool:
    """Whether an array is the very map of a file, the whole of it."""
    base: object = array
    while isinstance(base, np.ndarray):
        if isinstance(base, np.memmap) and base.filename is not None and Path(base.filename) == path.resolve():
            return base.shape == array.shape and base.ctypes.data == array.ctypes.data
        base = base.base
    return False


def _header(rows: int, columns: int) -> bytes:
    """What NumPy writes before the numbers of a float32 matrix; of one length for any number of rows."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (rows, columns)})
    return header.getvalue()


def _write(path: Path, array: NDArray[Any]) -> None:
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    flush_folder(path.parent)


def _map(path: Path, *, rows: int) -> NDArray[Any]:
    """The array of a file, mapped: a plain read-only array, for some libraries look for the exact type."""
    if path.is_symlink() or not path.is_file():
        raise ArtifactCorrupt(f"{path} is missing or not a plain file", hint="assemble the dataset again")
    try:
        array = np.load(path, mmap_mode="r" if rows else None, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise ArtifactCorrupt(f"{path} is damaged: {error}", hint="assemble the dataset again") from error
    wanted = TYPES.get(path.stem, np.float64)
    if not isinstance(array, np.ndarray) or array.dtype != wanted or len(array) != rows:
        found = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else "an archive"
        raise ArtifactCorrupt(f"{path} holds {found}, expected {np.dtype(wanted)} of {rows} rows")
    return np.asarray(array)


def _facts(folder: Path) -> dict[str, Any]:
    path = folder / FACTS
    if path.is_symlink() or not path.is_file():
        raise StorageError(f"{folder} holds no dataset", hint=f"`save` writes {FACTS} last; assemble it again")
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if facts["format"] != FORMAT:
            raise ValueError(f"format {facts['format']}")
        facts["hash"], facts["rows"] = str(facts["hash"]), int(facts["rows"])
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactCorrupt(f"{path} cannot be understood: {error}") from error
    return facts


def _to_json(dataset: Dataset) -> dict[str, Any]:
    """All that is not a row."""
    return {name: getattr(dataset, name) for name in _facts_of_datasets()} | {
        "missing_share": dataset.missing_share.tolist(),
        "instruments": [asdict(instrument) for instrument in dataset.instruments],
        "label": dataset.label.to_json(),
        "selection": None if dataset.selection is None else dataset.selection.to_json(),
        "weighting": asdict(dataset.weighting),
        "recipe": None if dataset.recipe is None else dataset.recipe.to_json(),
    }


def _from_json(facts: dict[str, Any]) -> dict[str, Any]:
    """What `_to_json` wrote, as a Dataset takes it."""
    selection, recipe = facts["selection"], facts["recipe"]
    return {name: facts[name] for name in _facts_of_datasets()} | {
        "missing_share": np.array(facts["missing_share"], dtype=np.float64),
        "instruments": tuple(Instrument(**one) for one in facts["instruments"]),
        "timeframe": Timeframe(facts["timeframe"]),
        "columns": tuple(facts["columns"]),
        "label": LabelSpec.from_json(facts["label"]),
        "columns_left_out": tuple(facts["columns_left_out"]),
        "absent": tuple(facts["absent"]),
        "selection": None if selection is None else Selection.from_json(selection),
        "weighting": Weighting(**facts["weighting"]),
        "recipe": None if recipe is None else DatasetRecipe.from_json(recipe),
    }


def _facts_of_datasets() -> list[str]:
    return [field.name for field in fields(Dataset) if field.init and field.name not in ROW_FIELDS]
