"""Second factors: what opens an account beside its password, how often, and how to live without."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pyotp
import pytest

from keys import MasterKeys, VerifyOnly
from keys.sealing import MasterKey
from service.application.attempts import Origin
from service.domain.errors import Busy, Faulty, LimitReached, NotAllowed, NotFound, NotSignedIn, SignInFailed
from service.domain.factor_errors import SecondFactorNeeded
from service.domain.second_factor import MOST_FACTORS, NO_PROOF, STEP, Proof, totp_step
from service.domain.secret import Secret
from service.domain.session import Carrier
from tests.application.deployment import Deployment
from tests.application.factors import Protected, protected, recovery, totp
from tests.application.people import ANOTHER, PASSWORD, arrive, find, from_afar, link_for, sign_in

HOME = Origin(address="198.51.100.1")


async def outcome(work: Awaitable[object]) -> str:
    """How an attempt ends, in a word."""
    try:
        await work
    except (SignInFailed, SecondFactorNeeded, Busy) as refused:
        return refused.code
    return "in"


async def test_a_password_alone_opens_nothing_any_more(opened: Deployment) -> None:
    """Once a second factor is set, the right password answers with what else is asked for, and a code opens (§4a)."""
    ann = await protected(opened)

    with pytest.raises(SecondFactorNeeded) as needed:
        await ann.sign_in()
    session = await ann.sign_in(ann.fresh())

    assert needed.value.kinds == ("totp", "recovery_code")
    assert (await find(opened, session)).has_second_factor
    assert (await opened.audit(ann.who.actor))[-1] == "session.opened"


PATHS: dict[str, Callable[[Protected, Proof], Awaitable[object]]] = {
    "sign in": lambda ann, proof: ann.sign_in(proof),
    "confirm": lambda ann, proof: ann.on.services.sessions.confirm(
        ann.who, Secret(PASSWORD), origin=from_afar(), proof=proof
    ),
    "change password": lambda ann, proof: ann.on.services.own_account.change_password(
        ann.who, Secret(PASSWORD), Secret(ANOTHER), origin=from_afar(), proof=proof
    ),
}


@pytest.mark.parametrize("path", PATHS)
async def test_every_path_that_takes_a_password_takes_the_second_factor(
    opened: Deployment, path: str
) -> None:
    """Without one: told that it is needed; with a wrong one: refused; with a right one: through (§4a)."""
    ann, ask = await protected(opened), PATHS[path]

    without = await outcome(ask(ann, NO_PROOF))
    wrong = await outcome(ask(ann, totp("000000")))
    right = await outcome(ask(ann, ann.fresh()))

    assert (without, wrong, right) == ("second_factor_needed", "sign_in_failed", "in")


async def test_a_reset_link_replaces_the_password_and_not_the_second_factor(opened: Deployment) -> None:
    """Whoever reads somebody's mail gets no session by it; the link stays good until the factor is shown."""
    ann = await protected(opened)
    link = await link_for(opened, ann.who.user)

    def follow(proof: Proof) -> Awaitable[object]:
        return opened.services.invitations.accept(
            link, Secret(ANOTHER), name=None, carrier=Carrier.COOKIE, origin=from_afar(), proof=proof
        )

    without, wrong = await outcome(follow(NO_PROOF)), await outcome(follow(totp("000000")))
    old_password = await outcome(ann.sign_in())
    right = await outcome(follow(ann.fresh()))

    assert (without, wrong, old_password, right) == (
        "second_factor_needed",
        "sign_in_failed",
        "second_factor_needed",
        "in",
    )
    with pytest.raises(SecondFactorNeeded):
        await ann.sign_in(password=ANOTHER)


async def test_a_dead_link_tells_nothing_of_second_factors(opened: Deployment) -> None:
    """Who finds a used link learns not even that its owner has one, and burdens no count of theirs."""
    ann = await protected(opened)
    link = await link_for(opened, ann.who.user)
    accept = opened.services.invitations.accept
    await accept(link, Secret(ANOTHER), name=None, carrier=Carrier.COOKIE, proof=ann.fresh())
    counts = await opened.count("sign_in_count")

    with pytest.raises(NotFound):
        await accept(link, Secret(PASSWORD), name=None, carrier=Carrier.COOKIE)

    assert await opened.count("sign_in_count") == counts


