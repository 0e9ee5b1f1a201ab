"""Setting Django up: settings, schema, and how soon it is done when nothing is to do."""

import json
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command

from alphaplus.core.config import Settings
from alphaplus.core.errors import ConfigError
from alphaplus.web import setup as room
from alphaplus.web.home import make_home
from alphaplus.web.settings import profiles
from alphaplus.web.settings.secret import secret_key

REPOSITORY = Path(__file__).parents[2]


def run(script, home, **environ):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ALPHAPLUS", "DJANGO"))}
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=home,
        env={**kept, "PYTHONPATH": str(REPOSITORY), "ALPHAPLUS_HOME": str(home), **environ},
    )


def test_the_migrations_are_complete(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_a_fresh_home_gets_its_schema_once(home):
    script = """
import json, os
from time import perf_counter
from alphaplus.core.config import load_settings
from alphaplus.web.setup import migrate, setup
settings = load_settings(os.environ)
setup(settings)
begun = perf_counter()
again = migrate(settings)
print(json.dumps({"again": again, "seconds": perf_counter() - begun}))
"""
    done = run(script, home)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["again"] is False
    assert found["seconds"] < 0.05
    with sqlite3.connect(home / "alphaplus.sqlite3") as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("PRAGMA user_version").fetchone()[0] > 0
        kinds = dict(database.execute("SELECT name, type FROM sqlite_master"))
    assert kinds["model_version"] == "table"
    assert kinds["audit_event_no_update"] == "trigger"
    names = {path.name for path in home.iterdir()}
    assert names - {"alphaplus.sqlite3-wal", "alphaplus.sqlite3-shm"} == {".setup-lock", "alphaplus.sqlite3"}


def test_what_we_make_is_its_owners_alone(tmp_path):
    home = tmp_path / "new" / "home"
    script = """
import os, sys
os.umask(0o022)
from alphaplus.core.config import load_settings
from alphaplus.web.setup import setup
setup(load_settings({"ALPHAPLUS_HOME": sys.argv[1]}))
from alphaplus.web.models import Feed
Feed.objects.count()
for path in (sys.argv[1], *(entry.path for entry in os.scandir(sys.argv[1]) if "sqlite" in entry.name)):
    print(oct(os.stat(path).st_mode & 0o777))
""".replace("sys.argv[1]", repr(str(home)))
    done = run(script, tmp_path)
    assert done.returncode == 0, done.stderr
    folder, *files = done.stdout.split()
    assert folder == "0o700"
    assert set(files) == {"0o600"}


def test_a_home_is_private_before_anything_is_in_it(tmp_path):
    script = """
from alphaplus.core.config import load_settings
from alphaplus.web.setup import configure
configure(load_settings({"ALPHAPLUS_HOME": "new"}))
"""
    done = run(script, tmp_path)
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_the_rights_of_a_home_that_was_there_are_left_alone(home, tmp_path):
    home.chmod(0o750)
    make_home(home)
    assert stat.S_IMODE(home.stat().st_mode) == 0o750
    key = str(secret_key(tmp_path / "other"))
    assert len(key) > 50
    assert stat.S_IMODE((tmp_path / "other").stat().st_mode) == 0o700


def test_an_older_schema_is_upgraded(home):
    script = """
import os
from alphaplus.core.config import load_settings
from alphaplus.web.setup import migrate, setup
settings = load_settings(os.environ)
setup(settings)
import sqlite3
with sqlite3.connect(settings.database) as database:
    database.execute("PRAGMA user_version = 1")
print(migrate(settings))
"""
    done = run(script, home)
    assert (done.returncode, done.stdout.strip()) == (0, "True"), done.stderr


def test_the_stamp_changes_with_the_migrations(tmp_path, monkeypatch):
    before = room._stamp()
    (tmp_path / "0001_tables.py").touch()
    monkeypatch.setattr(room, "MIGRATIONS", tmp_path)
    assert room._stamp() != before


def test_a_second_home_in_one_process_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="not on"):
        room.configure(Settings(home=tmp_path / "other"))
    assert django_settings.ALPHAPLUS.home != tmp_path / "other"


def test_the_secret_key_is_made_at_first_use_and_stays(home):
    key = secret_key(home)
    assert list(home.iterdir()) == []
    text = str(key)
    assert len(text) > 50
    assert str(secret_key(home)) == text
    assert stat.S_IMODE((home / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == ["secret_key"]


def test_importing_the_web_room_loads_nothing_heavy(home):
    script = """
import os, sys
from alphaplus.core.config import load_settings
from alphaplus.web.setup import setup
setup(load_settings(os.environ))
import alphaplus.web.ports, alphaplus.web.urls, alphaplus.web.server, alphaplus.web.queries, alphaplus.web.asgi
heavy = {"torch", "sklearn", "pandas", "lightgbm", "scipy", "onnx", "onnxruntime", "xgboost", "talib"}
print(sorted(heavy & set(sys.modules)))
"""
    done = run(script, home)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_the_production_profile_passes_djangos_deployment_checks(home):
    environ = {"DJANGO_SETTINGS_MODULE": "alphaplus.web.settings.production", "ALPHAPLUS_WEB__HOSTS": "example.org"}
    script = """
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "check", "--deploy", "--fail-level", "WARNING"])
"""
    done = run(script, home, **environ)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_the_profiles_differ_where_they_should(home):
    embedded, production = (
        profile(Settings(home=home, web={"hosts": "a.example, b.example"}))
        for profile in (profiles.embedded, profiles.production)
    )
    assert (embedded["OPEN_READING"], production["OPEN_READING"]) == (True, False)
    assert production["SESSION_COOKIE_SECURE"]
    assert embedded["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]", "a.example", "b.example"]
    assert not embedded["DEBUG"]
    assert not production["DEBUG"]
    options = embedded["DATABASES"]["default"]["OPTIONS"]
    assert (options["transaction_mode"], options["timeout"]) == ("IMMEDIATE", 20)
    apps = embedded["INSTALLED_APPS"]
    assert apps.index("alphaplus.web") < apps.index("unfold")
    assert not [name for name in embedded["MIDDLEWARE"] if "GZip" in name]
