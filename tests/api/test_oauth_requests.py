"""Who may ask at the OAuth endpoints, and how."""

import json
from urllib.parse import quote_plus

import pytest

from tests.api.oauth_fixtures import Answer, Authority, basic, exchange, http

INTROSPECT = "/oauth2/introspect"
INACTIVE = b'{"active":false}'
FORM = "Content-Type: application/x-www-form-urlencoded"


async def test_credentials_are_taken_in_every_form_that_clients_use(authority: Authority) -> None:
    """RFC 6749 section 2.3.1: Basic raw and form-encoded, its scheme in any case, or the form."""
    client_id, secret = authority.client.id, authority.secret
    form = {"token": "unknown"}
    encoded = client_id.replace("-", "%2D")

    answers = [
        await authority.post(INTROSPECT, form, basic(client_id, secret)),
        await authority.post(INTROSPECT, form, basic(encoded, quote_plus(secret))),
        await authority.post(INTROSPECT, form, basic(client_id, secret, scheme="bAsIc")),
        await authority.post(INTROSPECT, {**form, "client_id": client_id, "client_secret": secret}),
        await authority.post(INTROSPECT, {**form, "client_id": client_id}, basic(client_id, secret)),
    ]

    assert {(answer.status, answer.body) for answer in answers} == {(200, INACTIVE)}


async def test_a_failed_authentication_has_one_answer(authority: Authority) -> None:
    """R19: none, unknown, wrong, half and foreign credentials are the same 401 with a Basic challenge."""
    client_id, secret = authority.client.id, authority.secret
    pat = (await authority.token()).jwt.reveal()
    disabled, disabled_secret = await authority.new_client("introspect")
    await authority.services.disable_client(disabled.id, actor="test")
    form = {"token": pat}

    headers = [
        [],
        [basic("nobody", secret)],
        [basic(client_id, "wrong")],
        [basic(client_id, secret[:-1])],
        [basic(client_id, "")],
        [basic(disabled.id, disabled_secret)],
        [basic(client_id, secret).replace("Basic ", "Basic  ")],
        ["Authorization: Basic"],
        ["Authorization: Basic !!!"],
        ["Authorization: Basic YWJj"],
        ["Authorization: Basic /////w=="],
        [basic("%zz", "%zz")],
        [f"Authorization: Bearer {pat}"],
        ["Authorization: \xff\xff"],
    ]
    answers = [await authority.post(INTROSPECT, form, *lines) for lines in headers]
    answers += [
        await authority.post(INTROSPECT, {**form, "client_id": client_id}),
        await authority.post(INTROSPECT, {**form, "client_id": client_id, "client_secret": "wrong"}),
        await authority.post(INTROSPECT, {**form, "client_id": "nobody", "client_secret": secret}),
    ]

    assert len({answer.without("date", "x-request-id") for answer in answers}) == 1, answers
    assert answers[0].status == 401
    assert json.loads(answers[0].body) == {"error": "invalid_client"}
    assert answers[0].header("www-authenticate").startswith('Basic realm="')


async def test_a_client_without_the_permission_is_told_so(authority: Authority) -> None:
    """Authenticated, but not for this: 403, and not a word about the token."""
    client, secret = await authority.new_client("revoke")
    token = (await authority.token()).jwt.reveal()

    answer = await authority.post(INTROSPECT, {"token": token}, basic(client.id, secret))

    assert answer.status == 403
    assert json.loads(answer.body) == {"error": "unauthorized_client"}


async def test_two_ways_of_authentication_are_one_too_many(authority: Authority) -> None:
    """RFC 6749 section 2.3: at most one; which of two would count is a guess."""
    proof = basic(authority.client.id, authority.secret)
    post = {"token": "x", "client_id": authority.client.id, "client_secret": authority.secret}

    answers = [
        await authority.post(INTROSPECT, post, proof),
        await authority.post(INTROSPECT, {"token": "x"}, proof, proof),
        await authority.post(INTROSPECT, {"token": "x"}, proof, "Authorization: Bearer x"),
    ]

    assert [answer.status for answer in answers] == [400, 400, 400]


