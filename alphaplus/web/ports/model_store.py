"""The model registry in tables: every change of stage, its audit event and its news in one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from django.db import IntegrityError, transaction
from django.db.models import Q

from alphaplus.core.enums import Stage
from alphaplus.core.errors import RegistryError, UnknownVersion
from alphaplus.core.records import AuditEvent, Evaluation
from alphaplus.registry import stages
from alphaplus.registry.audit import chain
from alphaplus.registry.versions import ModelVersion, Slot
from alphaplus.web import models as tables
from alphaplus.web.plain import plain
from alphaplus.web.ports import registry_rows as rows

TOPIC = "registry"
WRITING_ORDER = {Stage.PRODUCTION: 1, Stage.CANARY: 2}  # leavers first, so that a place is free before it is taken


class OrmModelStore:
    """Keeps what `registry.versions.ModelStore` asks for; the database, not this class, allows one version a place."""

    @contextmanager
    def together(self) -> Iterator[None]:
        """All that is written inside, or nothing; see `ModelStore`."""
        with transaction.atomic():
            yield

    def add(self, version: ModelVersion, event: AuditEvent) -> ModelVersion:
        """Store a new version and the event; see `ModelStore`."""
        with transaction.atomic():
            if tables.ModelVersion.objects.filter(label=version.label).exists():
                raise RegistryError(f"a version is already called {version.label}")
            slot, _ = tables.Slot.objects.get_or_create(**rows.slot_columns(version.slot))
            try:
                row = tables.ModelVersion.objects.create(slot=slot, **rows.version_columns(version))
            except IntegrityError as error:
                raise _taken(version.slot, version.stage) from error
            _write(event)
        return replace(version, number=row.number)

    def get(self, key: int | str) -> ModelVersion:
        """Find by number or label; raises UnknownVersion."""
        return rows.version(_row(key))

    def find(
        self, slot: Slot | None = None, stage: Stage | None = None, symbol: str | None = None
    ) -> list[ModelVersion]:
        """Versions that match every criterion, oldest first."""
        found = tables.ModelVersion.objects.select_related("slot").order_by("number")
        if slot is not None:
            found = found.filter(**{f"slot__{name}": value for name, value in rows.slot_columns(slot).items()})
        if stage is not None:
            found = found.filter(stage=stage.value)
        if symbol is not None:
            found = found.filter(
                Q(slot__symbol=symbol)
                | Q(slot__symbol__startswith=f"{symbol}+")
                | Q(slot__symbol__endswith=f"+{symbol}")
                | Q(slot__symbol__contains=f"+{symbol}+")
            )
        # SQLite compares text without regard to case in LIKE, so the symbols are looked at once more.
        versions = [rows.version(row) for row in found]
        return [version for version in versions if symbol is None or symbol in version.slot.symbols]

    def change(self, changes: Sequence[tuple[int, Stage]], event: AuditEvent) -> None:
        """Change stages and record the event, all or nothing; see `ModelStore`."""
        with transaction.atomic():
            changed: dict[int, tables.ModelVersion] = {}
            for number, stage in changes:
                row = changed.setdefault(number, _row(number))
                stages.check(Stage(row.stage), stage, action=event.action)
                if stage is Stage.PRODUCTION and not row.deployed_at:
                    row.deployed_at = event.at
                row.stage = stage.value
            for row in sorted(changed.values(), key=lambda row: WRITING_ORDER.get(Stage(row.stage), 0)):
                try:
                    row.save(update_fields=["stage", "deployed_at"])
                except IntegrityError as error:
                    raise _taken(rows.slot(row.slot), Stage(row.stage)) from error
            _write(event)

    def add_evaluation(self, evaluation: Evaluation) -> None:
        """Record an evaluation; raises UnknownVersion."""
        with transaction.atomic():
            _row(evaluation.candidate)
            tables.Evaluation.objects.create(**rows.evaluation_columns(evaluation))

    def evaluations(self, number: int) -> list[Evaluation]:
        """Evaluations of a candidate, oldest first."""
        found = tables.Evaluation.objects.filter(candidate=number).order_by("id")
        return [rows.evaluation(row) for row in found]

    def audit(self) -> list[AuditEvent]:
        """The whole audit trail, oldest first."""
        return [rows.audit_event(row) for row in tables.AuditEvent.objects.order_by("id")]

    def slots(self) -> list[Slot]:
        """Every slot that has a version, in order of appearance."""
        found = tables.Slot.objects.filter(versions__isnull=False).distinct().order_by("id")
        return [rows.slot(row) for row in found]


def _row(key: int | str) -> tables.ModelVersion:
    number = isinstance(key, int) or key.isdigit()
    criteria: dict[str, int | str] = {"number": int(key)} if number else {"label": key}
    try:
        return tables.ModelVersion.objects.select_related("slot").get(**criteria)
    except tables.ModelVersion.DoesNotExist:
        hint = "`alphaplus models list` shows them"
        raise UnknownVersion(f"no model version {key!r}", hint=hint, key=key) from None


def _taken(slot: Slot, stage: Stage) -> RegistryError:
    return RegistryError(
        f"slot {slot} already has a version in {stage}", hint="archive it in the same change", slot=str(slot)
    )


def _write(event: AuditEvent) -> None:
    newest = tables.AuditEvent.objects.order_by("-id").values_list("hash", flat=True).first()
    # The hash covers the details as they will be read back, so they become plain JSON before they are hashed.
    linked = chain(replace(event, details=plain(event.details)), newest or "")
    tables.AuditEvent.objects.create(**rows.audit_columns(linked))
    news = {name: getattr(linked, name) for name in ("action", "subject", "before", "after", "actor", "reason")}
    tables.Outbox.objects.create(topic=TOPIC, kind=event.action, payload=news, created_at=event.at)