@pytest.mark.parametrize("steps", range(-3, 4))
def test_a_code_holds_for_its_step_and_those_beside_it(steps: int) -> None:
    """Clocks differ by half a minute, and no more is allowed (RFC 6238 section 5.2); each code is known by its step."""
    secret, step = Secret("JBSWY3DPEHPK3PXP" * 2), 60_000_000
    code = pyotp.TOTP(secret.reveal()).at((step + steps) * STEP)

    judged = {totp_step(secret, code, moment) for moment in (step * STEP, step * STEP + STEP - 1)}

    assert judged == {step + steps if abs(steps) <= 1 else None}


async def test_a_code_opens_once(opened: Deployment) -> None:
    """Neither the code that was read over a shoulder nor one from before it opens again (RFC 6238 section 5.2)."""
    ann = await protected(opened)
    opened.clock.advance(10 * STEP)
    earlier, present, later = ann.code(-1), ann.code(), ann.code(1)

    ends = [await outcome(ann.sign_in(totp(code))) for code in (present, present, earlier, later)]

    assert ends == ["in", "sign_in_failed", "sign_in_failed", "in"]


async def test_the_code_that_set_it_up_is_used(opened: Deployment) -> None:
    """What was typed on the page of the set-up opens no session."""
    ann = await protected(opened)

    assert await outcome(ann.sign_in(totp(ann.first_code))) == "sign_in_failed"


async def test_of_many_at_once_with_one_code_one_comes_in(opened: Deployment) -> None:
    """The step, the code, is used up in the transaction that opens the session, at whichever replica."""
    ann = await protected(opened)
    for proof in (ann.fresh(), recovery(ann.codes[0])):
        async with opened.replicas() as pair:
            attempts = [
                pair[number % 2].sessions.sign_in(
                    ann.name, Secret(PASSWORD), carrier=Carrier.BEARER, origin=from_afar(), proof=proof
                )
                for number in range(6)
            ]
            ends = await asyncio.gather(*map(outcome, attempts))

        assert sorted(ends) == ["in", *["sign_in_failed"] * 5]


async def test_a_recovery_code_opens_once_however_it_is_typed(opened: Deployment) -> None:
    """Upper case, spaces, no dashes: it is a person who copies it from paper. Afterwards nine are left."""
    ann = await protected(opened)
    typed = ann.codes[3].upper().replace("-", " ")

    first = await outcome(ann.sign_in(recovery(typed)))
    second = await outcome(ann.sign_in(recovery(ann.codes[3])))

    assert (first, second) == ("in", "sign_in_failed")
    assert (await opened.services.second_factors.own(ann.who.user.id)).codes_left == 9


async def test_recovery_codes_are_ten_long_and_nobodys_else(opened: Deployment) -> None:
    """80 random bits each; what opens one account opens no other."""
    ann, ben = await protected(opened), await protected(opened, "Ben Ohm")

    assert len({*ann.codes, *ben.codes}) == 20
    assert all(re.fullmatch(r"([a-z2-7]{4}-){3}[a-z2-7]{4}", code) for code in ann.codes)
    assert await outcome(ben.sign_in(recovery(ann.codes[0]))) == "sign_in_failed"


async def test_new_recovery_codes_void_the_old(opened: Deployment) -> None:
    """Who printed the list and lost it makes another."""
    ann = await protected(opened)

    fresh = await opened.services.second_factors.own.renew_codes(ann.who)

    assert await outcome(ann.sign_in(recovery(ann.codes[0]))) == "sign_in_failed"
    assert await outcome(ann.sign_in(recovery(fresh[0].reveal()))) == "in"


