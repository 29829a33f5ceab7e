"""/v1/personal-access-tokens/self: a token about itself, for itself."""

from typing import Any

from aiohttp import web

from service.api.answers import json_answer
from service.api.token_answers import token_document
from service.domain.catalogue import CatalogueDocument
from service.domain.token import Token, TokenState
from service.web.appkeys import SERVICES
from service.web.callers import token_bearer


async def get_self(request: web.Request) -> web.Response:
    """The record behind the token, and in words what it may do and where."""
    services, truth = request.app[SERVICES], token_bearer(request).truth
    token, now = await services.get_token(truth.token_id, owner_id=truth.owner_id)
    return json_answer(described(token, token.state(now), services.current.catalogue))


async def revoke_self(request: web.Request) -> web.Response:
    """What its bearer does who has found it, or needs it no more."""
    who = token_bearer(request)
    revoked = await request.app[SERVICES].revoke(
        who.truth.token_id, owner_id=who.truth.owner_id, actor=who.actor, reason="revoked_by_itself"
    )
    return json_answer(token_document(revoked, revoked.state(revoked.created_at)))


def described(token: Token, state: TokenState, catalogue: CatalogueDocument) -> dict[str, Any]:
    """The record with the catalogue's words for it."""
    names = {audience.id: audience.name for audience in catalogue.audiences}
    return {
        **token_document(token, state),
        "may": catalogue.scopes.in_words(token.scopes),
        "at": [names.get(audience, audience) for audience in token.audiences],
    }
