"""How the API's routes are declared."""

from collections.abc import Sequence
from typing import Final

from service.api.catalogue import LONGEST_CATALOGUE
from service.api.leaks import LONGEST_LEAK
from service.api.platform_pages import platform_preflight
from service.api.public_documents import preflight
from service.domain.principal import CredentialKind
from service.web.routing import Answers, Handler, Route

NOBODY: Final = frozenset({CredentialKind.NOBODY})
SESSION: Final = frozenset({CredentialKind.SESSION})
USER: Final = frozenset({CredentialKind.USER})
TOKEN: Final = frozenset({CredentialKind.TOKEN})
PLATFORM: Final = frozenset({CredentialKind.PLATFORM})
CLIENT: Final = frozenset({CredentialKind.CLIENT})
GATEWAY: Final = frozenset({CredentialKind.GATEWAY})
READERS: Final = frozenset({CredentialKind.AUDITOR, CredentialKind.ADMINISTRATOR})
ADMINISTRATOR: Final = frozenset({CredentialKind.ADMINISTRATOR})

_FORM = 16_384


def route(
    method: str, path: str, handler: Handler, callers: frozenset[CredentialKind], *, confirmed: bool = False
) -> Route:
    """A call of our own API."""
    return Route(method=method, path=path, handler=handler, callers=callers, confirmed=confirmed)


def oauth(path: str, handler: Handler, callers: frozenset[CredentialKind]) -> Route:
    """An OAuth endpoint, which takes a form."""
    return Route(
        method="POST", path=path, handler=handler, callers=callers, answers=Answers.OAUTH, max_body=_FORM
    )


def catalogue(path: str, handler: Handler, *, confirmed: bool = False) -> Route:
    """A call that takes a whole catalogue."""
    return Route(
        method="POST",
        path=path,
        handler=handler,
        callers=ADMINISTRATOR,
        confirmed=confirmed,
        max_body=LONGEST_CATALOGUE,
    )


def public(
    path: str, handler: Handler, *, root: bool = False, callers: frozenset[CredentialKind] = NOBODY
) -> tuple[Route, ...]:
    """A document for everybody, pages of any origin included."""
    return tuple(
        Route(method=method, path=path, handler=each, callers=who, root=root, public=True)
        for method, each, who in (("GET", handler, callers), ("OPTIONS", preflight, NOBODY))
    )


def report(path: str, handler: Handler) -> Route:
    """What anybody may say of tokens that were found."""
    return Route(method="POST", path=path, handler=handler, callers=NOBODY, max_body=LONGEST_LEAK)


def forward_auth(handler: Handler, callers: frozenset[CredentialKind]) -> tuple[Route, ...]:
    """Most gateways ask by GET, Envoy by the method of the request that waits."""
    return tuple(
        Route(
            method=method, path="/v1/forward-auth", handler=handler, callers=callers, answers=Answers.GATEWAY
        )
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    )


def preflights(routes: Sequence[Route]) -> tuple[Route, ...]:
    """What a browser asks before a page of a platform calls one of them."""
    return tuple(
        Route(method="OPTIONS", path=path, handler=platform_preflight, callers=NOBODY, preflight=True)
        for path in dict.fromkeys(route.path for route in routes if route.callers >= PLATFORM)
    )