async def test_no_secret_of_a_factor_lies_open_in_the_database(opened: Deployment) -> None:
    """Secrets sealed like private keys, codes hashed; whose row is taken for another's opens nothing (threats)."""
    ann, ben = await protected(opened), await protected(opened, "Ben Ohm")

    dump = repr(await opened.dump())
    await opened.sql(
        "UPDATE second_factor SET sealed ="
        f" (SELECT sealed FROM second_factor WHERE id = '{ann.factor_id}') WHERE id = '{ben.factor_id}'"
    )

    assert ann.secret not in dump
    assert not [code for code in ann.codes if code in dump or code.replace("-", "") in dump]
    with pytest.raises(VerifyOnly):
        await ben.sign_in(ann.fresh())


async def test_without_the_master_key_nobody_comes_past_the_second_factor(opened: Deployment) -> None:
    """Fail closed: a process that cannot open the secret judges no code; who has no factor still comes in."""
    ann = await protected(opened)
    await arrive(opened, "Ben Ohm")
    prove = opened.services.second_factors.prove
    prove._masters = MasterKeys(MasterKey(b"k" * 32))

    with pytest.raises(VerifyOnly):
        await ann.sign_in(ann.fresh())

    assert await sign_in(opened, "Ben Ohm")


async def test_nobody_learns_which_of_the_two_was_wrong(opened: Deployment) -> None:
    """Unknown name, wrong password with a right code, right password with a wrong one: one answer, one hash (R46)."""
    ann = await protected(opened)
    sessions, told, hashes = opened.services.sessions, set(), []
    for name, password, proof in [
        ("nobody here", PASSWORD, totp("123456")),
        (ann.name, ANOTHER, ann.fresh()),
        (ann.name, PASSWORD, totp("000000")),
        (ann.name, PASSWORD, recovery("aaaa-aaaa-aaaa-aaaa")),
        (ann.name, PASSWORD, Proof(passkey=Secret("{}"), binding="x")),
    ]:
        before = opened.hasher.verified
        with pytest.raises(SignInFailed) as failed:
            await sessions.sign_in(
                name, Secret(password), carrier=Carrier.BEARER, origin=from_afar(), proof=proof
            )
        told.add((type(failed.value), str(failed.value)))
        hashes.append(opened.hasher.verified - before)

    assert len(told) == 1
    assert hashes == [1] * 5


async def test_guessing_codes_wears_out_like_guessing_passwords(opened: Deployment) -> None:
    """Who has the password and guesses the code waits after five; the owner at home comes in at once (R45, R47)."""
    ann = await protected(opened)
    home = opened.services.sessions.sign_in(
        ann.name, Secret(PASSWORD), carrier=Carrier.COOKIE, origin=HOME, proof=ann.fresh()
    )
    device = (await home).device
    thief = Origin(address="203.0.113.9")

    def attempt(origin: Origin, proof: Proof) -> Awaitable[object]:
        return opened.services.sessions.sign_in(
            ann.name, Secret(PASSWORD), carrier=Carrier.COOKIE, origin=origin, proof=proof
        )

    guesses = []
    for number in range(12):  # as fast as they are let; the next has to wait for two minutes
        opened.clock.advance(70)
        guesses.append(await outcome(attempt(thief, totp(f"{number:06}"))))
    guesses.append(await outcome(attempt(thief, ann.fresh())))
    owner = await outcome(attempt(Origin(address="198.51.100.7", device=device), ann.fresh()))

    assert guesses == ["sign_in_failed"] * 12 + ["too_many_requests"]
    assert owner == "in"


async def test_asking_for_the_second_factor_forgives_no_guess(opened: Deployment) -> None:
    """The right password between two guesses of the code does not begin the count anew; by itself it counts nothing."""
    ann = await protected(opened)

    def attempt(proof: Proof) -> Awaitable[object]:
        return opened.services.sessions.sign_in(
            ann.name, Secret(PASSWORD), carrier=Carrier.COOKIE, origin=HOME, proof=proof
        )

    asked, guesses = {await outcome(attempt(NO_PROOF)) for _ in range(8)}, []
    for number in range(12):
        opened.clock.advance(70)
        asked.add(await outcome(attempt(NO_PROOF)))
        guesses.append(await outcome(attempt(totp(f"{number:06}"))))

    assert asked == {"second_factor_needed"}
    assert guesses == ["sign_in_failed"] * 12
    assert await outcome(attempt(NO_PROOF)) == "too_many_requests"


