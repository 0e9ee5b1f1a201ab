"""The artefact store: content by hash, and no change to it goes unseen."""

import os
import stat

import pytest

from alphaplus.core.errors import ArtifactCorrupt, StorageError
from alphaplus.storage.files import FileArtifactStore


@pytest.fixture
def folder(tmp_path):
    """A small artefact."""
    folder = tmp_path / "made"
    (folder / "inner").mkdir(parents=True)
    (folder / "model.onnx").write_bytes(bytes(range(256)) * 20)
    (folder / "spec.json").write_text("{}")
    (folder / "inner/reference.npz").write_bytes(b"numbers")
    return folder


@pytest.fixture
def store(tmp_path):
    return FileArtifactStore(tmp_path / "artifacts")


def test_what_is_put_comes_back_under_its_hash(store, folder):
    digest = store.put(folder)
    path = store.open(digest)
    assert path == store.folder / digest[:2] / digest[2:4] / digest
    for name in ("model.onnx", "spec.json", "inner/reference.npz"):
        assert (path / name).read_bytes() == (folder / name).read_bytes()
    assert store.size(digest) == 256 * 20 + 2 + 7
    assert store.put(folder) == digest
    assert sum(1 for _ in store.folder.glob("*/*/*")) == 1


def test_the_hash_covers_names_and_contents_and_nothing_else(store, folder, tmp_path):
    digest = store.put(folder)
    os.utime(folder / "spec.json", (1, 1))
    assert store.put(folder) == digest
    (folder / "spec.json").rename(folder / "other.json")
    renamed = store.put(folder)
    (folder / "other.json").write_text("{ }")
    assert len({digest, renamed, store.put(folder)}) == 3


def test_only_the_owner_may_read(store, folder):
    path = store.open(store.put(folder))
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE((path / "model.onnx").stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


def flip(path):
    content = bytearray((path / "model.onnx").read_bytes())
    content[777] ^= 1
    (path / "model.onnx").write_bytes(content)


def truncate(path):
    os.truncate(path / "model.onnx", 100)


def swap(path):
    (path / "model.onnx").rename(path / "held")
    (path / "spec.json").rename(path / "model.onnx")
    (path / "held").rename(path / "spec.json")


def link(path):
    """The same bytes behind a symbolic link."""
    (path / "model.onnx").rename(path.parent / "elsewhere")
    (path / "model.onnx").symlink_to(path.parent / "elsewhere")


def hard_link(path):
    """The same bytes with a second name, by which they could be changed later."""
    os.link(path / "model.onnx", path.parent / "elsewhere")


def remove_file(path):
    (path / "spec.json").unlink()


def add_file(path):
    (path / "extra.py").write_text("print()")


def remove(path):
    path.rename(path.with_name("gone"))


def link_folder(path):
    path.rename(path.with_name("moved"))
    path.symlink_to(path.with_name("moved"))


@pytest.mark.parametrize(
    "damage",
    [flip, truncate, swap, link, hard_link, remove_file, add_file, remove, link_folder],
    ids=lambda f: f.__name__,
)
def test_every_damage_is_seen_before_use_and_healed_by_putting_again(store, folder, damage):
    digest = store.put(folder)
    damage(store.open(digest))
    with pytest.raises(ArtifactCorrupt) as caught:
        store.open(digest)
    assert digest[:12] in caught.value.message
    assert store.put(folder) == digest
    assert (store.open(digest) / "model.onnx").read_bytes() == (folder / "model.onnx").read_bytes()


def test_what_is_no_folder_of_plain_files_is_refused(store, folder, tmp_path):
    with pytest.raises(StorageError, match="holds no files"):
        store.put(tmp_path / "nothing")
    (folder / "link").symlink_to("/etc/passwd")
    with pytest.raises(StorageError, match="no regular file"):
        store.put(folder)
    (folder / "link").unlink()
    os.mkfifo(folder / "pipe")
    with pytest.raises(StorageError, match="no regular file"):
        store.put(folder)
    assert list(store.folder.glob("*/*/*")) == []


@pytest.mark.parametrize("text", ["", "../../etc", "A" * 64, "0" * 63, "0" * 64 + "/..", "x" * 64])
def test_only_a_hash_names_an_artefact(store, text):
    with pytest.raises(StorageError, match="is no sha256"):
        store.open(text)


def test_an_unknown_hash_is_missing(store):
    with pytest.raises(ArtifactCorrupt, match="is missing"):
        store.open("0" * 64)


@pytest.mark.parametrize("point", ["artifact written", "artifact renamed"])
def test_dying_at_any_point_leaves_all_or_nothing(tmp_path, folder, point):
    class Died(BaseException):
        pass

    def checkpoint(name):
        if name == point:
            raise Died

    with pytest.raises(Died):
        FileArtifactStore(tmp_path / "artifacts", checkpoint=checkpoint).put(folder)
    store = FileArtifactStore(tmp_path / "artifacts")
    (store.folder / ".0123.tmp").mkdir()  # what a killed process leaves
    for path in store.folder.glob("??/??/*"):
        assert store.open(path.name) == path
    store.open(store.put(folder))
    assert [path.name for path in store.folder.glob(".*.tmp")] == []
