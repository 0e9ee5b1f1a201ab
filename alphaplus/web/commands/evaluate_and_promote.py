"""`alphaplus evaluate_and_promote`: the gates, and what they decide."""

import argparse

from alphaplus.core.enums import Stage
from alphaplus.registry.versions import ModelVersion
from alphaplus.web.commands.run import Context
from alphaplus.web.commands.scores import gate_json, gate_table
from alphaplus.workflows.evaluate import EvaluateRequest
from alphaplus.workflows.promote import evaluate_and_promote

GATE_NOT_MET = 3


def run(arguments: argparse.Namespace, context: Context) -> int:
    """Judge the candidate; exit code 3 when it does not pass."""
    request = EvaluateRequest(
        model_name=arguments.model_name,
        regime=arguments.regime,
        symbols=tuple(arguments.symbols or ()),
        candidate=arguments.candidate,
    )
    outcome = evaluate_and_promote(request, context.ports, actor=context.actor, dry_run=arguments.dry_run)
    version, evaluation = outcome.version, outcome.evaluation
    context.screen.result(
        {
            "candidate": version.number,
            "label": version.label,
            "stage": version.stage.value,
            "champion": evaluation.champion,
            "verdict": evaluation.verdict.value,
            "dry_run": arguments.dry_run,
            "risk_score": evaluation.risk_score,
            "window": [evaluation.window_start, evaluation.window_end],
            "samples": evaluation.samples,
            "metrics": dict(evaluation.metrics),
            "gates": gate_json(evaluation.gates),
            "notes": evaluation.notes,
        }
    )
    gate_table(context.screen, evaluation.gates)
    would = "would be" if arguments.dry_run else "is"
    if outcome.promoted:
        stage = "promoted" if arguments.dry_run else f"in {version.stage}"
        context.screen.say(
            f"version {version.number} ({version.label}) {would} {stage}: every gate was met", tone="good"
        )
        return 0
    failed = len(evaluation.failed_gates)
    context.screen.say(
        f"version {version.number} ({version.label}) stays in {version.stage}: {failed} of {len(evaluation.gates)} "
        f"conditions were not met; {_serving(version, evaluation.champion)}",
        tone="bad",
    )
    return GATE_NOT_MET


def _serving(version: ModelVersion, champion: int | None) -> str:
    """Who serves the slot after a refusal: rules stand in for directions only."""
    if version.stage is Stage.PRODUCTION:
        return "it serves its slot as before"
    if champion is not None:
        return f"version {champion} serves its slot as before"
    return f"{'the rules serve' if version.spec.label.directional else 'nothing serves'} its slot as before"
