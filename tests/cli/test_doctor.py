"""doctor: what is wrong with a deployment is found and said, with what to do; what is well is left alone."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from service.cli.doctor.database import judge_durability, judge_skew
from tests.cli.command import Safeconduct


def checked(command: Safeconduct, code: int, **env: str) -> dict[str, list[tuple[str, str]]]:
    """State and words by what they are about."""
    ran = command.run("doctor", "--json", **env)
    assert ran.returncode == code, ran.stdout + ran.stderr
    found: dict[str, list[tuple[str, str]]] = {}
    for each in json.loads(ran.stdout)["checks"]:
        found.setdefault(each["about"], []).append((each["state"], each["said"]))
        assert (each["state"] == "ok") == (each["advice"] == "")
    return found


@pytest.fixture
def beside(shared_service: tuple[str, Path]) -> Safeconduct:
    """The command on the machine of a service that runs, set as that is."""
    url, folder = shared_service
    return Safeconduct(folder, {**Safeconduct.at(folder).env, "SAFECONDUCT_ISSUER": url})


@pytest.fixture
def copied(beside: Safeconduct, tmp_path: Path) -> Safeconduct:
    """The same on a copy of its folder, which a test may damage."""
    shutil.copytree(beside.home / "data", tmp_path / "data", copy_function=shutil.copy2)
    return Safeconduct(tmp_path, {**beside.env, "HOME": str(tmp_path)})


def test_a_sound_deployment_passes_beside_its_service(beside: Safeconduct) -> None:
    """Every check is ok, while the service that owns the database goes on."""
    found = checked(beside, 0)

    assert list(found) == [
        "files",
        "database",
        "durability",
        "schema",
        "clock",
        "keys",
        "metadata",
        "key set",
        "status lists",
    ]
    assert {state for each in found.values() for state, _ in each} == {"ok"}
    said = beside.run("doctor")
    assert "0 failed, 0 warnings" in said.stderr


def test_files_that_others_can_read_are_named(copied: Safeconduct) -> None:
    """The master key above all: a warning with the command that closes it."""
    (copied.home / "data" / "master.key").chmod(0o644)

    ran = copied.run("doctor")

    assert ran.returncode == 0
    assert "warn files" in ran.stdout
    assert "chmod 600 data/master.key" in ran.stdout


def test_another_master_key_is_found(copied: Safeconduct) -> None:
    """R31: the service would only verify; and a missing key is told, and none made in its place."""
    key = copied.home / "data" / "master.key"
    key.write_text("ab" * 32)
    wrong = checked(copied, 1)
    key.unlink()
    missing = checked(copied, 1)

    assert wrong["keys"][0][0] == "fail"
    assert missing["master key"][0][0] == "fail"
    assert not key.exists()


def test_a_schema_of_another_version_is_found(copied: Safeconduct) -> None:
    """R68: with the way out; nothing further is asked of such a database."""
    with closing(sqlite3.connect(copied.home / "data" / "safeconduct.db", isolation_level=None)) as database:
        database.execute("UPDATE schema_migration SET sha256 = 'x' WHERE version = 1")

    found = checked(copied, 1)

    assert found["schema"][0][0] == "fail"
    assert "keys" not in found


def test_an_empty_folder_is_told_and_left_empty(tmp_path: Path) -> None:
    """Looking makes nothing; a database that is not there and a service that does not run are two failures."""
    nobody = Safeconduct.at(tmp_path / "nobody", SAFECONDUCT_ISSUER="http://localhost:9")

    found = checked(nobody, 1)

    assert found["database"][0][0] == "fail"
    assert found["addresses"][0][0] == "fail"
    assert list(nobody.home.iterdir()) == []


def test_an_address_that_leads_elsewhere_is_found(beside: Safeconduct) -> None:
    """The issuer must be the same byte for byte: another name of the same host is another issuer."""
    issuer = beside.env["SAFECONDUCT_ISSUER"].replace("localhost", "127.0.0.1")

    found = checked(beside, 1, SAFECONDUCT_ISSUER=issuer)

    assert "names another issuer" in found["addresses"][0][1]


@pytest.mark.parametrize(
    ("durability", "state"),
    [
        ({"journal_mode": "wal", "synchronous": "2"}, "ok"),
        ({"journal_mode": "delete", "synchronous": "2"}, "fail"),
        ({"journal_mode": "wal", "synchronous": "1"}, "fail"),
        ({"fsync": "on", "full_page_writes": "on", "synchronous_standby_names": ""}, "ok"),
        ({"fsync": "off", "full_page_writes": "on", "synchronous_standby_names": "a"}, "fail"),
        ({"fsync": "on", "full_page_writes": "off", "synchronous_standby_names": "a"}, "fail"),
    ],
)
def test_a_database_that_may_forget_a_commit_is_found(durability: dict[str, str], state: str) -> None:
    """Threats 8: `fsync = off` brings revoked tokens back to life after a power cut."""
    assert next(judge_durability(durability)).state == state


@pytest.mark.parametrize(
    ("skew", "state"), [(0, "ok"), (-5, "ok"), (6, "warn"), (-30, "warn"), (31, "fail"), (-31, "fail")]
)
def test_a_clock_that_is_off_is_found(skew: int, state: str) -> None:
    """R71: more than 5 s are worth a word, more than 30 s stop issuing."""
    assert judge_skew(skew).state == state
