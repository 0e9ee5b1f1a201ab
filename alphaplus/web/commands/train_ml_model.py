"""`alphaplus train_ml_model`: train, validate, register in staging."""

import argparse

from alphaplus.core.errors import ConfigError
from alphaplus.web.commands.run import Context
from alphaplus.web.commands.scores import column_notes, score_table
from alphaplus.workflows.train import TrainRequest, train

NAMED = 5  # dropped columns that are named
EXAMPLES = {"--param": "--param num_leaves=15", "--label": "--target profitable --label target=3"}


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Train one model and show its scores beside the baselines."""
    request = TrainRequest(
        model_name=arguments.model_name,
        family=arguments.model_type,
        target=arguments.target,
        symbols=tuple(arguments.symbols or ()),
        timeframe=arguments.timeframe,
        training_days=arguments.training_days,
        horizon=arguments.prediction_horizon,
        threshold=arguments.threshold,
        label_params=_params(arguments.label, flag="--label"),
        half_life_days=arguments.half_life_days,
        balance_classes=arguments.balance_classes,
        features=arguments.features,
        select=arguments.select,
        walk_forward=arguments.walk_forward,
        seed=arguments.seed,
        params=_params(arguments.param, flag="--param"),
    )
    version, training = train(request, context.ports)
    context.screen.result(
        {
            "number": version.number,
            "label": version.label,
            "stage": version.stage.value,
            "slot": str(version.slot),
            "sha256": version.sha256,
            "dataset_hash": version.dataset_hash,
            "samples": version.samples,
            "seconds": round(version.seconds, 2),
            "trained_from": version.trained_from,
            "trained_to": version.trained_to,
            "metrics": dict(training.metrics),
        }
    )
    say = context.screen.say
    say(f"version {version.number} ({version.label}) is in staging; slot {version.slot}")
    say(f"  {version.samples:,} training rows, {len(training.folds)} folds, {version.seconds:.1f} s")
    column_notes(context.screen, training.metrics, most=NAMED)
    if len((training.metrics.get("dataset", {}).get("selection") or {}).get("dropped", ())) > NAMED:
        context.screen.note(f"all that was dropped: alphaplus models show {version.number}")
    score_table(context.screen, training.metrics)
    context.screen.note(f"next: alphaplus evaluate_and_promote --candidate {version.number}")
    return 0


def _params(pairs: list[str] | None, *, flag: str) -> dict[str, str | int | float]:
    params: dict[str, str | int | float] = {}
    for pair in pairs or []:
        name, equals, text = pair.partition("=")
        if not equals:
            raise ConfigError(f"{flag} {pair!r} is not NAME=VALUE", hint=f"for instance {EXAMPLES[flag]}")
        params[name] = _number(text)
    return params


def _number(text: str) -> str | int | float:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
