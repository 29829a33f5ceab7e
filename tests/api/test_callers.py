import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web

from service.api.routes import ROUTES
from service.domain.descent import SCOPE
from service.domain.identifiers import to_wire
from service.domain.principal import CredentialKind
from service.domain.session import Carrier
from service.domain.user import Grant, GrantKind, Role
from service.web.app import create_app
from service.web.routing import Answers, Route, RouteUndeclared
from service.web.server import Runner
from tests.api.api_fixtures import NEW_TOKEN, PASSWORD, TOKENS, Api, Person
from tests.api.machine_clients import a_job
from tests.api.oauth_fixtures import basic
from tests.application.descending import offering_children

IN = "in"
BY_ITSELF = {
    "/metrics",
    "/v1/revocations",
    "/v1/leaks",
}  # judge in their handlers: test_health.py, test_revocation_stream.py, test_leaks.py
SAFE = {"GET", "HEAD", "OPTIONS"}
ID, LIST_ID = "00000000-0000-4000-8000-000000000000", "0" * 32
ROLES = {"ann": Role.USER, "eve": Role.AUDITOR, "root": Role.ADMINISTRATOR}


@dataclass(frozen=True)
class Shown:
    """How a credential is sent, and what it is worth: the kinds that it is."""

    kinds: frozenset[CredentialKind] = frozenset()
    headers: dict[str, str] = field(default_factory=dict)
    query: str = ""
    form: str = ""
    from_no_page: bool = False


KIND = CredentialKind
SESSIONS = {
    "ann": frozenset({KIND.SESSION, KIND.USER}),
    "eve": frozenset({KIND.SESSION, KIND.AUDITOR}),
    "root": frozenset({KIND.SESSION, KIND.USER, KIND.ADMINISTRATOR}),
}


async def nothing(_api: Api) -> Shown:
    return Shown()


def bearer_session(name: str) -> Callable[[Api], Awaitable[Shown]]:
    async def shown(api: Api) -> Shown:
        return Shown(SESSIONS[name], (await api.sign_in(name)).headers)

    return shown


def cookie_session(name: str) -> Callable[[Api], Awaitable[Shown]]:
    async def shown(api: Api) -> Shown:
        return Shown(SESSIONS[name], (await api.sign_in(name, Carrier.COOKIE)).headers)

    return shown


async def new_token(api: Api) -> str:
    """The administrator's token: whatever it opens, nobody's opens more."""
    root = await api.sign_in("root")
    made = await api.create(root)
    return made["token"]


async def token(api: Api) -> Shown:
    return Shown(frozenset({KIND.TOKEN}), {"Authorization": f"Bearer {await new_token(api)}"})


async def token_as_password(api: Api) -> Shown:
    pair = base64.b64encode(f"root:{await new_token(api)}".encode()).decode()
    return Shown(headers={"Authorization": f"Basic {pair}"})


async def token_in_cookie(api: Api) -> Shown:
    return Shown(headers={"Cookie": f"safeconduct={await new_token(api)}", "Sec-Fetch-Site": "same-origin"})


async def token_in_query(api: Api) -> Shown:
    return Shown(query=f"?access_token={await new_token(api)}")


async def token_in_form(api: Api) -> Shown:
    return Shown(form=f"access_token={await new_token(api)}")


async def session_as_password(api: Api) -> Shown:
    root = await api.sign_in("root")
    pair = base64.b64encode(f"root:{root.secret}".encode()).decode()
    return Shown(headers={"Authorization": f"Basic {pair}"})


async def password(_api: Api) -> Shown:
    pair = base64.b64encode(f"root:{PASSWORD}".encode()).decode()
    return Shown(headers={"Authorization": f"Basic {pair}"})


async def client(api: Api) -> Shown:
    header = basic(api.authority.client.id, api.authority.secret)
    return Shown(frozenset({KIND.CLIENT}), {"Authorization": header.partition(": ")[2]})


async def gateway(api: Api) -> Shown:
    """With the token that it asks about."""
    header = basic(api.authority.client.id, api.authority.secret).partition(": ")[2]
    bearer = f"Bearer {await new_token(api)}"
    return Shown(
        frozenset({KIND.GATEWAY, KIND.TOKEN}), {"X-Gateway-Authorization": header, "Authorization": bearer}
    )


async def machines_access_token(api: Api) -> Shown:
    job = await a_job(api.authority)
    return Shown(headers={"Authorization": f"Bearer {await job.token()}"})


async def ended_session(api: Api) -> Shown:
    root = await api.sign_in("root")
    await api.call("DELETE", "/v1/session", by=root)
    return Shown(headers=root.headers)


async def cookie_without_origin(api: Api) -> Shown:
    """As a page of somebody else's would send it: good for looking, for no change (R50)."""
    root = await api.sign_in("root", Carrier.COOKIE)
    return Shown(SESSIONS["root"], {"Cookie": root.headers["Cookie"]}, from_no_page=True)


