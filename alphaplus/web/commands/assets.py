"""`alphaplus assets build`: fetch the locked front-end files into a source checkout."""

import argparse
import subprocess
import sys
from pathlib import Path

import alphaplus
from alphaplus.core.errors import ConfigError, SourceUnavailable
from alphaplus.web.commands.run import Context


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Run the build script of the checkout, which verifies every file by its hash."""
    script = Path(alphaplus.__file__).resolve().parents[1] / "build_assets.py"
    if not script.exists():
        raise ConfigError("this is not a source checkout", hint="an installed package brings its front-end files along")
    context.progress.stage("fetching the front-end files")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SourceUnavailable(done.stderr.strip() or "the front-end files could not be fetched", hint="is npm there?")
    context.screen.result({"output": done.stdout.splitlines()})
    context.screen.say(done.stdout.strip())
    return 0
