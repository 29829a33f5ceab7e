"""Sessions: who is signed in, how long, and what ends it."""

import asyncio

import pytest

from service.domain.errors import NotSignedIn, SignInFailed
from service.domain.secret import Secret
from service.domain.session import Carrier
from service.domain.user import Grant, Role
from tests.application.deployment import Deployment
from tests.application.people import ANOTHER, PASSWORD, arrive, find, from_afar, sign_in

MINUTE, HOUR = 60, 3_600


async def test_signing_in_opens_a_session_of_that_person(opened: Deployment) -> None:
    """The secret is shown once; the database keeps its hash."""
    arrived = await arrive(opened)

    session = await sign_in(opened, "Ann Ulm")

    found = await find(opened, session)
    assert (found.user.id, found.session.id) == (arrived.user.id, session.session.id)
    assert session.secret.reveal() not in repr(await opened.dump())
    assert (await opened.audit(found.actor))[-1] == "session.opened"


async def test_names_are_compared_without_case(opened: Deployment) -> None:
    """Nobody remembers how they spelled it; nobody gets a second account that looks the same."""
    await arrive(opened, "Ann Ulm")

    assert (await sign_in(opened, "aNN ulm")).user.name == "Ann Ulm"


@pytest.mark.parametrize("why", ["unknown", "wrong", "disabled", "invited", "empty", "half character"])
async def test_every_failure_looks_alike_and_costs_one_hash(opened: Deployment, why: str) -> None:
    """R46: unknown name, wrong password, disabled, not yet accepted."""
    arrived = await arrive(opened)
    await opened.user(name="invited")
    name, password = "Ann Ulm", "wrong " + PASSWORD
    match why:
        case "unknown":
            name = "nobody here"
        case "disabled":
            await opened.services.disable_user(arrived.user.id, actor="administrator")
            password = PASSWORD
        case "invited":
            name = "invited"
        case "empty":
            password = ""
        case "half character":
            password = PASSWORD + "\ud800"
    verified = opened.hasher.verified

    with pytest.raises(SignInFailed) as failure:
        await sign_in(opened, name, password)

    assert str(failure.value) == "name or password is wrong"
    assert type(failure.value) is SignInFailed
    assert opened.hasher.verified == verified + 1
    assert (await opened.audit("sign-in"))[-1] == "session.refused"


async def test_a_password_is_checked_whole_and_in_one_form(opened: Deployment) -> None:
    """S45 and NFKC: the 200th character counts; the keyboard's way to write é does not."""
    _, secret = await _invite(opened, "Zoë")
    long = "é" * 3 + " copper mango violin tundra " + "x" * 150
    await _accept(opened, secret, long + "1")

    with pytest.raises(SignInFailed):
        await sign_in(opened, "Zoë", long + "2")

    assert await sign_in(opened, "Zoë", "e\u0301" * 3 + long[3:] + "1")


async def test_a_session_is_found_in_its_own_carrier_alone(opened: Deployment) -> None:
    """A cookie's secret in a header is nobody, and so the other way round."""
    cookie = await arrive(opened)
    bearer = await sign_in(opened, "Ann Ulm", carrier=Carrier.BEARER)

    assert await find(opened, cookie)
    assert await find(opened, bearer)
    assert await find(opened, cookie, Carrier.BEARER) is None
    assert await find(opened, bearer, Carrier.COOKIE) is None
    assert await opened.services.sessions.find(Secret("guess"), Carrier.COOKIE) is None


async def test_a_cookie_session_ends_after_thirty_idle_minutes(opened: Deployment) -> None:
    """R49: used, it goes on; left alone, it ends."""
    session = await arrive(opened)
    for _ in range(5):
        opened.clock.advance(29 * MINUTE)
        assert await find(opened, session)

    opened.clock.advance(31 * MINUTE)

    assert await find(opened, session) is None


async def test_a_cookie_session_ends_after_twelve_hours_however_busy(opened: Deployment) -> None:
    """R49: the absolute limit."""
    session = await arrive(opened)
    for _ in range(24):
        opened.clock.advance(29 * MINUTE)
        assert await find(opened, session)

    opened.clock.advance(25 * MINUTE)

    assert await find(opened, session) is None


async def test_a_bearer_session_lives_an_hour_used_or_not(opened: Deployment) -> None:
    """Short-lived, because scripts keep it in files; idling for half an hour does not end it."""
    await arrive(opened)
    session = await sign_in(opened, "Ann Ulm", carrier=Carrier.BEARER)

    opened.clock.advance(HOUR - 10)
    assert await find(opened, session)
    opened.clock.advance(20)

    assert await find(opened, session) is None


async def test_looking_often_writes_once_a_minute(opened: Deployment) -> None:
    """The last use is noted for the idle limit, not on every request."""
    session = await arrive(opened)
    seen = [await opened.sql("SELECT seen_at FROM session")]

    for seconds in (20, 20, 30):
        opened.clock.advance(seconds)
        await find(opened, session)
        seen.append(await opened.sql("SELECT seen_at FROM session"))

    assert seen[0] == seen[1] == seen[2] != seen[3]


