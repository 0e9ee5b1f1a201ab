"""The audit trail becomes append-only: triggers refuse to change or remove a row, whoever asks."""

from django.db import migrations

GUARDS = {
    "audit_event_no_update": "BEFORE UPDATE",
    "audit_event_no_delete": "BEFORE DELETE",
}


def make(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        return
    for name, moment in GUARDS.items():
        schema_editor.execute(
            f"CREATE TRIGGER {name} {moment} ON audit_event "
            "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
        )


def drop(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        return
    for name in GUARDS:
        schema_editor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):

    dependencies = [("alphaplus", "0001_tables")]

    operations = [migrations.RunPython(make, drop)]
