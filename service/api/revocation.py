"""POST /oauth2/revoke (RFC 7009)."""

from typing import Annotated

from aiohttp import web

from service.api.client_authentication import authenticated_client, shows_credentials
from service.api.contract import Sent, contract
from service.api.oauth_forms import TokenForm, presented_token, read_form
from service.domain.errors import Busy, NotAllowed, OutcomeUnknown
from service.web.appkeys import SERVICES
from service.web.client_address import caller_address

_HEADERS = {"Cache-Control": "no-store"}


@contract(form=TokenForm, raises=(NotAllowed, Busy, OutcomeUnknown))
async def revoke_presented(request: web.Request) -> Annotated[web.Response, Sent()]:
    """A client ends tokens for its audiences; without one, whoever holds a token ends it (threats 26). A client that
    acts for a machine user ends what it got itself.

    Everything that is not theirs to end, or no token at all, has the same answer and no effect (section 2.2).
    """
    form, services = await read_form(request), request.app[SERVICES]
    client = None
    if shows_credentials(request, form):
        client = await authenticated_client(request, form, permission=None)
        if "revoke" not in client.permissions and client.machine_id is None:
            raise NotAllowed("this client may not revoke")
    else:
        services.address_rates.demand("anonymous-revocations", caller_address(request, services.settings))
    presented = presented_token(form)
    if client is None or "revoke" in client.permissions:
        await services.revoke_presented(presented, client=client)
    await services.clients.revoke_short(presented, client=client)
    return web.Response(headers=_HEADERS)
