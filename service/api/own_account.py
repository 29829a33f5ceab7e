"""/v1/sessions and /v1/me/password: where one is signed in, and by which password."""

from typing import Annotated, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from keys import VerifyOnly
from service.api.answers import Answer, Id, NoContent, Time
from service.api.bodies import read_body
from service.api.contract import contract
from service.api.path_ids import path_id
from service.api.sessions import Opened, Password, SecondFactor, opened_answer
from service.api.times import rfc3339
from service.domain.errors import Busy, SignInFailed
from service.domain.factor_errors import SecondFactorNeeded
from service.domain.identifiers import to_wire
from service.domain.secret import Secret
from service.domain.session import Carrier
from service.web.appkeys import SERVICES
from service.web.callers import signed_in
from service.web.device_cookie import caller_origin

SESSIONS: Final = "/v1/sessions"


class NewPassword(SecondFactor, kw_only=True):
    """POST /v1/me/password."""

    present: Password
    password: Annotated[str, Meta(min_length=1, max_length=1_024)]


class SessionListed(msgspec.Struct, kw_only=True):
    """A live session; `this` is the one that asks."""

    id: Id
    carrier: Carrier
    created_at: Time
    last_used: Time
    expires_at: Time
    opened_from: str | None
    opened_with: str | None
    this: bool


async def list_sessions(request: web.Request) -> Answer[list[SessionListed]]:
    """The live ones, the one used last first."""
    who = signed_in(request)
    sessions = await request.app[SERVICES].own_account.sessions(who)
    listed = [
        SessionListed(
            id=to_wire(session.id),
            carrier=session.carrier,
            created_at=rfc3339(session.created_at),
            last_used=rfc3339(session.seen_at),
            expires_at=rfc3339(session.expires_at),
            opened_from=session.opened_from,
            opened_with=session.opened_with,
            this=session.id == who.session.id,
        )
        for session in sessions
    ]
    return Answer(listed)


async def end_session(request: web.Request) -> NoContent:
    """End one of them, this one too."""
    await request.app[SERVICES].own_account.sessions.end(signed_in(request), path_id(request))
    return NoContent()


@contract(body=NewPassword, raises=(SignInFailed, SecondFactorNeeded, VerifyOnly, Busy))
async def change_password(request: web.Request) -> Answer[Opened]:
    """Another password; the session goes on under a new secret, all others end (R48)."""
    services, body = request.app[SERVICES], await read_body(request, NewPassword)
    origin = caller_origin(request, services.settings)
    opened = await services.own_account.change_password(
        signed_in(request),
        Secret(body.present),
        Secret(body.password),
        origin=origin,
        proof=body.proof(),
    )
    return opened_answer(opened, services.settings, Answer)
