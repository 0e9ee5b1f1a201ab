"""What an unfinished training has got so far, on disk: each finished fold and the final fit, to be gone on with.

fold-003.npz   scores and predictions of a fold: the sha256 of the rest, a line feed, and NumPy's own format
final/         the artefact of the final fit, and `about.json` beside it, sealed the same way

Files appear whole or not at all, and one that was damaged since is not believed: its step is done again.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any, Self
from uuid import uuid4

import numpy as np

from alphaplus.core.errors import ArtifactCorrupt
from alphaplus.core.hashing import hash_bytes
from alphaplus.models.artifact import load_model, pack
from alphaplus.models.model import Model
from alphaplus.models.onnx import Parity
from alphaplus.models.outofsample import OutOfSample
from alphaplus.models.validate import FoldScore
from alphaplus.storage.durable import Checkpoint, flush_folder, no_checkpoint, write_durably
from alphaplus.storage.scratch import Held

FINAL_FOLDER = "final"
ABOUT = "about.json"
SCORE = "score"  # beside the arrays of the predictions
DIGEST = 64  # hexadecimal digits


@dataclass(frozen=True, slots=True)
class FoldDone:
    """A finished fold and the seconds that it took."""

    scored: FoldScore
    oos: OutOfSample
    seconds: float


@dataclass(frozen=True, slots=True)
class FinalDone:
    """The finished final fit: the model, how true its export is, and the seconds that it took."""

    model: Model
    parity: Parity
    seconds: float


@dataclass(frozen=True, slots=True)
class Kept:
    """The finished steps of one training, in a folder of its own."""

    held: Held
    checkpoint: Checkpoint = no_checkpoint

    @classmethod
    def of(cls, root: Path, key: str, *, checkpoint: Checkpoint = no_checkpoint) -> Self:
        """The steps of the training `key`; where another process is at it, in a folder that it does not share.

        `checkpoint` hears of `fold K kept` and `final kept`.
        """
        held = Held.of(root / key) or Held.of(root / f"{key}-{uuid4().hex[:8]}")
        if held is None:
            raise FileExistsError(root / key)  # the second name was drawn at random: nobody else can have it
        return cls(held, checkpoint)

    @property
    def folder(self) -> Path:
        """Where they lie."""
        return self.held.folder

    def release(self) -> None:
        """Leave what is finished to whoever goes on."""
        self.held.release()

    def remove(self) -> None:
        """Leave nothing: the training is where it belongs."""
        self.held.remove()

    def fold(self, number: int) -> FoldDone | None:
        """A finished fold; None where it is not there, or not as it was written."""
        content = _unsealed(self._fold(number))
        if content is None:
            return None
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            about = json.loads(bytes(arrays[SCORE]))
            oos = OutOfSample(**{name: arrays[name] for name in arrays.files if name != SCORE})
        return FoldDone(FoldScore(**about["score"]), oos, about["seconds"])

    def final(self) -> FinalDone | None:
        """The finished final fit; None where it is not there, or not as it was written."""
        content = _unsealed(self.folder / FINAL_FOLDER / ABOUT)
        if content is None:
            return None
        about = json.loads(content)
        try:
            model = load_model(self.folder / FINAL_FOLDER, expected=about["sha256"])
        except ArtifactCorrupt:
            return None
        return FinalDone(model, Parity(**about["parity"]), about["seconds"])

    def keep_fold(self, done: FoldDone) -> None:
        """Write a finished fold."""
        about = json.dumps({"score": asdict(done.scored), "seconds": done.seconds}).encode()
        content = io.BytesIO()
        np.savez(content, **{SCORE: np.frombuffer(about, dtype=np.uint8)}, **done.oos.arrays())  # type: ignore[arg-type]  # names of arrays only
        write_durably(self._fold(done.scored.fold), _sealed(content.getvalue()), flush=False)
        self.checkpoint(f"fold {done.scored.fold} kept")

    def keep_final(self, done: FinalDone) -> None:
        """Write the finished final fit."""
        target, temporary = self.folder / FINAL_FOLDER, self.folder / f".{uuid4().hex[:8]}"
        sha256 = pack(done.model, temporary)
        about: Mapping[str, Any] = {"parity": asdict(done.parity), "seconds": done.seconds, "sha256": sha256}
        write_durably(temporary / ABOUT, _sealed(json.dumps(about).encode()))
        if target.exists():  # damaged, or it would not have been done again
            rmtree(target)
        temporary.rename(target)
        flush_folder(self.folder)
        self.checkpoint("final kept")

    def _fold(self, number: int) -> Path:
        return self.folder / f"fold-{number:03d}.npz"


def _sealed(content: bytes) -> bytes:
    return hash_bytes(content).encode() + b"\n" + content


def _unsealed(path: Path) -> bytes | None:
    """The content that was sealed; None where it is missing or not what was written."""
    try:
        sealed = path.read_bytes()
    except OSError:
        return None
    content = sealed[DIGEST + 1 :]
    return content if sealed[: DIGEST + 1] == hash_bytes(content).encode() + b"\n" else None
