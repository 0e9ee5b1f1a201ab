"""The artefact: a folder of plain files under one hash, without pickles, times or paths.

    manifest.json     format, and name, size and sha256 of each file below
    model.onnx        the graph that serves
    model.txt|json    the native model, for explanations
    spec.json         what decided the model, its task, classes and training range
    columns.json      the input contract: ordered columns and their type
    calibration.json  calibration, base rate, quantiles of decisiveness and conformal scores on unseen rows
    reference.npz     bins of the training features, for drift

The hash of the artefact is the sha256 of its manifest. Files beside these (report, predictions) are no part of it.
"""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from alphaplus.core.enums import Task
from alphaplus.core.errors import ArtifactCorrupt, UnknownName
from alphaplus.core.hashing import hash_bytes
from alphaplus.models.calibrate import Calibration
from alphaplus.models.conformal import Conformal
from alphaplus.models.family import get_family
from alphaplus.models.model import Model, Reference
from alphaplus.models.onnx import MAX_BYTES, check_graph
from alphaplus.models.spec import ModelSpec

FORMAT = 1
MANIFEST = "manifest.json"
ONNX = "model.onnx"
SPEC = "spec.json"
COLUMNS = "columns.json"
CALIBRATION = "calibration.json"
REFERENCE = "reference.npz"
COMMON = (ONNX, SPEC, COLUMNS, CALIBRATION, REFERENCE)


def pack(model: Model, folder: Path) -> str:
    """Write the artefact into a folder; gives its sha256. Raises FileExistsError rather than overwrite a file."""
    files = _files(model)
    folder.mkdir(parents=True, exist_ok=True)
    manifest = _manifest(files)
    for name, content in {**files, MANIFEST: manifest}.items():
        with (folder / name).open("xb") as file:
            file.write(content)
    return hash_bytes(manifest)


def digest(model: Model) -> str:
    """The sha256 that `pack` would give."""
    return hash_bytes(_manifest(_files(model)))


def load_model(folder: Path | str, *, expected: str | None = None) -> Model:
    """Read and verify an artefact.

    Every file is read once, and what was read is checked against the manifest, the manifest against `expected` (the
    hash in the registry) if given. Raises ArtifactCorrupt naming the file that is missing, a link, or changed.
    """
    folder = Path(folder)
    manifest = _read(folder, MANIFEST)
    if expected is not None and hash_bytes(manifest) != expected:
        raise ArtifactCorrupt(
            f"the manifest in {folder} is not the one that was registered", hint="roll back, or train again"
        )
    listed = _listed(manifest, folder)
    files = {}
    for name, sha256 in listed.items():
        content = _read(folder, name)
        if hash_bytes(content) != sha256:
            raise ArtifactCorrupt(f"{folder / name} was changed since it was written", hint="roll back, or train again")
        files[name] = content
    check_graph(files[ONNX])
    try:
        return _model(files)
    except (KeyError, TypeError, ValueError, UnknownName, OSError) as error:
        raise ArtifactCorrupt(f"the artefact in {folder} cannot be understood: {error}") from error


def _files(model: Model) -> dict[str, bytes]:
    """The files of an artefact; their content depends on nothing but the model."""
    family = get_family(model.spec.family)
    about = {
        "spec": model.spec.to_json(),
        "task": model.task.value,
        "classes": list(model.classes),
        "trained_from": model.trained_from,
        "trained_to": model.trained_to,
        "native_file": family.native_file,
    }
    calibration = {
        "calibration": model.calibration.to_json(),
        "base": model.base,
        "spread": model.spread,
        "decisiveness": model.decisiveness.tolist(),
    } | ({"conformal": model.conformal.to_json()} if model.conformal.n else {})
    reference = io.BytesIO()
    np.savez(reference, edges=model.reference.edges, shares=model.reference.shares)
    return {
        ONNX: model.onnx,
        family.native_file: model.native,
        SPEC: _json(about),
        COLUMNS: _json({"columns": list(model.columns), "dtype": "float32"}),
        CALIBRATION: _json(calibration),
        REFERENCE: reference.getvalue(),
    }


def _model(files: Mapping[str, bytes]) -> Model:
    about = json.loads(files[SPEC])
    calibration = json.loads(files[CALIBRATION])
    with np.load(io.BytesIO(files[REFERENCE]), allow_pickle=False) as arrays:
        reference = Reference(arrays["edges"], arrays["shares"])
    return Model(
        spec=ModelSpec.from_json(about["spec"]),
        columns=tuple(json.loads(files[COLUMNS])["columns"]),
        task=Task(about["task"]),
        classes=tuple(float(value) for value in about["classes"]),
        trained_from=int(about["trained_from"]),
        trained_to=int(about["trained_to"]),
        base=float(calibration["base"]),
        spread=float(calibration["spread"]),
        calibration=Calibration.from_json(calibration["calibration"]),
        decisiveness=np.array(calibration["decisiveness"], dtype=np.float64),
        reference=reference,
        onnx=files[ONNX],
        native=files[str(about["native_file"])],
        conformal=Conformal.from_json(calibration["conformal"]) if "conformal" in calibration else Conformal(),
    )


def _manifest(files: Mapping[str, bytes]) -> bytes:
    entries = {name: {"sha256": hash_bytes(content), "bytes": len(content)} for name, content in files.items()}
    return _json({"format": FORMAT, "files": entries})


def _listed(manifest: bytes, folder: Path) -> dict[str, str]:
    """Names and hashes that a manifest lists; names are plain file names."""
    try:
        content = json.loads(manifest)
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}")
        listed = {str(name): str(entry["sha256"]) for name, entry in content["files"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtifactCorrupt(f"{folder / MANIFEST} is not a manifest: {error}") from error
    missing = [name for name in COMMON if name not in listed]
    strange = [name for name in listed if Path(name).name != name or name in (".", "..")]
    if missing or strange:
        raise ArtifactCorrupt(f"{folder / MANIFEST} lacks {missing} and lists {strange}")
    return listed


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    if path.is_symlink() or not path.is_file():
        raise ArtifactCorrupt(f"{path} is missing or not a plain file", hint="roll back, or train again")
    if path.stat().st_size > MAX_BYTES:
        raise ArtifactCorrupt(f"{path} is larger than {MAX_BYTES} bytes")
    return path.read_bytes()


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, indent=1, allow_nan=False).encode()
