"""The build hook: only the locked content gets in, and nothing is fetched twice or against one's will."""

import hashlib
import importlib.util
import json
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "build_assets.py"


@pytest.fixture
def assets(monkeypatch, tmp_path):
    """The build script with a lock of one small package, and npm replaced by writing that package."""
    spec = importlib.util.spec_from_file_location("build_assets_under_test", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # dataclasses look their module up
    spec.loader.exec_module(module)
    lock = tmp_path / "lock.json"
    file = {"from": "dist/a.js", "to": "a.js", "sha256": hashlib.sha256(b"good").hexdigest()}
    lock.write_text(json.dumps({"wheel": {"pack": {"version": "1.2.3", "files": [file]}}}))
    module.asked = []
    module.content = b"good"

    def install(packages, prefix):
        module.asked.append(packages)
        folder = prefix / "node_modules/pack/dist"
        folder.mkdir(parents=True)
        (folder / "a.js").write_bytes(module.content)

    read = module.read_lock
    monkeypatch.setattr(module, "read_lock", lambda group: read(group, lock))
    monkeypatch.setattr(module, "_npm_install", install)
    return module


def test_files_are_fetched_once(assets, tmp_path):
    folder = tmp_path / "vendor"
    assert assets.build("wheel", folder) == (folder / "a.js",)
    assert (folder / "a.js").read_bytes() == b"good"
    assert assets.build("wheel", folder) == ()
    assert assets.asked == [["pack@1.2.3"]]


def test_a_changed_file_is_fetched_again(assets, tmp_path):
    folder = tmp_path / "vendor"
    assets.build("wheel", folder)
    (folder / "a.js").write_bytes(b"spoilt")
    assets.build("wheel", folder)
    assert (folder / "a.js").read_bytes() == b"good"


def test_other_content_stops_the_build_and_names_the_file(assets, tmp_path):
    assets.content = b"evil"
    with pytest.raises(assets.AssetsError, match=r"pack 1\.2\.3: dist/a\.js differs from assets\.lock\.json"):
        assets.build("wheel", tmp_path / "vendor")
    assert not (tmp_path / "vendor").exists()


def test_the_hook_can_be_left_out(assets, monkeypatch, tmp_path):
    pytest.importorskip("hatchling", reason="hatchling is only installed where wheels are built")
    built = []
    monkeypatch.setattr(assets, "build", lambda: built.append(1))
    hook = object.__new__(assets.get_build_hook())
    monkeypatch.setenv(assets.SKIP, "1")
    hook.initialize("standard", {})
    assert built == []
    assert hook.dependencies() == []
    monkeypatch.setenv(assets.SKIP, "0")
    hook.initialize("standard", {})
    assert built == [1]
    monkeypatch.setattr(assets.shutil, "which", lambda name: None)
    assert hook.dependencies() == [assets.NODE_WHEEL]


def test_the_lock_pins_a_licence_beside_every_shipped_library():
    lock = json.loads(SCRIPT.with_name("assets.lock.json").read_text())
    for name, entry in lock["wheel"].items():
        assert any(file["from"] == "LICENSE" for file in entry["files"]), name
        assert all(len(file["sha256"]) == 64 for file in entry["files"])
