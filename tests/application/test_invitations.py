"""One-time links: the first administrator, an invitation, a forgotten password."""

import asyncio

import pytest

from service.application.sign_in import OpenedSession
from service.domain.errors import AlreadyExists, Faulty, NotFound, Refused, SignInFailed
from service.domain.secret import Secret
from service.domain.session import Carrier, InvitationPurpose
from service.domain.user import Grant, GrantKind, Role
from tests.application.deployment import Deployment
from tests.application.people import ANOTHER, PASSWORD, arrive, find, from_afar, link_for, sign_in

MINUTE = 60


async def accept(
    on: Deployment, secret: Secret, password: str = PASSWORD, name: str | None = None
) -> OpenedSession:
    return await on.services.invitations.accept(
        secret, Secret(password), name=name, carrier=Carrier.COOKIE, origin=from_afar()
    )


async def test_an_invitation_sets_a_password_and_signs_in(opened: Deployment) -> None:
    """The administrator who invited never knows the password."""
    user, secret = await opened.services.create_user(
        name="Ann", role=Role.AUDITOR, grant=Grant(), actor="administrator"
    )

    session = await accept(opened, secret)

    found = await find(opened, session)
    assert (found.user.id, found.user.role) == (user.id, Role.AUDITOR)
    assert await sign_in(opened, "Ann")
    dump = repr(await opened.dump())
    assert PASSWORD not in dump
    assert secret.reveal() not in dump
    assert await opened.audit(f"user:{user.id}") == [
        "user.created",
        "invitation.accepted",
        "session.opened",
        "session.opened",
    ]


async def test_a_link_works_once(opened: Deployment) -> None:
    """Also when it is followed ten times at the same moment (L26)."""
    _, secret = await opened.services.create_user(name="Ann", role=Role.USER, grant=Grant(), actor="test")

    outcomes = await asyncio.gather(*(accept(opened, secret) for _ in range(10)), return_exceptions=True)

    assert sum(isinstance(outcome, OpenedSession) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, NotFound) for outcome in outcomes) == 9


async def test_a_link_expires_after_fifteen_minutes(opened: Deployment) -> None:
    """What lies in a mailbox opens nothing later (S50)."""
    _, secret = await opened.services.create_user(name="Ann", role=Role.USER, grant=Grant(), actor="test")
    opened.clock.advance(15 * MINUTE + 1)

    with pytest.raises(NotFound):
        await accept(opened, secret)


async def test_a_guessed_link_opens_nothing(opened: Deployment) -> None:
    """And says no more than a used one."""
    with pytest.raises(NotFound, match="used, expired or unknown"):
        await accept(opened, Secret("A" * 43))


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short but fine", "too_short"),
        ("a" * 257, "too_long"),
        ("passwordpassword", "guessable"),
        ("safeconduct safeconduct", "guessable"),
        ("qwertyuiopasdfgh", "guessable"),
        ("Wilhelmina Wilhelmina", "guessable"),
        ("half a character \ud83d", "invalid_characters"),
    ],
)
async def test_a_weak_password_is_refused_and_the_link_stays_good(
    opened: Deployment, password: str, code: str
) -> None:
    """S40 to S44: 15 to 256 characters, nothing common, nothing about the service or the person."""
    user, secret = await opened.services.create_user(
        name="Wilhelmina", role=Role.USER, grant=Grant(), actor="test"
    )

    with pytest.raises(Faulty) as refusal:
        await accept(opened, secret, password)

    assert [(fault.where, fault.code) for fault in refusal.value.faults] == [("password", code)]
    assert (await accept(opened, secret)).user.id == user.id


@pytest.mark.parametrize(
    "password",
    ["x4Tz " * 51, "пароль из нескольких слов", "correct 🐎 battery 🔋 staple", "  leading and trailing  "],
)
async def test_any_long_password_will_do(opened: Deployment, password: str) -> None:
    """S41, S42: every character counts, none is demanded, and none is cut off."""
    _, secret = await opened.services.create_user(name="Ann", role=Role.USER, grant=Grant(), actor="test")

    await accept(opened, secret, password)

    assert await sign_in(opened, "Ann", password)
    with pytest.raises(SignInFailed):
        await sign_in(opened, "Ann", password.strip()[:-1])


async def test_a_new_password_by_link_ends_all_other_sessions(opened: Deployment) -> None:
    """R48: whoever had got in with the old one is out, and the old one opens nothing (S25, L27)."""
    first = await arrive(opened)
    second = await sign_in(opened, "Ann Ulm", carrier=Carrier.BEARER)
    link = await link_for(opened, first.user)

    session = await accept(opened, link, ANOTHER)

    assert await find(opened, first) is None
    assert await find(opened, second) is None
    assert await find(opened, session)
    with pytest.raises(SignInFailed):
        await sign_in(opened, "Ann Ulm", PASSWORD)
    assert await sign_in(opened, "Ann Ulm", ANOTHER)


