"""What happens to a model version: registered, promoted, archived, failed, restored, rolled back; each leaves a trace.

Every function reads the version, decides, and hands the store one change with its audit event, which the store applies
in one transaction.
"""

from collections.abc import Callable, Mapping

from alphaplus.core.clock import Clock
from alphaplus.core.enums import Stage, Verdict
from alphaplus.core.errors import ConfigError, GatesNotPassed, IllegalStageChange
from alphaplus.core.records import AuditEvent, Evaluation
from alphaplus.models.training import Training
from alphaplus.registry import stages
from alphaplus.registry.versions import ModelStore, ModelVersion, Slot

SHORT = {"catboost": "cat", "isolation_forest": "iso", "lightgbm": "lgb", "logistic": "log", "xgboost": "xgb"}
NEXT = {Stage.STAGING: Stage.SHADOW, Stage.SHADOW: Stage.CANARY, Stage.CANARY: Stage.PRODUCTION}


def register(
    store: ModelStore,
    *,
    slot: Slot,
    training: Training,
    artifact: str,
    size_bytes: int,
    created_by: str,
    clock: Clock,
    code: str = "",
    parent: int | None = None,
    reason: str = "trained",
) -> ModelVersion:
    """Enter a model in staging; gives its version with number and label.

    `artifact` is its address in the artefact store. The label is family, symbols, timeframe and creation time in unix
    seconds; a second version of the same second takes the next free one.
    """
    model, now = training.model, clock.now()
    version = ModelVersion(
        slot=slot,
        spec=model.spec,
        artifact_uri=artifact,
        sha256=model.sha256,
        dataset_hash=training.dataset_hash,
        featureset_hash=model.spec.feature_set_hash,
        trained_from=model.trained_from,
        trained_to=model.trained_to,
        samples=training.samples,
        label=_label(store, slot, model.spec.family, now),
        metrics=training.metrics,
        seconds=training.seconds,
        size_mb=size_bytes / 1e6,
        code=code,
        parent=parent,
        created_by=created_by,
        created_at=now,
    )
    facts = {"slot": str(slot), "sha256": version.sha256, "dataset": version.dataset_hash}
    event = _event(
        "register",
        version,
        before="",
        after=Stage.STAGING,
        actor=created_by,
        reason=reason,
        clock=clock,
        facts=facts,
    )
    return store.add(version, event)


def _label(store: ModelStore, slot: Slot, family: str, now: int) -> str:
    prefix = f"{SHORT.get(family, family)}_{'-'.join(slot.symbols).lower()}_{slot.timeframe}_"
    taken = {version.label for version in store.find(symbol=slot.symbols[0])}
    seconds = now // 1000
    while f"{prefix}{seconds}" in taken:
        seconds += 1
    return f"{prefix}{seconds}"


def open_untouched(store: ModelStore, version: ModelVersion, *, actor: str, clock: Clock) -> None:
    """Record that the version's untouched slice is looked at: who looks often enough finds what he wants."""
    event = _event(
        "open untouched slice",
        version,
        before=version.stage,
        after=version.stage,
        actor=actor,
        reason="evaluation",
        clock=clock,
        facts={"trained_to": version.trained_to},
    )
    store.change([], event)


def promote(
    store: ModelStore,
    key: int | str,
    *,
    actor: str,
    clock: Clock,
    reason: str = "gates passed",
    to: Stage | None = None,
    override: str = "",
) -> ModelVersion:
    """Move a version forward; gives it in its new stage.

    Its latest evaluation must have concluded "promote", else GatesNotPassed; `override` is the reason of a person who
    promotes without, and is written to the audit trail. An evaluation carries a version out of staging only: leaving
    shadow and canary takes evidence from live predictions, which is not collected yet, or an override. Without `to` the
    rules of methodology 9 choose the stage: a slot's first version and a refresh of the champion's spec go straight to
    production, a challenger one stage on.
    What stood in the exclusive stage before is archived in the same transaction.
    """
    version = store.get(key)
    evaluations = store.evaluations(version.number)
    evaluation = evaluations[-1] if evaluations else None
    if not override:
        _require_gates(version, evaluation)
    champion = _serving(store, version, Stage.PRODUCTION)
    after = to if to is not None else next_stage(version, champion)
    if after in (Stage.ARCHIVED, Stage.FAILED) or after == version.stage:
        raise IllegalStageChange(f"{version.label} in {version.stage} cannot be promoted to {after}")
    stages.check(version.stage, after, action="promote")
    replaced = _serving(store, version, after)
    changes = [(replaced.number, Stage.ARCHIVED)] if replaced is not None else []
    changes.append((version.number, after))
    facts: dict[str, object] = {"replaces": replaced.label if replaced is not None else ""}
    if override:
        facts["override"] = override
    if evaluation is not None:
        facts["verdict"] = evaluation.verdict.value
        facts["gates"] = {f"{gate.gate} {gate.name}": gate.passed for gate in evaluation.gates}
    event = _event(
        "promote",
        version,
        before=version.stage,
        after=after,
        actor=actor,
        reason=override or reason,
        clock=clock,
        facts=facts,
    )
    store.change(changes, event)
    return store.get(version.number)


