"""Runs one command: settings, logs, Django, the command itself, and its exit code."""

import argparse
import getpass
import importlib
import logging
import os
import traceback
from dataclasses import dataclass, field, replace

from pydantic import ValidationError

from alphaplus.core.clock import Clock, SystemClock
from alphaplus.core.config import Settings, load_settings
from alphaplus.core.errors import AlphaPlusError, ConfigError, StorageError
from alphaplus.core.log import configure
from alphaplus.features.user import use_settings
from alphaplus.web.commands.progress import watcher
from alphaplus.web.commands.screen import Screen
from alphaplus.workflows.base import Ports, Progress

INTERRUPTED = 130
SETTINGS = ("home", "parallel", "workers")  # settings that are flags, too, where a command has them
LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
CALLED = {  # what flags are called that set these fields of a request, the first that the command has
    "family": ("model_type",),
    "families": ("model_type",),
    "targets": ("target",),
    "regimes": ("regime",),
    "horizon": ("prediction_horizon",),
    "horizons": ("prediction_horizon",),
    "tune": ("trials", "tune"),
    "tune_minutes": ("minutes",),
}


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
        settings = load_settings(os.environ, _flags(arguments))
        # numba reads this when it is first imported, which no module has done yet
        os.environ.setdefault("NUMBA_CACHE_DIR", str(settings.cache_folder.absolute() / "numba"))
        use_settings(settings)
        command = importlib.import_module(f"alphaplus.web.commands.{name}")
        with watcher(quiet=arguments.quiet) as progress:
            context = Context(settings, replace(screen, clear=progress.clear), progress)
            return int(command.run(arguments, context))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the reader of our output went away: nothing left to say
        return 0
    except (AlphaPlusError, ValidationError, OSError) as error:
        told = _told(error, arguments)
        screen.error(told)
        if verbosity == len(LEVELS) - 1:
            traceback.print_exc()
        return told.exit_code
    except KeyboardInterrupt:
        screen.note("interrupted; what was finished is kept, run the same command to go on")
        return INTERRUPTED


def _flags(arguments: argparse.Namespace) -> dict[str, object]:
    """The settings that were given as flags of this command."""
    given = {name: getattr(arguments, name, None) for name in SETTINGS}
    return {name: value for name, value in given.items() if value is not None}


def _told(error: AlphaPlusError | ValidationError | OSError, arguments: argparse.Namespace) -> AlphaPlusError:
    """The error in our own words, where it came from the arguments or from the machine."""
    if isinstance(error, AlphaPlusError):
        return error
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        flag = _flag(str(first["loc"][0]), arguments) if first["loc"] else "the arguments"
        rule = first["msg"].removeprefix("Value error, ")
        rule = rule[0].lower() + rule[1:]
        return ConfigError(f"{flag} is {first['input']!r}: {rule}", hint="see --help")
    place = f" {error.filename}" if error.filename else ""
    hint = "check the path, its permissions and the free space; --home or ALPHAPLUS_HOME choose another folder"
    return StorageError(f"the system refused{place}: {error.strerror or error}", hint=hint)


def _flag(field: str, arguments: argparse.Namespace) -> str:
    """The flag that sets a field of a request."""
    names = [name for name in CALLED.get(field, ()) if hasattr(arguments, name)]
    return "--" + (names[0] if names else field).replace("_", "-")
