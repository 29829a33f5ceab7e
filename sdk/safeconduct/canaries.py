"""Short-lived tokens for a probe: made at the issuer, damaged by hand, revoked at the end."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from safeconduct.clock import SYSTEM
from safeconduct.errors import SafeconductError
from safeconduct.http_call import Answer, call
from safeconduct.words import unverified

TOKENS: Final = "/v1/personal-access-tokens"

_LIFETIME = 900  # seconds, should revoking them fail
_SOON = 3


class CannotProbe(SafeconductError):
    """The issuer makes no canary tokens, or the API does not answer: nothing was learnt."""

    code = "cannot_probe"


class Canaries:
    """Tokens made with `credential`, which may be a bearer session or a token that may manage tokens."""

    def __init__(self, issuer: str, credential: str, audience: str | None) -> None:
        self._issuer = issuer
        self._headers = {"Authorization": f"Bearer {credential}"}
        self._audience = audience
        self._made: list[str] = []

    def make(
        self, scopes: list[str], *, seconds: int = _LIFETIME, audience: str | None = None
    ) -> tuple[str, str]:
        """Id and value of a new token. Raises CannotProbe."""
        ends = datetime.fromtimestamp(int(SYSTEM.wall()) + seconds, UTC)
        wanted: dict[str, Any] = {
            "note": "canary of a probe",
            "scopes": scopes,
            "expires_at": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        if (asked := audience or self._audience) is not None:
            wanted["audience"] = asked
        answer = self._ask("POST", TOKENS, wanted)
        if answer.status != 201:
            raise CannotProbe(f"the issuer made no token: {answer.words()}")
        made = answer.json()
        self._made.append(made["id"])
        return made["id"], made["token"]

    def ending(self, scopes: list[str]) -> tuple[str, datetime]:
        """A value that ends in some seconds, and when. Raises CannotProbe."""
        _, token = self.make(scopes, seconds=_SOON)
        read = unverified(token)
        ends = SYSTEM.wall() + _SOON if read is None else read[1]["exp"]
        return token, datetime.fromtimestamp(ends, UTC) + timedelta(seconds=1)

    def revoke(self, token_id: str) -> None:
        """Raises CannotProbe."""
        answer = self._ask("DELETE", f"{TOKENS}/{token_id}", None)
        if answer.status not in {200, 204}:
            raise CannotProbe(f"the issuer did not revoke: {answer.words()}")

    def revoke_all(self) -> None:
        """Whatever the probe came to, nothing of it stays alive longer than a few minutes."""
        for token_id in self._made:
            self._ask("DELETE", f"{TOKENS}/{token_id}", None)

    def catalogue(self) -> Mapping[str, Any]:
        """Audiences and scopes; empty where the credential may not read them."""
        answer = self._ask("GET", "/v1/scopes", None)
        return answer.json() if answer.status == 200 else {}

    def status_list(self, token: str) -> str:
        """The signed list that `token` points to. Raises CannotProbe."""
        read = unverified(token)
        place = {} if read is None else read[1].get("status", {}).get("status_list", {})
        answer = call("GET", str(place.get("uri", "")), headers={"Accept": "application/statuslist+jwt"})
        if answer.status != 200:
            raise CannotProbe(f"the status list cannot be read: {answer.words()}")
        return answer.body.decode("ascii", "replace").strip()

    def _ask(self, method: str, path: str, document: Mapping[str, Any] | None) -> Answer:
        body = None if document is None else json.dumps(document).encode()
        return call(method, f"{self._issuer}{path}", headers=self._headers, body=body)


def with_changed_signature(token: str) -> str:
    """The same length and alphabet; one bit of the signature is another."""
    text, _, signature = token.rpartition(".")
    changed = "A" if signature[20] != "A" else "B"
    return f"{text}.{signature[:20]}{changed}{signature[21:]}"


def without_algorithm(token: str) -> str:
    """The same claims under `alg: none`, with an empty signature (RFC 8725 section 2.1)."""
    header = json.dumps({"alg": "none", "typ": "at+jwt"}).encode()
    encoded = base64.urlsafe_b64encode(header).rstrip(b"=").decode()
    return f"{encoded}.{token.split('.')[1]}."
