"""clients create, list, disable."""

import base64
import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.cli.command import Safeconduct


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
