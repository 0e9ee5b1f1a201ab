"""Runs one command: settings, logs, Django, the command itself, and its exit code."""

import argparse
import getpass
import importlib
import logging
import os
import traceback
from dataclasses import dataclass, field

from alphaplus.core.clock import Clock, SystemClock
from alphaplus.core.config import Settings, load_settings
from alphaplus.core.errors import AlphaPlusError
from alphaplus.core.log import configure
from alphaplus.web.commands.progress import watcher
from alphaplus.web.commands.screen import Screen
from alphaplus.workflows.base import Ports, Progress

INTERRUPTED = 130
LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


@dataclass(slots=True)
class Context:
    """What a command needs besides its arguments; ports are opened at first use."""

    settings: Settings
    screen: Screen
    progress: Progress
    clock: Clock = field(default_factory=SystemClock)
    _ports: Ports | None = None

    @property
    def actor(self) -> str:
        """Who asks, for the audit trail."""
        try:
            return getpass.getuser()
        except (KeyError, OSError):  # an id without an account, as in containers
            return f"uid {os.getuid()}"

    @property
    def ports(self) -> Ports:
        """The stores of this installation; makes or upgrades the database at first use."""
        if self._ports is None:
            from alphaplus.web.setup import setup

            setup(self.settings)
            from alphaplus.web.ports import open_ports

            self._ports = open_ports(self.settings, clock=self.clock, progress=self.progress)
        return self._ports


def run(name: str, arguments: argparse.Namespace) -> int:
    """Run the command `name` and return its exit code; errors are printed, never raised."""
    screen = Screen(name, as_json=arguments.json, quiet=arguments.quiet, color=not arguments.no_color)
    verbosity = min(arguments.verbosity, len(LEVELS) - 1)
    configure(LEVELS[verbosity])
    try:
        settings = load_settings(os.environ, {"home": arguments.home} if arguments.home else None)
        # numba reads this when it is first imported, which no module has done yet
        os.environ.setdefault("NUMBA_CACHE_DIR", str(settings.cache_folder.absolute() / "numba"))
        command = importlib.import_module(f"alphaplus.web.commands.{name}")
        with watcher(quiet=arguments.quiet) as progress:
            context = Context(settings, screen, progress)
            return int(command.run(arguments, context))
    except AlphaPlusError as error:
        screen.error(error)
        if verbosity == len(LEVELS) - 1:
            traceback.print_exc()
        return error.exit_code
    except KeyboardInterrupt:
        screen.note("interrupted; what was finished is kept, run the same command to go on")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the reader of our output went away: nothing left to say
        return 0
