"""`alphaplus COMMAND`: finds the command, reads its arguments, and only then loads what it needs."""

import difflib
import sys
from collections.abc import Sequence

from alphaplus.workflows import options


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = options.spelled(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in {"-h", "--help", "help"}:
        print(options.overview())
        return 0
    if words[0] in {"-V", "--version"}:
        from alphaplus import __version__

        print(f"alphaplus {__version__}")
        return 0
    command = options.find(words[0])
    if command is None:
        names = [name for known in options.COMMANDS for name in (known.name, *known.aliases)]
        close = difflib.get_close_matches(words[0], names, n=1)
        hint = f"did you mean {close[0]!r}?" if close else "`alphaplus --help` lists the commands"
        print(f"alphaplus: error: unknown command {words[0]!r}: {hint}", file=sys.stderr)
        return options.USAGE
    arguments = options.command_parser(command, prog=f"alphaplus {words[0]}").parse_args(words[1:])
    from alphaplus.web.commands.run import run

    return run(command.name, arguments)


if __name__ == "__main__":
    sys.exit(main())