async def test_a_new_password_leaves_tokens_alone(opened: Deployment) -> None:
    """A forgotten password is no leaked token."""
    session = await arrive(opened)
    issued = await opened.token(session.user)

    await accept(opened, await link_for(opened, session.user), ANOTHER)

    assert await opened.is_active(issued)


async def test_a_link_for_somebody_disabled_opens_nothing(opened: Deployment) -> None:
    """Disabled wins over any credential (L22)."""
    user, secret = await opened.services.create_user(name="Ann", role=Role.USER, grant=Grant(), actor="test")
    await opened.services.disable_user(user.id, actor="administrator")

    with pytest.raises(NotFound):
        await accept(opened, secret)

    assert await opened.count("session") == 0


async def test_the_first_administrator_comes_by_a_link(opened: Deployment) -> None:
    """There is no default account and no default password (S50)."""
    assert await opened.count("users") == 0
    link = await opened.services.invitations.for_first_administrator()

    session = await accept(opened, link, name=" Root ")

    assert (session.user.name, session.user.role) == ("Root", Role.ADMINISTRATOR)
    assert session.user.grant == Grant(GrantKind.ALL)
    assert await opened.services.invitations.for_first_administrator() is None


async def test_a_fresh_link_replaces_the_one_before(opened: Deployment) -> None:
    """A restart prints a new one; the old one, perhaps in a log by now, is dead."""
    before = await opened.services.invitations.for_first_administrator()
    after = await opened.services.invitations.for_first_administrator()

    with pytest.raises(NotFound):
        await accept(opened, before)

    assert await accept(opened, after)


async def test_two_links_at_once_make_one_administrator(opened: Deployment) -> None:
    """Two replicas may print a link each at the same moment: only one of them is honoured."""
    links = []
    for _ in range(2):
        async with opened.storage.transaction() as tx:
            links.append(
                await opened.services.invitations.invite(
                    tx, InvitationPurpose.FIRST_ADMINISTRATOR, user_id=None
                )
            )

    outcomes = await asyncio.gather(
        *(accept(opened, link, name=f"admin {n}") for n, link in enumerate(links)), return_exceptions=True
    )

    assert await opened.count("users", "role = 'administrator'") == 1
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NotFound", "OpenedSession"]


async def test_the_link_is_dead_once_there_is_an_administrator(opened: Deployment) -> None:
    """Checked where it is used up, not only where it is made (threats 28); also when that one is disabled."""
    async with opened.storage.transaction() as tx:
        spare = await opened.services.invitations.invite(
            tx, InvitationPurpose.FIRST_ADMINISTRATOR, user_id=None
        )
    root = await opened.user(name="root", role=Role.ADMINISTRATOR)
    await opened.user(name="other", role=Role.ADMINISTRATOR)
    await opened.services.disable_user(root.id, actor="test")

    with pytest.raises(NotFound):
        await accept(opened, spare)

    assert await opened.count("users") == 2


@pytest.mark.parametrize("name", ["", "  ", "x" * 65, "a\nb", "a\x00b"])
async def test_the_first_administrators_name_is_judged_like_any_other(opened: Deployment, name: str) -> None:
    """The link stays good."""
    link = await opened.services.invitations.for_first_administrator()

    with pytest.raises(Faulty) as refusal:
        await accept(opened, link, name=name)

    assert [fault.where for fault in refusal.value.faults] == ["name"]
    assert (await accept(opened, link)).user.name == "admin"


async def test_a_name_is_taken_once_whatever_its_case(opened: Deployment) -> None:
    """Also by ten administrators at the same moment."""
    outcomes = await asyncio.gather(
        *(opened.user(name=name) for name in ("Straße", "STRASSE", "strasse", "straße") * 2),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, AlreadyExists) for outcome in outcomes) == 7
    assert await opened.count("users") == 1
    assert await opened.count("invitation") == 1


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "a\tb"}, "name"),
        ({"grant": Grant(GrantKind.LISTED, ("nothing:such",))}, "scopes[0]"),
        ({"grant": Grant(GrantKind.LISTED, ())}, "scopes"),
    ],
)
async def test_a_person_who_cannot_be_is_refused(
    opened: Deployment, members: dict[str, object], where: str
) -> None:
    """Nothing is left of them, no link either."""
    defaults = {"name": "Ann", "role": Role.USER, "grant": Grant(), "actor": "test"}

    with pytest.raises(Refused) as refusal:
        await opened.services.create_user(**defaults | members)

    assert [fault.where for fault in refusal.value.faults] == [where]
    assert await opened.count("users") == await opened.count("invitation") == 0
