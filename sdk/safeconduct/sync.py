"""The verifier for code that blocks: plain, thread-safe, and without an event loop."""

import threading
from collections.abc import Callable, Collection
from typing import Self, Unpack

from safeconduct.claims import Claims
from safeconduct.errors import Unavailable
from safeconduct.options import Options, build_core
from safeconduct.standard_http import StandardTransport
from safeconduct.transport import Response, Transport, TransportFailed
from safeconduct.want import Needed, Want

_ROUNDS = 8  # fetches that one verdict may wait for: metadata, keys, a list, and again after a surprise


class Verifier:
    """Verifies the tokens of one issuer that are meant for `audience`; everything else it discovers.

    One for a process, whatever the number of its threads.

    Raises:
        InvalidPolicy: for an issuer that may not be asked, or options that check nothing.
    """

    def __init__(
        self,
        issuer: str,
        audience: str | Collection[str],
        *,
        transport: Transport | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._core = build_core(issuer, audience, options)
        self.recall = self._core.recall
        """`recall(token, scope)`: the claims, if all there is to check is at hand; else None, and `verify` tells."""
        self.usage = options.get("usage")
        self._transport = transport or StandardTransport()
        self._lock = threading.Lock()
        self._flights: dict[str, threading.Event] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End what runs beside the calls. The verifier may go on being used."""
        self._core.source.close()
        self._core.save()
        if self.usage is not None:
            self.usage.close()

    def verify(
        self,
        bearer: str,
        *,
        scope: str | Collection[str] | None = None,
        client_address: str | Callable[[], str | None] | None = None,
        max_staleness: int | None = None,
    ) -> Claims:
        """What `bearer`, a bare token, asserts, if it holds now and for all of `scope`.

        Args:
            bearer: the token alone, without the word Bearer.
            scope: names with a space between them, or a collection of names.
            client_address: where the bearer called from, or a function that tells; without it a token that is
                bound to addresses is refused.
            max_staleness: seconds; for this call no older news of revocations is good enough.

        Raises:
            InvalidToken: its subclass says why: answer 401.
            InsufficientScope: answer 403.
            Unavailable: it cannot be told: answer 503.
        """
        if max_staleness is None and (claims := self.recall(bearer, scope)) is not None:
            return claims
        core, since = self._core, None
        for _ in range(_ROUNDS):
            try:
                claims = core.verify(bearer, scope, client_address, max_staleness, since)
            except Needed as needed:
                since = needed.since
                self._fetch(needed.want)
                continue
            for want in core.look_ahead():
                threading.Thread(target=self._fetch, args=(want,), daemon=True).start()
            return claims
        raise Unavailable("the issuer keeps changing its mind")

    @property
    def issuer(self) -> str:
        """As it stands in every token."""
        return self._core.issuer.policy.issuer

    def missing(self, claims: Claims, scope: str | Collection[str]) -> tuple[str, ...]:
        """Those names of `scope` that verified `claims` do not cover."""
        return self._core.missing(claims, scope)

    def list_age(self, token: str) -> int | None:
        """Seconds since the state of the database that the list shows which decided about `token`.

        None for a token that was not found good, or where no list decides.
        """
        return self._core.list_age(token)

    @property
    def bound(self) -> str:
        """In words: how soon this verifier refuses a revoked token."""
        return self._core.bound()

    def _fetch(self, want: Want) -> None:
        """Fetch it, or wait for whoever does."""
        with self._lock:
            flight = self._flights.get(want.key)
            if mine := flight is None:
                flight = self._flights[want.key] = threading.Event()
        if not mine:
            flight.wait()
            return
        try:
            self._take(want, self._transport.send(want.request))
            if self._core.snapshot_due:
                self._core.save()
        except TransportFailed:
            self._core.failed(want)
        except BaseException:
            self._core.failed(want)
            raise
        finally:
            with self._lock:
                del self._flights[want.key]
            flight.set()

    def _take(self, want: Want, response: Response) -> None:
        for _ in range(_ROUNDS):
            try:
                return self._core.take(want, response)
            except Needed as needed:
                self._fetch(needed.want)
        self._core.failed(want)
        return None
