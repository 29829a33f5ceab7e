"""private_key_jwt (RFC 7523): a client proves itself by what it signs, once each time."""

import asyncio
import json
import secrets
import time
from dataclasses import replace
from typing import Any

import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey
from jwt import encode as pyjwt_encode
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

from tests.api.api_fixtures import Api
from tests.api.machine_clients import TOKEN, Asserting, Signer, an_asserting
from tests.api.oauth_fixtures import Authority

REFUSED = (401, b'{"error":"invalid_client"}')
ENDPOINTS = [TOKEN, "/oauth2/introspect", "/oauth2/revoke"]


@pytest.mark.parametrize("target", ENDPOINTS)
@pytest.mark.parametrize("client_id", ["", "own"])
async def test_an_assertion_opens_what_a_secret_opens(
    authority: Authority, target: str, client_id: str
) -> None:
    """S55: At the token endpoint, introspection and revocation; `client_id` may stand beside it."""
    who = await an_asserting(authority)

    answer = await who.ask(who.assertion(), target, client_id=client_id and who.client.id)

    assert answer.status == 200


async def test_authlib_proves_itself(authority: Authority) -> None:
    """A client that nobody here wrote, by the same claims: audience the token endpoint, an end of its own."""
    who = await an_asserting(authority)
    key = ECKey.import_key(who.signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    url = f"{authority.issuer}{TOKEN}"
    method = PrivateKeyJWT(url, claims={"exp": authority.clock() + 300}, headers={"kid": "one"}, alg="ES256")

    def fetched() -> dict[str, Any]:
        with OAuth2Session(who.client.id, key, token_endpoint_auth_method=method) as client:
            return client.fetch_token(url, grant_type="client_credentials", scope="company")

    assert (await asyncio.to_thread(fetched))["expires_in"] == 900


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "EdDSA"])
async def test_every_algorithm_that_metadata_names_is_taken(authority: Authority, algorithm: str) -> None:
    """Signed by PyJWT, which leaves out the kid: with a single key it is not needed."""
    if algorithm == "EdDSA":
        key = ed25519.Ed25519PrivateKey.generate()
        public = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        key = rsa.generate_private_key(65537, 2048)
        public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    public.pop("key_ops", None)
    who = await an_asserting(authority, {"keys": [{**public, "kid": "k", "alg": algorithm, "use": "sig"}]})

    answer = await who.ask(pyjwt_encode(who.claims(), key, algorithm=algorithm))

    assert answer.status == 200


@pytest.mark.parametrize("target", ENDPOINTS)
async def test_none_is_taken_twice(authority: Authority, target: str) -> None:
    """L23: RFC 7523 section 3: whoever reads one on its way has nothing, at whatever endpoint."""
    who = await an_asserting(authority)
    assertion = who.assertion()
    first = await who.ask(assertion, target)

    again = [await who.ask(assertion, each) for each in ENDPOINTS]
    same_jti = await who.ask(who.assertion(jti="once")), await who.ask(who.assertion(jti="once"))

    assert first.status == 200
    assert {(answer.status, answer.body) for answer in again} == {REFUSED}
    assert [answer.status for answer in same_jti] == [200, 401]


async def test_of_many_at_once_one_is_taken(postgres_api: Api) -> None:
    """The database decides, so that every replica knows what another has taken."""
    who = await an_asserting(postgres_api.authority)
    now = int(time.time())  # PostgreSQL goes by its own clock
    assertion = who.assertion(iat=now, exp=now + 60)

    answers = await asyncio.gather(*(who.ask(assertion) for _ in range(12)))

    assert sorted(answer.status for answer in answers) == [200] + [401] * 11


CLAIMS: dict[str, dict[str, Any]] = {
    "another client's iss": {"iss": "00000000-0000-4000-8000-000000000000"},
    "another sub": {"sub": "00000000-0000-4000-8000-000000000000"},
    "no iss": {"iss": None},
    "no sub": {"sub": None},
    "no aud": {"aud": None},
    "another aud": {"aud": "https://other.example"},
    "aud with a slash more": {"aud": "{issuer}/"},
    "aud of another endpoint": {"aud": "{issuer}/oauth2/introspect"},
    "several audiences": {"aud": ["{issuer}", "https://other.example"]},
    "no audience in a list": {"aud": []},
    "no exp": {"exp": None},
    "exp as text": {"exp": "9999999999"},
    "exp as a fraction": {"exp": 9999999999.5},
    "exp true": {"exp": True},
    "no jti": {"jti": None},
    "an empty jti": {"jti": ""},
    "an endless jti": {"jti": "x" * 256},
    "jti as a number": {"jti": 7},
    "iat as text": {"iat": "now"},
}


