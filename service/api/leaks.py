"""Values found in public: GitHub's secret scanning, and whoever else comes across some."""

from typing import Annotated, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from service.api.bodies import read_body
from service.application.leaks import MOST
from service.domain.errors import NotSignedIn
from service.web.appkeys import SERVICES
from service.web.client_address import caller_address
from service.web.leak_signature import KEY_IDENTIFIER, SIGNATURE
from service.web.refusals import MalformedRequest

LONGEST_LEAK: Final = 1_048_576
"""Bytes: a thousand tokens (threats 26)."""

Credentials = Annotated[list[Annotated[str, Meta(max_length=4_096)]], Meta(min_length=1, max_length=MOST)]


class LostCredentials(msgspec.Struct, kw_only=True):
    """POST /v1/credentials/revoke."""

    credentials: Credentials


class _Finding(msgspec.Struct, kw_only=True):
    """One match of GitHub's secret scanning; what else it says of it is not needed."""

    token: str


_Findings = Annotated[list[_Finding], Meta(max_length=MOST)]


async def revoke_lost(request: web.Request) -> web.Response:
    """Whoever holds a value may end it; the answer is the same whatever was among them."""
    services = request.app[SERVICES]
    address = caller_address(request, services.settings)
    services.address_rates.demand("lost-credentials", address)
    body = await read_body(request, LostCredentials)
    await services.revoke_leaked(body.credentials, finder="anybody", address=address)
    return web.json_response({}, status=202)


async def report_leaks(request: web.Request) -> web.Response:
    """GitHub's secret scanning partner programme: a signed list of matches."""
    services, body = request.app[SERVICES], await request.read()
    signed_by = request.headers.get(KEY_IDENTIFIER, "")
    if not services.finder_keys.signed(signed_by, request.headers.get(SIGNATURE, ""), body):
        raise NotSignedIn("the report is not signed by a key that is configured here")
    await services.revoke_leaked(
        _found_in(body), finder="github", address=caller_address(request, services.settings)
    )
    return web.json_response({}, status=202)


def _found_in(body: bytes) -> list[str]:
    try:
        findings = msgspec.json.decode(body, type=_Findings)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise MalformedRequest(f"the body must be a list of at most {MOST} matches") from None
    return [finding.token for finding in findings]
