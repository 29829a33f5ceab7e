from urllib.parse import parse_qs, urlsplit

import pytest

from service.domain.user import Role
from tests.api.api_fixtures import TOKENS, Api, Person, Reply


def notes(reply: Reply) -> list[str]:
    return [token["note"] for token in reply.document]


def next_page(reply: Reply) -> str:
    """Path and query of the `Link` that leads on."""
    target, _, relation = reply.headers["Link"].partition(">; ")
    assert relation == 'rel="next"'
    parts = urlsplit(target.removeprefix("<"))
    return f"{parts.path}?{parts.query}"


@pytest.fixture
async def five(api: Api, ann: Person) -> list[dict[str, object]]:
    """Five tokens, made an hour apart, the first with the latest end."""
    made = []
    for number in range(5):
        api.authority.clock.advance(3_600)
        person = await api.sign_in("ann")
        made.append(await api.create(person, note=f"n{number}", expiration=50 - number * 10))
    return made


async def test_nobody_has_a_list_of_nothing(api: Api, ann: Person) -> None:
    """A list is a plain array, also when it is empty (ruling 8)."""
    reply = await api.call("GET", TOKENS, by=ann)

    assert (reply.status, reply.document) == (200, [])
    assert "Link" not in reply.headers


async def test_a_list_is_newest_first_and_shows_no_value(
    api: Api, ann: Person, five: list[dict[str, object]]
) -> None:
    """Locoia's members come first, without `token`: a value is shown once."""
    reply = await api.call("GET", TOKENS, by=await api.sign_in("ann"))

    assert notes(reply) == ["n4", "n3", "n2", "n1", "n0"]
    assert list(reply.document[0])[:5] == ["id", "expiration", "note", "last_used", "scopes"]
    assert all("token" not in token for token in reply.document)
    assert not any(str(made["token"]).encode() in reply.body for made in five)


async def test_pages_follow_each_other_without_gap_or_repeat(
    api: Api, ann: Person, five: list[dict[str, object]]
) -> None:
    """Following `Link` shows each token once, also when one is made meanwhile."""
    person = await api.sign_in("ann")

    first = await api.call("GET", f"{TOKENS}?limit=2", by=person)
    await api.create(person, note="late")
    second = await api.call("GET", next_page(first), by=person)
    third = await api.call("GET", next_page(second), by=person)

    assert notes(first) + notes(second) + notes(third) == ["n4", "n3", "n2", "n1", "n0"]
    assert "Link" not in third.headers


async def test_the_next_page_keeps_the_question(api: Api, ann: Person, five: list[dict[str, object]]) -> None:
    """Filters, order and size of the first page hold for all."""
    reply = await api.call(
        "GET", f"{TOKENS}?limit=1&sort=expires&search=n&state=active", by=await api.sign_in("ann")
    )

    query = parse_qs(urlsplit(next_page(reply)).query)
    assert query.keys() == {"limit", "sort", "search", "state", "cursor"}
    assert urlsplit(reply.headers["Link"][1:]).netloc == urlsplit(api.authority.issuer).netloc


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("created", "n0 n1 n2 n3 n4"),
        ("-created", "n4 n3 n2 n1 n0"),
        ("expires", "n4 n3 n2 n1 n0"),
        ("-expires", "n0 n1 n2 n3 n4"),
        ("last_used", "n0 n1 n2 n3 n4"),
    ],
)
async def test_a_list_has_the_order_asked_for(
    api: Api, ann: Person, five: list[dict[str, object]], sort: str, order: str
) -> None:
    """`-` turns an order round."""
    reply = await api.call("GET", f"{TOKENS}?sort={sort}", by=await api.sign_in("ann"))

    assert notes(reply) == order.split()


async def test_states_are_told_apart(api: Api, ann: Person) -> None:
    """Revoked ones are left out unless asked for; states may be repeated or listed with commas."""
    revoked, paused = await api.create(ann, note="revoked"), await api.create(ann, note="paused")
    await api.create(ann, note="short", expiration=1)
    await api.create(ann, note="active")
    await api.call("DELETE", f"{TOKENS}/{revoked['id']}", by=ann)
    await api.call("PATCH", f"{TOKENS}/{paused['id']}", by=ann, json={"suspended": True})
    api.authority.clock.advance(86_400)
    person = await api.sign_in("ann")

    shown = {
        query: set(notes(await api.call("GET", f"{TOKENS}{query}", by=person)))
        for query in ("", "?state=active", "?state=revoked,expired", "?state=suspended&state=active")
    }

    assert shown == {
        "": {"active", "short", "paused"},
        "?state=active": {"active"},
        "?state=revoked,expired": {"revoked", "short"},
        "?state=suspended&state=active": {"paused", "active"},
    }


async def test_a_list_can_be_searched(api: Api, ann: Person) -> None:
    """Notes are searched without case and without wildcards, scopes by their whole name."""
    await api.create(ann, note="Power Automate 100%", scopes=["company"])
    await api.create(ann, note="power_bi", scopes=["company:view"])

    found = {
        query: notes(await api.call("GET", f"{TOKENS}?{query}", by=ann))
        for query in ("search=POWER", "search=0%25", "search=%25", "search=r_b", "scope=company")
    }

    assert found == {
        "search=POWER": ["power_bi", "Power Automate 100%"],
        "search=0%25": ["Power Automate 100%"],
        "search=%25": ["Power Automate 100%"],
        "search=r_b": ["power_bi"],
        "scope=company": ["Power Automate 100%"],
    }


async def test_nobody_sees_anothers_tokens(api: Api, ann: Person) -> None:
    """A list is its owner's alone, an administrator's too."""
    await api.create(ann)
    eve, root = await api.person("eve"), await api.person("root", role=Role.ADMINISTRATOR)

    lists = [await api.call("GET", TOKENS, by=person) for person in (eve, root)]

    assert [reply.document for reply in lists] == [[], []]


@pytest.mark.parametrize(
    ("query", "status", "where"),
    [
        ("states=active", 400, "states"),
        ("sort=created&sort=expires", 400, "sort"),
        ("limit=1&limit=2", 400, "limit"),
        ("state=dead", 422, "state"),
        ("state=", 422, "state"),
        ("sort=colour", 422, "sort"),
        ("limit=0", 422, "limit"),
        ("limit=1001", 422, "limit"),
        ("limit=-1", 422, "limit"),
        ("limit=%D9%A3", 422, "limit"),
        ("search=%00", 422, "search"),
        ("search=", 422, "search"),
        ("scope=a%0ab", 422, "scope"),
        ("cursor=x", 422, "cursor"),
        ("cursor=%FF", 422, "cursor"),
        ("cursor=Y3JlYXRlZC4xLjE", 422, "cursor"),  # created.1.1: of a list in the other order
        ("cursor=LWNyZWF0ZWQuOTk5OTk5OTk5OTk5OTk5OTk5OTkuMQ", 422, "cursor"),  # beyond 64 bits
    ],
)
async def test_a_question_that_means_nothing_is_refused(
    api: Api, ann: Person, query: str, status: int, where: str
) -> None:
    """Neither ignored nor broken by: what is unknown or doubled is 400, what cannot be taken is 422."""
    reply = await api.call("GET", f"{TOKENS}?{query}", by=ann)

    assert reply.status == status
    assert {place for place, _ in reply.faults} == {where}
