"""What clients discover: metadata (RFC 8414, OpenID Discovery section 4, RFC 9728) and keys (RFC 7517).

Every URL is built of the configured issuer, never of a request's headers (attack 79); nothing is written.
"""

import hashlib
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from aiohttp import web
from safeconduct import KeyPurpose
from safeconduct.algorithms import ALGORITHMS
from safeconduct.catalogue import ScopeCatalogue

from service.api.client_authentication import METHODS
from service.api.contract import Sent
from service.api.public_documents import UNCHANGED, PublicDocument, answer
from service.api.token_endpoint import GRANTS
from service.web.appkeys import SERVICES

MAX_AGE = 300
"""Seconds a copy of these documents is good for: far below the time a key is published before it signs."""

_MANAGEMENT_SCOPES = ("personal_access_tokens", "self_rotate")


Metadata = Annotated[web.Response, Sent(schema=dict[str, Any]), UNCHANGED]


async def server_metadata(request: web.Request) -> Metadata:
    """The authorization server's metadata, the same document under each of its names."""
    services = request.app[SERVICES]
    algorithms = {key.alg for key in services.current.key_set if key.purpose is KeyPurpose.ACCESS_TOKEN}
    document = authorization_server(
        services.settings.issuer,
        algorithms=tuple(sorted(algorithms)),
        catalogue=services.current.catalogue.scopes,
        aggregation=services.settings.aggregate_status_lists,
        public_stream=services.settings.revocation_stream_public,
    )
    return answer(request, document)


async def resource_metadata(request: web.Request) -> Metadata:
    """What our management API is and who issues its tokens."""
    services = request.app[SERVICES]
    known = services.current.catalogue.scopes.scopes()
    scopes = tuple(scope for scope in _MANAGEMENT_SCOPES if scope in known)
    return answer(request, protected_resource(services.settings.issuer, scopes=scopes))


class PublishedKeys(msgspec.Struct, kw_only=True):
    """RFC 7517 section 5; `version` is ours and rises with every change."""

    keys: list[dict[str, Any]]
    version: int


async def key_set(
    request: web.Request,
) -> Annotated[web.Response, Sent(media_type="application/jwk-set+json", schema=PublishedKeys), UNCHANGED]:
    """The public keys, as they were prepared when the ring was loaded (R27, R28)."""
    published = request.app[SERVICES].current.published
    document = PublicDocument(
        body=published.body, etag=published.etag, content_type="application/jwk-set+json", max_age=MAX_AGE
    )
    return answer(request, document)


@lru_cache(maxsize=4)  # one for the present key set and catalogue, some for the moment of a change
def authorization_server(
    issuer: str,
    *,
    algorithms: tuple[str, ...],
    catalogue: ScopeCatalogue,
    aggregation: bool,
    public_stream: bool,
) -> PublicDocument:
    """RFC 8414 section 2, with the members that OpenID clients demand. What does not exist is not named.

    `scopes_covered` is ours: it tells a verifier which other names a granted scope includes.
    """
    scopes = catalogue.scopes()
    members: dict[str, Any] = {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        **_endpoint("token", f"{issuer}/oauth2/token"),
        **_endpoint("introspection", f"{issuer}/oauth2/introspect"),
        **_endpoint("revocation", f"{issuer}/oauth2/revoke"),
        "response_types_supported": [],
        "grant_types_supported": tuple(GRANTS),
        "scopes_supported": scopes,
        "scopes_covered": {name: covered for name in scopes if (covered := _covered(name, catalogue))},
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algorithms,
        "bearer_methods_supported": ["header"],
        "revocation_stream_endpoint": f"{issuer}/v1/revocations",
        "revocation_stream_endpoint_auth_methods_supported": [
            *(["none"] if public_stream else []),
            "client_secret_basic",
        ],
    }
    if aggregation:
        members["status_list_aggregation_endpoint"] = f"{issuer}/status-lists"
    return _json(members)


def _covered(name: str, catalogue: ScopeCatalogue) -> list[str]:
    """The names that `name` includes, its own aliases and theirs among them."""
    included = [catalogue.scope(each) for each in (name, *catalogue.scope(name).covers)]
    return sorted({each for scope in included for each in (scope.name, *scope.aliases)} - {name})


@lru_cache(maxsize=4)
def protected_resource(issuer: str, *, scopes: tuple[str, ...]) -> PublicDocument:
    """RFC 9728 section 2, for the API under the issuer itself."""
    members: dict[str, Any] = {
        "resource": issuer,
        "authorization_servers": [issuer],
        "bearer_methods_supported": ["header"],
    }
    if scopes:
        members["scopes_supported"] = scopes
    return _json(members)


def _endpoint(name: str, url: str) -> dict[str, Any]:
    """An endpoint that clients call, and how they authenticate there."""
    return {
        f"{name}_endpoint": url,
        f"{name}_endpoint_auth_methods_supported": METHODS,
        f"{name}_endpoint_auth_signing_alg_values_supported": tuple(ALGORITHMS),
    }


def _json(members: dict[str, Any]) -> PublicDocument:
    body = msgspec.json.encode(members)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return PublicDocument(body=body, etag=etag, content_type="application/json", max_age=MAX_AGE)
