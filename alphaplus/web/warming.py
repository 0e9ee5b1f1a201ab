"""Compile feature sets in a process of its own: a compiler that runs beside pages keeps them waiting for a minute."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from alphaplus.core.bars import Timeframe
from alphaplus.core.errors import ConfigError

TOLD = 2000  # characters of what the process said that an error repeats


def warm_apart(sets: Sequence[str], timeframe: Timeframe, home: Path) -> None:
    """Let `alphaplus warmup` fill the cache of a home for sets of that command; raises ConfigError when it fails."""
    words = ["warmup", "--sets", *sets, "--timeframe", timeframe.value, "--home", str(home), "--quiet"]
    environ = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-m", "alphaplus", *words]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        message = f"compiling {', '.join(sets)} for {timeframe} failed: {done.stderr.strip()[-TOLD:]}"
        raise ConfigError(message, hint=f"alphaplus {' '.join(words[:-1])}")
