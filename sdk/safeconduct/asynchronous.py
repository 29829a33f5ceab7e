"""The verifier for code that awaits."""

import asyncio
from collections.abc import Callable, Collection
from typing import Self, Unpack

from safeconduct.claims import Claims
from safeconduct.errors import Unavailable
from safeconduct.options import Options, build_core
from safeconduct.standard_http import StandardTransport
from safeconduct.transport import TIMEOUT, AsyncTransport, Request, Response, Transport, TransportFailed
from safeconduct.want import Needed, Want

_ROUNDS = 8  # fetches that one verdict may wait for: metadata, keys, a list, and again after a surprise


class InThread:
    """A blocking transport, in threads of the running loop, and given up a second after its own deadline."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def send(self, request: Request) -> Response:
        """Raises TransportFailed."""
        try:
            async with asyncio.timeout(TIMEOUT + 1):
                return await asyncio.to_thread(self._transport.send, request)
        except TimeoutError as error:
            raise TransportFailed("no answer in time") from error

    async def aclose(self) -> None:
        """Nothing is kept open."""


class Verifier:
    """Verifies the tokens of one issuer that are meant for `audience`; everything else it discovers.

    Usable by one event loop. `async with` ends what it still fetches; it may be used without.

    Raises:
        InvalidPolicy: for an issuer that may not be asked, or options that check nothing.
    """

    def __init__(
        self,
        issuer: str,
        audience: str | Collection[str],
        *,
        transport: AsyncTransport | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._core = build_core(issuer, audience, options)
        self.recall = self._core.recall
        """`recall(token, scope)`: the claims, if all there is to check is at hand; else None, and `verify` tells."""
        self.usage = options.get("usage")
        self._transport = transport or InThread(StandardTransport())
        self._flights: dict[str, asyncio.Task[None]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End what is under way. The verifier may go on being used."""
        await asyncio.to_thread(self._core.source.close)
        await asyncio.to_thread(self._core.save)
        if self.usage is not None:
            await asyncio.to_thread(self.usage.close)
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)
        await self._transport.aclose()

    async def verify(
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
                await asyncio.shield(self._flight(needed.want))
                continue
            for want in core.look_ahead():
                self._flight(want)
            return claims
        raise Unavailable("the issuer keeps changing its mind")

    @property
    def issuer(self) -> str:
        """As it stands in every token."""
        return self._core.issuer.policy.issuer

    def missing(self, claims: Claims, scope: str | Collection[str]) -> tuple[str, ...]:
        """Those names of `scope` that verified `claims` do not cover."""
        return self._core.missing(claims, scope)

    @property
    def bound(self) -> str:
        """In words: how soon this verifier refuses a revoked token."""
        return self._core.bound()

    def _flight(self, want: Want) -> asyncio.Task[None]:
        """The one fetch of this document that is under way."""
        flight = self._flights.get(want.key)
        if flight is None:
            flight = asyncio.create_task(self._fetch(want))
            self._flights[want.key] = flight
            flight.add_done_callback(lambda _: self._flights.pop(want.key, None))
        return flight

    async def _fetch(self, want: Want) -> None:
        try:
            response = await self._transport.send(want.request)
            await self._take(want, response)
            if self._core.snapshot_due:
                await asyncio.to_thread(self._core.save)
        except TransportFailed:
            self._core.failed(want)
        except BaseException:
            self._core.failed(want)
            raise

    async def _take(self, want: Want, response: Response) -> None:
        for _ in range(_ROUNDS):
            try:
                return self._core.take(want, response)
            except Needed as needed:
                await self._flight(needed.want)
        self._core.failed(want)
        return None
