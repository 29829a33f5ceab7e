"""A route says who may call it and how it answers errors; one that does not cannot be made (R16)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

from service.domain.principal import CredentialKind

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Answers(StrEnum):
    """Which form errors take: `problem` (RFC 9457) for our own API, `oauth` (RFC 6749 section 5.2) for OAuth
    endpoints, `gateway` as `problem`, with the headers that tell a gateway who calls left empty, `page` for people,
    whose changes come as forms.
    """

    PROBLEM = "problem"
    OAUTH = "oauth"
    GATEWAY = "gateway"
    PAGE = "page"


class RouteUndeclared(Exception):
    """A route without a declaration of who may call it: start-up fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method on one path, below the issuer's path.

    `callers` lists every kind of credential that is taken; a credential of another kind is refused, whatever carries
    it. `confirmed` demands a fresh confirmation (policy `confirm`) of sessions. `max_body` in bytes; None is the
    setting's. `root` puts the path at the host's root and the issuer's path behind it (RFC 8414 section 3.1).
    `public` answers may be read by pages of any origin, its errors too. `without_factor` is open to people who have to
    set up a second factor before anything else. `preflight` is what a browser asks before a page of a
    platform calls: mounted where there is such a page.
    """

    method: str
    path: str
    handler: Handler
    callers: frozenset[CredentialKind]
    answers: Answers = Answers.PROBLEM
    confirmed: bool = False
    max_body: int | None = None
    root: bool = False
    public: bool = False
    without_factor: bool = False
    preflight: bool = False

    def __post_init__(self) -> None:
        if not self.callers:
            raise RouteUndeclared(f"{self.method} {self.path} declares nobody who may call it")
