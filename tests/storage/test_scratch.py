"""Folders that processes hold: one at a time, and nobody gets hold of one that is half removed."""

import shutil

from alphaplus.storage import scratch
from alphaplus.storage.scratch import LOCK, Held, sweep, temporary_folder


def test_a_folder_is_held_by_one_and_left_to_the_next(tmp_path):
    first = Held.of(tmp_path / "a")
    assert Held.of(tmp_path / "a") is None
    (first.folder / "kept").write_text("1", encoding="utf-8")
    first.release()
    second = Held.of(tmp_path / "a")
    assert (second.folder / "kept").exists()
    second.remove()
    assert not (tmp_path / "a").exists()


def test_a_folder_that_is_being_removed_is_not_swept_meanwhile(tmp_path, monkeypatch):
    """Removing a large dataset takes time, in which another process may sweep."""
    held = Held.of(tmp_path / "a")
    (held.folder / "0").mkdir()
    (held.folder / "0" / "X.npy").write_bytes(b"rows")
    plainly, asked = shutil.rmtree, []

    def slowly(path):
        if not asked:
            asked.append(path)
            sweep(tmp_path, before=float("inf"))
            assert (held.folder / "0").exists()
            assert (held.folder / LOCK).exists()
        plainly(path)

    monkeypatch.setattr(scratch.shutil, "rmtree", slowly)
    held.remove()
    assert asked
    assert not (tmp_path / "a").exists()


def test_who_takes_hold_at_the_last_moment_keeps_the_folder(tmp_path, monkeypatch):
    held, others = Held.of(tmp_path / "a"), []
    gone = scratch.Path.rmdir

    def late(path):
        others.append(Held.of(path))
        gone(path)

    monkeypatch.setattr(scratch.Path, "rmdir", late)
    held.remove()
    [other] = others
    assert (other.folder / LOCK).exists()


def test_a_folder_that_goes_while_others_are_swept_is_passed_over(tmp_path, monkeypatch):
    for name in "ab":
        (tmp_path / name).mkdir()
    plainly = scratch.Held.of

    def of(folder):
        shutil.rmtree(tmp_path / "b", ignore_errors=True)  # another process, just now
        return plainly(folder)

    listed = sorted(tmp_path.iterdir())
    monkeypatch.setattr(scratch.Held, "of", of)
    monkeypatch.setattr(scratch.Path, "is_dir", lambda path: path in listed or path == tmp_path)
    sweep(tmp_path, before=float("inf"))
    assert not any(path.exists() for path in listed)


def test_the_temporary_folders_of_the_dead_go_and_those_of_the_living_stay(tmp_path):
    (tmp_path / "dead").mkdir()
    living = Held.of(tmp_path / "living")
    with temporary_folder(tmp_path) as folder:
        assert folder.is_dir()
        assert not (tmp_path / "dead").exists()
        assert living.folder.is_dir()
    assert not folder.exists()


def test_a_folder_that_is_let_go_of_with_nothing_in_it_goes(tmp_path):
    """As that of a training that failed before its first fold."""
    Held.of(tmp_path / "a").release()
    assert not (tmp_path / "a").exists()
