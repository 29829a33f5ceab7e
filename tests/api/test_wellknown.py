import asyncio
import json
import time
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path

import jwt
import pytest
from authlib.oauth2.rfc7662 import IntrospectTokenValidator
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet

from keys import Purpose
from tests.api.oauth_fixtures import Answer, Authority, exchange, http, running_authority
from tests.clock import TurnableClock

METADATA = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"
RESOURCE = "/.well-known/oauth-protected-resource"
JWKS = "/.well-known/jwks.json"
METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
ALGORITHMS = ["ES256", "RS256", "PS256", "EdDSA"]
PUBLIC_MEMBERS = {"alg", "crv", "e", "kid", "kty", "n", "purpose", "use", "x", "y"}


@pytest.fixture
async def tenant(tmp_path: Path, free_port: int) -> AsyncIterator[Authority]:
    """An authority whose issuer has a path, and which signs with RS256 and publishes no list of lists."""
    clock = TurnableClock(int(time.time()))
    async with running_authority(
        tmp_path,
        clock,
        issuer=f"http://localhost:{free_port}/tenants/a",
        port=free_port,
        algorithm="RS256",
        aggregate_status_lists=False,
    ) as running:
        yield running


async def _root(authority: Authority, target: str, *headers: str, method: str = "GET") -> Answer:
    """A request at the root of the host, above the issuer's path."""
    return await exchange(authority.port, http(method, target, *headers))


async def test_the_metadata_names_what_there_is_and_nothing_else(authority: Authority) -> None:
    """RFC 8414 section 2: every URL answers, and what is not offered is not listed."""
    issuer = authority.issuer

    metadata = json.loads((await authority.send("GET", METADATA)).body)
    covered = metadata.pop("scopes_covered")

    assert metadata == {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "token_endpoint": f"{issuer}/oauth2/token",
        "token_endpoint_auth_methods_supported": METHODS,
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "introspection_endpoint": f"{issuer}/oauth2/introspect",
        "introspection_endpoint_auth_methods_supported": METHODS,
        "introspection_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "revocation_endpoint": f"{issuer}/oauth2/revoke",
        "revocation_endpoint_auth_methods_supported": METHODS,
        "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "response_types_supported": [],
        "grant_types_supported": [
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ],
        "scopes_supported": list(authority.services.current.catalogue.scopes.scopes()),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "bearer_methods_supported": ["header"],
        "revocation_stream_endpoint": f"{issuer}/v1/revocations",
        "revocation_stream_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
        "status_list_aggregation_endpoint": f"{issuer}/status-lists",
    }
    assert "automation:view" in metadata["scopes_supported"]
    assert covered["connectors"] == ["connectors:manage", "connectors:view"]
    assert covered["automation:webhook_run"] == ["webhook_run"]


async def test_the_same_document_has_both_names(authority: Authority) -> None:
    """Azure API Management and ASP.NET read the OpenID name alone; the bytes are the same."""
    one = await authority.send("GET", METADATA)
    other = await authority.send("GET", OPENID)

    assert one.status == 200
    assert one.without("date") == other.without("date")
    assert one.header("content-type") == "application/json"


async def test_an_issuer_with_a_path_is_found_both_ways(tenant: Authority) -> None:
    """RFC 8414 section 3.1 inserts the name before the path, OpenID Discovery appends it; both are served."""
    targets = [
        f"{METADATA}/tenants/a",
        f"{OPENID}/tenants/a",
        f"/tenants/a{METADATA}",
        f"/tenants/a{OPENID}",
    ]

    answers = [await _root(tenant, target) for target in targets]
    elsewhere = [await _root(tenant, target) for target in (METADATA, f"{METADATA}/tenants/b", JWKS)]

    assert len({answer.body for answer in answers}) == 1
    assert json.loads(answers[0].body)["issuer"] == tenant.issuer
    assert {answer.status for answer in elsewhere} == {404}


async def test_the_metadata_follows_the_settings_and_keys(tenant: Authority) -> None:
    """Attack 80: the algorithms are those of the published keys; what is switched off is not announced."""
    metadata = json.loads((await tenant.send("GET", OPENID)).body)

    assert metadata["id_token_signing_alg_values_supported"] == ["RS256"]
    assert "status_list_aggregation_endpoint" not in metadata


