"""Files of text as blocks of whole lines: plain, gzip or zip, read in bounded memory and held to limits."""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from gzip import BadGzipFile, GzipFile
from pathlib import Path, PurePosixPath
from typing import IO, cast

from alphaplus.core.errors import BadBars, SourceUnavailable
from alphaplus.market.printable import printable

BLOCK = 1 << 20
MAX_LINE = 64 << 10
MAX_RATIO = 100  # archives of candles reach 4 to 10
RATIO_FREE = 4 << 20  # below this size no ratio is suspicious
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_NOT_TEXT = {
    b"PAR1": "a Parquet file",
    b"ARROW1": "a Feather file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"PK\x05\x06": "an empty zip archive",
}
_BOM = b"\xef\xbb\xbf"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Cut:
    """How a text is cut into lines: how long one may be, and whether an array of JSON rows is cut after its rows."""

    longest: int = MAX_LINE
    rows: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """One file of text: its name for messages, its own name without folders, and its blocks."""

    name: str
    title: str
    blocks: "Iterator[Block]"


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines, each but perhaps the last ended by a newline; `line` is the number of the first, from 1.

    In an array of JSON rows a line is a row, ended by its `]`, and `rows` is true.
    """

    line: int
    data: bytes
    rows: bool = False


def open_texts(path: Path, *, progress: Callable[[int], None], cut: Cut = Cut()) -> Iterator[Text]:
    """Give the texts in a file: one, or one for every member of a zip archive; read each before taking the next.

    `progress` hears how many bytes of the file have been read. Raises SourceUnavailable when it cannot be read, and
    BadBars when it is empty, damaged, not text, grows more than 100 times when decompressed, or has a line longer
    than `cut` allows (64 KiB).
    """
    name = printable(str(path))
    if not path.exists():
        raise SourceUnavailable(f"{name} does not exist", hint="check the path", file=name)
    if path.is_dir():
        raise SourceUnavailable(f"{name} is a directory, expected a file", hint=f"name its files: {name}/*", file=name)
    if not path.is_file():
        raise SourceUnavailable(f"{name} is not a regular file", hint="copy the data into one", file=name)
    with _failures(name), path.open("rb") as raw:
        size = path.stat().st_size

        def told() -> None:
            progress(raw.tell())

        if size == 0:
            raise BadBars(f"{name} is empty", hint="download or export it again", file=name)
        magic = raw.read(8)
        raw.seek(0)
        _refuse_binary(magic, name)
        if magic.startswith(_ZIP):
            yield from _zipped(raw, name, limit=MAX_RATIO * size, told=told, cut=cut)
            return
        packed = magic.startswith(_GZIP)
        stream = cast("IO[bytes]", GzipFile(fileobj=raw)) if packed else raw
        limit = MAX_RATIO * size if packed else None
        yield Text(name, path.name, _blocks(stream, name, limit=limit, told=told, cut=cut))


def _zipped(raw: IO[bytes], name: str, *, limit: int, told: Callable[[], None], cut: Cut) -> Iterator[Text]:
    with zipfile.ZipFile(raw) as archive:
        for member in _members(archive, name):
            label = f"{name}:{printable(member.filename)}"
            with archive.open(member) as stream:
                blocks = _blocks(stream, label, limit=limit, told=told, cut=cut)
                yield Text(label, PurePosixPath(member.filename).name, blocks)


@contextmanager
def _failures(name: str) -> Iterator[None]:
    """Turn what the decompressors and the system say into errors that say what to do."""
    try:
        yield
    except (EOFError, BadGzipFile, zlib.error, zipfile.BadZipFile) as error:
        raise BadBars(
            f"{name} is damaged or cut short: {printable(str(error))}",
            hint="download it again; nothing of it was taken",
            file=name,
        ) from error
    except (NotImplementedError, RuntimeError) as error:  # what zipfile raises for ciphers and rare methods
        reason = printable(str(error))
        raise BadBars(f"{name} cannot be unpacked: {reason}", hint="unpack it yourself", file=name) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceUnavailable(f"{name} cannot be read: {reason}", hint="check its permissions", file=name) from error


def _refuse_binary(start: bytes, name: str) -> None:
    for magic, kind in _NOT_TEXT.items():
        if start.startswith(magic):
            raise BadBars(f"{name} is {kind}, expected CSV text", hint="convert it to CSV in UTF-8", file=name)


def _members(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """The members that hold candles; what systems and people put beside them is left out."""
    present = [member for member in archive.infolist() if not member.is_dir()]
    members = sorted((m for m in present if not _is_clutter(m.filename)), key=lambda m: m.filename)
    # Text beside data is a note on it; alone it may be the data.
    members = [m for m in members if not m.filename.lower().endswith(".txt")] or members
    nested = [m.filename for m in members if m.filename.lower().endswith((".zip", ".gz", ".tar", ".7z"))]
    if nested:
        raise BadBars(f"{name} holds another archive: {nested[0]!a}", hint="unpack it once", file=name)
    if not members:
        found = f"holds no candles, only {present[0].filename!a}" if present else "is an empty archive"
        raise BadBars(f"{name} {found}", hint="download it again", file=name)
    return members


def _is_clutter(member: str) -> bool:
    """Whether a member of an archive is hidden, a resource of macOS, or a note."""
    parts = PurePosixPath(member).parts
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return hidden or member.lower().endswith(".md") or parts[-1].lower().startswith("readme")


def _blocks(stream: IO[bytes], name: str, *, limit: int | None, told: Callable[[], None], cut: Cut) -> Iterator[Block]:
    line, rest, total, first, rows, last = 1, b"", 0, True, False, b"\n"
    while True:
        with _failures(name):
            piece = stream.read(BLOCK)
        told()
        total += len(piece)
        if limit is not None and total > max(limit, RATIO_FREE):
            raise BadBars(
                f"{name} grows to more than {MAX_RATIO} times its size when decompressed",
                hint="this is no archive of candles; decompress it yourself if you trust it",
                file=name,
            )
        if first:
            first = False
            _refuse_binary(piece[:8], name)
            piece = piece.removeprefix(_BOM)
            _refuse_carriage_returns(piece, name)
            rows = cut.rows and re.match(rb"\s*\[\s*\[", piece) is not None
            last = b"]" if rows else b"\n"
        data = rest + piece
        if not piece:
            _refuse_long_lines(data, line, name, last=last, longest=cut.longest)
            if data:
                yield Block(line, data, rows)
            return
        end = data.rfind(last) + 1
        rest = data[end:]
        if len(rest) > cut.longest:
            _refuse_long_lines(rest, line + data.count(last), name, last=last, longest=cut.longest)
        if end:
            data = data[:end]
            _refuse_long_lines(data, line, name, last=last, longest=cut.longest)
            yield Block(line, data, rows)
            line += data.count(last)


def _refuse_carriage_returns(start: bytes, name: str) -> None:
    start = start.rstrip(b"\r\n")
    if start.count(b"\r") - start.count(b"\r\n") > start.count(b"\n"):
        raise BadBars(
            f"{name} ends its lines by carriage returns alone, expected newlines",
            hint="convert it: tr '\\r' '\\n' < FILE > NEW",
            file=name,
        )


def _refuse_long_lines(data: bytes, line: int, name: str, *, last: bytes, longest: int) -> None:
    start, end = 0, len(data)
    while end - start > longest:
        # A line is short enough when its end stands within reach of its start: look from the far side.
        found = data.rfind(last, start, start + longest + 1)
        if found < 0:
            number = line + data.count(last, 0, start)
            raise BadBars(
                f"{name} line {number} is longer than {longest >> 10} KiB, a candle takes less than 1 KiB",
                hint="check that the lines are ended by newlines and that this is a file of market data",
                file=name,
                line=number,
            )
        start = found + 1


def lines_of(block: Block, count: int) -> list[str]:
    """The first `count` lines of a block as text, without their ends; bytes that are not UTF-8 become U+FFFD."""
    with io.BytesIO(block.data) as data:
        return [line.decode("utf-8", "replace").rstrip("\r\n") for line, _ in zip(data, range(count), strict=False)]


def from_line(blocks: Iterator[Block], first_line: int) -> Iterator[Block]:
    """Leave out the lines before `first_line`, which stand in the first block."""
    for block in blocks:
        data = block.data
        if block.line < first_line:
            start = 0
            for _ in range(first_line - block.line):
                start = data.find(b"\n", start) + 1 or len(data)
            data = data[start:]
        if data.strip():
            yield Block(max(block.line, first_line), data)
