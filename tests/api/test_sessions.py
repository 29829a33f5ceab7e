import re
from datetime import UTC, datetime

import pytest

from service.domain.session import Carrier
from service.domain.user import Grant, GrantKind, Role
from tests.api.api_fixtures import PASSWORD, Api, Person

ME = "/v1/me"


def at(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_a_bearer_session_is_opened_by_name_and_password(api: Api, ann: Person) -> None:
    """The answer holds the token once, until when it lives, and who came."""
    reply = await api.call("POST", "/v1/session", json={"name": "Ann", "password": PASSWORD})

    assert reply.status == 201
    assert re.fullmatch(r"[\w-]{43}", reply.document["token"])
    assert reply.document["expires_at"] == at(api.authority.clock() + 3_600)
    assert reply.document["user"]["name"] == "ann"
    assert "Set-Cookie" not in reply.headers
    assert (await api.call("GET", ME, bearer=reply.document["token"])).status == 200


async def test_a_cookie_session_keeps_its_secret_from_scripts(api: Api, ann: Person) -> None:
    """The secret is in an HttpOnly cookie and nowhere in the body; on loopback http it needs no prefix."""
    reply = await api.call(
        "POST", "/v1/session", json={"name": "ann", "password": PASSWORD, "carrier": "cookie"}
    )

    cookie, *attributes = reply.headers["Set-Cookie"].split("; ")
    name, _, secret = cookie.partition("=")
    assert "token" not in reply.document
    assert name == "safeconduct"
    assert set(attributes) == {"Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=43200"}
    assert (await api.call("GET", ME, headers={"Cookie": f"safeconduct={secret}"})).status == 200


async def test_a_secret_opens_only_with_its_own_carrier(api: Api, ann: Person) -> None:
    """A stolen cookie is no bearer token, and the other way round."""
    page = await api.sign_in("ann", Carrier.COOKIE)

    as_bearer = await api.call("GET", ME, bearer=page.secret)
    as_cookie = await api.call("GET", ME, headers={"Cookie": f"safeconduct={ann.secret}"})

    assert (as_bearer.status, as_cookie.status) == (401, 401)


@pytest.mark.parametrize(
    ("name", "password"),
    [("nobody", PASSWORD), ("ann", "not this one, I am afraid"), ("gone", PASSWORD), ("new", PASSWORD)],
)
async def test_no_answer_tells_who_exists(api: Api, ann: Person, name: str, password: str) -> None:
    """Unknown, wrong, disabled and never invited in: one status, one body, one set of headers (R46, S51, L27)."""
    gone = await api.person("gone")
    await api.authority.services.disable_user(gone.user.id, actor="test")
    await api.authority.services.create_user(name="new", role=Role.USER, grant=Grant(), actor="test")

    reply = await api.call("POST", "/v1/session", json={"name": name, "password": password})

    document = reply.document
    assert re.fullmatch("[0-9a-f]{32}", document.pop("instance"))
    assert document == {
        "type": f"{api.authority.issuer}/help/sign_in_failed",
        "title": "Name or password is wrong",
        "status": 401,
        "code": "sign_in_failed",
        "detail": "name or password is wrong",
    }
    assert set(reply.headers) >= {"WWW-Authenticate"}
    assert "Set-Cookie" not in reply.headers


@pytest.mark.parametrize(
    "body",
    [
        {"name": "ann"},
        {"name": "ann", "password": 5},
        {"name": "", "password": "x"},
        {"name": "a\x00b", "password": "x"},
        {"name": "x" * 65, "password": "x"},
        {"name": "ann", "password": "x" * 1_025},
        {"name": "ann", "password": "x", "carrier": "pigeon"},
    ],
)
async def test_a_sign_in_that_cannot_be_is_422(api: Api, body: dict[str, object]) -> None:
    """Shapes are judged before anybody is looked for."""
    assert (await api.call("POST", "/v1/session", json=body)).status == 422


async def test_signing_out_ends_the_session_on_the_server(api: Api, ann: Person) -> None:
    """The secret is worthless afterwards, wherever it was copied to; other sessions live on (R48, S23)."""
    other = await api.sign_in("ann", Carrier.COOKIE)

    reply = await api.call("DELETE", "/v1/session", by=ann)

    assert (reply.status, reply.body) == (204, b"")
    assert (await api.call("GET", ME, by=ann)).code == "not_signed_in"
    assert (await api.call("GET", ME, by=other)).status == 200


async def test_signing_out_takes_the_cookie_away(api: Api, ann: Person) -> None:
    """The browser forgets it at once."""
    page = await api.sign_in("ann", Carrier.COOKIE)

    reply = await api.call("DELETE", "/v1/session", by=page)

    assert reply.headers["Set-Cookie"].startswith("safeconduct=; ")
    assert "Max-Age=0" in reply.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("carrier", "steps"),
    [(Carrier.BEARER, [3_600]), (Carrier.COOKIE, [1_800]), (Carrier.COOKIE, [1_700] * 26)],
)
async def test_sessions_end_by_themselves(api: Api, ann: Person, carrier: Carrier, steps: list[int]) -> None:
    """A bearer after its hour, a cookie when idle for 30 minutes and after 12 hours in any case (R49, S22)."""
    person = await api.sign_in("ann", carrier)

    statuses = []
    for step in steps:
        api.authority.clock.advance(step)
        statuses.append((await api.call("GET", ME, by=person)).status)

    assert statuses[-1] == 401
    assert set(statuses[:-1]) <= {200}


