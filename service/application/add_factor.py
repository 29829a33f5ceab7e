"""Set up a second factor: an authenticator app or a passkey."""

from dataclasses import dataclass, replace
from typing import Final

from keys import MasterKeys
from service.application.challenges import challenge_hash
from service.application.current import Current
from service.application.factor_changes import accepted_name, new_codes, tell, wrong_code
from service.application.passkeys import PasskeyRefused, Passkeys
from service.application.ports import Storage, Transaction
from service.application.prove_factor import ProveFactor, sealing_row
from service.domain.errors import AlreadyExists, CannotSign, Fault, Faulty, LimitReached, NotAllowed, NotFound
from service.domain.identifiers import Randomness, new_id
from service.domain.principal import SignedIn
from service.domain.second_factor import (
    MOST_FACTORS,
    Factor,
    FactorKind,
    new_totp_secret,
    totp_step,
    totp_uri,
)
from service.domain.secret import Secret

SET_UP_WITHIN: Final = 900
"""Seconds from a TOTP's secret to its first code."""


@dataclass(frozen=True, slots=True)
class NewTotp:
    """A TOTP that is being set up: its secret, and the same as an address for authenticator apps. Shown once."""

    id: str
    secret: Secret
    uri: Secret


@dataclass(frozen=True, slots=True)
class AddedFactor:
    """`codes` are new ones where this is the account's first factor, to be shown once."""

    factor: Factor
    codes: list[Secret]


class AddFactor:
    """`issuer_name` is what authenticator apps show."""

    def __init__(
        self,
        storage: Storage,
        current: Current,
        masters: MasterKeys | None,
        passkeys: Passkeys,
        prove: ProveFactor,
        *,
        randomness: Randomness,
        issuer_name: str,
    ) -> None:
        self._storage = storage
        self._current = current
        self._masters = masters
        self._passkeys = passkeys
        self._prove = prove
        self._randomness = randomness
        self._issuer_name = issuer_name

    @property
    def passkeys_possible(self) -> bool:
        """Whether browsers make passkeys for this address."""
        return self._passkeys.possible

    async def begin_totp(self, who: SignedIn) -> NewTotp:
        """A secret for an authenticator app; it is asked for once its first code was given. An earlier one that was
        not confirmed is void.

        Raises:
            NotAllowed: the policy wants no second factors.
            LimitReached: so many are enough.
            CannotSign: there is no master key to seal it under, or it is not the one of this database.
        """
        self._current.require_signers()
        if self._masters is None:
            raise CannotSign("there is no master key under which its secret could be kept")
        secret, factor_id = new_totp_secret(self._randomness), new_id(self._randomness)
        sealed = self._masters.seal(
            secret.reveal().encode(), sealing_row(factor_id, who.user.id), randomness=self._randomness
        )
        async with self._storage.transaction() as tx:
            await self._room(tx, who)
            await tx.second_factors.drop_unconfirmed(who.user.id)
            factor = Factor(
                id=factor_id,
                user_id=who.user.id,
                kind=FactorKind.TOTP,
                name="",
                created_at=await tx.now(),
                sealed=sealed,
            )
            await tx.second_factors.add(factor)
        return self._shown(who, factor_id, secret)

    async def begun_totp(self, who: SignedIn, factor_id: str) -> NewTotp:
        """The same once more, for whoever mistyped. Raises NotFound."""
        async with self._storage.reading() as read:
            factor = await _unconfirmed(read, factor_id, who)
        return self._shown(who, factor_id, self._prove.opened(factor))

    async def confirm_totp(self, who: SignedIn, factor_id: str, *, name: str, code: str) -> AddedFactor:
        """Ask for it from now on: the code shows that the app has the secret.

        Raises:
            NotFound: nothing was begun, or too long ago.
            Faulty: a code that does not fit, or a name that cannot be.
        """
        name = accepted_name(name)
        async with self._storage.transaction() as tx:
            await tx.users.lock(who.user.id)
            factor, now = await _unconfirmed(tx, factor_id, who), await tx.now()
            step = totp_step(self._prove.opened(factor), code, now)
            if step is None:
                raise wrong_code()
            await tx.second_factors.confirm(factor.id, name=name, counter=step, now=now)
            confirmed = replace(factor, name=name, counter=step, confirmed_at=now)
            return await self._added(tx, who, confirmed)

    async def passkey_options(self, who: SignedIn) -> str:
        """What a browser is asked for to make a passkey; empty where it cannot. Its answer counts in this session."""
        if not self._passkeys.possible:
            return ""
        async with self._storage.reading() as read:
            known, now = await read.second_factors.of_user(who.user.id), await read.now()
        return self._passkeys.creation_options(who.user, known, binding=_binding(who), now=now)

    async def add_passkey(self, who: SignedIn, answer: Secret, *, name: str) -> AddedFactor:
        """Keep what the browser made.

        Raises:
            Faulty: not what was asked for, or answered before or too late; or a name that cannot be.
            NotAllowed, LimitReached: as for a TOTP.
            AlreadyExists: this passkey is somebody's already.
        """
        name = accepted_name(name)
        async with self._storage.transaction() as tx:
            await self._room(tx, who)
            now = await tx.now()
            try:
                made = self._passkeys.created(answer, binding=_binding(who), now=now)
            except PasskeyRefused:
                raise Faulty(
                    [Fault("passkey", "refused", "was not made for this session, or too late")]
                ) from None
            if not await tx.second_factors.use_challenge(challenge_hash(made.challenge), made.expires_at):
                raise Faulty([Fault("passkey", "refused", "was answered before")])
            factor = Factor(
                id=new_id(self._randomness),
                user_id=who.user.id,
                kind=FactorKind.PASSKEY,
                name=name,
                created_at=now,
                confirmed_at=now,
                counter=made.counter,
                credential_id=made.credential_id,
                public_key=made.public_key,
            )
            if not await tx.second_factors.add(factor):
                raise AlreadyExists("this passkey is known already")
            return await self._added(tx, who, factor)

    async def _room(self, tx: Transaction, who: SignedIn) -> None:
        await tx.users.lock(who.user.id)
        if self._current.catalogue.policy.second_factor == "off":
            raise NotAllowed("second factors are turned off here")
        if len(await tx.second_factors.of_user(who.user.id)) >= MOST_FACTORS:
            raise LimitReached(f"at most {MOST_FACTORS} second factors; remove one first", policy="fixed")

    async def _added(self, tx: Transaction, who: SignedIn, factor: Factor) -> AddedFactor:
        first = await tx.second_factors.codes_left(who.user.id) == 0
        codes = await new_codes(tx, who.user.id, randomness=self._randomness) if first else []
        await tell(tx, who, "second_factor.added", {"factor": factor.id, "kind": factor.kind})
        return AddedFactor(factor, codes)

    def _shown(self, who: SignedIn, factor_id: str, secret: Secret) -> NewTotp:
        return NewTotp(factor_id, secret, totp_uri(secret, name=who.user.name, issuer=self._issuer_name))


async def _unconfirmed(read: Transaction, factor_id: str, who: SignedIn) -> Factor:
    since = await read.now() - SET_UP_WITHIN
    factor = await read.second_factors.unconfirmed(factor_id, who.user.id, since=since)
    if factor is None:
        raise NotFound("nothing was begun, or too long ago")
    return factor


def _binding(who: SignedIn) -> str:
    """Of the making of a passkey: what a session is asked for to confirm something is another challenge."""
    return f"new:{who.session.id}"
