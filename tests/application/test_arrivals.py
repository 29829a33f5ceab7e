"""Somebody from elsewhere, on both databases: found by (issuer, subject), made once, ended by their provider."""

import asyncio
import secrets
from typing import Any

import pytest

from service.application.arrivals import Arrivals
from service.application.identity_ports import Found
from service.domain.elsewhere_errors import SignInElsewhereFailed
from service.domain.id_token import Identity
from service.domain.provider import Arrival, GrantRule
from service.domain.session import Carrier
from service.domain.user import GrantKind
from service.web.services import Services
from tests.application.deployment import Deployment

HOME = "https://id.example"
EVERYBODY = Arrival(create_users=True, name_claim="name", grants=())
BY_ROLE = Arrival(
    create_users=True,
    name_claim="name",
    grants=(
        GrantRule("realm.roles", "flows", ("automation",)),
        GrantRule("realm.roles", "offices", ("company", "no_such_scope")),
    ),
)


def arrivals(opened: Deployment, services: Services | None = None) -> Arrivals:
    services = services or opened.services
    storage = opened.storage
    return Arrivals(
        storage, services.current, services.governance.change_grant, randomness=secrets.token_bytes
    )


def somebody(subject: str = "s1", issuer: str = HOME, sid: str | None = None, **claims: Any) -> Identity:
    return Identity(
        issuer=issuer, subject=subject, authenticated_at=None, sid=sid, claims={"name": "ann", **claims}
    )


async def arrive(opened: Deployment, identity: Identity, arrival: Arrival = EVERYBODY) -> str:
    return await arrivals(opened)(identity, arrival, actor="provider:home")


async def find(opened: Deployment, identity: Identity) -> Found | None:
    async with opened.storage.reading() as read:
        return await read.identities.find(identity.issuer, identity.subject)


async def open_session(opened: Deployment, identity: Identity) -> str:
    """Its secret's hash."""
    user_id = await arrive(opened, identity)
    async with opened.storage.transaction() as tx:
        user = await tx.users.lock(user_id)
        session = await opened.services.sessions.open(tx, user, Carrier.COOKIE, came_as=identity)
    return session.session.secret_hash


async def test_one_account_is_made_however_many_come_at_once(opened: Deployment) -> None:
    """R54: (issuer, subject) is one person at every replica; the same subject elsewhere is another, under a name of
    their own; nothing is left over of those who were slower.
    """
    before = await opened.count("users")

    ids = await asyncio.gather(*(arrive(opened, somebody()) for _ in range(12)))
    others = [await arrive(opened, each) for each in (somebody("s2"), somebody(issuer=f"{HOME}/"))]

    assert len(set(ids)) == 1
    assert len({*ids, *others}) == 3
    assert await opened.count("users") == before + 3
    assert await opened.count("identity") == 3
    assert (await opened.audit(f"user:{ids[0]}")) == ["user.created"]


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 500, "\ud800", 7, None])
async def test_any_name_makes_an_account(opened: Deployment, name: object) -> None:
    """What a provider calls somebody never keeps them out, and is never stored as it could not be."""
    user_id = await arrive(opened, somebody(name=name))

    stored = await find(opened, somebody())
    assert stored.user.id == user_id
    assert stored.user.name == stored.user.name.strip()
    assert 1 <= len(stored.user.name) <= 64


async def test_claims_decide_what_may_be_handed_out_each_time(opened: Deployment) -> None:
    """A mapping widens, narrows to nothing, and what lies beyond ends in one transaction (R17, L42)."""
    said = []
    kept = []
    for roles in (["flows", "offices"], ["offices"], [], "flows"):
        user_id = await arrive(opened, somebody(realm={"roles": roles}), BY_ROLE)
        user = (await find(opened, somebody())).user
        said.append((user.grant.kind, user.grant.scopes))
        if roles == ["flows", "offices"]:
            kept = [await opened.token(user, scopes=(scope,)) for scope in ("automation:view", "company")]
        said[-1] += tuple([await opened.is_active(each) for each in kept])

    assert said == [
        (GrantKind.LISTED, ("automation", "company"), True, True),
        (GrantKind.LISTED, ("company",), False, True),
        (GrantKind.LISTED, (), False, False),
        (GrantKind.LISTED, ("automation",), False, False),
    ]
    assert (await opened.audit(f"user:{user_id}")).count("user.grant_changed") == 3


async def test_a_sign_in_without_news_changes_nothing(opened: Deployment) -> None:
    """The same claims again: no row is written, so nothing is announced or audited."""
    identity = somebody(realm={"roles": ["flows"]})
    await arrive(opened, identity, BY_ROLE)
    before = await opened.count("audit")

    await arrive(opened, identity, BY_ROLE)

    assert await opened.count("audit") == before


async def test_nobody_is_made_where_none_may_be(opened: Deployment) -> None:
    """Not even for a moment."""
    before = await opened.count("users")

    with pytest.raises(SignInElsewhereFailed):
        await arrive(opened, somebody(), Arrival(create_users=False, name_claim="name", grants=()))

    assert await opened.count("users") == before


async def test_a_provider_ends_what_its_own_session_opened(opened: Deployment) -> None:
    """By its `sid`, of that issuer and, where one is named, of that subject alone."""
    hashes = [
        await open_session(opened, each)
        for each in (
            somebody(sid="a"),
            somebody(sid="b"),
            somebody("s2", sid="a"),
            somebody(issuer="x", sid="a"),
        )
    ]

    async with opened.storage.transaction() as tx:
        now = await tx.now()
        ended = await tx.identities.end_sessions(HOME, "a", "s1", now)
        again = await tx.identities.end_sessions(HOME, "a", "s1", now)
    async with opened.storage.reading() as read:
        live = [await read.sessions.find(each) is not None for each in hashes]

    assert (len(ended), again) == (1, [])
    assert live == [False, True, True, True]


async def test_a_verified_address_is_where_notices_go_and_nothing_else(opened: Deployment) -> None:
    """R54: an address identifies nobody; one that the provider has not verified is not even written to."""
    ids = [
        await arrive(opened, somebody("a", email="ann@example.com", email_verified=True)),
        await arrive(opened, somebody("b", email="ann@example.com", email_verified=True)),
        await arrive(opened, somebody("c", email="eve@example.com", email_verified="true")),
        await arrive(opened, somebody("d", email="no address", email_verified=True)),
    ]
    async with opened.storage.reading() as read:
        written = [(await read.contacts.of(each)).email for each in ids]

    assert len(set(ids)) == 4
    assert written == ["ann@example.com", "ann@example.com", None, None]