async def test_the_management_api_says_who_issues_its_tokens(authority: Authority, tmp_path: Path) -> None:
    """RFC 9728 section 2: the resource is the issuer itself, and takes tokens in the header alone."""
    answer = await authority.send("GET", RESOURCE)

    assert json.loads(answer.body) == {
        "resource": authority.issuer,
        "authorization_servers": [authority.issuer],
        "bearer_methods_supported": ["header"],
    }


async def test_the_resource_metadata_of_a_tenant_is_inserted_before_its_path(tenant: Authority) -> None:
    """RFC 9728 section 3.1, and `resource` is the identifier it was derived from."""
    inserted = await _root(tenant, f"{RESOURCE}/tenants/a")
    appended = await tenant.send("GET", RESOURCE)

    assert json.loads(inserted.body)["resource"] == tenant.issuer
    assert inserted.body == appended.body


async def test_the_keys_are_public_and_nothing_more(authority: Authority) -> None:
    """RFC 7517, R27: a purpose, an algorithm and a kid on each key, and no member that was not allowed."""
    answer = await authority.send("GET", JWKS)

    keys = json.loads(answer.body)["keys"]
    assert answer.header("content-type") == "application/jwk-set+json"
    assert {key["use"] for key in keys} == {"sig"}
    assert {key["purpose"] for key in keys} == {"access_token", "status_list"}
    assert all({"kid", "alg", "kty"} <= key.keys() <= PUBLIC_MEMBERS for key in keys)
    assert len({key["kid"] for key in keys}) == len(keys)


@pytest.mark.parametrize("target", [METADATA, OPENID, RESOURCE, JWKS])
async def test_a_public_document_may_be_cached_and_asked_for_again(authority: Authority, target: str) -> None:
    """§7.3: 5 minutes, a strong entity tag, 304 for whoever has it, HEAD, and any origin may read it."""
    full = await authority.send("GET", target)
    head = await authority.send("HEAD", target)
    etag = full.header("etag")
    same = [
        await authority.send("GET", target, f"If-None-Match: {named}")
        for named in (etag, f"W/{etag}", f'"other", {etag}', "*")
    ]
    other = await authority.send("GET", target, 'If-None-Match: "other"')

    assert full.header("cache-control") == "public, max-age=300"
    assert full.header("access-control-allow-origin") == "*"
    assert etag.startswith('"')
    assert {(answer.status, answer.body, answer.header("etag")) for answer in same} == {(304, b"", etag)}
    assert {answer.header("cache-control") for answer in same} == {"public, max-age=300"}
    assert other.body == full.body
    assert (head.status, head.body) == (200, b"")
    assert head.header("content-length") == str(len(full.body))
    assert head.header("etag") == etag


@pytest.mark.parametrize("target", [METADATA, RESOURCE, JWKS, "/status-lists"])
async def test_a_browser_may_ask_beforehand(authority: Authority, target: str) -> None:
    """A page's conditional GET is preceded by OPTIONS; the answer lets it through, without credentials."""
    answer = await authority.send(
        "OPTIONS",
        target,
        "Origin: https://app.example",
        "Access-Control-Request-Method: GET",
        "Access-Control-Request-Headers: if-none-match",
    )

    assert answer.status == 204
    assert answer.header("access-control-allow-origin") == "*"
    assert "GET" in answer.header("access-control-allow-methods")
    assert answer.header("access-control-allow-headers") == "*"
    assert answer.header("access-control-allow-credentials") is None


@pytest.mark.parametrize("target", [METADATA, OPENID, RESOURCE, JWKS])
async def test_no_header_of_a_request_reaches_a_document(authority: Authority, target: str) -> None:
    """Attack 79: a forged Host poisons no cache, since every URL is built of the issuer."""
    honest = await authority.send("GET", target)

    forged = await exchange(
        authority.port,
        http(
            "GET",
            target,
            "X-Forwarded-Host: evil.example",
            "Forwarded: host=evil.example",
            host="evil.example",
        ),
    )

    assert forged.body == honest.body


