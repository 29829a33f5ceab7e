"""apply, through the service and without it."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import PASSWORD, Safeconduct
from tests.cli.conftest import first_administrator, running_service
from tests.servers.leash import Leash

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "catalogues" / "speckle.toml"
LIFETIME = "max_lifetime_days = 365"
CONFIRM = "confirm = 86400"


@pytest.fixture(scope="module")
def service(leash: Leash) -> Iterator[tuple[Safeconduct, Path]]:
    """A service whose catalogue these tests change; its administrator, and the catalogue that it began with."""
    with running_service(leash) as (url, folder):
        yield first_administrator(folder, url), folder / "catalogue.toml"


@pytest.fixture
def ann(service: tuple[Safeconduct, Path]) -> Safeconduct:
    """The administrator, with that catalogue in force again."""
    ann, catalogue = service
    ann.done("apply", str(catalogue), "--yes", "--keep-until-expiry", lines=(PASSWORD,))
    return ann


@pytest.fixture
def catalogue(service: tuple[Safeconduct, Path], tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copy(service[1], tmp_path / "catalogue.toml"))


def _change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def _without_embed(file: Path) -> None:
    """Take the scope family `embed` out."""
    text = file.read_text("utf-8")
    start = text.index("[families.embed]")
    text = text[:start] + text[text.index("# ----", start) :]
    file.write_text(re.sub(', "embed:[a-z]+"', "", text), "utf-8")


def _version(ann: Safeconduct, catalogue: Path) -> int:
    return ann.json("apply", str(catalogue), "--dry-run")["version"]


def test_a_dry_run_shows_the_difference_and_changes_nothing(ann: Safeconduct, catalogue: Path) -> None:
    """What is changed has a sign that is readable without its colour."""
    _change(catalogue, LIFETIME, "max_lifetime_days = 30")

    with ann.at_terminal("apply", str(catalogue), "--dry-run") as terminal:
        assert terminal.finish() == 0

    assert terminal.words.splitlines() == ["~ policy max_lifetime_days: 365 → 30"]
    assert ann.json("apply", str(catalogue), "--dry-run")["changes"] != []


def test_a_catalogue_is_in_force_once_it_was_agreed_to(ann: Safeconduct, catalogue: Path) -> None:
    """The difference is shown, then asked; no changes nothing, yes is in force at once."""
    _change(catalogue, LIFETIME, "max_lifetime_days = 30")
    too_long = ("tokens", "create", "--note", "n", "--scope", "embed", "--days", "31")

    with ann.at_terminal("apply", str(catalogue)) as terminal:
        terminal.expect("[y/N] ")
        terminal.type("n")
        assert terminal.finish() == 1
    ann.done(*too_long)
    with ann.at_terminal("apply", str(catalogue)) as terminal:
        terminal.expect("[y/N] ")
        terminal.type("y")
        assert terminal.finish() == 0

    assert "of the catalogue is in force" in terminal.words
    assert "(too_far)" in ann.run(*too_long).stderr


def test_what_is_in_force_already_asks_nothing(ann: Safeconduct, catalogue: Path) -> None:
    """Applied twice, a catalogue is applied once."""
    ran = ann.run("apply", str(catalogue))

    assert (ran.returncode, ran.stdout) == (0, "nothing changes\n")


def test_a_script_says_yes_and_reads_json(ann: Safeconduct, catalogue: Path) -> None:
    """Without --yes and without a terminal nothing is changed."""
    _change(catalogue, LIFETIME, "max_lifetime_days = 30")
    before = _version(ann, catalogue)

    unasked = ann.run("apply", str(catalogue))
    applied = ann.json("apply", str(catalogue), "--yes")

    assert unasked.returncode == 2
    assert applied["version"] == before + 1
    assert [change["name"] for change in applied["changes"]] == ["max_lifetime_days"]


def test_a_scope_that_live_tokens_hold_does_not_go_by_accident(ann: Safeconduct, catalogue: Path) -> None:
    """The number of tokens is told; only --keep-until-expiry lets the scope go, and they keep it."""
    made = ann.json("tokens", "create", "--note", "n", "--scope", "embed:view")
    _without_embed(catalogue)

    preview = ann.run("apply", str(catalogue), "--dry-run")
    refused = ann.run("apply", str(catalogue), "--yes")
    ann.done("apply", str(catalogue), "--yes", "--keep-until-expiry")

    assert "embed:view is held by 1 live token, so this is refused" in preview.stdout
    assert refused.returncode == 1
    assert "(scopes_in_use)" in refused.stderr
    assert ann.json("tokens", "show", made["id"])["state"] == "active"
    assert ann.run("tokens", "create", "--note", "n", "--scope", "embed:view").returncode == 1


def test_tokens_are_revoked_with_the_scope_that_goes(ann: Safeconduct, catalogue: Path) -> None:
    """With --revoke the look says so, the question is asked, and they are counted; never both ways at once."""
    made, kept = [
        ann.json("tokens", "create", "--note", "n", "--scope", scope)["id"]
        for scope in ("embed:manage", "company")
    ]
    _without_embed(catalogue)

    both = ann.run("apply", str(catalogue), "--revoke", "--keep-until-expiry", "--yes")
    preview = ann.run("apply", str(catalogue), "--revoke", "--dry-run")
    unasked = ann.run("apply", str(catalogue), "--revoke")
    between = ann.json("tokens", "show", made)["state"]
    told = ann.done("apply", str(catalogue), "--revoke", "--yes")

    assert (both.returncode, unasked.returncode, between) == (2, 2, "active")
    assert "embed:manage is held by 1 live token, which are revoked" in preview.stdout
    assert "token value" in told
    assert [ann.json("tokens", "show", each)["state"] for each in (made, kept)] == ["revoked", "active"]


def test_clients_and_machines_of_a_file_are_there_after_it(ann: Safeconduct, catalogue: Path) -> None:
    """The secret of a new client is shown by the apply that makes it, and by no other; a second one changes nothing."""
    with catalogue.open("a") as file:
        file.write('\n[[clients]]\nname = "from-a-file"\n')
        file.write('\n[[machines]]\nname = "robot-of-a-file"\nresponsible = ["ann"]\ngrant = ["embed"]\n')

    first = ann.run("apply", str(catalogue), "--yes")
    again = ann.run("apply", str(catalogue), "--yes")

    assert "+ client from-a-file" in first.stdout
    assert "client_secret  " in first.stdout
    assert (again.returncode, "client_secret" in again.stdout) == (0, False)
    [client] = [c for c in ann.json("clients", "list") if c["name"] == "from-a-file"]
    assert client["id"] in first.stdout
    assert "robot-of-a-file" in ann.done("machines", "list")


def test_somebody_unknown_in_a_file_is_told_with_their_place(ann: Safeconduct, catalogue: Path) -> None:
    """Nothing of the file is applied."""
    with catalogue.open("a") as file:
        file.write('\n[[clients]]\nname = "never"\n\n[[machines]]\nname = "m"\nresponsible = ["nobody"]\n')

    ran = ann.run("apply", str(catalogue), "--yes")

    assert ran.returncode == 1
    assert "machines[0].responsible[0]: 'nobody' is no enabled person (unknown_user)" in ran.stderr
    assert "never" not in [client["name"] for client in ann.json("clients", "list")]


def test_every_fault_of_a_catalogue_is_told(ann: Safeconduct, catalogue: Path) -> None:
    """Each with its place, on a line of its own; nothing is applied."""
    _change(catalogue, LIFETIME, "max_lifetime_days = 0")
    _change(catalogue, "default = true", "default = false")

    ran = ann.run("apply", str(catalogue), "--yes")

    assert ran.returncode == 1
    assert [line.split(":")[0] for line in ran.stderr.splitlines()[1:]] == [
        "  audiences",
        "  policy.max_lifetime_days",
    ]


def test_another_catalogue_in_between_asks_for_another_look(ann: Safeconduct, catalogue: Path) -> None:
    """What is applied is what was looked at."""
    _change(catalogue, LIFETIME, "max_lifetime_days = 30")

    with ann.at_terminal("apply", str(catalogue)) as terminal:
        terminal.expect("[y/N] ")
        _change(catalogue, "max_lifetime_days = 30", "max_lifetime_days = 60")
        ann.done("apply", str(catalogue), "--yes")
        terminal.type("y")
        assert terminal.finish() == 1

    assert "look at the difference again" in terminal.words


def test_a_user_applies_nothing(person: Safeconduct) -> None:
    """Catalogues are the administrator's, and so is the look at what would change."""
    ran = person.run("apply", str(EXAMPLE), "--dry-run")

    assert ran.returncode == 1
    assert "(not_allowed)" in ran.stderr


