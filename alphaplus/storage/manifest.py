"""The manifest of a series: which part files make it up. Replacing it is the one moment at which a write happens."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from alphaplus.core.bars import Instrument, Timeframe
from alphaplus.core.errors import StorageError
from alphaplus.core.hashing import stable_hash
from alphaplus.core.records import Series
from alphaplus.storage.durable import Checkpoint, no_checkpoint, write_durably
from alphaplus.storage.merge import missing_bars

FILE = "manifest.json"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One part file: its name, the period it covers, its hash and what it holds."""

    name: str
    period: str
    sha256: str
    bars: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A series, the side columns that some part of it knows, and its parts, oldest first."""

    instrument: Instrument
    timeframe: Timeframe
    sides: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def series(self) -> Series:
        """What the series holds, in numbers."""
        bars = sum(part.bars for part in self.parts)
        first, last = self.parts[0].first, self.parts[-1].last
        missing = missing_bars(first, last, bars, self.timeframe)
        return Series(self.instrument, self.timeframe, bars, first, last, missing)

    def with_parts(self, changed: dict[str, Part], instrument: Instrument, sides: tuple[str, ...]) -> "Manifest":
        """The manifest after the parts of some periods were written anew."""
        parts = sorted(({part.period: part for part in self.parts} | changed).values(), key=lambda part: part.first)
        return Manifest(instrument, self.timeframe, sides, tuple(parts))


def load(folder: Path) -> Manifest | None:
    """Read the manifest of a series' folder; None when there is none, StorageError when it was tampered with."""
    path = folder / FILE
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        document: dict[str, Any] = json.loads(text)
        content = document["content"]
        if document["version"] != VERSION or document["sha256"] != stable_hash(content):
            raise ValueError("its content does not match its hash")
        parts = tuple(Part(**part) for part in content["parts"])
        instrument, timeframe = Instrument(**content["instrument"]), Timeframe(content["timeframe"])
        return Manifest(instrument, timeframe, tuple(content["sides"]), parts)
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{path} is damaged: {error}", hint="remove its folder and import again") from error


def save(folder: Path, manifest: Manifest, *, checkpoint: Checkpoint = no_checkpoint) -> None:
    """Write the manifest in one step."""
    content = asdict(manifest)
    document = {"version": VERSION, "sha256": stable_hash(content), "content": content}
    write_durably(folder / FILE, json.dumps(document, indent=1).encode(), checkpoint=checkpoint)
