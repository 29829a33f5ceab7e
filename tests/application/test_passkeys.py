"""Passkeys: whose answer counts, for what, how long, and once."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from service.application.challenges import Challenges
from service.application.passkeys import Passkeys
from service.domain.errors import AlreadyExists, Faulty, SignInFailed
from service.domain.principal import SignedIn
from service.domain.second_factor import Proof
from service.domain.secret import Secret
from service.domain.session import Carrier
from tests.application.authenticator import Authenticator
from tests.application.deployment import Deployment
from tests.application.people import PASSWORD, arrive, find, from_afar

SIGN_IN = "ticket:one"


@dataclass
class Holder:
    """Somebody with a passkey."""

    on: Deployment
    who: SignedIn
    key: Authenticator

    async def options(self, binding: str = SIGN_IN) -> str:
        ways = await self.on.services.second_factors.prove.ways(self.who.user.id, binding=binding)
        return ways.passkey

    async def sign_in(self, answer: Secret, binding: str = SIGN_IN) -> object:
        return await self.on.services.sessions.sign_in(
            self.who.user.name,
            Secret(PASSWORD),
            carrier=Carrier.COOKIE,
            origin=from_afar(),
            proof=Proof(passkey=answer, binding=binding),
        )

    async def confirm(self, answer: Secret) -> object:
        proof = Proof(passkey=answer, binding=self.who.session.id)
        return await self.on.services.sessions.confirm(self.who, None, proof=proof)

    async def is_refused(self, answer: Secret, binding: str = SIGN_IN) -> bool:
        try:
            await self.sign_in(answer, binding)
        except SignInFailed:
            return True
        return False


async def holder(on: Deployment, name: str = "Ann Ulm", key: Authenticator | None = None) -> Holder:
    who, key = await find(on, await arrive(on, name)), key or Authenticator()
    add = on.services.second_factors.add
    await add.add_passkey(who, key.create(await add.passkey_options(who)), name="laptop")
    return Holder(on, who, key)


async def test_a_passkey_opens_beside_the_password(opened: Deployment) -> None:
    """Each answer to its own challenge; the count that was seen is kept."""
    ann = await holder(opened)

    for _ in range(2):
        assert await ann.sign_in(ann.key.get(await ann.options()))

    [factor] = (await opened.services.second_factors.own(ann.who.user.id)).factors
    assert (factor.counter, factor.kind) == (2, "passkey")
    assert factor.last_used_at is not None


async def test_an_answer_counts_once_and_where_it_was_asked_for(opened: Deployment) -> None:
    """Not a second time, not at another sign-in, not in another session, not after five minutes."""
    ann = await holder(opened)
    used = ann.key.get(await ann.options())
    await ann.sign_in(used)
    elsewhere = ann.key.get(await ann.options("ticket:two"))
    confirming = ann.key.get(await ann.options(ann.who.session.id))
    late = ann.key.get(await ann.options())

    assert await ann.is_refused(used)
    assert await ann.is_refused(elsewhere)
    assert await ann.is_refused(confirming)
    opened.clock.advance(300)
    assert await ann.is_refused(late)


FORGED: dict[str, Callable[[Authenticator], None]] = {
    "another origin": lambda key: setattr(key, "origin", "https://tokens.example.evil.example"),
    "another port": lambda key: setattr(key, "origin", "https://tokens.example:8443"),
    "another host": lambda key: setattr(key, "rp_id", "evil.example"),
    "another key": lambda key: setattr(key, "key", ec.generate_private_key(ec.SECP256R1())),
    "another passkey": lambda key: setattr(key, "credential_id", b"unknown"),
    "a count that stands still": lambda key: setattr(key, "count", 4),
    "a count that goes back": lambda key: setattr(key, "count", 1),
}


@pytest.mark.parametrize("why", FORGED)
async def test_an_answer_of_anything_else_opens_nothing(opened: Deployment, why: str) -> None:
    """Origin and host are those of the public address; a copied key shows by its count (WebAuthn section 7.2)."""
    ann = await holder(opened)
    ann.key.count = 4
    await ann.sign_in(ann.key.get(await ann.options()))
    FORGED[why](ann.key)

    assert await ann.is_refused(ann.key.get(await ann.options()))


@pytest.mark.parametrize(
    "answer", ["", "null", "[]", "{}", '{"id": 1}', "[" * 9_000, "{" * 20_000, '{"id":"a","rawId":"a"}', "é"]
)
async def test_whatever_a_browser_sends_is_judged_and_breaks_nothing(opened: Deployment, answer: str) -> None:
    """Hostile bytes are a wrong factor, never an error of ours (R42)."""
    ann = await holder(opened)
    add = opened.services.second_factors.add

    assert await ann.is_refused(Secret(answer))
    with pytest.raises(Faulty):
        await add.add_passkey(ann.who, Secret(answer), name="x")


async def test_a_passkey_confirms_alone_if_it_knew_its_user(opened: Deployment) -> None:
    """Finger or PIN stand for the password, a bare touch does not (§4a). The session gets a new secret (R48)."""
    ann = await holder(opened)
    opened.clock.advance(400)
    ann.key.verified = False
    with pytest.raises(SignInFailed):
        await ann.confirm(ann.key.get(await ann.options(ann.who.session.id)))
    ann.key.verified = True

    confirmed = await ann.confirm(ann.key.get(await ann.options(ann.who.session.id)))

    who = await find(opened, confirmed)
    assert who.confirmed_within(300)
    assert who.session.secret_hash != ann.who.session.secret_hash
    assert (await opened.audit(ann.who.actor))[-1] == "session.confirmed"


async def test_of_many_confirmations_by_one_answer_one_counts(opened: Deployment) -> None:
    """Its challenge is used up in the transaction that confirms."""
    ann = await holder(opened)
    ann.key.count = -1  # an authenticator that does not count: 0 each time
    answer = ann.key.get(await ann.options(ann.who.session.id))

    ends = await asyncio.gather(*(ann.confirm(answer) for _ in range(4)), return_exceptions=True)

    assert sum(not isinstance(end, Exception) for end in ends) == 1


async def test_what_a_session_is_asked_to_confirm_makes_no_passkey(opened: Deployment) -> None:
    """Who stole a session sees the question, and its challenge; a new passkey needs the one behind the confirmation."""
    ann = await holder(opened)
    other = Authenticator(credential_id=b"of a thief")

    with pytest.raises(Faulty):
        await opened.services.second_factors.add.add_passkey(
            ann.who, other.create(await ann.options(ann.who.session.id)), name="x"
        )


async def test_making_one_is_answered_once_in_its_own_session(opened: Deployment) -> None:
    """Neither twice, nor by another session of the same person; and one passkey is one account's (WebAuthn 7.1)."""
    ann = await holder(opened)
    add = opened.services.second_factors.add
    options = await add.passkey_options(ann.who)
    other = Authenticator(credential_id=b"second")
    await add.add_passkey(ann.who, other.create(options), name="second")
    stranger = await find(opened, await arrive(opened, "Ben Ohm"))

    for who in (ann.who, stranger):
        with pytest.raises(Faulty):
            await add.add_passkey(who, other.create(options), name="x")
    with pytest.raises(AlreadyExists):
        await add.add_passkey(stranger, other.create(await add.passkey_options(stranger)), name="mine")