async def test_signing_out_ends_the_session_on_the_server(opened: Deployment) -> None:
    """R48: a copied cookie is worth nothing afterwards; other sessions go on."""
    session = await arrive(opened)
    other = await sign_in(opened, "Ann Ulm")

    await opened.services.sessions.sign_out(await find(opened, session))

    assert await find(opened, session) is None
    assert await find(opened, other)


async def test_confirming_gives_the_session_a_new_secret(opened: Deployment) -> None:
    """R48: the old secret is dead, the session and its absolute end stay."""
    session = await arrive(opened)
    opened.clock.advance(10 * MINUTE)
    who = await find(opened, session)
    assert not who.confirmed_within(300)

    confirmed = await opened.services.sessions.confirm(who, Secret(PASSWORD), origin=from_afar())

    assert await find(opened, session) is None
    now = await find(opened, confirmed)
    assert now.session.id == who.session.id
    assert now.session.expires_at == who.session.expires_at
    assert now.confirmed_within(300)


async def test_a_wrong_password_confirms_nothing(opened: Deployment) -> None:
    """And ends nothing."""
    session = await arrive(opened)
    opened.clock.advance(10 * MINUTE)
    who = await find(opened, session)

    with pytest.raises(SignInFailed):
        await opened.services.sessions.confirm(who, Secret(ANOTHER), origin=from_afar())

    assert not (await find(opened, session)).confirmed_within(300)


async def test_a_session_that_ended_meanwhile_is_not_confirmed(opened: Deployment) -> None:
    """No secret is handed out that opens nothing, and no confirmation is audited that was none."""
    session = await arrive(opened)
    who = await find(opened, session)
    await opened.services.sessions.sign_out(who)

    with pytest.raises(NotSignedIn):
        await opened.services.sessions.confirm(who, Secret(PASSWORD), origin=from_afar())

    assert "session.confirmed" not in await opened.audit()


async def test_of_two_confirmations_at_once_one_secret_lives(opened: Deployment) -> None:
    """Both hold the same old secret: the second is told, instead of getting a secret that is dead by then."""
    session = await arrive(opened)
    who = await find(opened, session)

    outcomes = await asyncio.gather(
        *(opened.services.sessions.confirm(who, Secret(PASSWORD), origin=from_afar()) for _ in range(2)),
        return_exceptions=True,
    )

    won = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == [NotSignedIn]
    assert await find(opened, won[0])


async def test_a_confirmation_grows_old(opened: Deployment) -> None:
    """By the database's clock; a fresh session counts as confirmed."""
    session = await arrive(opened)
    assert (await find(opened, session)).confirmed_within(300)

    opened.clock.advance(305)

    assert not (await find(opened, session)).confirmed_within(300)


async def test_a_confirmation_for_every_change_is_good_for_one(opened: Deployment) -> None:
    """Virtuozzo's rule: of ten changes at once exactly one goes through."""
    session = await arrive(opened)
    who = await find(opened, session)

    used = await asyncio.gather(*(opened.services.sessions.use_confirmation(who, 300) for _ in range(10)))

    assert sum(used) == 1
    assert not (await find(opened, session)).confirmed_within(300)
    assert await find(opened, session)


async def test_disabling_a_person_ends_every_session_of_theirs(opened: Deployment) -> None:
    """R17: at once, cookie and bearer, and nothing opens another one."""
    cookie = await arrive(opened)
    bearer = await sign_in(opened, "Ann Ulm", carrier=Carrier.BEARER)
    other = await arrive(opened, "Bea")

    await opened.services.disable_user(cookie.user.id, actor="administrator")

    assert await find(opened, cookie) is None
    assert await find(opened, bearer) is None
    assert await find(opened, other)
    assert await opened.count("session", f"user_id = '{cookie.user.id}' AND ended_at IS NULL") == 0
    with pytest.raises(SignInFailed):
        await sign_in(opened, "Ann Ulm")


async def test_no_session_opens_behind_a_closing_door(opened: Deployment) -> None:
    """Disable and sign-in at once, either order: afterwards no session of theirs is live."""
    for turn in range(8):
        arrived = await arrive(opened, f"person {turn}")
        acts = [
            sign_in(opened, f"person {turn}"),
            opened.services.disable_user(arrived.user.id, actor="administrator"),
        ]
        await asyncio.gather(*acts[:: 1 if turn % 2 else -1], return_exceptions=True)

    assert await opened.count("session", "ended_at IS NULL") == 0


async def test_a_session_of_a_person_disabled_by_other_means_is_dead(opened: Deployment) -> None:
    """The look-up joins the person: disabled wins over any credential (L22)."""
    session = await arrive(opened)

    await opened.sql("UPDATE users SET disabled_at = 1")

    assert await find(opened, session) is None


async def _invite(on: Deployment, name: str) -> tuple[object, Secret]:
    return await on.services.create_user(name=name, role=Role.USER, grant=Grant(), actor="test")


async def _accept(on: Deployment, secret: Secret, password: str) -> object:
    return await on.services.invitations.accept(
        secret, Secret(password), name=None, carrier=Carrier.COOKIE, origin=from_afar()
    )
