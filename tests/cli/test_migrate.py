"""migrate, on both engines."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from service.storage.migrate import known_migrations
from tests.cli.command import Safeconduct


def test_migrations_run_once_on_sqlite(tmp_path: Path) -> None:
    """What ran is named; a second time nothing is left to run."""
    operator = Safeconduct.at(tmp_path / "operator")

    first, second = operator.done("migrate"), operator.run("migrate")

    assert "applied 0001_initial.sql" in first.splitlines()
    assert (second.returncode, second.stdout) == (0, "")
    assert "up to date" in second.stderr


def test_migrations_run_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    """The configured database is the one that is migrated; --json names what ran."""
    operator = Safeconduct.at(tmp_path / "operator", SAFECONDUCT_DATABASE_URL=postgres_url)

    first, second = operator.json("migrate"), operator.json("migrate")

    assert "0001_initial.sql" in first["applied"]
    assert second == {"applied": []}


def test_a_database_that_is_not_there_is_told_in_a_line(tmp_path: Path, free_port: int) -> None:
    """No traceback of a driver's, and no password out of the URL."""
    url = f"postgresql://someone:hunter2@127.0.0.1:{free_port}/nothing"
    operator = Safeconduct.at(tmp_path / "operator", SAFECONDUCT_DATABASE_URL=url)

    ran = operator.run("migrate")

    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == 1
    assert "unexpected" not in ran.stderr
    assert "hunter2" not in ran.stderr


def test_replicas_that_migrate_at_once_apply_each_step_once(tmp_path: Path, postgres_url: str) -> None:
    """R67, F37: whoever comes second waits, and finds nothing left to do."""
    operator = Safeconduct.at(tmp_path / "operator", SAFECONDUCT_DATABASE_URL=postgres_url)

    with ThreadPoolExecutor(4) as at_once:
        runs = list(at_once.map(lambda _: operator.json("migrate"), range(4)))

    applied = [name for run in runs for name in run["applied"]]
    known = [migration.name for migration in known_migrations()]
    assert sorted(applied) == sorted(["postgresql.sql", *known])
    assert operator.json("migrate") == {"applied": []}
