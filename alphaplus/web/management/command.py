"""One class behind every management command: arguments and behaviour are those of `alphaplus COMMAND`."""

import sys

from django.core.management.base import BaseCommand

from alphaplus.workflows import options


class AlphaPlusCommand(BaseCommand):
    """Hands its words to the command of the same name.

    Django's own flags and argument tree are left out, so that `manage.py COMMAND --help` reads like the other.
    """

    requires_system_checks: list[str] | tuple[str, ...] = ()
    name = ""

    def run_from_argv(self, argv: list[str]) -> None:
        """Parse the words after the command's name and exit with its code."""
        from alphaplus.web.commands.run import run

        command = options.find(self.name)
        if command is None:
            raise LookupError(self.name)
        arguments = options.command_parser(command, prog=f"manage.py {self.name}").parse_args(options.spelled(argv[2:]))
        sys.exit(run(command.name, arguments))
