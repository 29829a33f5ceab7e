"""POST /oauth2/token: client_credentials over the wire."""

import asyncio
import json

import pytest
from authlib.integrations.requests_client import OAuth2Session
from safeconduct import VerificationPolicy, check

from service.domain.identifiers import to_wire
from tests.api.machine_clients import TOKEN, a_job
from tests.api.oauth_fixtures import REPORTS, Authority, basic

FORM = "Content-Type: application/x-www-form-urlencoded"


async def test_a_machine_gets_a_token_for_a_quarter_of_an_hour(authority: Authority) -> None:
    """RFC 6749 sections 4.4.3 and 5.1: nobody may store the answer, and every SDK takes the token."""
    job = await a_job(authority)

    answer = await job.ask(scope="company:view embed")

    body = json.loads(answer.body)
    token = body.pop("access_token")
    assert body == {"token_type": "Bearer", "expires_in": 900, "scope": "company:view embed"}
    assert (answer.status, answer.header("cache-control"), answer.header("pragma")) == (
        200,
        "no-store",
        "no-cache",
    )
    policy = VerificationPolicy(
        issuer=authority.issuer, audiences=frozenset({f"{authority.issuer}/api"}), leeway=60
    )
    claims = check(token, authority.services.current.key_set, policy, authority.clock())
    assert (claims.sub, claims.client_id) == (to_wire(job.machine.id), job.client.id)
    told = json.loads((await authority.introspect(token)).body)
    assert (told["active"], told["sub"], told["client_id"]) == (True, claims.sub, claims.client_id)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_a_client_that_nobody_here_wrote_gets_its_token(authority: Authority, method: str) -> None:
    """Authlib, by both ways of showing a secret, with the endpoint as the metadata names it."""
    job = await a_job(authority)
    metadata = json.loads((await authority.send("GET", "/.well-known/oauth-authorization-server")).body)

    def fetched() -> dict[str, object]:
        with OAuth2Session(
            job.client.id, job.secret, token_endpoint_auth_method=method, scope="company:view"
        ) as client:
            return client.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")

    token = await asyncio.to_thread(fetched)

    assert (token["scope"], token["expires_in"]) == ("company:view", 900)


async def test_the_api_is_named_by_resource_or_audience(authority: Authority) -> None:
    """RFC 8707 section 2, and what many clients send instead; one API for one token."""
    job = await a_job(authority, audiences=(REPORTS, f"{authority.issuer}/api"))
    named = [
        {"resource": REPORTS},
        {"audience": REPORTS},
        {"resource": REPORTS, "audience": REPORTS},
        {"resource": f"{authority.issuer}/api"},
    ]
    wrong = [
        {},
        {"resource": "urn:nowhere"},
        {"audience": "urn:nowhere"},
        {"resource": REPORTS, "audience": f"{authority.issuer}/api"},
    ]

    answers = [await job.ask(**members) for members in named]
    refused = [await job.ask(**members) for members in wrong]

    assert [answer.status for answer in answers] == [200] * len(named)
    assert {(answer.status, answer.body) for answer in refused} == {(400, b'{"error":"invalid_target"}')}


@pytest.mark.parametrize(
    ("members", "status", "error"),
    [
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "CLIENT_CREDENTIALS"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, 400, "unsupported_grant_type"),
        ({"scope": "embed"}, 400, "invalid_scope"),
        ({"scope": "company  company"}, 400, "invalid_scope"),
        ({"scope": "company\ncompany"}, 400, "invalid_scope"),
        ({"scope": "nope"}, 400, "invalid_scope"),
        ({"scope": "personal_access_tokens"}, 400, "invalid_scope"),
        ({"scope": "x" * 9_000}, 400, "invalid_scope"),
        ({"audience": "urn:nowhere"}, 400, "invalid_target"),
        ({"client_secret": "x"}, 400, "invalid_request"),
        ({"client_assertion": "x.y.z"}, 400, "invalid_request"),
        ({"unknown": "ignored"}, 200, None),
    ],
)
async def test_a_refusal_has_the_word_of_the_standard(
    authority: Authority, members: dict[str, str], status: int, error: str | None
) -> None:
    """RFC 6749 section 5.2: one of its errors, nothing else, and unknown parameters are ignored (3.2)."""
    job = await a_job(authority, "company")

    answer = await job.ask(**members)

    assert (answer.status, json.loads(answer.body).get("error")) == (status, error)
    assert answer.header("cache-control") == "no-store"
    assert error is None or answer.body == f'{{"error":"{error}"}}'.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"grant_type=client_credentials&grant_type=client_credentials",
        b"grant_type=client_credentials&scope=company&scope=company",
        b"grant_type=client_credentials&resource=urn:a&resource=urn:b",
        b"grant_type=client_credentials&sc%6fpe=company&scope=company",
        b"grant_type=client_credentials&scope=%ff",
        b"",
    ],
)
async def test_what_two_readers_could_read_differently_is_no_request(
    authority: Authority, body: bytes
) -> None:
    """RFC 6749 section 3.2: a repeated parameter is refused, also one that counts nothing twice."""
    job = await a_job(authority)

    answer = await authority.post(TOKEN, body, job.basic)

    assert (answer.status, answer.body) == (400, b'{"error":"invalid_request"}')


