"""How callers show who they are, and which of these ways a route takes."""

from typing import Any

from service.api.contract_refusals import PEOPLE
from service.domain.principal import CredentialKind
from service.web.credentials import cookie_name
from service.web.gateway import GATEWAY_CREDENTIALS
from service.web.routing import Route

Document = dict[str, Any]


def security_of(route: Route) -> list[Document]:
    """Alternatives; none at all where nobody is asked, an empty one where it may stay away."""
    callers, ways = route.callers, list[Document]()
    if callers & PEOPLE:
        ways += [{"bearer": []}, {"session": []}]
    elif CredentialKind.TOKEN in callers:
        ways.append({"bearer": []})
    if CredentialKind.CLIENT in callers:
        ways.append({"client": []})
    if CredentialKind.GATEWAY in callers:
        ways.append({"gateway": [], "bearer": []})
    return [*ways, {}] if CredentialKind.NOBODY in callers and ways else ways


def security_schemes(*, secure: bool) -> Document:
    return {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": (
                "A personal access token, the secret of a bearer session (POST /v1/session), or the access token of a"
                " platform that the operator trusts."
            ),
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie_name(secure=secure),
            "description": "The session of a browser, with its Origin.",
        },
        "client": {
            "type": "http",
            "scheme": "basic",
            "description": "Client credentials: id and secret of a client (RFC 6749 section 2.3.1).",
        },
        "gateway": {
            "type": "apiKey",
            "in": "header",
            "name": GATEWAY_CREDENTIALS,
            "description": "Basic and the client credentials of the gateway, beside the token that it asks about.",
        },
    }