def test_a_file_that_cannot_be_read_is_a_usage_error(person: Safeconduct) -> None:
    """A missing file, a folder, and bytes that are no text."""
    binary = person.home / "binary"
    binary.write_bytes(b"\xff\xfe")

    for file in (person.home / "missing", person.home, binary):
        assert person.run("apply", str(file), "--dry-run").returncode == 2


@pytest.fixture
def operator(tmp_path: Path) -> Safeconduct:
    """Somebody before the first start of a service, in the folder where its data will be."""
    return Safeconduct.at(tmp_path / "operator")


def test_a_first_roll_out_needs_no_service(operator: Safeconduct) -> None:
    """--local makes the database and puts the catalogue in; nothing of the shipped one is ever in force."""
    applied = operator.json("apply", str(EXAMPLE), "--local", "--yes")
    again = operator.json("apply", str(EXAMPLE), "--local", "--dry-run")

    assert applied["version"] == 1
    assert {change["kind"] for change in applied["changes"]} <= {"added", "changed"}
    assert again == {
        "changes": [],
        "version": 1,
        "in_use": {},
        "beyond": 0,
        "revoked": 0,
        "clients": [],
        "webhooks": [],
    }
    assert not (operator.home / "data" / "master.key").exists()


def test_a_local_catalogue_is_checked_as_well(operator: Safeconduct) -> None:
    """Every fault has a line; exit code 1."""
    file = operator.home / "empty.toml"
    file.write_text("")

    ran = operator.run("apply", str(file), "--local", "--dry-run")

    assert ran.returncode == 1
    assert "(catalogue_invalid)" in ran.stderr
    assert "\n  audiences: " in ran.stderr


