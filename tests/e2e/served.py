"""`alphaplus serve` and `alphaplus replay` as processes of their own, for tests that kill and restart them."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

DEADLINE_SECONDS = 180
POLL_SECONDS = 0.1


def alphaplus(home: Path, *arguments: str, log: Path) -> subprocess.Popen:
    """Start a command on a home of its own; what it says goes to the log file."""
    environ = {**os.environ, "ALPHAPLUS_HOME": str(home)}
    environ.pop("DJANGO_SETTINGS_MODULE", None)
    with log.open("ab") as output:
        command = [sys.executable, "-m", "alphaplus", *arguments]
        return subprocess.Popen(command, env=environ, stdout=output, stderr=subprocess.STDOUT)


class Served:
    """One server on one port, which can go away and come back."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log = home.parent / "serve.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        self.process = alphaplus(self.home, "serve", "--port", str(self.port), log=self.log)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/api/ml/health", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(POLL_SECONDS)
        raise AssertionError(f"the server did not come up:\n{self.log.read_text()[-4000:]}")

    def wait_for_feed(self, symbol: str, timeframe: str, *, since: float) -> None:
        """Return once a replay of the series has said something after `since`, in seconds since 1970."""
        url = f"{self.url}/api/market/chart?symbol={symbol}&timeframe={timeframe}&limit=1"
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            with urllib.request.urlopen(url, timeout=30) as answer:
                feed = json.load(answer)["feed"]
                if feed and feed["updated_at"] > since * 1000:
                    return
            time.sleep(POLL_SECONDS)
        raise AssertionError("the replay did not start")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
