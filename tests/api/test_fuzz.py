"""Garbage of every kind at every route: an answer that says no, and nothing half done."""

import json
import string
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from service.api.routes import ROUTES
from service.clock import Clock, system_clock
from service.web.routing import Answers, Route
from tests.api.api_fixtures import Api
from tests.api.every_route import Callers, named
from tests.application.deployment import TABLES

EXAMPLES = settings().max_examples * 3
"""As the profile says, on each database: hundreds in `make test`, thousands at night."""

COUNTING = {
    "POST /v1/session": {"sign_in_count", "audit"},
    "POST /v1/session/confirm": {"sign_in_count", "audit"},
    "POST /v1/me/password": {"sign_in_count", "audit"},
    "POST /v1/invitations/accept": {"sign_in_count", "audit"},
    "POST /oauth2/introspect": {"audit"},
}
"""What a refusal may leave behind: failed passwords are counted, many of them and a client that scans audited."""

MEMBERS = sorted(
    {
        field.encode_name
        for shape in msgspec.Struct.__subclasses__()
        if shape.__module__.startswith("service.api.")
        for field in msgspec.structs.fields(shape)
    }
)
WORDS = st.sampled_from(
    [
        "",
        " ",
        "x",
        "ann",
        "embed",
        "embed:view",
        "*",
        "a" * 300,
        "\0",
        "\ud800",
        "é",
        "2027-01-01T00:00:00Z",
        "0" * 32,
        "00000000-0000-4000-8000-000000000000",
        "10.0.0.0/8",
        "user",
        "default",
        "eyJ.eyJ.x",
        "null",
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, -1, 30, 10**9, 2**63, -(2**70), 10**400]),
    st.floats(allow_nan=False),
    WORDS,
    st.text(max_size=20),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=4)
    ),
    max_leaves=8,
)
TYPED: SearchStrategy[bytes] = st.dictionaries(st.sampled_from(MEMBERS), VALUES, max_size=5).map(
    lambda document: json.dumps(document).encode("utf-8", "surrogatepass")
)
FORMS: SearchStrategy[bytes] = st.dictionaries(
    st.sampled_from(["token", "grant_type", "scope", "client_ip", "client_id", "subject_token", "x"]),
    WORDS | st.text(max_size=12),
    max_size=4,
).map(lambda form: "&".join(f"{name}={_escaped(value)}" for name, value in form.items()).encode())
UNTYPED: SearchStrategy[bytes] = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [b"{", b"[]", b"null", b"[" * 50, b'{"a":1,"a":2}', b'{"note":NaN}', b"\xff\xfe", b"a=%ff&a=%"]
    ),
    VALUES.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")),
)
TYPES = st.sampled_from(
    [
        "application/json",
        "application/json; charset=latin-1",
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded; charset=utf-16",
        "nonsense",
    ]
)
NAMES = ("id", "token_id", "kid")


def _escaped(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"))


@st.composite
def requests(draw: DrawFn) -> tuple[Route, str, str, bytes | None, dict[str, str]]:
    """A route with a path (`@token` and `@user` stand for ids that are there), query, body and headers."""
    route = draw(st.sampled_from(ROUTES))
    path = route.path
    for name in NAMES:
        text = draw(st.sampled_from(["@token", "@user", "0" * 32]) | WORDS | st.text(max_size=8))
        path = path.replace(f"{{{name}}}", text if text.startswith("@") else _escaped(text) or "%20")
    pairs = draw(
        st.lists(
            st.tuples(st.sampled_from(QUERY) | st.text(string.ascii_letters, max_size=6), WORDS), max_size=3
        )
    )
    query = "?" + "&".join(f"{name}={_escaped(value)}" for name, value in pairs) if pairs else ""
    if route.method in {"GET", "OPTIONS"}:
        return route, path, query, None, {}
    oauth = route.answers is Answers.OAUTH
    body, content_type = draw(st.tuples(FORMS if oauth else TYPED, st.none()) | st.tuples(UNTYPED, TYPES))
    usual = "application/x-www-form-urlencoded" if oauth else "application/json"
    keys = draw(st.sampled_from([{}, {}, {"Idempotency-Key": "x"}, {"Idempotency-Key": "k" * 20}]))
    return route, path, query, body, {"Content-Type": content_type or usual, **keys}


QUERY = [
    "limit",
    "cursor",
    "state",
    "sort",
    "search",
    "scope",
    "reason",
    "name",
    "role",
    "dry_run",
    "aud",
    "user",
]


async def rows(api: Api) -> dict[str, int]:
    """How many there are in each table."""
    postgresql = not api.authority.services.settings.uses_sqlite

    async with api.authority.opened.storage._engine.reader() as connection:
        fetch = connection.raw.fetch if postgresql else connection.raw.execute_fetchall
        tables = [row[0] for row in await fetch(TABLES[postgresql])]
        counted = await fetch(" UNION ALL ".join(f"SELECT '{each}', count(*) FROM {each}" for each in tables))
        return {row[0]: row[1] for row in counted}


@pytest.fixture
def clock() -> Clock:
    """PostgreSQL has no other, and a process that disagrees with it is not ready (R71)."""
    return system_clock


@pytest.fixture(params=["api", "postgres_api"])
def either(request: pytest.FixtureRequest) -> Api:
    """A service on each engine in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
async def callers(either: Api) -> Callers:
    made = Callers(either)
    await made.settle()
    await either.authority.services.publication.follow()
    return made


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(sent=requests())
async def test_garbage_is_refused_whole(
    callers: Callers, sent: tuple[Route, str, str, bytes | None, dict[str, str]]
) -> None:
    """Whatever is sent to whatever route: never a 5xx (R76), and after a 4xx not a row more or less in any table."""
    route, path, query, body, headers = sent
    for name in ("token", "user"):
        path = path.replace(f"@{name}", callers.ids[name])
    before = await rows(callers.api)

    reply = await callers.call(route, path=path, query=query, body=body, headers=headers)

    assert reply.status < 500, (named(route), reply.body)
    if reply.status >= 400:
        after = await rows(callers.api)
        changed = {table for table in before if before[table] != after[table]}
        assert changed <= COUNTING.get(named(route), set()), (named(route), reply.body)
        if reply.status == 401 and route.confirmed:  # in a long run confirmations grow old
            callers.root = callers.ann = None
    if (reply.status in range(200, 300) and route.method != "GET") or callers.ann is None:
        await callers.settle()
