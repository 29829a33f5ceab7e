"""Each source beside a live service: how soon a revocation is noticed, measured and printed beside what is stated."""

import sys
import time
from collections.abc import Iterator

import pytest
from safeconduct import STRICT, sync
from safeconduct.errors import InvalidToken
from safeconduct.sources import EventStream, Introspection
from safeconduct.sources.redis import RedisLists

from tests.lab.replica import Replica, running_replica
from tests.servers.leash import Leash, wait_until
from tests.servers.redis import RedisServer

SOONER_THAN_LISTS = 30.0
"""Seconds: by lists alone, a list that was just fetched is fetched again after 45."""


@pytest.fixture(scope="module")
def replica(leash: Leash, redis_server: RedisServer) -> Iterator[Replica]:
    redis_server.start()
    redis_server.refresh()
    with running_replica(leash, REDIS_URL=redis_server.url) as replica:
        yield replica


def holds(verifier: sync.Verifier, token: str) -> bool:
    try:
        verifier.verify(token)
    except InvalidToken:
        return False
    return True


def source(name: str, replica: Replica, redis_server: RedisServer) -> object:
    if name == "redis":
        return RedisLists(redis_server.url)
    permissions = ["introspect"]
    asked = {"name": f"{name} {time.monotonic_ns()}", "permissions": permissions}
    client = replica.administrator.call("POST", "/v1/admin/clients", json_body=asked).json
    if name == "introspection":
        return Introspection(client["id"], client["secret"])
    return EventStream(client["id"], client["secret"])


@pytest.mark.parametrize("name", ["introspection", "stream", "redis"])
def test_a_revocation_is_noticed_sooner_than_by_lists(
    replica: Replica, redis_server: RedisServer, name: str
) -> None:
    """Revoked, paused and resumed: each is seen at the next request that comes after it was pushed (R3, R4)."""
    issuer, root = replica.deployment.issuer, replica.administrator
    revoked, paused = root.create(), root.create()
    with sync.Verifier(issuer, f"{issuer}/api", revocation=source(name, replica, redis_server)) as verifier:
        assert holds(verifier, revoked["token"])
        assert holds(verifier, paused["token"])
        assert wait_until(lambda: getattr(verifier._core.source, "_position", (1, 1)) > (0, 0), within=30)

        root.call("DELETE", f"/v1/personal-access-tokens/{revoked['id']}")
        began = time.monotonic()
        seen = wait_until(lambda: not holds(verifier, revoked["token"]), within=SOONER_THAN_LISTS)
        seconds = time.monotonic() - began
        root.call("PATCH", f"/v1/personal-access-tokens/{paused['id']}", json_body={"suspended": True})
        stopped = wait_until(lambda: not holds(verifier, paused["token"]), within=SOONER_THAN_LISTS)
        root.call("PATCH", f"/v1/personal-access-tokens/{paused['id']}", json_body={"suspended": False})
        answers_again = wait_until(
            lambda: holds(verifier, paused["token"]),
            within=90 if name == "introspection" else SOONER_THAN_LISTS,
        )

        sys.stdout.write(f"{name}: refused after {seconds:.2f} s; stated: {verifier.bound}\n")
        assert (seen, stopped, answers_again) == (True, True, True)


def test_strict_lists_notice_within_their_bound(replica: Replica) -> None:
    """No push, no introspection: the default source with the strict profile."""
    issuer, root = replica.deployment.issuer, replica.administrator
    made = root.create()
    with sync.Verifier(issuer, f"{issuer}/api", profile=STRICT) as verifier:
        assert holds(verifier, made["token"])
        root.call("DELETE", f"/v1/personal-access-tokens/{made['id']}")
        began = time.monotonic()

        assert wait_until(lambda: not holds(verifier, made["token"]), within=STRICT.bound)
        sys.stdout.write(f"lists: refused after {time.monotonic() - began:.2f} s; stated: {verifier.bound}\n")
