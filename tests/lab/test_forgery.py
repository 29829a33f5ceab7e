"""T7: somebody who holds a key of ours forges tokens; how long who believes them."""

import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from safeconduct.errors import InvalidToken, UnknownKey, WrongKeyPurpose
from safeconduct.sync import Verifier

from keys import MasterKey, MasterKeys, Purpose
from keys.private_part import open_private
from tests.lab.evidence import active_kids, ring
from tests.lab.replica import Replica, running_replica
from tests.servers.leash import Leash, wait_until

TTL = 2  # seconds
FORGOTTEN_WITHIN = TTL + 12
"""Seconds: a verifier learns of the new key set by its next list (R44, R29)."""


@pytest.fixture
def replica(leash: Leash) -> Iterator[Replica]:
    with running_replica(leash, STATUS_LIST_TTL=str(TTL), STATUS_LIST_TICK="1") as replica:
        assert replica.gateway
        yield replica


def verifier_of(replica: Replica) -> Verifier:
    return Verifier(replica.deployment.issuer, f"{replica.deployment.issuer}/api")


def forged(replica: Replica, purpose: Purpose, idx: int, **claims: object) -> str:
    """With the key of that purpose, from a genuine token's claims: another jti, and that place in its list."""
    genuine = replica.administrator.create()["token"]
    said: dict[str, Any] = jwt.decode(genuine, options={"verify_signature": False})
    said["jti"] = "00000000-0000-4000-8000-00000000f0e6"
    if idx >= 0:
        said["status"]["status_list"]["idx"] = idx
    [kid] = active_kids(replica)[purpose]
    [key] = [key for key in ring(replica).keys if key.kid == kid]
    private = open_private(key, MasterKeys(MasterKey.from_text(replica.deployment.master_key)))
    return jwt.encode(said | claims, private, key.algorithm, headers={"kid": kid, "typ": "at+jwt"})


def is_refused(verifier: Verifier, token: str, by: type[InvalidToken] = InvalidToken) -> bool:
    try:
        verifier.verify(token)
    except by:
        return True
    return False


@pytest.mark.parametrize("idx", [70_000, -1], ids=["unused place", "a live token's place"])
def test_a_forged_token_is_inactive_at_once_and_ends_everywhere_with_its_key(
    replica: Replica, idx: int
) -> None:
    """T7, R29, threats 10: introspection never honours it, because nobody recorded it. Who checks signature and list
    alone does, until the key is compromised; then neither who remembers it nor who sees it for the first time.
    """
    token, remembering = forged(replica, Purpose.ACCESS_TOKEN, idx), verifier_of(replica)
    assert not replica.gateway.is_active(token)
    assert not is_refused(remembering, token)
    [kid] = active_kids(replica)[Purpose.ACCESS_TOKEN]
    answer = replica.administrator.call(
        "POST", f"/v1/admin/keys/{kid}/compromise", json_body={"reason": "found in a backup"}
    )
    began = time.monotonic()

    assert answer.status == 200
    assert not replica.gateway.is_active(token)
    assert wait_until(lambda: is_refused(remembering, token), within=FORGOTTEN_WITHIN), (
        time.monotonic() - began
    )
    assert is_refused(verifier_of(replica), token, UnknownKey)
    fresh = replica.administrator.create()["token"]
    assert replica.gateway.is_active(fresh)
    assert wait_until(lambda: not is_refused(remembering, fresh), within=FORGOTTEN_WITHIN)


def test_a_status_key_makes_no_access_token(replica: Replica) -> None:
    """T7, R30, threats 9: neither here nor for the SDK, before and after it is compromised."""
    token, verifier = forged(replica, Purpose.STATUS_LIST, 70_000), verifier_of(replica)
    [kid] = active_kids(replica)[Purpose.STATUS_LIST]
    assert is_refused(verifier, token, WrongKeyPurpose)
    answer = replica.administrator.call(
        "POST", f"/v1/admin/keys/{kid}/compromise", json_body={"reason": "drill"}
    )

    assert answer.status == 200
    assert json.loads(replica.call("GET", "/.well-known/jwks.json").body)["keys"]
    assert is_refused(verifier, token)
    assert not replica.gateway.is_active(token)
    live = replica.administrator.create()["token"]
    assert wait_until(lambda: not is_refused(verifier, live), within=FORGOTTEN_WITHIN)