async def test_a_disabled_user_is_out_at_once(api: Api, ann: Person) -> None:
    """Their sessions end in the transaction that disables them (R17, S24)."""
    await api.authority.services.disable_user(ann.user.id, actor="test")

    assert (await api.call("GET", ME, by=ann)).status == 401


async def test_confirming_gives_a_new_secret(api: Api, ann: Person) -> None:
    """After a confirmation the old secret is dead and the session goes on (R48, S21)."""
    reply = await api.call("POST", "/v1/session/confirm", by=ann, json={"password": PASSWORD})

    statuses = [
        (await api.call("GET", ME, bearer=secret)).status for secret in (ann.secret, reply.document["token"])
    ]
    assert (reply.status, statuses) == (200, [401, 200])


async def test_a_page_confirms_by_a_new_cookie(api: Api, ann: Person) -> None:
    """The same for cookies: set anew, never in the body."""
    page = await api.sign_in("ann", Carrier.COOKIE)

    reply = await api.call("POST", "/v1/session/confirm", by=page, json={"password": PASSWORD})

    assert "token" not in reply.document
    assert reply.headers["Set-Cookie"].startswith("safeconduct=")
    assert (await api.call("GET", ME, by=page)).status == 401


async def test_a_wrong_password_confirms_nothing(api: Api, ann: Person) -> None:
    """The session stays as it was."""
    reply = await api.call(
        "POST", "/v1/session/confirm", by=ann, json={"password": "something else entirely"}
    )

    assert (reply.status, reply.code) == (401, "sign_in_failed")
    assert (await api.call("GET", ME, by=ann)).status == 200


async def test_me_says_who_and_what_may_be_handed_out(api: Api) -> None:
    """Role, grant as scopes and in words, and the session's times."""
    bob = await api.person("bob", role=Role.AUDITOR, grant=Grant(GrantKind.LISTED, ("connectors:view",)))

    me = (await api.call("GET", ME, by=bob)).document

    assert (me["name"], me["role"], me["kind"]) == ("bob", "auditor", "person")
    assert me["grant"] == {
        "kind": "listed",
        "scopes": ["connectors:view"],
        "may": "read Connectors and Connector Actions",
    }
    assert me["session"] == {
        "carrier": "bearer",
        "confirmed_at": at(api.authority.clock()),
        "expires_at": at(api.authority.clock() + 3_600),
    }


async def test_the_first_administrator_comes_by_the_link(api: Api) -> None:
    """The link's secret and a password: an account that may do everything, signed in. The link works once."""
    secret = await api.authority.services.invitations.for_first_administrator()
    body = {"secret": secret.reveal(), "password": PASSWORD, "name": "root"}

    first = await api.call("POST", "/v1/invitations/accept", json=body)
    second = await api.call("POST", "/v1/invitations/accept", json=body)

    me = await api.call("GET", ME, bearer=first.document["token"])
    assert (first.status, second.status) == (201, 404)
    assert (me.document["name"], me.document["role"], me.document["grant"]["kind"]) == (
        "root",
        "administrator",
        "all",
    )


@pytest.mark.parametrize("password", ["short", "passwordpassword", "root root root root"])
async def test_a_weak_password_leaves_the_link_good(api: Api, password: str) -> None:
    """A password that may not be set is told as a fault, and the next try works."""
    secret = (await api.authority.services.invitations.for_first_administrator()).reveal()
    path = "/v1/invitations/accept"

    weak = await api.call("POST", path, json={"secret": secret, "password": password, "name": "root"})
    good = await api.call("POST", path, json={"secret": secret, "password": PASSWORD, "name": "root"})

    assert (weak.status, {where for where, _ in weak.faults}) == (422, {"password"})
    assert good.status == 201
