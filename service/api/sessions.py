"""/v1/session, /v1/invitations/accept, /v1/me: people come, confirm, look at themselves, and go."""

from typing import Annotated, Literal, TypeVar

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from keys import VerifyOnly
from service.api.admin_policy import RulesShown, rules_document
from service.api.answers import Answer, Created, NoContent, Time
from service.api.bodies import read_body
from service.api.contract import contract
from service.api.times import rfc3339
from service.api.user_answers import Account, UserShown, grant_document, user_document, user_members
from service.application.sign_in import OpenedSession
from service.domain.errors import AlreadyExists, Busy, Faulty, NotFound, SignInFailed
from service.domain.factor_errors import SecondFactorNeeded
from service.domain.issuance import text_fault
from service.domain.second_factor import Proof
from service.domain.secret import Secret
from service.domain.session import Carrier
from service.domain.user import MAX_NAME
from service.settings import Settings
from service.web.appkeys import SERVICES
from service.web.callers import signed_in
from service.web.device_cookie import caller_origin, set_device_cookie
from service.web.session_cookie import clear_session_cookie, set_session_cookie

Password = Annotated[str, Meta(min_length=1, max_length=1_024)]
Code = Annotated[str, Meta(min_length=1, max_length=64)]
CarrierName = Literal["cookie", "bearer"]


class SecondFactor(msgspec.Struct, kw_only=True):
    """Beside every password, where the account asks for it (`second_factor_needed`): one of the two."""

    totp: Code | None = None
    recovery_code: Code | None = None

    def proof(self) -> Proof:
        return Proof(
            totp=None if self.totp is None else Secret(self.totp),
            recovery_code=None if self.recovery_code is None else Secret(self.recovery_code),
        )


class SignIn(SecondFactor, kw_only=True):
    """POST /v1/session. A bearer session's token is answered; a cookie session's is set."""

    name: str
    password: Password
    carrier: CarrierName = "bearer"


class Confirm(SecondFactor, kw_only=True):
    """POST /v1/session/confirm."""

    password: Password


class Accept(SecondFactor, kw_only=True):
    """POST /v1/invitations/accept. `name` is the first administrator's to choose."""

    secret: Annotated[str, Meta(min_length=1, max_length=128)]
    password: Password
    name: str | None = None
    carrier: CarrierName = "bearer"


class Opened(msgspec.Struct, kw_only=True):
    """A session under its new secret: `token` is there where a bearer session carries it."""

    token: str | UnsetType = UNSET
    expires_at: Time
    user: UserShown


class SessionShown(msgspec.Struct, kw_only=True):
    """The session that asks."""

    carrier: Carrier
    confirmed_at: Time
    expires_at: Time


class Me(Account, kw_only=True):
    """Who is signed in, what they may hand out, which policy holds for them, and until when."""

    has_second_factor: bool
    policy: RulesShown
    session: SessionShown


A = TypeVar("A", bound=Answer[Opened])


@contract(body=SignIn, raises=(SignInFailed, SecondFactorNeeded, VerifyOnly, Busy))
async def open_session(request: web.Request) -> Created[Opened]:
    """Sign in."""
    services, body = request.app[SERVICES], await read_body(request, SignIn)
    _judge_name(body.name)
    opened = await services.sessions.sign_in(
        body.name,
        Secret(body.password),
        carrier=Carrier(body.carrier),
        origin=caller_origin(request, services.settings),
        proof=body.proof(),
    )
    return opened_answer(opened, services.settings, Created)


@contract(body=Confirm, raises=(SignInFailed, SecondFactorNeeded, VerifyOnly, Busy))
async def confirm_session(request: web.Request) -> Answer[Opened]:
    """The password again, and the second factor; the session goes on under a new secret (R48)."""
    services, body = request.app[SERVICES], await read_body(request, Confirm)
    origin = caller_origin(request, services.settings)
    opened = await services.sessions.confirm(
        signed_in(request), Secret(body.password), origin=origin, proof=body.proof()
    )
    return opened_answer(opened, services.settings, Answer)


async def close_session(request: web.Request) -> NoContent:
    """Sign out, on the server."""
    services = request.app[SERVICES]
    await services.sessions.sign_out(signed_in(request))
    response = NoContent()
    clear_session_cookie(response, services.settings)
    return response


@contract(body=Accept, raises=(SignInFailed, SecondFactorNeeded, VerifyOnly, NotFound, AlreadyExists, Busy))
async def accept_invitation(request: web.Request) -> Created[Opened]:
    """The secret of a one-time link and a new password: whoever had the link is signed in."""
    services, body = request.app[SERVICES], await read_body(request, Accept)
    origin = caller_origin(request, services.settings)
    services.address_rates.demand("invitations", origin.address)
    if body.name is not None:
        _judge_name(body.name)
    opened = await services.invitations.accept(
        Secret(body.secret),
        Secret(body.password),
        name=body.name,
        carrier=Carrier(body.carrier),
        origin=origin,
        proof=body.proof(),
    )
    services.address_rates.excuse("invitations", origin.address)
    return opened_answer(opened, services.settings, Created)


async def get_me(request: web.Request) -> Answer[Me]:
    """Who is signed in, what they may hand out, which policy holds for them, and until when."""
    who, catalogue = signed_in(request), request.app[SERVICES].current.catalogue
    document = Me(
        **user_members(who.user),
        grant=grant_document(who.user.grant, catalogue),
        has_second_factor=who.has_second_factor,
        policy=rules_document(catalogue.policy.of(who.user)),
        session=SessionShown(
            carrier=who.session.carrier,
            confirmed_at=rfc3339(who.session.confirmed_at),
            expires_at=rfc3339(who.session.expires_at),
        ),
    )
    return Answer(document)


def opened_answer(opened: OpenedSession, settings: Settings, kind: type[A]) -> A:
    """A session under its new secret, in the carrier that it has."""
    document = Opened(expires_at=rfc3339(opened.session.expires_at), user=user_document(opened.user))
    if opened.session.carrier is Carrier.BEARER:
        document.token = opened.secret.reveal()
        return kind(document)
    response = kind(document)
    set_session_cookie(response, opened.secret, settings)
    if opened.device is not None:
        set_device_cookie(response, opened.device, settings)
    return response


def _judge_name(name: str) -> None:
    if fault := text_fault("name", name.strip(), longest=MAX_NAME):
        raise Faulty([fault])
