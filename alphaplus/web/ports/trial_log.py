"""Trials in a table that can only grow."""

from django.db import transaction

from alphaplus.registry.trials import Trial
from alphaplus.registry.versions import Slot
from alphaplus.web import models as tables
from alphaplus.web.plain import plain
from alphaplus.web.ports.registry_rows import slot_columns

SAME = ("study", "spec_hash", "family", "value", "error", "first", "last", "pruned", "dataset_hash", "at")


class OrmTrialLog:
    """Keeps what `registry.trials.TrialLog` asks for; the database itself refuses to change a row."""

    def add(self, trial: Trial) -> bool:
        """Record a trial; see `TrialLog`."""
        with transaction.atomic():
            slot, _ = tables.Slot.objects.get_or_create(**slot_columns(trial.slot))
            columns = {name: getattr(trial, name) for name in SAME}
            found = {"params": plain(trial.params), "blocks": list(trial.blocks), **columns}
            key = {"slot": slot, "study": found.pop("study"), "spec_hash": found.pop("spec_hash")}
            _, made = tables.Trial.objects.get_or_create(**key, defaults=found)
        return made

    def of_slot(self, slot: Slot) -> list[Trial]:
        """All trials of a slot, oldest first."""
        rows = tables.Trial.objects.filter(**{f"slot__{name}": value for name, value in slot_columns(slot).items()})
        return [
            Trial(
                slot=slot,
                params=row.params,
                blocks=tuple(row.blocks),
                **{name: getattr(row, name) for name in SAME},
            )
            for row in rows.order_by("id")
        ]