@pytest.mark.parametrize("case", CLAIMS)
async def test_an_assertion_that_says_anything_else_proves_nobody(authority: Authority, case: str) -> None:
    """Iss = sub = client, one audience that is us, an end, an id: each of them, of its type (RFC 7523 section 3)."""
    who = await an_asserting(authority)
    text = json.dumps(CLAIMS[case]).replace("{issuer}", authority.issuer)

    answer = await who.ask(who.assertion(**json.loads(text)))

    assert (answer.status, answer.body) == REFUSED
    assert (await who.ask(who.assertion())).status == 200


@pytest.mark.parametrize(
    ("times", "status"),
    [
        ({"exp": 0}, 401),
        ({"exp": -1}, 401),
        ({"exp": 590}, 200),
        ({"exp": 700}, 401),
        ({"iat": 20}, 200),
        ({"iat": 60}, 401),
        ({"nbf": 20}, 200),
        ({"nbf": 60}, 401),
        ({"iat": None}, 200),
        ({"iat": -100_000}, 200),
    ],
)
async def test_its_times_are_judged(authority: Authority, times: dict[str, int | None], status: int) -> None:
    """Over at `exp`, no more than ten minutes ahead; a clock may run 30 s ahead."""
    who, now = await an_asserting(authority), authority.clock()
    changes = {name: None if value is None else now + value for name, value in times.items()}

    assert (await who.ask(who.assertion(**changes))).status == status


HEADERS: dict[str, Any] = {
    "none": {"alg": "none", "kid": "one"},
    "hmac": {"alg": "HS256", "kid": "one"},
    "another algorithm": {"alg": "RS256", "kid": "one"},
    "no alg": {"kid": "one"},
    "another kid": {"alg": "ES256", "kid": "two"},
    "kid as a list": {"alg": "ES256", "kid": ["one"]},
    "a key of its own": {"alg": "ES256", "kid": "one", "jwk": {"kty": "EC"}},
    "a key from afar": {"alg": "ES256", "kid": "one", "jku": "https://evil.example/jwks"},
    "crit": {"alg": "ES256", "kid": "one", "crit": ["b64"]},
    "an access token": {"alg": "ES256", "kid": "one", "typ": "at+jwt"},
    "a repeated member": b'{"alg":"ES256","alg":"ES256","kid":"one"}',
    "no object": [],
}


@pytest.mark.parametrize("case", HEADERS)
async def test_a_header_that_could_mislead_is_refused(authority: Authority, case: str) -> None:
    """Attacks 1 to 12 of the standards' page: algorithm, key and type are the registered ones."""
    who = await an_asserting(authority)

    answer = await who.ask(who.signer.sign(who.claims(), HEADERS[case]))

    assert (answer.status, answer.body) == REFUSED


async def test_what_is_no_good_signature_proves_nobody(authority: Authority) -> None:
    """Another's key, an altered text, a missing or padded signature, no JWT at all."""
    who, other = await an_asserting(authority), await an_asserting(authority)
    good = who.assertion()
    head, _, signature = good.rpartition(".")
    foreign = Asserting(authority, who.client, replace(who.signer, key=other.signer.key))
    texts = [
        foreign.assertion(),
        Asserting(authority, who.client, Signer()).assertion(),
        f"{head}A.{signature}",
        f"{head}.",
        head,
        f"{good}=",
        f"{good}.x",
        "x",
        "ü.ü.ü",
        "a." * 4_500,
        other.assertion(iss=who.client.id, sub=who.client.id),
    ]

    answers = [await who.ask(text) for text in texts]

    assert {(answer.status, answer.body) for answer in answers} == {REFUSED}
    assert (await who.ask(good)).status == 200


async def test_the_client_beside_it_must_be_the_same(authority: Authority) -> None:
    """RFC 7521 section 4.2: `client_id` is optional and, when there, the one that signed."""
    who, other = await an_asserting(authority), await an_asserting(authority)

    answer = await who.ask(who.assertion(), client_id=other.client.id)

    assert (answer.status, answer.body) == REFUSED


async def test_one_way_of_authentication_at_a_time(authority: Authority) -> None:
    """RFC 6749 section 2.3; and an assertion of another kind is no assertion."""
    who = await an_asserting(authority)
    answers = [
        await who.ask(who.assertion(), client_secret="x"),
        await who.ask(who.assertion(), client_assertion_type="urn:ietf:params:oauth:grant-type:saml2-bearer"),
        await who.ask(who.assertion(), client_assertion_type=""),
    ]

    assert {(answer.status, answer.body) for answer in answers} == {(400, b'{"error":"invalid_request"}')}


async def test_a_client_with_keys_has_no_secret(authority: Authority) -> None:
    """An empty one opens nothing; one with a secret is proved by no assertion."""
    who = await an_asserting(authority)
    form = {"grant_type": "client_credentials", "client_id": who.client.id}
    with_secret = Asserting(authority, authority.client, who.signer)

    answers = [
        await authority.post(TOKEN, {**form, "client_secret": secret})
        for secret in ("", " ", secrets.token_hex())
    ]
    answers.append(await with_secret.ask(with_secret.assertion()))

    assert {(answer.status, answer.body) for answer in answers} == {REFUSED}