def next_stage(version: ModelVersion, champion: ModelVersion | None) -> Stage:
    """Where a version that passed its gates goes: see methodology 9, "Path"."""
    if version.stage not in NEXT:
        raise IllegalStageChange(
            f"{version.label} is {version.stage}", hint="only staging, shadow and canary versions can be promoted"
        )
    if version.stage is Stage.STAGING and (champion is None or champion.spec.hash == version.spec.hash):
        return Stage.PRODUCTION
    return NEXT[version.stage]


def archive(store: ModelStore, key: int | str, *, actor: str, reason: str, clock: Clock) -> ModelVersion:
    """Give a version up; a slot whose champion goes is served by rules."""
    return _move(store, key, Stage.ARCHIVED, "archive", actor=actor, reason=reason, clock=clock)


def fail(store: ModelStore, key: int | str, *, actor: str, reason: str, clock: Clock) -> ModelVersion:
    """Mark a version as faulty; only a person may take it back to staging."""
    return _move(store, key, Stage.FAILED, "fail", actor=actor, reason=reason, clock=clock)


def restore(store: ModelStore, key: int | str, *, actor: str, reason: str, clock: Clock) -> ModelVersion:
    """Take a failed version back to staging; `reason` is required."""
    return _move(store, key, Stage.STAGING, "restore", actor=actor, reason=reason, clock=clock)


def rollback(
    store: ModelStore,
    key: int | str,
    *,
    cause: bool,
    verify: Callable[[ModelVersion], bool],
    actor: str,
    reason: str,
    clock: Clock,
) -> ModelVersion | None:
    """Put the newest former production version of the slot back; gives it, or None when rules must serve.

    With `cause` the version leaves for failed, so that the next rollback cannot choose it, else for archived. `verify`
    says whether a version's artefact is whole; the newest that is comes back, in the same transaction.
    """
    current = store.get(key)
    if current.stage is not Stage.PRODUCTION:
        raise IllegalStageChange(
            f"{current.label} is {current.stage}", hint="only a version in production can be rolled back"
        )
    former = [version for version in store.find(slot=current.slot, stage=Stage.ARCHIVED) if version.deployed_at]
    former.sort(key=lambda version: (version.deployed_at, version.number), reverse=True)
    target = next((version for version in former if verify(version)), None)
    after = Stage.FAILED if cause else Stage.ARCHIVED
    changes = [(current.number, after)]
    if target is not None:
        changes.append((target.number, Stage.PRODUCTION))
    facts = {"restored": target.label if target is not None else "", "for_cause": cause}
    event = _event(
        stages.ROLLBACK,
        current,
        before=current.stage,
        after=after,
        actor=actor,
        reason=reason,
        clock=clock,
        facts=facts,
    )
    store.change(changes, event)
    return None if target is None else store.get(target.number)


def _move(
    store: ModelStore, key: int | str, after: Stage, action: str, *, actor: str, reason: str, clock: Clock
) -> ModelVersion:
    if not reason.strip():
        raise ConfigError(f"to {action} a version needs a reason", hint="say why; it is kept in the audit trail")
    version = store.get(key)
    stages.check(version.stage, after, action=action)
    event = _event(
        action, version, before=version.stage, after=after, actor=actor, reason=reason, clock=clock, facts={}
    )
    store.change([(version.number, after)], event)
    return store.get(version.number)


def _require_gates(version: ModelVersion, evaluation: Evaluation | None) -> None:
    if version.stage in (Stage.SHADOW, Stage.CANARY):
        raise GatesNotPassed(
            f"{version.label} is in {version.stage}, which only its own live predictions can carry it out of",
            hint="a person may override with a reason",
        )
    if evaluation is None:
        raise GatesNotPassed(f"{version.label} was never evaluated", hint="run `alphaplus evaluate_and_promote` first")
    if evaluation.verdict is not Verdict.PROMOTE:
        failed = ", ".join(f"{gate.gate} {gate.name}" for gate in evaluation.failed_gates)
        raise GatesNotPassed(
            f"{version.label} stays in {version.stage}: {failed or evaluation.notes or evaluation.verdict}",
            hint="a person may override with a reason",
            gates=[gate.gate for gate in evaluation.failed_gates],
        )


def _serving(store: ModelStore, version: ModelVersion, stage: Stage) -> ModelVersion | None:
    """The other version of the same slot in an exclusive stage, if any."""
    if stage not in (Stage.PRODUCTION, Stage.CANARY):
        return None
    found = [other for other in store.find(slot=version.slot, stage=stage) if other.number != version.number]
    return found[0] if found else None


def _event(
    action: str,
    version: ModelVersion,
    *,
    before: str,
    after: Stage,
    actor: str,
    reason: str,
    clock: Clock,
    facts: Mapping[str, object],
) -> AuditEvent:
    return AuditEvent(
        at=clock.now(),
        actor=actor,
        action=action,
        subject=version.label,
        before=str(before),
        after=after.value,
        reason=reason,
        details=dict(facts),
    )
