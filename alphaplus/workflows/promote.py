"""Evaluate a candidate and act on the verdict: promote it, or leave it in staging with the reasons on record."""

from dataclasses import dataclass

from alphaplus.core.enums import Stage, Verdict
from alphaplus.core.errors import IllegalStageChange
from alphaplus.core.records import Evaluation
from alphaplus.evaluation.gating import alarmed
from alphaplus.registry import lifecycle
from alphaplus.registry.versions import ModelVersion
from alphaplus.workflows.base import Ports
from alphaplus.workflows.evaluate import EvaluateRequest, candidate_of, evaluate


@dataclass(frozen=True, slots=True)
class Outcome:
    """The version in the stage it has now, and the evaluation that decided."""

    version: ModelVersion
    evaluation: Evaluation

    @property
    def promoted(self) -> bool:
        """Whether the gates were met."""
        return self.evaluation.verdict is Verdict.PROMOTE


def evaluate_and_promote(request: EvaluateRequest, ports: Ports, *, actor: str, dry_run: bool = False) -> Outcome:
    """Judge the candidate, record the evaluation, and promote, fail or leave it.

    A version that fails a gate stays where it is; one whose scores look too good to be true goes to failed, until a
    person has looked. Only versions in staging are acted upon: what serves, or waits in shadow or canary, is judged by
    what it does live, not by the rows that brought it there; others raise IllegalStageChange. With `dry_run` any
    version is judged and no stage changes. Either way the trail says that the untouched slice was opened.
    """
    version = candidate_of(request, ports)
    if not dry_run and version.stage is not Stage.STAGING:
        raise IllegalStageChange(
            f"{version.label} is in {version.stage}; only versions in staging are promoted by their gates",
            hint="judge it without consequences: --dry-run",
        )
    lifecycle.open_untouched(ports.models, version, actor=actor, clock=ports.clock)
    evaluation = evaluate(version, ports)
    if dry_run:
        return Outcome(version, evaluation)
    ports.models.add_evaluation(evaluation)
    if evaluation.verdict is Verdict.PROMOTE:
        version = lifecycle.promote(ports.models, version.number, actor=actor, clock=ports.clock)
    elif alarmed(evaluation.gates):
        version = lifecycle.fail(ports.models, version.number, actor=actor, reason=evaluation.notes, clock=ports.clock)
    return Outcome(version, evaluation)
