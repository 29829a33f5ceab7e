"""Which client calls an OAuth endpoint (RFC 6749 section 2.3): by Basic, raw or encoded, in the form, or by an
assertion that it signed (RFC 7523).
"""

import base64
from typing import Final

from aiohttp import web

from service.api.oauth_forms import Form, form_decode
from service.application.client_proofs import ClientProofs
from service.application.current import Current
from service.domain.client import Client
from service.domain.errors import Fault, Faulty, NotAllowed, NotSignedIn
from service.web.appkeys import SERVICES

METHODS: Final = ("client_secret_basic", "client_secret_post", "private_key_jwt")
"""By the names that metadata has for them (RFC 8414 section 2)."""

_MOST_PROOFS: Final = 1_024  # one secret can be written in many ways
_JWT_BEARER: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_IN_FORM: Final = ("client_secret", "client_assertion")


async def authenticated_client(request: web.Request, form: Form, *, permission: str | None) -> Client:
    """The client that calls, if it may do this; every client may what needs no permission.

    Raises:
        Faulty: more than one way of authentication at once, or an assertion of another kind.
        NotSignedIn: none, or one that proves nobody: one answer for all of it.
        NotAllowed: the client lacks the permission.
        StorageUnavailable: whether an assertion was used before cannot be told.
    """
    headers = request.headers.getall("Authorization", ())
    if len(headers) + sum(name in form for name in _IN_FORM) > 1:
        raise Faulty([Fault("Authorization", "invalid_request", "one way of authentication at a time")])
    services = request.app[SERVICES]
    proofs = services.clients.proofs
    if headers:
        client = remembered_client(headers[0], services.current, proofs)
    elif "client_assertion" in form:
        client = await _client_of_assertion(form, proofs)
    else:
        client = proofs.by_secret(form.get("client_id", ""), form.get("client_secret", ""))
    if client is None:
        raise NotSignedIn("no client is authenticated")
    if permission is not None and permission not in client.permissions:
        raise NotAllowed(f"this client may not {permission}")
    return client


def shows_credentials(request: web.Request, form: Form) -> bool:
    """Whether the caller tries to authenticate as a client at all."""
    return "Authorization" in request.headers or any(name in form for name in _IN_FORM)


def remembered_client(header: str, current: Current, proofs: ClientProofs) -> Client | None:
    """As `client_of_header`, judged once for each header: forgotten whenever a client changes."""
    if (client := current.proofs.get(header)) is None:
        known, client = current.proofs, client_of_header(header, proofs)
        if client is not None and proofs.last(client):
            if len(known) >= _MOST_PROOFS:
                known.clear()
            known[header] = client
    return client


def client_of_header(header: str, proofs: ClientProofs) -> Client | None:
    """The client that an Authorization header proves: id and secret as they stand, or form-encoded; clients differ."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
        client = proofs.by_secret(client_id, secret)
        if client is None and "%" in client_id + secret:
            client = proofs.by_secret(form_decode(client_id), form_decode(secret))
    except (ValueError, Faulty):  # no base64, no UTF-8, or a broken escape
        return None
    return client


async def _client_of_assertion(form: Form, proofs: ClientProofs) -> Client | None:
    if form.get("client_assertion_type") != _JWT_BEARER:
        raise Faulty([Fault("client_assertion_type", "invalid_request", f"must be {_JWT_BEARER}")])
    return await proofs.by_assertion(form["client_assertion"], client_id=form.get("client_id"))
