"""clients create, rotate, keys, list, disable."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.application.test_clients import KEY
from tests.cli.command import Safeconduct

NewPerson = Callable[[], tuple[str, Safeconduct]]


def _introspect(url: str, client_id: str, secret: str) -> int:
    basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    request = Request(  # noqa: S310 - a URL of our own
        f"{url}/oauth2/introspect", data=b"token=x", headers={"Authorization": f"Basic {basic}"}
    )
    try:
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - a URL of our own
            return answer.status
    except HTTPError as error:
        error.close()
        return error.code


def test_a_new_client_may_introspect_until_it_is_disabled(administrator: Safeconduct, url: str) -> None:
    """Id and secret are printed once, each with its name; the secret opens what it is for."""
    lines = administrator.done("clients", "create", "reports").splitlines()
    made = dict(line.split() for line in lines)
    assert set(made) == {"client_id", "client_secret"}
    listed = administrator.done("clients", "list", "--json")
    assert made["client_id"] in [client["id"] for client in json.loads(listed)]
    assert made["client_secret"] not in listed

    before = _introspect(url, made["client_id"], made["client_secret"])
    administrator.done("clients", "disable", made["client_id"], "--yes")
    after = _introspect(url, made["client_id"], made["client_secret"])

    assert (before, after) == (200, 401)
    assert made["client_id"] not in administrator.done("clients", "list")


def test_audiences_and_permissions_are_what_was_asked(administrator: Safeconduct, url: str) -> None:
    """Without them: the default API, introspection alone."""
    asked = administrator.json(
        *("clients", "create", "gateway", "--audience", f"{url}/api", "--permission", "introspect,revoke")
    )
    plain = administrator.json("clients", "create", "plain")

    assert (asked["audiences"], asked["permissions"]) == ([f"{url}/api"], ["introspect", "revoke"])
    assert (plain["audiences"], plain["permissions"]) == ([f"{url}/api"], ["introspect"])


def test_every_wrong_member_of_a_client_is_told(administrator: Safeconduct) -> None:
    """An unregistered API and an unknown permission in one answer."""
    ran = administrator.run("clients", "create", "x", "--audience", "urn:nowhere", "--permission", "fly")

    assert ran.returncode == 1
    assert "(unknown_audience)" in ran.stderr
    assert "(unknown_permission)" in ran.stderr


def test_a_client_that_is_not_there_cannot_be_disabled(administrator: Safeconduct) -> None:
    """Also where the id would be a path of its own."""
    for client_id in ("ffffffff-ffff-4fff-bfff-ffffffffffff", "../users", "a b?c#d"):
        ran = administrator.run("clients", "disable", client_id, "--yes")

        assert (ran.returncode, ran.stdout) == (1, "")


def test_a_secret_is_rotated_with_an_overlap(administrator: Safeconduct, url: str) -> None:
    """Both work meanwhile; without an overlap the old one is dead at once."""
    made = administrator.json("clients", "create", "rotating")
    second = administrator.json("clients", "rotate", made["id"], "--overlap", "1h")
    both = [_introspect(url, made["id"], each["secret"]) for each in (made, second)]

    ran = administrator.run("clients", "rotate", made["id"])
    third = dict(line.split() for line in ran.stdout.splitlines())["client_secret"]

    assert both == [200, 200]
    assert second["old_secret_ends_at"]
    assert [_introspect(url, made["id"], secret) for secret in (second["secret"], third)] == [401, 200]
    assert third not in ran.stderr
    assert "--overlap" in administrator.done("clients", "rotate", "--help")


def test_a_client_with_keys_has_no_secret(
    administrator: Safeconduct, new_person: NewPerson, tmp_path: Path
) -> None:
    """Registered from a file, replaced by another, for a machine user; private keys never leave their owner."""
    person, _ = new_person()
    administrator.done("machines", "create", "keyed", "--responsible", person)
    good, private = tmp_path / "good.json", tmp_path / "private.json"
    good.write_text(json.dumps({"keys": [KEY]}))
    private.write_text(json.dumps({"keys": [KEY | {"d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}]}))

    made = administrator.json("clients", "create", "keyed", "--machine", "keyed", "--jwks", str(good))
    changed = administrator.json("clients", "keys", made["id"], str(good), "--overlap", "5m")
    refused = administrator.run("clients", "keys", made["id"], str(private))
    no_secret = administrator.run("clients", "rotate", made["id"])
    missing = administrator.run("clients", "keys", made["id"], str(tmp_path / "none"))

    assert "secret" not in made
    assert (made["permissions"], made["jwks"]) == ([], {"keys": [KEY]})
    assert changed["machine"] == made["machine"]
    assert "one" in administrator.done("clients", "keys", made["id"], str(good))
    assert (refused.returncode, no_secret.returncode, missing.returncode) == (1, 1, 2)
    assert "(invalid_jwks)" in refused.stderr
    assert made["machine"] in administrator.done("clients", "list")


def test_a_client_is_shown_by_its_name(administrator: Safeconduct) -> None:
    """With its APIs and what it may; never its secret."""
    made = administrator.json("clients", "create", "shown-api", "--permission", "introspect,revoke")

    shown = administrator.json("clients", "show", "shown-api")
    words = administrator.done("clients", "show", made["id"])

    assert shown == {name: value for name, value in made.items() if name != "secret"}
    assert "introspect revoke" in words
    assert administrator.run("clients", "show", "no-such-api").returncode == 1
