"""Which client calls an OAuth endpoint (RFC 6749 section 2.3.1): by Basic, raw or encoded, or in the form."""

import base64
import hmac
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from service.api.oauth_forms import Form, form_decode
from service.application.current import Current
from service.domain.client import Client
from service.domain.errors import Fault, Faulty, NotAllowed, NotSignedIn
from service.domain.secret import Secret, secret_hash
from service.web.appkeys import SERVICES

_NOBODYS_HASH: Final = "0" * 64
_MOST_PROOFS: Final = 1_024  # one secret can be written in many ways

Clients = Mapping[str, Client]


def authenticated_client(request: web.Request, form: Form, *, permission: str | None) -> Client:
    """The client that calls, if it may do this; every client may what needs no permission.

    Raises:
        Faulty: more than one way of authentication at once.
        NotSignedIn: none, or one that proves nobody: one answer for all of it.
        NotAllowed: the client lacks the permission.
    """
    headers = request.headers.getall("Authorization", ())
    if len(headers) + ("client_secret" in form) > 1:
        raise Faulty([Fault("Authorization", "invalid_request", "one way of authentication at a time")])
    current = request.app[SERVICES].current
    client = _client_of_header(headers[0], current) if headers else _client_of_form(form, current.clients)
    if client is None:
        raise NotSignedIn("no client is authenticated")
    if permission is not None and permission not in client.permissions:
        raise NotAllowed(f"this client may not {permission}")
    return client


def shows_credentials(request: web.Request, form: Form) -> bool:
    """Whether the caller tries to authenticate as a client at all."""
    return "Authorization" in request.headers or "client_secret" in form


def _client_of_header(header: str, current: Current) -> Client | None:
    if (client := current.proofs.get(header)) is None:
        proofs, client = current.proofs, client_of_header(header, current.clients)
        if client is not None:
            if len(proofs) >= _MOST_PROOFS:
                proofs.clear()
            proofs[header] = client
    return client


def client_of_header(header: str, clients: Clients) -> Client | None:
    """The client that an Authorization header proves: id and secret as they stand, or form-encoded; clients differ."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
        client = _proved(client_id, secret, clients)
        if client is None and "%" in client_id + secret:
            client = _proved(form_decode(client_id), form_decode(secret), clients)
    except (ValueError, Faulty):  # no base64, no UTF-8, or a broken escape
        return None
    return client


def _client_of_form(form: Form, clients: Clients) -> Client | None:
    return _proved(form.get("client_id", ""), form.get("client_secret", ""), clients)


def _proved(client_id: str, secret: str, clients: Clients) -> Client | None:
    """The client, if the secret is its own; as long for an unknown id as for a wrong secret."""
    client = clients.get(client_id)
    expected = client.secret_hash if client is not None else _NOBODYS_HASH
    matches = hmac.compare_digest(secret_hash(Secret(secret)), expected)
    return client if matches else None