async def test_reading_the_keys_makes_none(authority: Authority) -> None:
    """R28: 50 readers of a fresh deployment find the keys of its first start, and leave it at those."""
    before = await authority.services.list_keys()

    answers = await asyncio.gather(*(authority.send("GET", JWKS) for _ in range(50)))

    assert len({answer.body for answer in answers}) == 1
    assert await authority.services.list_keys() == before


async def test_a_rotation_changes_the_entity_tag(authority: Authority) -> None:
    """R27: the document is a function of the key set; a new one is seen by whoever asks again."""
    before = await authority.send("GET", JWKS)
    authority.clock.advance(91 * 86_400)

    await authority.services.rotate_keys(purpose=Purpose.ACCESS_TOKEN, actor="test")

    after = await authority.send("GET", JWKS, f"If-None-Match: {before.header('etag')}")
    assert after.status == 200
    assert after.header("etag") != before.header("etag")


async def test_pyjwt_verifies_a_token_by_discovery(authority: Authority) -> None:
    """A client that nobody here wrote: PyJWKClient fetches the keys and the signature holds."""
    token = (await authority.token()).jwt.reveal()

    claims = await asyncio.to_thread(_by_pyjwt, authority.issuer, token)

    assert claims["iss"] == authority.issuer
    assert claims["scope"] == "automation:view company"


def _by_pyjwt(issuer: str, token: str) -> dict:
    metadata = _fetch(f"{issuer}{OPENID}")
    keys = jwt.PyJWKClient(metadata["jwks_uri"])
    key = keys.get_signing_key_from_jwt(token)
    algorithms = metadata["id_token_signing_alg_values_supported"]
    required = {"require": ["exp", "iat", "iss", "aud", "sub", "jti"]}
    return jwt.decode(
        token, key, algorithms=algorithms, issuer=issuer, audience=f"{issuer}/api", options=required
    )


async def test_joserfc_verifies_a_token_by_the_published_keys(tenant: Authority) -> None:
    """Another library, another algorithm: the whole key set is read, the right key found by its kid."""
    token = (await tenant.token()).jwt.reveal()

    decoded = await asyncio.to_thread(_by_joserfc, tenant.issuer, token)

    assert decoded.header["typ"] == "at+jwt"
    assert decoded.claims["iss"] == tenant.issuer


def _by_joserfc(issuer: str, token: str) -> joserfc_jwt.Token:
    keys = KeySet.import_key_set(_fetch(f"{issuer}{JWKS}"))
    decoded = joserfc_jwt.decode(token, keys, algorithms=["RS256"])
    joserfc_jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": issuer}, aud={"essential": True, "value": f"{issuer}/api"}
    ).validate(decoded.claims)
    return decoded


async def test_authlib_guards_a_resource_by_introspection(authority: Authority) -> None:
    """Authlib takes our answers as they are: a live token passes, a revoked one does not."""
    issued = await authority.token()
    validator = _Introspecting(authority)

    alive = await asyncio.to_thread(validator.authenticate_token, issued.jwt.reveal())
    validator.validate_token(alive, ["company"], request=None)
    await authority.services.revoke(
        issued.token.id, owner_id=issued.token.owner_id, actor="test", reason="lost"
    )
    dead = await asyncio.to_thread(validator.authenticate_token, issued.jwt.reveal())

    assert alive["active"] is True
    with pytest.raises(Exception, match="invalid_token"):
        validator.validate_token(dead, ["company"], request=None)


class _Introspecting(IntrospectTokenValidator):
    def __init__(self, authority: Authority) -> None:
        super().__init__()
        self._endpoint = f"{authority.issuer}/oauth2/introspect"
        self._proof = (authority.client.id, authority.secret)

    def introspect_token(self, token_string: str) -> dict:
        passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
        passwords.add_password(None, self._endpoint, *self._proof, is_authenticated=True)
        opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
        form = urllib.parse.urlencode({"token": token_string, "token_type_hint": "access_token"})
        with opener.open(self._endpoint, form.encode()) as answer:
            return json.load(answer)


def _fetch(url: str) -> dict:
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own server's URL
        return json.load(answer)
