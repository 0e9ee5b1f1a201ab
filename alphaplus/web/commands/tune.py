"""`alphaplus tune`: search parameters, show the best trials, and say how much of the gain is luck."""

import argparse
from collections.abc import Sequence
from shlex import quote

from alphaplus.models.tune import Judged
from alphaplus.web.commands.run import INTERRUPTED, Context
from alphaplus.web.commands.say import count_of, number, signed
from alphaplus.web.commands.screen import Cell
from alphaplus.web.commands.train_ml_model import learned
from alphaplus.workflows.train import TrainRequest
from alphaplus.workflows.tune import Tuned, tune

SHOWN = 10  # trials
COLUMNS = (">trial", ">skill", ">standard error", "parameters", "")
FLAGS = (  # of a training, by what they are called in the arguments
    ("--model-name", "model_name"),
    ("--model-type", "model_type"),
    ("--target", "target"),
    ("--timeframe", "timeframe"),
    ("--training-days", "training_days"),
    ("--prediction-horizon", "prediction_horizon"),
    ("--regime", "regime"),
    ("--threshold", "threshold"),
    ("--features", "features"),
    ("--select", "select"),
    ("--half-life-days", "half_life_days"),
    ("--seed", "seed"),
)
SWITCHES = (
    ("--balance-classes", "balance_classes"),
    ("--weight-by-return", "weight_by_return"),
    ("--anomaly", "anomaly"),
)


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Tune one family for one slot; nothing is trained for serving."""
    request = TrainRequest.model_validate(
        learned(arguments).model_dump()
        | {
            "family": arguments.model_type,
            "target": arguments.target,
            "horizon": arguments.prediction_horizon,
            "regime": arguments.regime,
            "tune": arguments.trials or 0,
            "tune_minutes": arguments.minutes,
        }
    )
    tuned = tune(request, context.ports)
    tuning, screen = tuned.tuning, context.screen
    following = _next(arguments, tuned)
    screen.result({"slot": str(tuned.slot), "trials_of_slot": tuned.trials, **tuning.summary(), "next": following})
    finished = [place for place, judged in enumerate(tuning.trials) if not judged.tried.pruned]
    order = sorted(finished, key=lambda place: -tuning.trials[place].tried.value)
    best = [place for rank, place in enumerate(order) if rank < SHOWN or place == 0]
    rows = [_row(place, tuning.trials[place], won=tuning.trials[place].spec == tuned.spec) for place in best]
    screen.table("best trials, judged on purged folds of the development part", COLUMNS, rows)
    screen.say(
        f"{count_of(len(tuning.trials), 'trial')} of this study, {tuning.pruned} given up on the way, "
        f"{tuning.seconds:.1f} s; {count_of(tuned.trials, 'spec')} tried for slot {tuned.slot}"
    )
    screen.say(_verdict(tuned), tone="" if tuning.kept else "good")
    if not _skilful(tuning.trials):
        screen.say("no trial has any skill over the base rate: what is best here is still of no use", tone="warn")
    if tuning.interrupted:
        screen.note("interrupted; every trial that was finished is kept, the same command goes on")
    screen.note(f"next: {following}")
    return INTERRUPTED if tuning.interrupted else 0


def _row(place: int, judged: Judged, *, won: bool) -> tuple[Cell | str, ...]:
    own = ", ".join(f"{name}={value:g}" for name, value in judged.tried.params.items())
    name = "given" if place == 0 else ""
    tried = judged.tried
    return (
        str(place),
        signed(tried.value, 4),
        number(tried.error, 4),
        own,
        Cell(f"{name} chosen".strip(), "good") if won else name,
    )


def _skilful(trials: Sequence[Judged]) -> bool:
    """Whether any trial that was judged to its end is better than the base rate."""
    return any(judged.tried.value > 0.0 for judged in trials if not judged.tried.pruned)


def _verdict(tuned: Tuned) -> str:
    tuning = tuned.tuning
    gain = f"{number(tuning.gain, 4)} more skill than the parameters that were given"
    if tuning.best == 0:
        return "no trial was better than the parameters that were given: they stay"
    if tuning.kept:
        return f"the best trial has {gain}, all of it within the noise of so many trials: they stay"
    return f"the best trial has {gain}, {tuning.noise_share:.0%} of it within the noise of so many trials: it is chosen"


def _next(arguments: argparse.Namespace, tuned: Tuned) -> str:
    """The command that trains the winner."""
    words = ["alphaplus", "train_ml_model", "--symbols", *tuned.slot.symbols]
    for flag, name in FLAGS:
        value = getattr(arguments, name)
        if value not in (None, ""):
            words += [flag, str(value)]
    words += [flag for flag, name in SWITCHES if getattr(arguments, name)]
    words += ["--label", *arguments.label] if arguments.label else []
    params = [f"{name}={value}" for name, value in tuned.spec.params.items()]
    return " ".join(quote(word) for word in [*words, *(["--param", *params] if params else [])])
