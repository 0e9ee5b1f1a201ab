"""Logs as lines of key=value: the event first, then its facts, then the run it belongs to."""

import logging
import sys
from contextvars import ContextVar

run_id: ContextVar[str] = ContextVar("run_id", default="")

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class KeyValueFormatter(logging.Formatter):
    """`12:00:01 INFO alphaplus.workflows.train model trained model=lgb version=7 run=4f2a`."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record as one line, its traceback after it."""
        facts = {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        if run_id.get():
            facts["run"] = run_id.get()
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname} {record.name} {record.getMessage()}"
        line += "".join(f" {name}={_quoted(value)}" for name, value in facts.items())
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class Stderr(logging.Handler):
    """Writes lines to what stderr is at the moment: a progress bar takes its place, to print them above itself."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        try:
            print(self.format(record), file=sys.stderr, flush=True)
        except (OSError, ValueError):  # nobody reads any more
            self.handleError(record)


def configure(level: int = logging.WARNING) -> None:
    """Send the log of AlphaPlus to stderr in its own format."""
    handler = Stderr()
    handler.setFormatter(KeyValueFormatter())
    root = logging.getLogger("alphaplus")
    root.handlers[:] = [handler]
    root.setLevel(level)
    root.propagate = False


def _quoted(value: object) -> str:
    text = str(value)
    return f'"{text}"' if " " in text or not text else text
