"""What the deployment publishes at its own address: as a verifier reaches it."""

import json
from collections.abc import Iterator
from typing import Any

from safeconduct import KeySet, VerificationPolicy
from safeconduct.errors import SafeconductError
from safeconduct.standard_http import StandardTransport
from safeconduct.status_list_token import check_status_list_token
from safeconduct.transport import Request, TransportFailed, accepted

from service.cli.doctor.finding import Finding, fail, ok
from service.clock import system_clock
from service.settings import Settings

JSON = frozenset({"application/json", "application/jwk-set+json"})
LIST = frozenset({"application/statuslist+jwt"})
METADATA = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")
LIMIT = 4 * 1024 * 1024


class Unpublished(Exception):
    """What should be there is not, or is wrong."""


def look_at_addresses(settings: Settings) -> Iterator[Finding]:
    """Metadata, keys, and a signed list; what hangs on what failed is left out."""
    issuer = settings.issuer
    advice = f"is the service running, and does {issuer} lead to it?"
    try:
        metadata, _ = (_metadata(issuer, path) for path in METADATA)
        yield ok("metadata", f"{issuer} is discovered")
        keys = KeySet.from_document(_json(str(metadata.get("jwks_uri"))))
        yield ok("key set", f"{len(keys)} keys")
        yield _lists(settings, metadata, keys)
    except (Unpublished, SafeconductError) as error:
        yield fail("addresses", str(error), advice)


def _metadata(issuer: str, path: str) -> dict[str, Any]:
    document = _json(issuer + path)
    if document.get("issuer") != issuer:
        raise Unpublished(f"{path} names another issuer: {document.get('issuer')!r}")
    return document


def _lists(settings: Settings, metadata: dict[str, Any], keys: KeySet) -> Finding:
    if (uri := metadata.get("status_list_aggregation_endpoint")) is None:
        return ok("status lists", "are not aggregated, and so not looked at")
    uris = _json(str(uri)).get("status_lists")
    if not isinstance(uris, list):
        raise Unpublished(f"{uri} lists nothing")
    policy = VerificationPolicy(issuer=settings.issuer, audiences=None)
    for each in map(str, uris):
        check_status_list_token(
            _get(each, LIST).decode("ascii", "replace"), each, keys, policy, system_clock()
        )
    return ok("status lists", f"{len(uris)} in force, signed by a published key")


def _json(uri: str) -> dict[str, Any]:
    try:
        document = json.loads(_get(uri, JSON))
    except ValueError:
        raise Unpublished(f"{uri} is no JSON") from None
    if not isinstance(document, dict):
        raise Unpublished(f"{uri} is no JSON object")
    return document


def _get(uri: str, media_types: frozenset[str]) -> bytes:
    request = Request(uri, media_types, LIMIT)
    try:
        return accepted(request, StandardTransport().send(request)).body
    except TransportFailed as error:
        raise Unpublished(f"{uri}: {error}") from None
