"""Makes Django ready in this process: settings, apps, and a database whose schema is up to date."""

import os
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import django
from django.conf import settings as django_settings

from alphaplus.core.config import Settings
from alphaplus.core.errors import ConfigError
from alphaplus.storage.durable import locked
from alphaplus.web.home import make_home, make_private_file
from alphaplus.web.settings import profiles

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = ".setup-lock"
TIMEOUT_SECONDS = 20
SETTINGS_MODULE = "DJANGO_SETTINGS_MODULE"
PACKAGE = "alphaplus.web.settings"


def setup(settings: Settings) -> None:
    """Configure Django for these settings and make or upgrade the database; fast when nothing is to be done.

    The profile is the embedded one unless `DJANGO_SETTINGS_MODULE` names another. Raises ConfigError when this process
    has already been set up for another home folder.
    """
    configure(settings)
    migrate(settings)


def configure(settings: Settings) -> None:
    """Configure Django and make the home folder; a second call with the same settings does nothing."""
    if not django_settings.configured:
        wanted = os.environ.get(SETTINGS_MODULE, f"{PACKAGE}.embedded")
        profile = {f"{PACKAGE}.{one.__name__}": one for one in (profiles.embedded, profiles.production)}.get(wanted)
        if profile is not None:  # any other module is the user's own, which Django reads by itself
            django_settings.configure(**profile(settings))
    known: Settings = django_settings.ALPHAPLUS
    if known.home.resolve() != settings.home.resolve():
        raise ConfigError(
            f"Django already works on {known.home}, not on {settings.home}", hint="set ALPHAPLUS_HOME instead of --home"
        )
    make_home(settings.home)  # first of all, for what is made in it later would make it with everybody's rights
    django.setup()


def migrate(settings: Settings) -> bool:
    """Bring the schema up to date unless its stamp says that it is; says whether anything was done.

    The stamp lies in the database file itself, so that it travels with backups.
    """
    wanted = _stamp()
    if _stamp_of(settings.database) == wanted:
        return False
    from django.core.management import call_command

    with locked(settings.home / LOCK):
        if _stamp_of(settings.database) == wanted:
            return False
        make_private_file(settings.database)  # SQLite gives its journals the rights of the database
        call_command("migrate", interactive=False, verbosity=0)
        with closing(sqlite3.connect(settings.database, timeout=TIMEOUT_SECONDS)) as database:
            database.execute(f"PRAGMA user_version = {wanted}")
    return True


def _stamp() -> int:
    """A positive 31-bit number of all that decides the schema: our migrations, and the release that brings Django's."""
    names = sorted(path.name for path in MIGRATIONS.glob("[0-9]*.py"))
    return zlib.crc32(" ".join([django.__version__, *names]).encode()) & 0x7FFFFFFF or 1


def _stamp_of(database: Path) -> int:
    if not database.exists():
        return 0
    with closing(sqlite3.connect(database, timeout=TIMEOUT_SECONDS)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])
