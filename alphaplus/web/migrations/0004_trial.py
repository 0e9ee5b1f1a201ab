"""The table of trials, append-only: triggers refuse to change or remove a row, whoever asks."""

import django.db.models.deletion
from django.db import migrations, models

GUARDS = {
    "trial_no_update": "BEFORE UPDATE",
    "trial_no_delete": "BEFORE DELETE",
}


def make(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        return
    for name, moment in GUARDS.items():
        schema_editor.execute(
            f"CREATE TRIGGER {name} {moment} ON trial BEGIN SELECT RAISE(ABORT, 'the trials are append-only'); END"
        )


def drop(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        return
    for name in GUARDS:
        schema_editor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):

    dependencies = [("alphaplus", "0003_dataset")]

    operations = [
        migrations.CreateModel(
            name="Trial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("study", models.CharField(blank=True, max_length=64)),
                ("spec_hash", models.CharField(max_length=64)),
                ("family", models.CharField(max_length=64)),
                ("params", models.JSONField(default=dict)),
                ("value", models.FloatField()),
                ("error", models.FloatField(blank=True, null=True)),
                ("blocks", models.JSONField(default=list)),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                ("pruned", models.BooleanField()),
                ("dataset_hash", models.CharField(max_length=64)),
                ("at", models.BigIntegerField()),
                (
                    "slot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="trials", to="alphaplus.slot"
                    ),
                ),
            ],
            options={
                "db_table": "trial",
                "ordering": ("id",),
                "constraints": [
                    models.UniqueConstraint(fields=("slot", "study", "spec_hash"), name="trial_once_a_study")
                ],
            },
        ),
        migrations.RunPython(make, drop),
    ]
