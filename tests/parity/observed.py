"""What a system's API was seen to do with good tokens and with bad ones, for the table of consumers."""

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from tests.lab.replica import TOKENS, Person
from tests.parity.system import System, confirmed, soon
from tests.servers.leash import wait_until

CODES: Mapping[str, str] = MappingProxyType(
    {
        "expired": "token_expired",
        "damaged": "bad_signature",
        "other scope": "insufficient_scope",
        "revoked": "token_revoked",
        "old key": "unknown_key",
    }
)
"""In what words a refusal comes."""


def made(owner: Person, *scopes: str, **members: object) -> tuple[Person, dict[str, Any]]:
    """A token, and its maker with the password given again, as Virtuozzo's policy wants it."""
    owner = confirmed(owner)
    end = {} if "expires_at" in members else {"expiration": 30}
    body = {**end, "note": "observed", "scopes": scopes, **members}
    answer = owner.call("POST", TOKENS, json_body=body)
    assert answer.status == 201, answer.raw
    return owner, answer.json


def observed(
    system: System, call: Callable[[str], str], *, scope: str, other: str, codes: Mapping[str, str] = CODES
) -> dict[str, str]:
    """A row. `call` tells the refusal's code, an empty word where the API takes the token; it needs `scope`."""
    owner = system.person("observed")
    owner, brief = made(owner, scope, expires_at=soon())
    owner, good = made(owner, scope)
    owner, narrow = made(owner, other)
    damaged = good["token"][:-60] + good["token"][-60:-20].swapcase() + good["token"][-20:]
    assert call(good["token"]) == ""
    refused = {"other scope": call(narrow["token"]), "damaged": call(damaged)}
    assert refused == {name: codes[name] for name in refused}
    assert wait_until(lambda: call(brief["token"]) == codes["expired"], within=15)

    owner, revoked = made(owner, scope)
    assert call(revoked["token"]) == ""
    assert owner.call("DELETE", f"{TOKENS}/{revoked['id']}").status == 200
    began = time.monotonic()
    assert wait_until(lambda: call(revoked["token"]) == codes["revoked"], within=30)
    seconds = time.monotonic() - began

    _compromise(system)
    owner, after = made(owner, scope)
    assert wait_until(lambda: call(after["token"]) == "", within=30)
    assert wait_until(lambda: call(good["token"]) == codes["old key"], within=30)
    return {
        "accepts good": "yes",
        "refuses bad": "by code",
        "notices rotation": "no restart",
        "notices revocation": f"after {seconds:.1f} s",
    }


def _compromise(system: System) -> None:
    """The one change of keys that does not wait for a day."""
    system.root = confirmed(system.root)
    keys = system.root.call("GET", "/v1/admin/keys").json
    [kid] = [key["kid"] for key in keys if (key["purpose"], key["state"]) == ("access_token", "active")]
    drill = {"reason": "drill"}
    answer = system.root.call("POST", f"/v1/admin/keys/{kid}/compromise", json_body=drill)
    assert answer.status == 200, answer.raw
