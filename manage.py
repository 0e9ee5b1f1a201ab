#!/usr/bin/env python
"""Django's own entry: `python manage.py COMMAND`, for the commands of AlphaPlus and for those of Django."""

import os
import sys

from django.core.management import execute_from_command_line

from alphaplus.workflows import options


def main(words: list[str]) -> None:
    """Run a command under Django; aliases and `--home` mean what they mean to `alphaplus`."""
    command = options.find(words[1]) if len(words) > 1 else None
    if command is not None:
        words[1:] = [command.name, *options.spelled(words[2:])]
        home = options.home_of(words[2:])
        if home is not None:
            os.environ["ALPHAPLUS_HOME"] = home  # Django reads its settings before the command reads its flags
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alphaplus.web.settings.embedded")
    execute_from_command_line(words)


if __name__ == "__main__":
    main(sys.argv)