async def test_nobody_gets_a_token_without_proof(authority: Authority) -> None:
    """No, a wrong, a foreign and a disabled client's secret: 401 with a challenge, one answer for all."""
    job, other = await a_job(authority), await a_job(authority)
    await authority.services.disable_client(other.client.id, actor="test")
    pat = (await authority.token()).jwt.reveal()
    form = {"grant_type": "client_credentials", "scope": "company"}
    shown = [
        [],
        [basic(job.client.id, "wrong")],
        [basic(job.client.id, other.secret)],
        [basic(other.client.id, other.secret)],
        [f"Authorization: Bearer {pat}"],
        [f"Authorization: Bearer {await job.token()}"],
    ]

    answers = [await authority.post(TOKEN, form, *headers) for headers in shown]
    answers.append(await authority.post(TOKEN, {**form, "client_id": job.client.id}))

    assert {(answer.status, answer.body) for answer in answers} == {(401, b'{"error":"invalid_client"}')}
    assert {answer.header("www-authenticate").split()[0] for answer in answers} == {"Basic"}


async def test_a_resource_server_acts_for_nobody(authority: Authority) -> None:
    """It may introspect; a token of its own it gets none. Nor does one whose machine is disabled."""
    form = {"grant_type": "client_credentials", "scope": "company"}
    job = await a_job(authority)
    await authority.services.disable_user(job.machine.id, actor="test")

    answers = [
        await authority.post(TOKEN, form, basic(authority.client.id, authority.secret)),
        await job.ask(),
    ]

    assert {(answer.status, answer.body) for answer in answers} == {(400, b'{"error":"unauthorized_client"}')}


async def test_credentials_never_stand_in_the_uri(authority: Authority) -> None:
    """S37: refused before anybody is asked; and a token is asked for by POST alone."""
    job = await a_job(authority)

    in_query = await authority.send("POST", f"{TOKEN}?client_secret={job.secret}", FORM, body=b"grant_type=x")
    got = await authority.send("GET", f"{TOKEN}?grant_type=client_credentials", job.basic)

    assert (in_query.status, in_query.body) == (400, b'{"error":"invalid_request"}')
    assert got.status == 405


async def test_it_opens_nothing_of_ours(authority: Authority) -> None:
    """R16: for the APIs it is for; at the management API it is no credential at all."""
    job = await a_job(authority)
    bearer = f"Authorization: Bearer {await job.token()}"

    answers = [
        await authority.send(method, f"/v1/personal-access-tokens{path}", bearer)
        for method, path in (("GET", ""), ("GET", "/self"), ("DELETE", "/self"), ("POST", "/self/regenerate"))
    ]

    assert [answer.status for answer in answers] == [401] * 4


async def test_who_got_it_or_who_holds_it_ends_it(authority: Authority) -> None:
    """RFC 7009 section 2.1: inactive at once. The client ends no token of others by its own name."""
    job = await a_job(authority)
    mine, found, pat = await job.token(), await job.token(), (await authority.token()).jwt.reveal()
    other = await a_job(authority)

    answers = [
        await authority.post("/oauth2/revoke", {"token": mine}, other.basic),
        await authority.post("/oauth2/revoke", {"token": pat}, job.basic),
    ]
    before = [b'"active":true' in (await authority.introspect(each)).body for each in (mine, pat)]
    answers += [
        await authority.post("/oauth2/revoke", {"token": mine}, job.basic),
        await authority.post("/oauth2/revoke", {"token": mine}, job.basic),
        await authority.post("/oauth2/revoke", {"token": found}),
    ]

    assert {(answer.status, answer.body) for answer in answers} == {(200, b"")}
    assert before == [True, True]
    assert {(await authority.introspect(each)).body for each in (mine, found)} == {b'{"active":false}'}


async def test_a_header_that_proved_the_client_proves_it_no_longer_than_its_secret(
    authority: Authority,
) -> None:
    """R19: what was shown and accepted during the overlap is refused after it."""
    job = await a_job(authority)
    change = authority.services.clients.change_proof
    assert (await job.ask()).status == 200
    await change.rotate_secret(job.client.id, overlap=60, actor="test")

    during = [(await job.ask()).status for _ in range(2)]
    authority.clock.advance(60)
    after = await job.ask()

    assert (during, after.status) == ([200, 200], 401)


EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
}


async def test_a_token_is_exchanged_for_one_that_may_do_less(authority: Authority) -> None:
    """RFC 8693 section 2.2.1: what came back, of which kind, for how long, for what."""
    client, secret = await authority.new_client("exchange")
    issued = await authority.token(scopes=("company", "embed"))
    form = {**EXCHANGE, "subject_token": issued.jwt.reveal(), "scope": "company:view"}

    answer = await authority.post("/oauth2/token", form, basic(client.id, secret))

    body = json.loads(answer.body)
    token = body.pop("access_token")
    assert (answer.status, answer.header("cache-control")) == (200, "no-store")
    assert body == {
        "token_type": "Bearer",
        "expires_in": 900,
        "scope": "company:view",
        "issued_token_type": EXCHANGE["subject_token_type"],
    }
    assert json.loads((await authority.introspect(token)).body)["sub"] == to_wire(issued.token.owner_id)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"subject_token": "nonsense"}, "invalid_request"),
        ({"subject_token": ""}, "invalid_request"),
        ({"subject_token_type": ""}, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"}, "invalid_request"),
        ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, "invalid_request"),
        ({"actor_token": "x"}, "invalid_request"),
        ({"audience": REPORTS}, "invalid_target"),
        ({"scope": "dashboard"}, "invalid_scope"),
    ],
)
async def test_what_is_wrong_with_an_exchange_is_said_in_the_standards_words(
    authority: Authority, change: dict[str, str], error: str
) -> None:
    """RFC 8693 section 2.2.2."""
    client, secret = await authority.new_client("exchange")
    form = {**EXCHANGE, "subject_token": (await authority.token()).jwt.reveal(), **change}

    answer = await authority.post("/oauth2/token", form, basic(client.id, secret))

    assert (answer.status, json.loads(answer.body)["error"]) == (400, error)