async def revoked_token(api: Api) -> Shown:
    value = await new_token(api)
    await api.call("DELETE", f"{TOKENS}/self", bearer=value)
    return Shown(headers={"Authorization": f"Bearer {value}"})


async def machines_token(api: Api) -> Shown:
    """A personal access token of a machine user is one like any other."""
    services = api.authority.services
    robot = await services.find_user("robot")
    if robot is None:
        made = await services.machines.create(
            name="robot", responsible=["root"], grant=Grant(GrantKind.ALL), actor="test"
        )
        robot = made.user
    root = await api.sign_in("root")
    path = f"/v1/admin/machines/{to_wire(robot.id)}/tokens"
    made = await api.call("POST", path, by=root, json=NEW_TOKEN)
    return Shown(frozenset({KIND.TOKEN}), {"Authorization": f"Bearer {made.document['token']}"})


async def token_that_makes_others(api: Api) -> Shown:
    root = await api.sign_in("root")
    made = await api.create(root, scopes=[SCOPE, "company"])
    return Shown(frozenset({KIND.TOKEN}), {"Authorization": f"Bearer {made['token']}"})


async def its_child(api: Api) -> Shown:
    """What a token made is a token, and knocks where its like does (threats 11)."""
    parent = await token_that_makes_others(api)
    child = {"expiration": 5, "scopes": ["company:view"], "note": "for the worker"}
    made = await api.call("POST", TOKENS, headers=parent.headers, json=child)
    return Shown(frozenset({KIND.TOKEN}), {"Authorization": f"Bearer {made.document['token']}"})


async def garbage(_api: Api) -> Shown:
    return Shown(headers={"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."})


CREDENTIALS = {
    "nothing": nothing,
    **{f"{name}'s bearer session": bearer_session(name) for name in ROLES},
    **{f"{name}'s cookie": cookie_session(name) for name in ROLES},
    "a token": token,
    "a token as password": token_as_password,
    "a token in a cookie": token_in_cookie,
    "a token in the query": token_in_query,
    "a token in a form": token_in_form,
    "a session as password": session_as_password,
    "a password": password,
    "a client": client,
    "a gateway": gateway,
    "a machine's access token": machines_access_token,
    "an ended session": ended_session,
    "a cookie without its origin": cookie_without_origin,
    "a revoked token": revoked_token,
    "a machine user's token": machines_token,
    "a token that makes others": token_that_makes_others,
    "a child of that one": its_child,
    "garbage": garbage,
}


def expected(route: Route, shown: Shown) -> object:
    """What the declaration of the route promises, derived without the code that keeps it."""
    header = "Authorization" in shown.headers
    if route.callers <= {KIND.CLIENT, KIND.NOBODY} and KIND.CLIENT in route.callers:
        by_client = KIND.CLIENT in shown.kinds or (
            route.answers is Answers.OAUTH and "access_token" in shown.query  # 400 before anybody is asked
        )
        return IN if by_client or (KIND.NOBODY in route.callers and not header) else 401
    if KIND.GATEWAY in route.callers:
        return IN if KIND.GATEWAY in shown.kinds else 400
    if KIND.NOBODY in route.callers:
        return IN
    if shown.kinds & route.callers:
        return 403 if shown.from_no_page and route.method not in SAFE else IN
    return 403 if shown.kinds - {KIND.CLIENT} else 401


async def answer(api: Api, route: Route, shown: Shown) -> object:
    """Whether the route let the credential in, or the status of its refusal."""
    path = route.path.replace("{id}", LIST_ID if "status" in route.path else ID)
    path = path.replace("{token_id}", ID).replace("{kid}", "x").replace("{provider}", "x")
    sends_json = (
        route.method in {"POST", "PUT", "PATCH"} and route.answers is Answers.PROBLEM and not shown.form
    )
    as_form = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = await api.call(
        route.method,
        path + shown.query,
        json={} if sends_json else None,
        body=None if sends_json else shown.form.encode(),
        headers={**({} if sends_json else as_form), **shown.headers},
    )
    if reply.status == 400 and b'"gateway_not_authenticated"' in reply.body:
        return 400
    lets_in = reply.status not in {401, 403} or b'"insufficient_scope"' in reply.body
    return IN if lets_in else reply.status


async def table(api: Api, wanted: Callable[[Route, Shown], Awaitable[object]]) -> dict[str, object]:
    """Route by route and credential by credential."""
    answers = {}
    for name, make in CREDENTIALS.items():
        for route in ROUTES:
            if route.path not in BY_ITSELF:
                answers[f"{route.method} {route.path} with {name}"] = await wanted(route, await make(api))
    return answers


@pytest.fixture
async def people(api: Api) -> None:
    for name, role in ROLES.items():
        await api.person(name, role=role)
    catalogue = api.authority.services.current.catalogue
    generous = offering_children(_without_ceilings(catalogue))
    await api.authority.services.apply_catalogue(generous, actor="test")