async def test_a_ticket_stands_for_the_password_for_five_minutes(opened: Deployment) -> None:
    """The second page asks for the code alone; altered, late, or after the password changed a ticket is nothing."""
    ann = await protected(opened)
    sessions = opened.services.sessions

    async def ticket() -> Secret:
        with pytest.raises(SecondFactorNeeded) as needed:
            await ann.sign_in()
        return needed.value.ticket

    def finish(ticket: Secret, proof: Proof) -> Awaitable[object]:
        return sessions.finish(ticket, carrier=Carrier.COOKIE, origin=from_afar(), proof=proof)

    first, late, outlived = await ticket(), await ticket(), await ticket()
    forged = Secret(first.reveal()[:-1] + ("A" if first.reveal()[-1] != "A" else "E"))
    for nothing in (forged, Secret(""), Secret("é"), Secret("A" * 54)):
        with pytest.raises(NotSignedIn):
            await finish(nothing, ann.fresh())
    assert await outcome(finish(first, totp("000000"))) == "sign_in_failed"
    assert await outcome(finish(first, ann.fresh())) == "in"
    await opened.services.own_account.change_password(
        ann.who, Secret(PASSWORD), Secret(ANOTHER), origin=from_afar(), proof=ann.fresh()
    )
    with pytest.raises(NotSignedIn):
        await finish(outlived, ann.fresh())
    opened.clock.advance(300)
    with pytest.raises(NotSignedIn):
        await finish(late, ann.fresh())


async def test_what_was_begun_is_not_asked_for_before_its_first_code(opened: Deployment) -> None:
    """Whoever closes the page of the set-up has changed nothing; a wrong code changes nothing, nor a late one."""
    who = await find(opened, await arrive(opened))
    add = opened.services.second_factors.add
    begun = await add.begin_totp(who)

    with pytest.raises(Faulty):
        await add.confirm_totp(who, begun.id, name="phone", code="000000")
    assert await sign_in(opened, who.user.name)
    opened.clock.advance(901)
    with pytest.raises(NotFound):
        await add.confirm_totp(who, begun.id, name="phone", code="000000")
    await opened.opened.housekeeping.sweep()

    assert await opened.count("second_factor") == 0


async def test_factors_are_their_owners_alone(opened: Deployment) -> None:
    """Another account's factor is not there: not to name, not to remove, not to finish (S33)."""
    ann = await protected(opened)
    ben = await find(opened, await arrive(opened, "Ben Ohm"))
    begun = await opened.services.second_factors.add.begin_totp(ann.who)
    own = opened.services.second_factors.own

    for attempt in (
        own.remove(ben, ann.factor_id),
        own.rename(ben, ann.factor_id, "mine"),
        own.renew_codes(ben),
        opened.services.second_factors.add.confirm_totp(ben, begun.id, name="x", code=ann.code()),
        opened.services.second_factors.add.begun_totp(ben, begun.id),
    ):
        with pytest.raises(NotFound):
            await attempt

    assert [factor.name for factor in (await own(ann.who.user.id)).factors] == ["phone"]


async def test_with_the_last_factor_its_codes_go(opened: Deployment) -> None:
    """Codes stand for a factor; without one the password is enough again, and an old code is nothing."""
    ann = await protected(opened)

    await opened.services.second_factors.own.remove(ann.who, ann.factor_id)

    assert await ann.sign_in()
    assert await opened.count("recovery_code") == 0


async def test_a_second_app_leaves_the_codes_as_they_are(opened: Deployment) -> None:
    """Codes come with the first factor; each app opens by its own code."""
    ann = await protected(opened)
    add = opened.services.second_factors.add
    begun = await add.begin_totp(ann.who)
    second = replace(ann, secret=begun.secret.reveal())

    added = await add.confirm_totp(ann.who, begun.id, name="tablet", code=second.code())

    assert added.codes == []
    assert [await outcome(ann.sign_in(each.fresh())) for each in (ann, second)] == ["in", "in"]
    assert await outcome(ann.sign_in(recovery(ann.codes[0]))) == "in"


