"""Create and regenerate, for whoever's tokens they are: with an Idempotency-Key once, without one each time."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType
from safeconduct.errors import InsufficientScope

from service.api.answers import Answer, Created
from service.api.bodies import read_json
from service.api.contract_refusals import CANNOT_SIGN
from service.api.idempotency import HEADER, keyed
from service.api.token_answers import IssuedToken, RepeatedToken, issued_document, repeated_document
from service.api.token_bodies import NewToken, new_value_request, token_request
from service.application.idempotency import Repeated
from service.application.issue import Issued
from service.domain.errors import (
    IdempotencyKeyReused,
    InProgress,
    LimitReached,
    NotAllowed,
    OutcomeUnknown,
    ScopeExceedsGrant,
    TokenIsRevoked,
    TokenIsSuspended,
)
from service.web.appkeys import SERVICES
from service.web.callers import Acting

Made = Issued | Repeated
MadeAnswer = Created[IssuedToken] | Answer[RepeatedToken]


class Keyed(msgspec.Struct, kw_only=True):
    """The same key and body from the same caller never makes a second one, for 24 hours."""

    idempotency_key: Annotated[str, Meta(min_length=16, max_length=128)] | UnsetType = msgspec.field(
        name=HEADER, default=UNSET
    )


MADE: Final = (
    ScopeExceedsGrant,
    NotAllowed,
    InsufficientScope,
    LimitReached,
    TokenIsRevoked,
    TokenIsSuspended,
    InProgress,
    IdempotencyKeyReused,
    OutcomeUnknown,
    *CANNOT_SIGN,
)
"""Why no token, or no new value, is made; in one's own name, or, by a token, as its child."""


async def create(request: web.Request, who: Acting) -> Made:
    """The token that the body asks for."""
    document = await read_json(request)
    asked, key = keyed(request, document, token_request(document, NewToken))
    issue, by = request.app[SERVICES].issue, _members(who)
    return await (issue(asked, **by) if key is None else issue.once(asked, key=key, **by))


async def regenerate(request: web.Request, token_id: str, who: Acting) -> Made:
    """The token with the value that the body asks for."""
    document = await read_json(request)
    asked, overlap = new_value_request(document)
    asked, key = keyed(request, document, asked)
    renew, by = request.app[SERVICES].regenerate, _members(who)
    if key is None:
        return await renew(token_id, asked, overlap=overlap, **by)
    return await renew.once(token_id, asked, key=key, overlap=overlap, **by)


def made_answer(made: Made, headers: Mapping[str, str] | None = None) -> MadeAnswer:
    """201 with the value; 200 without one, where the first of several equal requests made it."""
    if isinstance(made, Repeated):
        return Answer(repeated_document(made), headers=headers)
    return Created(issued_document(made), headers=headers)


def _members(who: Acting) -> dict[str, Any]:
    return {"owner_id": who.owner_id, "actor": who.actor, "parent": who.parent}
