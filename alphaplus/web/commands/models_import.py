"""`alphaplus models import`: a model that was trained elsewhere becomes a version in staging."""

import argparse
from pathlib import Path

from alphaplus.web.commands.pairs import pairs
from alphaplus.web.commands.run import Context
from alphaplus.web.commands.scores import score_table
from alphaplus.web.commands.timerange import last_moment
from alphaplus.workflows.import_model import ImportModelRequest, import_model


def import_file(arguments: argparse.Namespace, context: Context) -> int:
    """Import one file and show its scores beside the baselines."""
    request = ImportModelRequest(
        file=Path(arguments.file),
        columns=tuple(arguments.columns or ()),
        **({} if arguments.features is None else {"features": arguments.features}),
        trained_to=last_moment("--trained-to", arguments.trained_to),
        model_name=arguments.model_name,
        target=arguments.target,
        horizon=arguments.prediction_horizon,
        threshold=arguments.threshold,
        label_params=pairs("--label-param", arguments.label_param, example="spread=2"),
        regime=arguments.regime,
        symbols=tuple(arguments.symbols or ()),
        timeframe=arguments.timeframe,
    )
    version, training = import_model(request, context.ports)
    imported = training.metrics["imported"]
    context.screen.result(
        {
            "number": version.number,
            "label": version.label,
            "stage": version.stage.value,
            "slot": str(version.slot),
            "sha256": version.sha256,
            "metrics": dict(training.metrics),
        }
    )
    say = context.screen.say
    say(f"version {version.number} ({version.label}) is in staging; slot {version.slot}")
    say(f"  {imported['format']}, {len(training.evidence_rows):,} later rows score it; {calibration_of(imported)}")
    score_table(context.screen, training.metrics)
    context.screen.note(f"next: alphaplus evaluate_and_promote --candidate {version.number}")
    return 0


def calibration_of(imported: dict[str, object]) -> str:
    """What was done to the probabilities."""
    method = imported["calibration"]
    return "its probabilities are left as they are" if method == "identity" else f"calibrated anew ({method})"
