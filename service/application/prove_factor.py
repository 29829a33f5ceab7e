"""Judge what is shown beside a password, and use it up in the transaction that honours it."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from safeconduct.base64url import decode, encode

from keys import MasterKeyMissing, MasterKeys
from service.application.challenges import challenge_hash
from service.application.passkeys import Answered, PasskeyRefused, Passkeys
from service.application.ports import Storage, Transaction
from service.domain.errors import SignInFailed
from service.domain.second_factor import Factor, FactorKind, Proof, bare_recovery_code, totp_step
from service.domain.secret import Secret, secret_hash
from service.domain.user import User

TICKET_LIFETIME: Final = 300
"""Seconds between the password and the second factor."""

_RECOVERY: Final = "recovery_code"
_TIME, _ID, _MAC = 8, 16, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A proof that was right. `kind` is what is noted of it; the rest is what it uses up."""

    kind: str
    factor_id: str = ""
    counter: int = 0
    code_hash: str = ""
    challenge_hash: str = ""
    expires_at: int = 0


@dataclass(frozen=True, slots=True)
class Ways:
    """How an account may prove itself: kinds for the API, passkeys' options for a browser."""

    kinds: tuple[str, ...]
    passkey: str = ""


class ProveFactor:
    """`ticket_key` is the same at every replica. Without master keys no code can be judged: MasterKeyMissing."""

    def __init__(
        self, storage: Storage, masters: MasterKeys | None, passkeys: Passkeys, *, ticket_key: bytes
    ) -> None:
        self._storage = storage
        self._masters = masters
        self._passkeys = passkeys
        self._ticket_key = ticket_key

    async def of(self, user_id: str) -> list[Factor]:
        """What the account asks for; none for most."""
        async with self._storage.reading() as read:
            return await read.second_factors.of_user(user_id)

    async def ways(self, user_id: str, *, binding: str) -> Ways:
        """What to ask somebody for; `binding` names the session or the sign-in whose passkey's answer counts."""
        async with self._storage.reading() as read:
            factors, now = await read.second_factors.of_user(user_id), await read.now()
        passkeys = [factor for factor in factors if factor.kind is FactorKind.PASSKEY]
        options = self._passkeys.request_options(passkeys, binding=binding, now=now) if passkeys else ""
        return Ways(kinds_of(factors), options)

    async def of_link(self, secret: Secret, *, binding: str) -> Ways:
        """What the owner of a one-time link is asked for."""
        async with self._storage.reading() as read:
            owner_id = await read.invitations.owner(secret_hash(secret))
        return await self.ways(owner_id or "", binding=binding)

    async def judge(self, user: User, factors: Sequence[Factor], proof: Proof) -> Proven:
        """What `proof` would use up.

        Raises:
            SignInFailed: it is wrong, or was used before.
            VerifyOnly: the master key is missing, or does not open the secret.
        """
        async with self._storage.reading() as read:
            now = await read.now()
            if proof.recovery_code is not None:
                code_hash = secret_hash(bare_recovery_code(proof.recovery_code.reveal()))
                if await read.second_factors.has_code(user.id, code_hash):
                    return Proven(kind=_RECOVERY, code_hash=code_hash)
        if proof.totp is not None:
            return self._judge_totp(factors, proof.totp, now)
        if proof.passkey is not None:
            return _proven(self._answered(factors, proof, now))
        raise wrong_factor()

    async def judge_alone(self, user: User, proof: Proof) -> Proven:
        """A passkey that knew its user stands for password and second factor at once.

        Raises:
            SignInFailed: it is wrong, was used before, or its authenticator asked for neither PIN nor finger.
        """
        async with self._storage.reading() as read:
            factors, now = await read.second_factors.of_user(user.id), await read.now()
        answered = self._answered(factors, proof, now)
        if not answered.verified_user:
            raise wrong_factor()
        return _proven(answered)

    async def redeem(self, tx: Transaction, user_id: str, proven: Proven) -> None:
        """Use it up; its user is held. Raises SignInFailed where somebody was faster with the same."""
        now = await tx.now()
        if proven.code_hash:
            good = await tx.second_factors.use_code(user_id, proven.code_hash)
            await tx.second_factors.put_notice(user_id, "recovery_code.used", session_id="", at=now)
        else:
            good = await tx.second_factors.use(proven.factor_id, counter=proven.counter, now=now)
            if proven.challenge_hash:
                good = good and await tx.second_factors.use_challenge(
                    proven.challenge_hash, proven.expires_at
                )
        if not good:
            raise wrong_factor()

    def ticket(self, user: User, now: int) -> Secret:
        """Stands for the password that was right just now, until it is replaced."""
        body = bytes.fromhex(user.id) + (now + TICKET_LIFETIME).to_bytes(_TIME, "big")
        return Secret(encode(body + self._ticket_mac(body, user)))

    async def holder(self, ticket: Secret) -> User | None:
        """Whose password was right; None for a ticket that is not from here, is over, or outlived its password."""
        try:
            octets = decode(ticket.reveal())
        except ValueError:
            return None
        body, mac = octets[:-_MAC], octets[-_MAC:]
        if len(body) != _ID + _TIME:
            return None
        async with self._storage.reading() as read:
            user, now = await read.users.get(body[:_ID].hex()), await read.now()
        if user is None or not hmac.compare_digest(mac, self._ticket_mac(body, user)):
            return None
        return user if now < int.from_bytes(body[_ID:], "big") else None

    def _ticket_mac(self, body: bytes, user: User) -> bytes:
        password = hashlib.sha256((user.password_hash or "").encode()).digest()
        return hmac.digest(self._ticket_key, body + password, "sha256")[:_MAC]

    def _judge_totp(self, factors: Sequence[Factor], code: Secret, now: int) -> Proven:
        fitting = [
            Proven(kind=FactorKind.TOTP, factor_id=factor.id, counter=step)
            for factor in factors
            if factor.sealed is not None
            and (step := totp_step(self.opened(factor), code.reveal(), now)) is not None
            and step > factor.counter
        ]
        if not fitting:
            raise wrong_factor()
        return fitting[0]

    def opened(self, factor: Factor) -> Secret:
        """The secret of a TOTP. Raises VerifyOnly."""
        if self._masters is None:
            raise MasterKeyMissing("no master key was given")
        return Secret(
            self._masters.open(factor.sealed or "", sealing_row(factor.id, factor.user_id)).decode()
        )

    def _answered(self, factors: Sequence[Factor], proof: Proof, now: int) -> Answered:
        try:
            return self._passkeys.answered(
                proof.passkey or Secret(""), factors, binding=proof.binding, now=now
            )
        except PasskeyRefused:
            raise wrong_factor() from None


def kinds_of(factors: Sequence[Factor]) -> tuple[str, ...]:
    """As the API names them; a recovery code goes wherever there is a factor."""
    return (*sorted({factor.kind.value for factor in factors}), _RECOVERY) if factors else ()


def sealing_row(factor_id: str, user_id: str) -> tuple[str, str, str]:
    """To which row a sealed secret belongs."""
    return (FactorKind.TOTP.value, factor_id, user_id)


def wrong_factor() -> SignInFailed:
    return SignInFailed("name, password or second factor is wrong")


def _proven(answered: Answered) -> Proven:
    return Proven(
        kind=FactorKind.PASSKEY,
        factor_id=answered.factor.id,
        counter=answered.counter,
        challenge_hash=challenge_hash(answered.challenge),
        expires_at=answered.expires_at,
    )
