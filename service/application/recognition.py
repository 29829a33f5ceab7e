"""Recognise: which recorded value a token string is, and whether it may be honoured now. The one place that
decides.
"""

import sys
from collections import OrderedDict
from typing import NamedTuple

from safeconduct import Claims, StatusReference, VerificationPolicy
from safeconduct.claims import LATEST_TIME
from safeconduct.errors import InvalidToken
from safeconduct.parser import parse
from safeconduct.verifier import check_parsed

from service.application.batch import Batch
from service.application.current import Current
from service.application.minting import status_list_uri, token_hash
from service.application.ports import Storage
from service.application.reference_recognition import RecogniseReference
from service.clock import Clock
from service.domain.identifiers import from_wire
from service.domain.reference import PREFIX
from service.domain.token import TokenTruth

REMEMBERED = 16_384
"""How many distinct tokens' readings are kept: about 2 kB each."""

Identity = tuple[str | None, str, str, int, int, str | None]
"""jti, kid, list, index, exp and owner, in the order of TokenTruth."""


class Reading(NamedTuple):
    """What a token string says of itself. Pure, hence kept; its verdict is never.

    `token_hash` is its own, or, where nobody has that, its row's: then `by_signature`, and the signature is checked
    each time. `identity` is what its row has to say; None when no row can.
    """

    token_hash: str
    identity: Identity | None
    claims: Claims
    by_signature: bool = False


class Recognised(NamedTuple):
    """A genuine value with what the database says of it; `truth.reason` is None while it is honoured."""

    reading: Reading
    truth: TokenTruth


class RecogniseToken:
    """Every verdict is read from the database anew; concurrent ones share a statement (Batch).

    The keyed hash of a value that was issued here only replaces the signature check. A string whose hash is
    unknown goes through the SDK's verifier, then by its `jti` to the same rows: both ways give one verdict.
    """

    def __init__(
        self, storage: Storage, current: Current, *, issuer: str, hash_key: bytes | None, clock: Clock
    ) -> None:
        self._by_hash = Batch(storage.truth_by_hash)
        self._by_jti = Batch(storage.truth_by_jti)
        self._current = current
        self._issuer = issuer
        self._hash_key = hash_key
        self._clock = clock
        self._policy = VerificationPolicy(issuer=issuer, audiences=None, leeway=LATEST_TIME)
        self._readings: OrderedDict[str, Reading] = OrderedDict()
        self._references = RecogniseReference(storage, issuer=issuer, hash_key=hash_key)
        self.forgeries = 0

    async def __call__(self, token: str) -> Recognised | None:
        """The value, or None: malformed, badly signed, or not as recorded.

        Raises:
            StorageUnavailable: the truth cannot be told now.
        """
        if token.startswith(PREFIX):
            return await self._by_reference(token)
        known = self._readings.get(token)
        try:
            reading = known if known is not None else self._read(token)
            if reading.claims.status is None:  # every value has a place in a list
                return None
            if reading.by_signature:
                self._verify(token)
            truth = await self._by_hash.get(reading.token_hash) if reading.token_hash else None
            if truth is None:
                self._verify(token)
                reading = reading._replace(by_signature=True)
                truth = await self._by_jti.get(from_wire(reading.claims.jti) or "")
                if truth is None and self._clock() < reading.claims.exp:
                    self.forgeries += 1  # a good signature on a jti that was never recorded: a key has leaked
        except InvalidToken:
            return None
        if truth is None or not self._as_recorded(reading, truth):
            return None
        if known is None:
            self._remember(token, reading, truth)
        return Recognised(reading, truth)

    async def recorded(self, token: str) -> Recognised | None:
        """As by a call, but by its hash alone: no signature is ever checked for it.

        Raises:
            InvalidToken: no token of ours looks like this.
            StorageUnavailable: the truth cannot be told now.
        """
        if token.startswith(PREFIX):
            if (named := await self._by_reference(token)) is None:
                raise InvalidToken("no reference of ours")
            return named
        reading = self._read(token)
        if reading.identity is None:
            raise InvalidToken("another issuer's")
        truth = await self._by_hash.get(reading.token_hash) if reading.token_hash else None
        return Recognised(reading, truth) if truth is not None and self._as_recorded(reading, truth) else None

    def remembers(self, token: str) -> bool:
        """Whether this very string was found genuine lately; whatever its state is now."""
        return token in self._readings or self._references.remembers(token)

    async def _by_reference(self, text: str) -> Recognised | None:
        """A reference asserts nothing: what it stands for are its record's settings as they are now."""
        named = await self._references(text)
        if named is None:
            return None
        truth, claims = named
        return Recognised(Reading(truth.token_hash, None, claims), truth)

    def _read(self, token: str) -> Reading:
        parsed = parse(token)
        hashed = token_hash(token, self._hash_key) if self._hash_key is not None else ""
        claims = Claims.from_json(parsed.claims)
        return Reading(hashed, self._identity(parsed.kid, claims), claims)

    def _remember(self, token: str, reading: Reading, truth: TokenTruth) -> None:
        """Genuine ones alone, so that nobody can fill the memory with strings of their own making."""
        self._readings[token] = reading._replace(token_hash=truth.token_hash, claims=_sharing(reading.claims))
        if len(self._readings) > REMEMBERED:
            self._readings.popitem(last=False)

    def _verify(self, token: str) -> None:
        """All but the times: those are for the database's clock to judge, on both ways."""
        check_parsed(parse(token), self._current.key_set, self._policy, now=0)

    def _identity(self, kid: str, claims: Claims) -> Identity | None:
        lists = status_list_uri(self._issuer, "")
        if claims.iss != self._issuer or claims.status is None or not claims.status.uri.startswith(lists):
            return None
        list_id, owner_id = claims.status.uri.removeprefix(lists), from_wire(claims.sub)
        return (
            from_wire(claims.jti),
            sys.intern(kid),
            sys.intern(list_id),
            claims.status.idx,
            claims.exp,
            sys.intern(owner_id) if owner_id is not None else None,
        )

    def _as_recorded(self, reading: Reading, truth: TokenTruth) -> bool:
        """Whether jti, sub, kid, exp, list and index in the token are the row's (threats 10)."""
        same = reading.identity == (*truth[1:6], truth.owner_id)
        if not same:
            self.forgeries += 1
        return same


def _sharing(claims: Claims) -> Claims:
    """The same, but what many tokens say alike is in memory once."""
    status = claims.status
    return claims._replace(
        iss=sys.intern(claims.iss),
        sub=sys.intern(claims.sub),
        aud=tuple(map(sys.intern, claims.aud)),
        client_id=sys.intern(claims.client_id),
        scope=tuple(map(sys.intern, claims.scope)),
        status=StatusReference(status.idx, sys.intern(status.uri)) if status is not None else None,
    )
