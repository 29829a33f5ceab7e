"""What a provider says of people who left: its session is over, or they are gone."""

from typing import Annotated, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from service.api.answers import Answer, Id
from service.api.bodies import read_body
from service.api.client_authentication import authenticated_client
from service.api.contract import Sent, contract
from service.api.oauth_forms import read_form
from service.application.administrators import LastAdministrator
from service.application.foreign_issuer import IssuerUnavailable
from service.domain.client import DISABLE_USERS
from service.domain.errors import Busy, Fault, Faulty, NotAllowed, OutcomeUnknown
from service.domain.identifiers import to_wire
from service.domain.principal import ResourceServer
from service.web.appkeys import PRINCIPAL, SERVICES
from service.web.client_address import caller_address

LOGOUT: Final = "/oauth2/backchannel-logout/{provider}"
DISABLE: Final = "/v1/admin/users/disable"


class Leaver(msgspec.Struct, kw_only=True):
    """POST /v1/admin/users/disable. Who it is at the provider, by its `iss` and its `sub`."""

    issuer: Annotated[str, Meta(min_length=1, max_length=2_048)]
    subject: Annotated[str, Meta(min_length=1, max_length=255)]


class LogoutForm(msgspec.Struct, kw_only=True):
    """What a provider sends (OpenID Connect Back-Channel Logout section 2.5)."""

    logout_token: Annotated[str, Meta(min_length=1)]


class LeaverDisabled(msgspec.Struct, kw_only=True):
    """`user` null: nobody here came under that name."""

    user: Id | None
    revoked_values: int


@contract(
    form=LogoutForm,
    raises=(Faulty, Busy, IssuerUnavailable, OutcomeUnknown),
    path={"provider": {"type": "string", "pattern": "^[a-z0-9-]{1,32}$"}},
    summary="End the sessions that an identity provider has ended",
)
async def log_out(request: web.Request) -> Annotated[web.Response, Sent()]:
    """End what a session of the provider opened here; the logout_token is its own proof.

    Only what is none counts against its sender: a provider may end thousands of sessions at once.
    """
    services, form = request.app[SERVICES], await read_form(request)
    if (token := form.get("logout_token")) is None:
        raise Faulty([Fault("logout_token", "invalid_request", "is missing")])
    try:
        await services.elsewhere.log_out(request.match_info["provider"], token)
    except Faulty:
        services.address_rates.demand("logouts", caller_address(request, services.settings))
        raise
    return web.Response(headers={"Cache-Control": "no-store"})


@contract(
    body=Leaver,
    raises=(NotAllowed, LastAdministrator, OutcomeUnknown),
    summary="Disable who left, by issuer and subject",
)
async def disable_leaver(request: web.Request) -> Answer[LeaverDisabled]:
    """Disable whoever that is here; said twice it is said once, and of a stranger as well."""
    client = await authenticated_client(request, {}, permission=None)
    request[PRINCIPAL] = ResourceServer(client)
    body = await read_body(request, Leaver)
    if DISABLE_USERS not in client.permissions:
        raise NotAllowed("this client may not disable users")
    done = await request.app[SERVICES].elsewhere.disable(
        body.issuer, body.subject, actor=f"client:{client.id}"
    )
    user = None if done.user_id is None else to_wire(done.user_id)
    return Answer(LeaverDisabled(user=user, revoked_values=done.revoked_values))
