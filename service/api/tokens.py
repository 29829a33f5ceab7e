"""/v1/personal-access-tokens: one's own tokens; for a token that may make others, those."""

from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from service.api.answers import Answer
from service.api.bodies import read_json
from service.api.bulk_revocation import BY_OWNER
from service.api.contract import contract
from service.api.making import MADE, Keyed, Made, MadeAnswer, create, made_answer, regenerate
from service.api.path_ids import path_id
from service.api.queries import Reason, read_reason
from service.api.times import rfc3339, rfc3339_or_none
from service.api.token_answers import TokenShown, TokenWithUse, token_document, token_members
from service.api.token_bodies import NewToken, NewValue, TokenChange, edit
from service.api.token_queries import TokenQuery, next_link, read_page
from service.domain.edit import Edit
from service.domain.errors import (
    LimitReached,
    NeedsNewValue,
    NotAllowed,
    ScopeExceedsGrant,
    TokenIsExpired,
    TokenIsRevoked,
)
from service.domain.identifiers import to_wire
from service.domain.token import Token
from service.domain.user import Role
from service.web.appkeys import SERVICES
from service.web.callers import acting, signed_in

PATH: Final = "/v1/personal-access-tokens"
BY_PARENT: Final = "revoked_by_parent"


@contract(body=NewToken, headers=Keyed, raises=MADE)
async def create_token(request: web.Request) -> MadeAnswer:
    """The one answer, beside regenerate's, that shows a value."""
    return _made(request, await create(request, acting(request)))


@contract(query=TokenQuery)
async def list_tokens(request: web.Request) -> Answer[list[TokenShown]]:
    """A plain array; `Link` leads on."""
    services, who = request.app[SERVICES], acting(request)
    page = replace(read_page(request, who.owner_id), parent_id=who.made_by)
    listing = await services.list_tokens(page)
    documents = [token_document(token, token.state(listing.now)) for token in listing.tokens]
    url = f"{services.settings.issuer}{PATH}"
    return Answer(documents, headers=next_link(request, url, page, listing))


async def get_token(request: web.Request) -> Answer[TokenWithUse]:
    """One of them, with those of its scopes that were used lately, where that is known."""
    token, now = await _look(request)
    used = await request.app[SERVICES].usage.used_scopes(token)
    return Answer(TokenWithUse(**token_members(token, token.state(now)), used_scopes=used))


@contract(
    body=TokenChange,
    raises=(NeedsNewValue, TokenIsExpired, TokenIsRevoked, NotAllowed, ScopeExceedsGrant, LimitReached),
)
async def edit_token(request: web.Request) -> Answer[TokenShown]:
    """What no signature carries, or what may only shrink; the rest is told the call that would do it. Of a token with a
    short reference everything, also once it has expired: the value beside that ends with what it says.
    """
    change = edit(await read_json(request))
    await _change(request, change)
    token, now = await _look(request)
    return Answer(token_document(token, token.state(now)))


@contract(query=Reason)
async def revoke_token(request: web.Request) -> Answer[TokenShown]:
    """Final; a repeat answers the first revocation."""
    who = acting(request)
    reason = read_reason(request, BY_OWNER if who.parent is None else BY_PARENT)
    revoked = await request.app[SERVICES].revoke(
        path_id(request), owner_id=who.owner_id, actor=who.actor, reason=reason, made_by=who.made_by
    )
    return Answer(token_document(revoked, revoked.state(revoked.created_at)))


@contract(body=NewValue, headers=Keyed, raises=MADE)
async def regenerate_token(request: web.Request) -> MadeAnswer:
    """A new value; the one before is dead when this returns, unless an overlap was asked for."""
    return _made(request, await regenerate(request, path_id(request), acting(request)))


def _made(request: web.Request, made: Made) -> MadeAnswer:
    location = f"{request.app[SERVICES].settings.issuer}{PATH}/{to_wire(made.token.id)}"
    return made_answer(made, {"Location": location})


async def _look(request: web.Request) -> tuple[Token, int]:
    who = acting(request)
    return await request.app[SERVICES].get_token(path_id(request), owner_id=who.owner_id, made_by=who.made_by)


async def _change(request: web.Request, change: Edit) -> None:
    services, who = request.app[SERVICES], signed_in(request)
    try:
        await services.edit(
            path_id(request),
            change,
            owner_id=who.user.id,
            actor=who.actor,
            administrator=who.user.role is Role.ADMINISTRATOR,
        )
    except NeedsNewValue as error:
        token, now = await _look(request)
        call = regenerate_call(services.settings.issuer, token, error.regenerate, now)
        raise NeedsNewValue(error.members, call) from None


def regenerate_call(issuer: str, token: Token, members: dict[str, Any], now: int) -> dict[str, Any]:
    """The call that would make the change: the token's own end, if it has one ahead, unless another is asked."""
    body = dict(members)
    for name in ("expires_at", "not_before"):
        if isinstance(body.get(name), int):
            body[name] = rfc3339(body[name])
    if not body.keys() & {"expires_at", "expiration"}:
        if token.expires_at is None:
            body["expiration"] = None
        elif token.expires_at > now:
            body["expires_at"] = rfc3339_or_none(token.expires_at)
    return {"method": "POST", "url": f"{issuer}{PATH}/{to_wire(token.id)}/regenerate", "body": body}
