import base64

import pytest

from tests.api.api_fixtures import TOKENS, Api, Person
from tests.api.oauth_fixtures import Answer, exchange, http

SELF = f"{TOKENS}/self"


def challenge(api: Api, *parameters: str) -> str:
    """The Bearer challenge with these parameters in the middle."""
    metadata = f'resource_metadata="{api.authority.issuer}/.well-known/oauth-protected-resource"'
    return ", ".join(['Bearer realm="safeconduct"', *parameters, metadata])


async def ask(api: Api, *lines: str, target: str = SELF) -> Answer:
    """GET with these header lines, byte for byte."""
    return await exchange(api.authority.port, http("GET", target, *lines))


async def test_without_a_credential_the_challenge_names_no_error(api: Api) -> None:
    """RFC 6750 section 3.1: a client that did not know says nothing wrong; it learns where to look."""
    answer = await ask(api)

    assert (answer.status, answer.header("WWW-Authenticate")) == (401, challenge(api))


async def test_the_challenge_leads_to_the_metadata(api: Api) -> None:
    """RFC 9728: what the challenge points to exists and names the resource."""
    pointed = (await ask(api)).header("WWW-Authenticate").partition('resource_metadata="')[2].rstrip('"')

    answer = await ask(api, target=pointed.removeprefix(api.authority.issuer))

    assert answer.status == 200
    assert f'"resource":"{api.authority.issuer}"'.encode() in answer.body


@pytest.mark.parametrize(
    "credential",
    [
        "x",
        "x" * 43,
        "a.b.c",
        "eyJhbGciOiJub25lIn0.e30.",
        "\xff",
        "ä",
        '"x"',
        "x=y",
        "=",
        "x" * 4_000,
    ],
)
async def test_a_credential_that_is_worth_nothing_is_an_invalid_token(api: Api, credential: str) -> None:
    """401 with the error code, whatever the bytes are; never 500."""
    answer = await ask(api, f"Authorization: Bearer {credential}")

    assert answer.status == 401
    assert answer.header("WWW-Authenticate") == challenge(api, 'error="invalid_token"')


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
async def test_the_scheme_is_compared_without_case(api: Api, ann: Person, scheme: str) -> None:
    """RFC 9110 section 11.1."""
    assert (await ask(api, f"Authorization: {scheme} {ann.secret}", target=TOKENS)).status == 200


@pytest.mark.parametrize(
    "lines",
    [
        ["Authorization: Bearer {0}", "Authorization: Bearer {0}"],
        ["Authorization: Bearer {0}", "Authorization: Basic eDp5"],
        ["Authorization: Bearer {0}, Bearer {0}"],
        ["Authorization: Bearer {0},{0}"],
        ["Authorization: Bearer  {0}"],
        ["Authorization: Bearer \t{0}"],
        ["Authorization: Bearer"],
        ["Authorization: Bearer "],
    ],
)
async def test_a_credential_that_could_be_read_in_two_ways_is_refused(
    api: Api, ann: Person, lines: list[str]
) -> None:
    """Two headers, two in one, two spaces, none: 400 invalid_request, although a good one is among them."""
    answer = await ask(api, *(line.format(ann.secret) for line in lines), target=TOKENS)

    assert answer.status == 400
    assert answer.header("WWW-Authenticate") == challenge(api, 'error="invalid_request"')


async def test_a_header_and_a_query_are_two_credentials(api: Api, ann: Person) -> None:
    """RFC 6750 section 2: one method a request. The one in the query is never read."""
    line = f"Authorization: Bearer {ann.secret}"

    both = await ask(api, line, target="/v1/me?access_token=x")
    query = await ask(api, target=f"{TOKENS}?access_token={ann.secret}")

    assert (both.status, query.status) == (400, 401)
    assert query.header("WWW-Authenticate") == challenge(api)


@pytest.mark.parametrize("header", ["Basic eDp5", "Digest x", "Token x", "Bearer\tx", "x", "Negotiate"])
async def test_another_scheme_is_no_credential_here(api: Api, header: str) -> None:
    """It is answered the challenge of the scheme that is taken."""
    answer = await ask(api, f"Authorization: {header}")

    assert (answer.status, answer.header("WWW-Authenticate")) == (401, challenge(api))


async def test_a_good_credential_of_another_kind_is_403(api: Api, ann: Person) -> None:
    """It is known who calls, and that this is not for them: to sign in again would not help."""
    made = await api.create(ann)

    replies = [
        await api.call("GET", "/v1/me", bearer=made["token"]),
        await api.call("GET", SELF, by=ann),
        await api.call("GET", "/v1/admin/keys", by=ann),
    ]

    assert [(reply.status, reply.code) for reply in replies] == [(403, "not_allowed")] * 3
    assert not any("WWW-Authenticate" in reply.headers for reply in replies)


async def test_a_client_is_challenged_for_basic(api: Api) -> None:
    """At the OAuth endpoints, in the form of RFC 6749."""
    reply = await api.call("POST", "/oauth2/introspect", body=b"token=x", headers=FORM)

    assert (reply.status, reply.document) == (401, {"error": "invalid_client"})
    assert reply.headers["WWW-Authenticate"] == 'Basic realm="safeconduct", charset="UTF-8"'


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_nul_in_a_header_never_reaches_us(api: Api) -> None:
    """Aiohttp's parser refuses it; the answer repeats nothing of it."""
    answer = await exchange(api.authority.port, http("GET", SELF, "Authorization: Bearer canary\x00canary"))

    assert answer.status == 400
    assert b"canary" not in answer.body


async def test_a_session_secret_in_basic_opens_nothing(api: Api, ann: Person) -> None:
    """Git's habit of sending a token as a password is not followed (attack 72) (L24)."""
    pair = base64.b64encode(f"ann:{ann.secret}".encode()).decode()

    assert (await ask(api, f"Authorization: Basic {pair}", target=TOKENS)).status == 401