def test_a_database_that_is_in_use_is_left_alone(ann: Safeconduct) -> None:
    """A running service holds its SQLite database alone, and the command says so."""
    ran = ann.run(
        "apply", str(EXAMPLE), "--local", "--dry-run", SAFECONDUCT_DATA_DIR=str(ann.home.parent / "data")
    )

    assert ran.returncode == 1
    assert "(database_in_use)" in ran.stderr


def test_a_confirmation_is_asked_where_policy_wants_one(ann: Safeconduct, catalogue: Path) -> None:
    """The password again at the terminal, without echo; the call is repeated, and the session goes on renewed."""
    _change(catalogue, CONFIRM, 'confirm = "every"')
    ann.done("apply", str(catalogue), "--yes")
    before = ann.bearer

    ann.run("tokens", "create", "--note", "uses up", "--scope", "embed", lines=(PASSWORD,))
    with ann.at_terminal("tokens", "create", "--note", "n", "--scope", "embed") as terminal:
        terminal.expect("Password of ann: ")
        terminal.type(PASSWORD)
        assert terminal.finish() == 0

    assert "shown only this once" in terminal.words
    assert PASSWORD not in terminal.record
    assert ann.bearer != before
    assert json.loads(ann.done("whoami", "--json"))["name"] == "ann"


def test_a_wrong_confirmation_changes_nothing(ann: Safeconduct, catalogue: Path) -> None:
    """One wrong password is one refusal: it is not asked again, and the session lives."""
    _change(catalogue, CONFIRM, 'confirm = "every"')
    ann.done("apply", str(catalogue), "--yes")
    ann.run("tokens", "create", "--note", "uses up", "--scope", "embed", lines=(PASSWORD,))
    held = ann.bearer
    create = ("tokens", "create", "--note", "never", "--scope", "embed")

    wrong = ann.run(*create, lines=("not the password at all",))
    silent = ann.run(*create)

    assert (wrong.returncode, silent.returncode) == (1, 2)
    assert "(sign_in_failed)" in wrong.stderr
    assert ann.bearer == held
    assert "never" not in [token["note"] for token in ann.json("tokens", "list")]


def test_a_revocation_never_waits_for_a_password(ann: Safeconduct, catalogue: Path) -> None:
    """Ending a leaked token is one command, whatever the policy."""
    _change(catalogue, CONFIRM, 'confirm = "every"')
    made = ann.json("tokens", "create", "--note", "n", "--scope", "embed")
    ann.done("apply", str(catalogue), "--yes")

    assert ann.run("tokens", "revoke", made["id"]).returncode == 0
