"""Making values: an index, the claims, the signature, its check, and the row that records it."""

import base64
import hmac
from dataclasses import dataclass
from typing import final

from safeconduct import Claims, StatusReference

from keys import Purpose, SelfCheckFailed
from service.application.clock_mark import mark_clock
from service.application.current import Current
from service.application.ports import Transaction
from service.domain.errors import CannotSign, Fault, Faulty
from service.domain.identifiers import Randomness, new_id, to_wire
from service.domain.permutation import IndexPermutation
from service.domain.reference import Reference, hint_of, new_reference
from service.domain.secret import Secret
from service.domain.short_token import ShortRequest, ShortToken
from service.domain.token import NEVER, PERSONAL_ACCESS_TOKEN_CLIENT, Token, TokenValue

LONGEST = 4_096
"""Characters of the longest token issued; a request that would need more is refused."""

Place = tuple[str, int]
"""A status list's id and an index in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted:
    """A fresh value: the JWT, which leaves the process after the commit and is kept nowhere, and its row."""

    jwt: Secret
    value: TokenValue


@dataclass(frozen=True, slots=True, kw_only=True)
class MintedShort:
    """A fresh access token without a place in a list: the JWT, kept nowhere, and what is recorded of it."""

    jwt: Secret
    token: ShortToken


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class MintedReference:
    """A fresh short reference: itself, which is kept nowhere, what is stored of it, and what its owner sees later."""

    text: Secret
    row: Reference
    hint: str


def token_hash(jwt: str, key: bytes) -> str:
    """By what a value is recognised at first sight: HMAC-SHA-256, 43 characters of base64url."""
    return base64.urlsafe_b64encode(hmac.digest(key, jwt.encode(), "sha256"))[:43].decode()


class Mint:
    """Signs values inside the caller's transaction, which holds the owner and the key set.

    `hash_key` is derived from the master key, `index_key` is the sealed key of the index permutation; without
    them (verify-only) nothing is minted.
    """

    def __init__(
        self,
        current: Current,
        *,
        issuer: str,
        randomness: Randomness,
        hash_key: bytes | None,
        index_key: bytes | None,
    ) -> None:
        self._current = current
        self._issuer = issuer
        self._randomness = randomness
        self._hash_key = hash_key
        self._index_key = index_key
        self._permutations: dict[str, IndexPermutation] = {}

    def new_id(self) -> str:
        return new_id(self._randomness)

    async def places(self, tx: Transaction, count: int, *, now: int) -> list[Place]:
        """Where the status of `count` values will stand; from here on they are signed with the active key.

        Raises:
            CannotSign: verify-only, or the clock has gone back.
        """
        if self._hash_key is None or self._index_key is None:
            raise CannotSign("the master key does not open this database's keys")
        await self._follow_key_set(tx)
        await mark_clock(tx, now)
        places = await tx.status_lists.allocate(count, new_list_id=self.new_id(), now=now)
        return [(list_id, self._index(list_id, counter)) for list_id, counter in places]

    def sign(self, token: Token, place: Place, *, now: int) -> Minted:
        """A value for a record, whose `jti` it carries.

        Raises:
            CannotSign: verify-only, or the signature failed its own check.
            Faulty: the value would be longer than LONGEST.
        """
        if self._hash_key is None:
            raise CannotSign("the master key does not open this database's keys")
        list_id, idx = place
        claims = self._claims(token, list_id, idx, now)
        jwt, kid = self._signed(claims)
        value = TokenValue(
            jti=token.jti,
            token_id=token.id,
            token_hash=token_hash(jwt.reveal(), self._hash_key),
            kid=kid,
            list_id=list_id,
            idx=idx,
            issued_at=now,
            not_before=token.not_before,
            expires_at=claims.exp,
            ends_at=claims.exp,
        )
        return Minted(jwt=jwt, value=value)

    def reference(self, token: Token, *, now: int) -> MintedReference:
        """A name for a record and its present value.

        Raises:
            CannotSign: verify-only.
        """
        if self._hash_key is None:
            raise CannotSign("the master key does not open this database's keys")
        text = new_reference(self._randomness)
        hashed = token_hash(text, self._hash_key)
        row = Reference(reference_hash=hashed, token_id=token.id, jti=token.jti, created_at=now)
        return MintedReference(text=Secret(text), row=row, hint=hint_of(text))

    async def short(self, tx: Transaction, wanted: ShortRequest) -> MintedShort:
        """An access token without a place in a list; recorded by `tx`.

        Raises:
            CannotSign, Faulty: as `sign`.
        """
        await self._follow_key_set(tx)
        now, jti = await tx.now(), self.new_id()
        await mark_clock(tx, now)
        claims = Claims(
            iss=self._issuer,
            sub=to_wire(wanted.owner_id),
            aud=wanted.audiences,
            exp=now + wanted.lifetime,
            iat=now,
            jti=to_wire(jti),
            client_id=wanted.client_id,
            scope=wanted.scopes,
            allowed_ips=wanted.allowed_ips,
        )
        jwt, kid = self._signed(claims)
        token = wanted.recorded(jti=jti, kid=kid, issued_at=now)
        await tx.short_tokens.add(token)
        return MintedShort(jwt=jwt, token=token)

    def _signed(self, claims: Claims) -> tuple[Secret, str]:
        """The JWT and the kid that signed it."""
        signer = self._current.signer(Purpose.ACCESS_TOKEN)
        try:
            jwt = signer.sign(claims.to_json())
        except SelfCheckFailed as error:
            raise CannotSign(str(error)) from error
        if len(jwt) > LONGEST:
            detail = f"the token would have {len(jwt)} characters; {LONGEST} are allowed"
            raise Faulty([Fault("scopes", "token_too_long", detail)])
        return Secret(jwt), signer.kid

    async def _follow_key_set(self, tx: Transaction) -> None:
        """Sign only with the key that is active while this transaction holds the key set (K4)."""
        if await tx.keys.lock() != self._current.ring.version:
            self._current.take_ring(await tx.keys.load())

    def _index(self, list_id: str, counter: int) -> int:
        permutation = self._permutations.get(list_id)
        if permutation is None:
            assert self._index_key is not None  # noqa: S101 - mint() refused otherwise
            permutation = IndexPermutation(list_id, self._index_key)
            self._permutations = {list_id: permutation}
        return permutation.index_of(counter)

    def _claims(self, token: Token, list_id: str, idx: int, now: int) -> Claims:
        return Claims(
            iss=self._issuer,
            sub=to_wire(token.owner_id),
            aud=token.audiences,
            exp=NEVER if token.expires_at is None else token.expires_at,
            iat=now,
            jti=to_wire(token.jti),
            client_id=PERSONAL_ACCESS_TOKEN_CLIENT,
            scope=token.scopes,
            nbf=token.not_before,
            status=StatusReference(idx=idx, uri=status_list_uri(self._issuer, list_id)),
            allowed_ips=token.allowed_ips,
        )


def status_list_uri(issuer: str, list_id: str) -> str:
    return f"{issuer}/status-lists/{list_id}"
