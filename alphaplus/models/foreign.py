"""Model files from elsewhere: told apart by their first bytes, whatever they are called; pickles are refused unread."""

import os
import re
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from alphaplus.core.errors import ModelRefused
from alphaplus.models.onnx import MAX_BYTES


class Format(StrEnum):
    """A format that is read."""

    LIGHTGBM = "LightGBM text"
    XGBOOST_JSON = "XGBoost JSON"
    XGBOOST_UBJ = "XGBoost UBJ"
    CATBOOST = "CatBoost cbm"
    ONNX = "ONNX"


FAMILIES = {
    Format.LIGHTGBM: "lightgbm",
    Format.XGBOOST_JSON: "xgboost",
    Format.XGBOOST_UBJ: "xgboost",
    Format.CATBOOST: "catboost",
    Format.ONNX: "onnx",
}
REMEDY = (
    "save it anew where it was trained: LightGBM booster.save_model('model.txt'), XGBoost save_model('model.json'), "
    "CatBoost save_model('model.cbm'), scikit-learn and others as ONNX"
)
BEGINNINGS = (
    (Format.LIGHTGBM, re.compile(rb"tree\r?\n")),
    (Format.XGBOOST_UBJ, re.compile(rb"\{[LlUiI]")),
    (Format.XGBOOST_JSON, re.compile(rb"\s*\{\s*\"")),
    (Format.CATBOOST, re.compile(rb"CBM1")),
    (Format.ONNX, re.compile(rb"\x08")),  # the number of the field that comes first, the version of the format
)
PICKLES = (
    ("a pickle", re.compile(rb"\x80[\x00-\x05]|[(\]}]|c[\w.]+\n[\w.]+\n|I\d+\n|S'")),
    ("a zip file", re.compile(rb"PK")),
    ("gzip", re.compile(rb"\x1f\x8b")),
    ("zlib", re.compile(rb"\x78[\x01\x5e\x9c\xda]")),
    ("bzip2", re.compile(rb"BZh")),
    ("xz", re.compile(rb"\xfd7zXZ|\x5d\x00\x00")),
    ("lz4", re.compile(rb"\x04\x22\x4d\x18")),
    ("zstandard", re.compile(rb"\x28\xb5\x2f\xfd")),
)
"""How pickles begin, and what joblib packs them in."""


@dataclass(frozen=True, slots=True)
class ForeignFile:
    """The content of a model file, not yet looked into."""

    name: str
    format: Format
    content: bytes

    @property
    def family(self) -> str:
        """The family that holds such models."""
        return FAMILIES[self.format]


def read_foreign(path: Path) -> ForeignFile:
    """Read a model file, of which only the first bytes are looked at.

    Raises ModelRefused for what is no plain file, over 64 MiB, a pickle, or in no format that is known.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        why = "is a link" if path.is_symlink() else f"cannot be read: {error.strerror}"
        raise ModelRefused(f"{path} {why}", hint="name the file itself") from error
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise ModelRefused(f"{path} is no plain file", hint="name the file of one model")
    with os.fdopen(handle, "rb") as file:
        if status.st_size > MAX_BYTES:
            raise ModelRefused(f"{path} has {status.st_size} bytes, at most {MAX_BYTES} are read", hint="fewer trees")
        content = file.read(MAX_BYTES)
    return ForeignFile(path.name, _format(path, content), content)


def _format(path: Path, content: bytes) -> Format:
    for form, beginning in BEGINNINGS:
        if beginning.match(content):
            return form
    for what, beginning in PICKLES:
        if beginning.match(content):
            raise ModelRefused(
                f"{path} begins like {what}: pickles, joblib files among them, run code when they are read, "
                "so it was not",
                hint=REMEDY,
            )
    known = ", ".join(Format)
    raise ModelRefused(f"{path} is in none of the formats that are read: {known}", hint=REMEDY)
