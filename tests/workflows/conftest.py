"""Commands as a person runs them: in a process of their own, on a home folder of their own."""

import json
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest


@dataclass(frozen=True)
class Done:
    """What a finished command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@dataclass(frozen=True)
class Cli:
    """Runs `alphaplus` on one home folder."""

    home: Path

    def __call__(self, *words, **environ):
        env = {**os.environ, "ALPHAPLUS_HOME": str(self.home), "NO_COLOR": "1", **environ}
        command = [sys.executable, "-m", "alphaplus", *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, env=env, check=False, timeout=300)
        return Done(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def serving(self):
        """Serve this home on a free port; gives a function from path to text."""
        env = {**os.environ, "ALPHAPLUS_HOME": str(self.home)}
        command = [sys.executable, "-m", "alphaplus", "serve", "--port", "0"]
        with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
            try:
                said = ""
                while "http://" not in said:
                    said = process.stderr.readline()
                    assert process.poll() is None, "the server ended before it was ready"
                base = re.search(r"http://[\d.]+:\d+", said)[0]
                yield lambda path: urlopen(base + path, timeout=60).read().decode()
            finally:
                process.terminate()


@pytest.fixture
def cli(new_home):
    """Commands on an empty home."""
    return Cli(new_home())


@pytest.fixture(scope="module")
def module_cli(new_home):
    """Commands on a home that the tests of a module share."""
    return Cli(new_home())
