"""Recognise an access token without a place in a list: whether it may be honoured now (threats 24)."""

from collections import OrderedDict
from dataclasses import dataclass

from safeconduct import Claims, VerificationPolicy
from safeconduct.claims import LATEST_TIME
from safeconduct.errors import InvalidToken
from safeconduct.parser import parse
from safeconduct.verifier import check_parsed

from service.application.batch import Batch
from service.application.current import Current
from service.application.ports import Storage
from service.clock import Clock
from service.domain.identifiers import from_wire, to_wire
from service.domain.short_token import ShortTruth

REMEMBERED = 16_384


@dataclass(frozen=True, slots=True)
class RecognisedShort:
    """A genuine one with what the database says of it; `truth.reason` is None while it is honoured."""

    claims: Claims
    truth: ShortTruth


class RecogniseShort:
    """As for personal access tokens every verdict is read anew. What is remembered is that a signature was good;
    the key that made it is judged on every call.
    """

    def __init__(self, storage: Storage, current: Current, *, issuer: str, clock: Clock) -> None:
        self._by_jti = Batch(storage.short_truth)
        self._current = current
        self._clock = clock
        self._policy = VerificationPolicy(issuer=issuer, audiences=None, leeway=LATEST_TIME)
        self._genuine: OrderedDict[str, tuple[str, Claims]] = OrderedDict()
        self.forgeries = 0

    async def __call__(self, token: str) -> RecognisedShort | None:
        """It, or None: malformed, badly signed, with a place in a list, or not as recorded.

        Raises:
            StorageUnavailable: the truth cannot be told now.
        """
        known = self._genuine.get(token)
        try:
            kid, claims = known if known is not None else self._read(token)
        except InvalidToken:
            return None
        jti = from_wire(claims.jti)
        if claims.status is not None or jti is None:
            return None
        truth = await self._by_jti.get(jti)
        if truth is None:  # a good signature on a jti that was never recorded, unless it was swept since
            self.forgeries += self._clock() < claims.exp
            return None
        if not _as_recorded(kid, claims, truth):
            self.forgeries += 1
            return None
        self._remember(token, kid, claims)
        return RecognisedShort(claims, truth)

    def remembers(self, token: str) -> bool:
        """Whether this very string was found genuine lately; whatever its state is now."""
        return token in self._genuine

    def _read(self, token: str) -> tuple[str, Claims]:
        """All but the times, which are for the database's clock to judge."""
        parsed = parse(token)
        return parsed.kid, check_parsed(parsed, self._current.key_set, self._policy, now=0)

    def _remember(self, token: str, kid: str, claims: Claims) -> None:
        self._genuine[token] = kid, claims
        if len(self._genuine) > REMEMBERED:
            self._genuine.popitem(last=False)


def _as_recorded(kid: str, claims: Claims, truth: ShortTruth) -> bool:
    """Whether kid, jti, sub, client and exp in the token are the row's (threats 10)."""
    return (kid, claims.jti, claims.sub, claims.client_id, claims.exp) == (
        truth.kid,
        to_wire(truth.jti),
        to_wire(truth.owner_id),
        truth.client_id,
        truth.expires_at,
    )