def _without_ceilings(catalogue):
    policy = replace(catalogue.policy, max_live_tokens_per_user=10_000, max_creations_per_hour=10_000)
    return replace(catalogue, policy=policy)


async def test_every_route_takes_the_credentials_it_declares_and_no_other(api: Api, people: None) -> None:
    """The generated matrix: route by kind of credential by what carries it (R16, L24, L25, S33)."""

    async def promised(route: Route, shown: Shown) -> object:
        return expected(route, shown)

    async def kept(route: Route, shown: Shown) -> object:
        return await answer(api, route, shown)

    assert await table(api, kept) == await table(api, promised)


async def test_a_token_manages_nothing_but_itself_and_what_it_made(api: Api, people: None) -> None:
    """Beside what is open to everybody, a personal access token may knock at `/self`, and, for its own children, at
    these five; without their scopes it is told so.
    """
    closed = [route for route in ROUTES if KIND.NOBODY not in route.callers]

    opened = [route for route in closed if await answer(api, route, await token(api)) == IN]

    assert [(route.method, route.path) for route in opened] == [
        ("POST", TOKENS),
        ("GET", TOKENS),
        ("GET", f"{TOKENS}/self"),
        ("DELETE", f"{TOKENS}/self"),
        ("POST", f"{TOKENS}/self/regenerate"),
        ("GET", f"{TOKENS}/{{id}}"),
        ("DELETE", f"{TOKENS}/{{id}}"),
        ("POST", f"{TOKENS}/{{id}}/regenerate"),
    ]


async def test_nothing_was_minted_by_a_refused_call(api: Api, ann: Person) -> None:
    """A token that tries to make or widen tokens leaves the list as it was."""
    made = await api.create(ann)

    for carrier in ({"Authorization": f"Bearer {made['token']}"}, (await _as_password(made["token"]))):
        await api.call("POST", TOKENS, json=NEW_TOKEN, headers=carrier)
        await api.call(
            "POST", f"{TOKENS}/{made['id']}/regenerate", json={"expiration": None}, headers=carrier
        )

    after = (await api.call("GET", TOKENS, by=ann)).document
    assert after == [{name: value for name, value in made.items() if name != "token"}]


async def _as_password(value: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'x:{value}'.encode()).decode()}"}


async def test_an_administrator_sees_no_value_and_makes_no_token_for_a_person(api: Api, people: None) -> None:
    """Whatever they look at, and whatever they call a person: only machine users get tokens from them (R16)."""
    ann, root = await api.sign_in("ann"), await api.sign_in("root")
    made = await api.create(ann, note="hers")
    kid = api.authority.services.current.ring.keys[0].kid
    named = {"{id}": made["id"], "{token_id}": made["id"], "{kid}": kid}
    readable = [route for route in ROUTES if route.method == "GET" and KIND.ADMINISTRATOR in route.callers]

    seen = []
    for route in readable:
        path = route.path
        for name, value in named.items():
            path = path.replace(name, value)
        seen.append(
            (await api.call("GET", f"{path}?name=ann" if path.endswith("/users") else path, by=root)).body
        )
    for_ann = [
        await api.call("POST", f"/v1/admin/machines/{to_wire(ann.user.id)}/tokens", by=root, json=NEW_TOKEN),
        await api.call("POST", f"{TOKENS}/{made['id']}/regenerate", by=root, json={"expiration": 1}),
        await api.call("POST", TOKENS, by=root, json=NEW_TOKEN | {"owner": to_wire(ann.user.id)}),
    ]

    assert any(made["id"].encode() in body for body in seen)
    assert not [body for body in seen if made["token"].rpartition(".")[2].encode() in body]
    assert [reply.status for reply in for_ann] == [404, 404, 400]
    assert len((await api.call("GET", TOKENS, by=ann)).document) == 1


def test_a_route_that_declares_nobody_cannot_be_made() -> None:
    """Forgetting is an error at import, not an open door."""
    with pytest.raises(RouteUndeclared, match="GET /x"):
        Route(method="GET", path="/x", handler=nothing, callers=frozenset())


async def test_start_up_fails_for_a_route_that_was_mounted_past_the_table(api: Api) -> None:
    """A handler added straight to aiohttp's router has no declaration, so nothing is served at all (R16)."""
    app = create_app(api.authority.services, ROUTES)

    async def open_door(_request: web.Request) -> web.Response:
        return web.Response()

    app.router.add_get("/v1/open-door", open_door)

    with pytest.raises(RouteUndeclared, match="GET /v1/open-door"):
        await Runner(app).setup()


def test_one_place_has_one_handler(api: Api) -> None:
    """Two declarations for one method and path would leave open which of them holds."""
    twice = Route(method="GET", path="/livez", handler=nothing, callers=frozenset({KIND.NOBODY}))

    with pytest.raises(RouteUndeclared, match="GET /livez is declared twice"):
        create_app(api.authority.services, [*ROUTES, twice])