async def test_a_disabled_client_is_out_at_once(authority: Authority) -> None:
    """The secret that was good a moment ago opens nothing."""
    form = {"token": (await authority.token()).jwt.reveal()}
    proof = basic(authority.client.id, authority.secret)
    before = await authority.post(INTROSPECT, form, proof)

    await authority.services.disable_client(authority.client.id, actor="test")

    after = await authority.post(INTROSPECT, form, proof)
    assert (before.status, after.status) == (200, 401)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"token":"x"}'),
        ("text/plain", b"token=x"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="token"\r\n\r\nx\r\n--x--',
        ),
        ("multipart/form-data", b"--\r\n\r\n"),
        ("multipart/form-data; boundary=", b"\xff"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"token=x"),
        ("application/x-www-form-urlencoded; charset=iso-8859-1", b"token=x"),
        ("application/x-www-form-urlencoded; charset=nonsense", b"token=x"),
        ("application/x-www-form-urlencodedx", b"token=x"),
        ("", b"token=x"),
        ("application/x-www-form-urlencoded", b""),
        ("application/x-www-form-urlencoded", b"token="),
        ("application/x-www-form-urlencoded", b"token"),
        ("application/x-www-form-urlencoded", b"Token=x"),
        ("application/x-www-form-urlencoded", b"token=x&token=x"),
        ("application/x-www-form-urlencoded", b"token=&token=x"),
        ("application/x-www-form-urlencoded", b"token=x&%74oken=y"),
        ("application/x-www-form-urlencoded", b"token=x&other=1&other=2"),
        ("application/x-www-form-urlencoded", b"token=\xff"),
        ("application/x-www-form-urlencoded", b"token=%ff"),
        ("application/x-www-form-urlencoded", b"token=%ed%a0%80"),
        ("application/x-www-form-urlencoded", b"token=%c0%80"),
        ("application/x-www-form-urlencoded", b"token=%"),
        ("application/x-www-form-urlencoded", b"token=%zz"),
    ],
)
async def test_only_a_clean_form_is_read(authority: Authority, content_type: str, body: bytes) -> None:
    """RFC 7662 section 2.1: everything else is 400 invalid_request, whatever its bytes; never a 500."""
    headers = [f"Content-Type: {content_type}"] if content_type else []

    answer = await authority.send(
        "POST", INTROSPECT, *headers, basic(authority.client.id, authority.secret), body=body
    )

    assert (answer.status, json.loads(answer.body)) == (400, {"error": "invalid_request"})
    assert answer.header("cache-control") == "no-store"


@pytest.mark.parametrize(
    "body",
    [
        b"token=@&token_type_hint=nonsense",
        b"token_type_hint=access_token&token=@",
        b"token=@&unknown=1&resource=x",
        b"&&token=@&",
        b"token=@&client_ip=",
        b"t%6fken=@",
    ],
)
@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=UTF-8",
        'Application/X-WWW-Form-URLencoded;charset="utf-8"',
    ],
)
async def test_every_shape_of_a_good_form_is_read(
    authority: Authority, body: bytes, content_type: str
) -> None:
    """Unknown parameters and hints are ignored (RFC 6749 section 3.2, RFC 7662 section 2.1)."""
    token = (await authority.token()).jwt.reveal().encode()

    answer = await authority.send(
        "POST",
        INTROSPECT,
        f"Content-Type: {content_type}",
        basic(authority.client.id, authority.secret),
        body=body.replace(b"@", token),
    )

    assert json.loads(answer.body)["active"] is True


@pytest.mark.parametrize("query", ["token=x", "%74oken=x", "access_token=x", "client_secret=x", "a=1&token="])
async def test_a_credential_in_the_query_is_refused(authority: Authority, query: str) -> None:
    """R19: URIs are logged, so a credential in one is a mistake to be told."""
    target = f"{INTROSPECT}?{query}"

    answer = await authority.post(target, {"token": "x"}, basic(authority.client.id, authority.secret))

    assert answer.status == 400


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
async def test_only_post_is_offered(authority: Authority, method: str) -> None:
    """R19: a GET would put the token into logs and histories."""
    answer = await authority.send(
        method, f"{INTROSPECT}?token=x", basic(authority.client.id, authority.secret)
    )

    assert answer.status == 405
    assert answer.header("allow") == "POST"


async def test_a_body_beyond_the_limit_is_not_read(authority: Authority) -> None:
    """Attack 62: 10 MB of form are 413, announced or chunked, before any of it is looked at."""
    head = [FORM, basic(authority.client.id, authority.secret)]
    chunk = b"10000\r\n" + b"." * 0x10000 + b"\r\n"
    chunked = http("GET", INTROSPECT, *head, "Transfer-Encoding: chunked").replace(b"GET", b"POST", 1)

    announced = await exchange(
        authority.port, http("POST", INTROSPECT, *head, body=b"token=" + b"." * 100_000)
    )
    ten_megabytes = http("POST", INTROSPECT, *head).replace(b"Length: 0", b"Length: 10000000")
    unsent = await exchange(authority.port, ten_megabytes)
    streamed = await exchange(authority.port, chunked + chunk * 8)

    assert {announced.status, unsent.status, streamed.status} == {413}
    assert all(answer.header("cache-control") == "no-store" for answer in (announced, unsent, streamed))


async def test_a_body_just_within_the_limit_is_read(authority: Authority) -> None:
    """16 KiB is the limit itself: a token that long is no token, but its form is one."""
    padding = b"x" * (16_384 - len(b"token="))

    answer = await authority.post(
        INTROSPECT, b"token=" + padding, basic(authority.client.id, authority.secret)
    )
    longer = await authority.post(
        INTROSPECT, b"token=" + padding + b"x", basic(authority.client.id, authority.secret)
    )

    assert (answer.status, answer.body) == (200, INACTIVE)
    assert longer.status == 413


async def test_no_answer_may_be_stored(authority: Authority) -> None:
    """R22: whatever is said of a token holds for this moment alone."""
    proof = basic(authority.client.id, authority.secret)
    token = (await authority.token()).jwt.reveal()

    answers: list[Answer] = [
        await authority.introspect(token),
        await authority.introspect("unknown"),
        await authority.post(INTROSPECT, {"token": token}),
        await authority.post(INTROSPECT, {}, proof),
    ]

    assert [answer.status for answer in answers] == [200, 200, 401, 400]
    assert {answer.header("cache-control") for answer in answers} == {"no-store"}
    assert {answer.header("content-type").partition(";")[0] for answer in answers} == {"application/json"}