async def test_an_account_has_so_many_factors_and_no_more(opened: Deployment) -> None:
    """Nobody fills the database with them, and each costs a comparison."""
    ann = await protected(opened)
    add = opened.services.second_factors.add
    for number in range(MOST_FACTORS - 1):
        begun = await add.begin_totp(ann.who)
        code = replace(ann, secret=begun.secret.reveal()).code()
        await add.confirm_totp(ann.who, begun.id, name=f"phone {number}", code=code)

    with pytest.raises(LimitReached):
        await add.begin_totp(ann.who)


async def test_where_the_policy_turns_them_off_none_is_added_and_those_set_are_asked_for(
    opened: Deployment,
) -> None:
    """A policy weakens no account that its owner protected."""
    ann = await protected(opened)
    catalogue = opened.services.current.catalogue
    off = replace(catalogue, policy=replace(catalogue.policy, second_factor="off"))
    await opened.services.apply_catalogue(off, actor="test")

    with pytest.raises(NotAllowed):
        await opened.services.second_factors.add.begin_totp(ann.who)

    assert await outcome(ann.sign_in()) == "second_factor_needed"


async def test_an_administrator_lets_somebody_in_who_lost_everything(opened: Deployment) -> None:
    """The password alone opens again; it is audited, and their pages say so, in sessions opened later as well."""
    ann = await protected(opened)

    removed = await opened.services.second_factors.reset(ann.who.user.id, actor="user:root")
    again = await opened.services.second_factors.reset(ann.who.user.id, actor="user:root")
    later = await find(opened, await ann.sign_in())

    assert (removed, again) == (1, 0)
    assert later.notice.action == "second_factors.reset"
    assert (await opened.audit(ann.who.actor)).count("second_factors.reset") == 2
    with pytest.raises(NotFound):
        await opened.services.second_factors.reset("0" * 32, actor="user:root")


async def test_the_other_sessions_of_the_owner_are_told(opened: Deployment) -> None:
    """A change of the protection shows in every session that was open, but the one that made it, until noted there."""
    arrived = await arrive(opened)
    who, elsewhere = await find(opened, arrived), await sign_in(opened, "Ann Ulm")
    add, own = opened.services.second_factors.add, opened.services.second_factors.own
    begun = await add.begin_totp(who)
    ann = Protected(opened, who, begun.id, begun.secret.reveal(), [])
    await add.confirm_totp(who, begun.id, name="phone", code=ann.code())

    told = (await find(opened, elsewhere)).notice
    here = (await find(opened, arrived)).notice
    await own.noticed(await find(opened, elsewhere))
    noted = (await find(opened, elsewhere)).notice
    opened.clock.advance(STEP)
    await own.remove(who, begun.id)
    after = (await find(opened, elsewhere)).notice

    assert (told.action, here, noted) == ("second_factor.added", None, None)
    assert after.action == "second_factor.removed"


async def test_every_change_of_a_factor_is_audited(opened: Deployment) -> None:
    """Who did what to which factor, and how a session was opened; nothing secret in it (R15, R56)."""
    ann = await protected(opened)
    own = opened.services.second_factors.own
    await own.rename(ann.who, ann.factor_id, "old phone")
    await own.renew_codes(ann.who)
    await ann.sign_in(ann.fresh())
    await own.remove(ann.who, ann.factor_id)

    rows = await opened.sql("SELECT action, detail FROM audit ORDER BY sequence")
    trail = [(action, detail) for action, detail in rows if "factor" in action + detail or "codes" in action]

    assert [action for action, _ in trail] == [
        "second_factor.added",
        "second_factor.renamed",
        "recovery_codes.renewed",
        "session.opened",
        "second_factor.removed",
    ]
    assert '"second_factor":"totp"' in trail[3][1]
