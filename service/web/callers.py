"""The caller of a route, as the route's declaration made sure of it."""

from dataclasses import dataclass

from aiohttp import web

from service.application.families import demand_scope
from service.domain.descent import Parent
from service.domain.errors import NotAllowed, NotSignedIn
from service.domain.principal import SignedIn, TokenBearer
from service.web.appkeys import PRINCIPAL, SERVICES


def signed_in(request: web.Request) -> SignedIn:
    """The person of this session. Raises NotSignedIn on a route that takes others as well."""
    who = request[PRINCIPAL]
    if not isinstance(who, SignedIn):
        raise NotSignedIn("this call needs a session")
    return who


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """For whose tokens somebody acts: for all of their own, or, with a `parent`, for those that token has made."""

    owner_id: str
    actor: str
    parent: Parent | None

    @property
    def made_by(self) -> str | None:
        return self.parent.token_id if self.parent is not None else None


def acting(request: web.Request) -> Acting:
    """A person, or a token that may make others.

    Raises:
        InsufficientScope, NotAllowed: a token that may not.
        NotSignedIn: on a route that takes others as well.
    """
    who = request[PRINCIPAL]
    if isinstance(who, SignedIn):
        return Acting(owner_id=who.user.id, actor=who.actor, parent=None)
    bearer = token_bearer(request)
    demand_scope(bearer.claims.scope, request.app[SERVICES].current.catalogue)
    truth = bearer.truth
    if truth.by_reference:
        raise NotAllowed("a short reference manages no tokens")
    parent = Parent(token_id=truth.token_id, jti=truth.jti, scopes=bearer.claims.scope)
    return Acting(owner_id=truth.owner_id, actor=bearer.actor, parent=parent)


def token_bearer(request: web.Request) -> TokenBearer:
    """The token that speaks for itself. Raises NotSignedIn on a route that takes others as well."""
    who = request[PRINCIPAL]
    if not isinstance(who, TokenBearer):
        raise NotSignedIn("this call needs a personal access token")
    return who
