"""Reports of use to the issuer, so that a token's owner sees when it was last used and why it was refused.

Optional, batched, by a thread of its own. It loses what finds no room rather than slow a request.
"""

import json
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from safeconduct import errors
from safeconduct.claims import Claims
from safeconduct.clock import SYSTEM
from safeconduct.scope import scope_names
from safeconduct.standard_http import StandardTransport
from safeconduct.transport import Request, Transport, TransportFailed, basic
from safeconduct.words import unverified

MOST_ITEMS: Final = 1_000
"""Uses in one report."""

_LONGEST_NAME = 512
_LONGEST_ANSWER = 256 * 1024
_TRY_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_REASONS: Final[Mapping[type[errors.SafeconductError], str]] = MappingProxyType(
    {
        errors.TokenExpired: "expired",
        errors.TokenRevoked: "revoked",
        errors.TokenInactive: "revoked",
        errors.TokenSuspended: "paused",
        errors.TokenNotYetValid: "not_yet_valid",
        errors.WrongAudience: "wrong_audience",
        errors.InsufficientScope: "missing_scope",
        errors.AddressNotAllowed: "address",
    }
)
"""Only what is found out after the signature was good: of a string that is no token nothing is said."""


class Use(NamedTuple):
    """Uses that are alike in one minute (POSIX seconds) count once; `refused` is why, None for accepted."""

    jti: str
    minute: int
    audience: str
    ip: str | None
    user_agent: str | None
    refused: str | None

    def to_json(self, scopes: Iterable[str]) -> dict[str, Any]:
        """One item of POST /v1/usage."""
        minute = datetime.fromtimestamp(self.minute, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        members = {**self._asdict(), "minute": minute, "scopes": sorted(scopes)}
        return {name: value for name, value in members.items() if value is not None and value != []}


class UsageReports:
    """With the credentials of a client of the issuer's, for its audiences. Thread-safe.

    Args:
        every: seconds between two reports.
        most: uses that wait at once; what comes beyond is lost and counted in `lost`.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        *,
        every: float = 10.0,
        most: int = 10_000,
        transport: Transport | None = None,
        wall: Callable[[], float] = SYSTEM.wall,
    ) -> None:
        self.lost = 0
        self._authorization = basic(client_id, client_secret)
        self._every = every
        self._most = most
        self._transport = transport or StandardTransport()
        self._wall = wall
        self._lock = threading.Lock()
        self._waiting: dict[Use, set[str]] = {}
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def attach(self, issuer: str, audience: str) -> None:
        """Report to `issuer`, as `audience`."""
        self._url = f"{issuer}/v1/usage"
        self._audience = audience

    def accepted(
        self, claims: Claims, scope: str | Collection[str] | None, *, ip: str | None, user_agent: str | None
    ) -> None:
        """A token was used; `scope` is what was demanded."""
        self._note(claims.jti, None, scope, ip, user_agent)

    def refused(
        self,
        token: str,
        error: errors.SafeconductError,
        scope: str | Collection[str] | None,
        *,
        ip: str | None,
        user_agent: str | None,
    ) -> None:
        """A genuine token was refused; anything else is left out."""
        reason = _REASONS.get(type(error))
        read = unverified(token) if reason is not None else None
        if read is not None:
            self._note(str(read[1].get("jti")), reason, scope, ip, user_agent)

    def flush(self) -> None:
        """Send all that waits, now."""
        while batch := self._taken():
            if not self._sent(batch):
                self._put_back(batch)
                return

    def close(self) -> None:
        """Send the rest and end the thread."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def _note(
        self,
        jti: str,
        refused: str | None,
        scope: str | Collection[str] | None,
        ip: str | None,
        user_agent: str | None,
    ) -> None:
        minute = int(self._wall()) // 60 * 60
        use = Use(jti, minute, self._audience, ip, (user_agent or "")[:_LONGEST_NAME] or None, refused)
        with self._lock:
            scopes = self._waiting.get(use)
            if scopes is None:
                if len(self._waiting) >= self._most:
                    self.lost += 1
                    return
                scopes = self._waiting[use] = set()
            scopes.update(() if scope is None else scope_names(scope))
        if self._thread is None or not self._thread.is_alive():
            self._start()

    def _start(self) -> None:
        """Also where the process was forked, which leaves threads behind."""
        with self._lock:
            if not self._stopped.is_set() and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._run, name="safeconduct-usage", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._stopped.wait(self._every):
            self.flush()

    def _taken(self) -> dict[Use, set[str]]:
        with self._lock:
            uses = [use for use, _ in zip(self._waiting, range(MOST_ITEMS), strict=False)]
            return {use: self._waiting.pop(use) for use in uses}

    def _put_back(self, batch: Mapping[Use, set[str]]) -> None:
        with self._lock:
            for use, scopes in batch.items():
                if use in self._waiting or len(self._waiting) < self._most:
                    self._waiting.setdefault(use, set()).update(scopes)
                else:
                    self.lost += 1

    def _sent(self, batch: Mapping[Use, set[str]]) -> bool:
        """Whether the batch is done with; False keeps it for the next time."""
        body = json.dumps({"uses": [use.to_json(scopes) for use, scopes in batch.items()]}).encode()
        request = Request(
            self._url,
            frozenset({"application/json"}),
            _LONGEST_ANSWER,
            body=body,
            content_type="application/json",
            authorization=self._authorization,
        )
        try:
            status = self._transport.send(request).status
        except TransportFailed:
            return False
        if status != 202 and status not in _TRY_AGAIN:
            self.lost += len(batch)
        return status not in _TRY_AGAIN
