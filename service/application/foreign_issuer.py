"""An issuer that is not ours: its metadata and its keys, fetched when needed, and kept while good.

Unlike our own, others keep their keys on another host than their issuer's, and give no version of their set.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import structlog
from safeconduct import KeySet
from safeconduct.errors import UnknownKey
from safeconduct.strict_json import read_object
from safeconduct.transport import Request, Response, TransportFailed, accepted, origin

from service.clock import Clock
from service.domain.errors import Unknown
from service.domain.foreign_jws import ForeignJws
from service.domain.foreign_keys import read_foreign_keys

log = structlog.get_logger("elsewhere")

Fetch = Callable[[Request], Awaitable[Response]]
"""One exchange over HTTP. Raises TransportFailed."""

JSON: Final = frozenset({"application/json", "application/jwk-set+json"})
LARGEST: Final = 512 * 1024
"""Bytes of the largest document that is read."""

T = TypeVar("T")

_FRESH: Final = 3_600
_USABLE: Final = 86_400
_COOL_DOWN: Final = 30
_AT_ONCE: Final = 2
_DEEPEST: Final = 16


class IssuerUnavailable(Unknown):
    """Its metadata or its keys cannot be had now, and none are at hand that are young enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMetadata:
    """What is used of it (OpenID Connect Discovery section 3, RFC 9207 section 3). All are addresses we may ask."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    names_itself: bool
    takes_basic: bool


class _Kept(Generic[T]):
    """One thing that is fetched again after an hour, and serves for a day where that fails."""

    def __init__(self, read: Callable[[], Awaitable[T]], clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._lock = asyncio.Lock()
        self._held: T | None = None
        self._fetched_at = 0
        self._tried_at = 0

    async def get(self, *, newer_than: int = _FRESH) -> T:
        """What is at most so many seconds old, if it can be had. Raises IssuerUnavailable."""
        if self._held is not None and self._age() < newer_than:
            return self._held
        async with self._lock:
            pause = _AT_ONCE if self._held is None else _COOL_DOWN
            if self._age() >= newer_than and self._clock() - self._tried_at >= pause:
                await self._try()
            if self._held is None or self._age() >= _USABLE:
                raise IssuerUnavailable("the issuer's documents cannot be had")
            return self._held

    async def _try(self) -> None:
        self._tried_at = self._clock()
        try:
            self._held = await self._read()
            self._fetched_at = self._clock()
        except (TransportFailed, ValueError) as error:
            log.warning("issuer_unreadable", reason=str(error))

    def _age(self) -> int:
        return self._clock() - self._fetched_at


class ForeignIssuer:
    """`jwks_uri` is where its keys are, for an issuer without metadata."""

    def __init__(self, issuer: str, fetch: Fetch, clock: Clock, *, jwks_uri: str | None = None) -> None:
        self.issuer = issuer
        self._fetch = fetch
        self._jwks_uri = jwks_uri
        self._metadata = _Kept(self._read_metadata, clock)
        self._keys = _Kept(self._read_keys, clock)

    async def metadata(self) -> ProviderMetadata:
        """Raises IssuerUnavailable."""
        return await self._metadata.get()

    async def keys(self) -> KeySet:
        """Raises IssuerUnavailable."""
        return await self._keys.get()

    async def verify(self, jws: ForeignJws, algorithms: frozenset[str]) -> None:
        """Return if the issuer signed it; a key that is unknown is looked for in a fresher set.

        Raises:
            InvalidToken: it did not.
            IssuerUnavailable: this cannot be told now.
        """
        try:
            jws.verify(await self._keys.get(), algorithms)
        except UnknownKey:
            jws.verify(await self._keys.get(newer_than=_COOL_DOWN), algorithms)

    async def _read_metadata(self) -> ProviderMetadata:
        address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        document = await self._document(address)
        if document.get("issuer") != self.issuer:
            raise ValueError("the metadata is another issuer's")
        methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return ProviderMetadata(
            authorization_endpoint=_address(document, "authorization_endpoint"),
            token_endpoint=_address(document, "token_endpoint"),
            jwks_uri=_address(document, "jwks_uri"),
            userinfo_endpoint=_optional(document, "userinfo_endpoint"),
            end_session_endpoint=_optional(document, "end_session_endpoint"),
            names_itself=document.get("authorization_response_iss_parameter_supported") is True,
            takes_basic=isinstance(methods, list) and "client_secret_basic" in methods,
        )

    async def _read_keys(self) -> KeySet:
        address = self._jwks_uri or (await self._metadata.get()).jwks_uri
        return read_foreign_keys(await self._document(address))

    async def _document(self, address: str) -> dict[str, Any]:
        request = Request(address, JSON, LARGEST)
        return read_object(accepted(request, await self._fetch(request)).body, depth=_DEEPEST)


def _address(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} is missing")  # noqa: TRY004 - callers get one kind of error
    origin(value)
    return value


def _optional(document: Mapping[str, Any], name: str) -> str | None:
    return _address(document, name) if name in document else None
