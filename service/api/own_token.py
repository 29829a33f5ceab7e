"""/v1/personal-access-tokens/self: a token about itself, for itself."""

from aiohttp import web

from service.api.answers import Answer, Created
from service.api.bodies import read_json
from service.api.contract import contract
from service.api.making import MADE
from service.api.token_answers import IssuedToken, TokenShown, issued_document, token_document, token_members
from service.api.token_bodies import OwnNewValue, own_new_value
from service.domain.catalogue import CatalogueDocument
from service.domain.token import Token, TokenState
from service.web.appkeys import SERVICES
from service.web.callers import token_bearer


class DescribedToken(TokenShown, kw_only=True):
    """The record with what it `may` do in words, and the names of the APIs that it may do it `at`."""

    may: str
    at: list[str]


@contract(summary="Look at this token")
async def get_self(request: web.Request) -> Answer[DescribedToken]:
    """The record behind the token, and in words what it may do and where."""
    services, truth = request.app[SERVICES], token_bearer(request).truth
    token, now = await services.get_token(truth.token_id, owner_id=truth.owner_id)
    return Answer(described(token, token.state(now), services.current.catalogue))


@contract(summary="Revoke this token")
async def revoke_self(request: web.Request) -> Answer[TokenShown]:
    """What its bearer does who has found it, or needs it no more."""
    who = token_bearer(request)
    revoked = await request.app[SERVICES].revoke(
        who.truth.token_id, owner_id=who.truth.owner_id, actor=who.actor, reason="revoked_by_itself"
    )
    return Answer(token_document(revoked, revoked.state(revoked.created_at)))


@contract(body=OwnNewValue, body_required=False, raises=MADE, summary="Renew this token")
async def regenerate_self(request: web.Request) -> Created[IssuedToken]:
    """A new value in the place of the one that asks, which goes on for a short while."""
    expiry, overlap = own_new_value(await read_json(request) if request.can_read_body else {})
    rotate = request.app[SERVICES].rotate_itself
    issued = await rotate(token_bearer(request), expiry=expiry, overlap=overlap)
    return Created(issued_document(issued))


def described(token: Token, state: TokenState, catalogue: CatalogueDocument) -> DescribedToken:
    """The record with the catalogue's words for it."""
    names = {audience.id: audience.name for audience in catalogue.audiences}
    return DescribedToken(
        **token_members(token, state),
        may=catalogue.scopes.in_words(token.scopes),
        at=[names.get(audience, audience) for audience in token.audiences],
    )