async def test_passkeys_of_another_account_open_nothing(opened: Deployment) -> None:
    """Ben's key signs Ann's challenge: it is no key of Ann's."""
    ann = await holder(opened)
    ben = await holder(opened, "Ben Ohm", Authenticator(credential_id=b"ben"))

    assert await ann.is_refused(ben.key.get(await ann.options()))


@pytest.mark.parametrize(
    ("issuer", "possible"),
    [
        ("https://tokens.example", True),
        ("http://localhost:8080", True),
        ("https://192.0.2.1", False),
        ("https://[2001:db8::1]:8443", False),
    ],
)
def test_passkeys_are_offered_where_browsers_make_them(issuer: str, possible: bool) -> None:
    """For a name, not for an IP address (WebAuthn section 5.1.2)."""
    challenges = Challenges(b"k" * 32, randomness=bytes)

    assert Passkeys(issuer, challenges).possible is possible


def test_a_challenge_is_its_key_s_and_its_binding_s() -> None:
    """Another replica with the same key takes it, another key does not; not one bit may differ."""
    challenges = Challenges(b"k" * 32, randomness=bytes)
    challenge = challenges.make("session", 1_000)
    flipped = [
        bytes([*challenge[:at], challenge[at] ^ 1, *challenge[at + 1 :]]) for at in range(len(challenge))
    ]

    assert challenges.expiry(challenge, "session", 1_299) == 1_300
    assert challenges.expiry(challenge, "session", 1_300) is None
    assert challenges.expiry(challenge, "other", 1_000) is None
    assert Challenges(b"x" * 32, randomness=bytes).expiry(challenge, "session", 1_000) is None
    assert {challenges.expiry(each, "session", 1_000) for each in flipped} == {None}
