"""Every error that AlphaPlus raises on purpose: what was found, what was expected, what to do."""

from collections.abc import Iterable
from difflib import get_close_matches

LISTED = 30  # names that a message lists


class AlphaPlusError(Exception):
    """A failure with a message, a hint that says what to do next, and facts for logs and programs.

    `exit_code` is what a command ends with when this error reaches it: 1 failure, 2 usage, 3 gate not met,
    4 data missing.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", **context: object) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.context = context

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def __reduce__(self) -> tuple[object, ...]:
        """Travel between processes whatever the constructor of the class asks for."""
        return _restored, (type(self), self.message, self.hint, self.context)


def _restored(kind: type[AlphaPlusError], message: str, hint: str, context: dict[str, object]) -> AlphaPlusError:
    error = kind.__new__(kind)
    AlphaPlusError.__init__(error, message, hint=hint, **context)
    return error


class ConfigError(AlphaPlusError):
    """A setting or a name is wrong."""

    exit_code = 2


class UnknownName(ConfigError):
    """A name that no catalog entry, column or choice carries."""

    def __init__(self, name: str, *, kind: str, known: Iterable[str]) -> None:
        names = sorted(known)
        written = {n.lower(): n for n in names}
        matches = [written[close] for close in get_close_matches(name.lower(), list(written), n=3)]
        listed = ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")
        hint = f"did you mean {', '.join(matches)}?" if matches else f"known: {listed or 'none'}"
        super().__init__(f"unknown {kind} {name!r}", hint=hint, name=name, known=names)


class MissingExtra(ConfigError):
    """An optional package is needed and not installed."""


class DataError(AlphaPlusError):
    """The data is wrong."""


class BadBars(DataError):
    """Bars that break a rule of the bar schema; nothing of them was stored."""


class BadTicks(DataError):
    """Trades or order-book messages that break a rule of their kind; nothing of them was stored."""


class MissingBars(DataError):
    """Bars that were asked for and are not there."""

    exit_code = 4


class StaleData(DataError):
    """Data older than its use allows."""


class SourceError(AlphaPlusError):
    """The outside is wrong."""


class SourceUnavailable(SourceError):
    """A file or service that cannot be read."""


class StorageError(AlphaPlusError):
    """What rests on disk is not what it should be."""


class ArtifactCorrupt(StorageError):
    """An artefact whose content does not match its recorded hash."""


class ConflictingWrite(StorageError):
    """Other values at a time that is already known."""


class TrainingError(AlphaPlusError):
    """A model cannot be trained."""


class NotEnoughSamples(TrainingError):
    """Fewer rows than an honest result needs."""

    exit_code = 4


class SingleClass(TrainingError):
    """A training part in which a class does not occur, or all labels are one value."""


class ModelRefused(TrainingError):
    """A model from elsewhere that is not taken in."""

    exit_code = 2


class ParityError(TrainingError):
    """The exported model does not reproduce the native one."""


class WorkerLost(TrainingError):
    """A worker that died, or ran out of memory, at every try of one piece of work."""


class RegistryError(AlphaPlusError):
    """The model registry refuses."""


class UnknownVersion(RegistryError):
    """No model version carries this number or label."""

    exit_code = 2


class IllegalStageChange(RegistryError):
    """A stage change that the life cycle does not know."""


class GatesNotPassed(RegistryError):
    """A promotion whose gates were not met."""

    exit_code = 3


class InferenceError(AlphaPlusError):
    """A prediction cannot be made."""


class ModelUnavailable(InferenceError):
    """The version that should serve cannot be loaded."""


class ColumnsMismatch(InferenceError):
    """A feature row whose columns are not those that the model was trained on."""


class Unexplained(InferenceError):
    """A prediction whose reasons the model does not know."""


class BudgetExceeded(InferenceError):
    """A prediction that came too late."""


class JobError(AlphaPlusError):
    """A job cannot go on."""


class UnknownJob(JobError):
    """No job carries this id."""

    exit_code = 2


class JobCancelled(JobError):
    """Somebody cancelled the job."""
