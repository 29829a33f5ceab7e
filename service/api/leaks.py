"""Values found in public: GitHub's secret scanning, and whoever else comes across some."""

from typing import Annotated, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from service.api.answers import Accepted
from service.api.bodies import read_body
from service.api.contract import contract
from service.application.leaks import MOST
from service.domain.errors import Busy, NotSignedIn
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


class Finding(msgspec.Struct, kw_only=True):
    """One match of GitHub's secret scanning; what else it says of it is not needed."""

    token: str


Findings = Annotated[list[Finding], Meta(max_length=MOST)]


class LeakReport(msgspec.Struct, kw_only=True):
    """The headers by which GitHub signs a report."""

    key_identifier: str = msgspec.field(name=KEY_IDENTIFIER)
    signature: str = msgspec.field(name=SIGNATURE)


class Taken(msgspec.Struct, kw_only=True):
    """The same whatever was among them."""


@contract(body=LostCredentials, raises=(Busy,), summary="Revoke lost credentials")
async def revoke_lost(request: web.Request) -> Accepted[Taken]:
    """Whoever holds a value may end it; the answer is the same whatever was among them."""
    services = request.app[SERVICES]
    address = caller_address(request, services.settings)
    services.address_rates.demand("lost-credentials", address)
    body = await read_body(request, LostCredentials)
    await services.revoke_leaked(body.credentials, finder="anybody", address=address)
    return Accepted(Taken())


@contract(body=Findings, headers=LeakReport, raises=(NotSignedIn,))
async def report_leaks(request: web.Request) -> Accepted[Taken]:
    """GitHub's secret scanning partner programme: a signed list of matches."""
    services, body = request.app[SERVICES], await request.read()
    signed_by = request.headers.get(KEY_IDENTIFIER, "")
    if not services.finder_keys.signed(signed_by, request.headers.get(SIGNATURE, ""), body):
        raise NotSignedIn("the report is not signed by a key that is configured here")
    await services.revoke_leaked(
        _found_in(body), finder="github", address=caller_address(request, services.settings)
    )
    return Accepted(Taken())


def _found_in(body: bytes) -> list[str]:
    try:
        findings = msgspec.json.decode(body, type=Findings)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise MalformedRequest(f"the body must be a list of at most {MOST} matches") from None
    return [finding.token for finding in findings]
