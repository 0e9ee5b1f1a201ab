"""A seeded home, a real server, a running replay and Debian's Chromium, shared by all browser tests."""

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
REPLAY = ("replay", "--symbols", "SIM-M1", "--bars", "900", "--speed", "3", "--forming-steps", "2", "--quiet")
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SEED_SECONDS = 240
POLL_MS = 50
DESK = {"width": 1440, "height": 900}


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in Path(item.path).parents:
            item.add_marker(pytest.mark.e2e)


def load(path: Path):
    spec = importlib.util.spec_from_file_location(f"e2e_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


served = load(HERE / "served.py")


@pytest.fixture(scope="session")
def chromium():
    """The path of the browser; skips where there is none."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is not on PATH: no browser to test with")
    return path


@pytest.fixture(scope="module")
def browser(chromium):
    """Chromium. Its driver runs an event loop in this thread, so it ends with the module: others run loops too."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=list(FLAGS), headless=True)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(chromium, vendor, new_home):
    """A server on a seeded home, begun once the files that it serves are built."""
    home = new_home()
    environ = {**os.environ, "ALPHAPLUS_HOME": str(home)}
    environ.pop("DJANGO_SETTINGS_MODULE", None)
    seeded = subprocess.run(
        [sys.executable, str(HERE / "seed.py")],
        env=environ,
        capture_output=True,
        text=True,
        timeout=SEED_SECONDS,
        cwd=ROOT,
        check=False,
    )
    assert seeded.returncode == 0, seeded.stderr[-4000:]
    server = served.Served(home)
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="module", autouse=True)
def replay(server):
    """A replay of the last bars at three a second, begun anew for every module: it ends after five minutes."""
    replay = served.alphaplus(server.home, *REPLAY, log=server.home.parent / "replay.log")
    try:
        server.wait_for_feed("SIM-M1", "1h", since=time.time())
        yield
    finally:
        replay.kill()
        replay.wait(10)


@pytest.fixture(scope="session")
def axe(tmp_path_factory):
    """The script of axe-core, locked by its hash; skips where it cannot be fetched."""
    assets = load(ROOT / "build_assets.py")
    folder = tmp_path_factory.mktemp("axe")
    try:
        assets.build("test", folder)
    except assets.AssetsError as error:
        pytest.skip(f"axe-core cannot be fetched: {error}")
    return (folder / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session", autouse=True)
def vendor():
    """The chart library must be built, or the chart tests would test its absence."""
    assets = load(ROOT / "build_assets.py")
    try:
        assets.build()
    except assets.AssetsError as error:
        pytest.skip(f"the chart library cannot be fetched: {error}")


class Watch:
    """What a page did that it should not: errors on the console, and requests to foreign hosts."""

    def __init__(self, origin):
        self.origin = origin
        self.errors = []
        self.foreign = []
        self.expected = []

    def follow(self, page):
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(f"{error}\n{error.stack}"))
        page.on("request", self._request)

    def _console(self, message):
        text = f"{message.text} ({message.location.get('url', '')})"
        if message.type in ("error", "warning") and not any(word in text for word in self.expected):
            self.errors.append(text)

    def _request(self, request):
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.foreign.append(request.url)


@pytest.fixture
def watch(server):
    """Fails the test when a page wrote an error or asked a foreign host."""
    watch = Watch(server.url)
    yield watch
    assert watch.errors == []
    assert watch.foreign == []


def until(page, expression: str, *, seconds: float = 30.0):
    """Wait for an expression to hold in a page; Playwright's own wait evaluates text, which our policy forbids."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"never came true: {expression}"
        page.wait_for_timeout(POLL_MS)


@pytest.fixture(name="until")
def until_fixture():
    """The function `until`."""
    return until


@pytest.fixture
def context(browser, server):
    """A browser profile of its own."""
    context = browser.new_context(base_url=server.url, viewport=DESK, color_scheme="dark")
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(context, watch):
    """One watched tab."""
    page = context.new_page()
    watch.follow(page)
    return page


@pytest.fixture
def chart(page):
    """The chart page of the replayed series, painted and live."""
    page.goto("/ml/chart/SIM-M1/1h")
    page.wait_for_selector("body[data-ready=true]")
    page.wait_for_selector("#live[data-state=live]")
    return page
