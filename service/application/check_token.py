"""Check: what its owner, or who may read everything, is told of a token that they hold in hands."""

from dataclasses import dataclass

from service.application.address_rates import AddressRates
from service.application.ports import Storage
from service.application.recognition import RecogniseToken
from service.domain.principal import SignedIn
from service.domain.token import Token
from service.domain.usage import RefusalReason, reason_of
from service.domain.user import Role

KIND = "token-checks"


@dataclass(frozen=True, slots=True)
class Checked:
    """`reason` is None while the value is honoured; `now` is the database's time."""

    token: Token
    reason: RefusalReason | None
    now: int


class CheckToken:
    """Looking is no use of the token: it leaves no trace."""

    def __init__(self, storage: Storage, recognise: RecogniseToken, rates: AddressRates) -> None:
        self._storage = storage
        self._recognise = recognise
        self._rates = rates

    async def __call__(self, jwt: str, *, who: SignedIn, address: str | None) -> Checked | None:
        """None for everything that is not theirs to know, one answer for all of it (threats 30).

        Raises:
            Busy: too many checks from this address.
        """
        self._rates.demand(KIND, address)
        recognised = await self._recognise(jwt)
        if recognised is None:
            return None
        truth = recognised.truth
        if truth.owner_id != who.user.id and who.user.role is Role.USER:
            return None
        async with self._storage.reading() as read:
            token, now = await read.tokens.get(truth.token_id), await read.now()
        if token is None:
            return None
        replaced = token.jti != truth.jti and token.revoked_at is None
        return Checked(token, _reason(truth.reason, replaced=replaced), now)


def _reason(word: str | None, *, replaced: bool) -> RefusalReason | None:
    if word is None:
        return None
    reason = reason_of(word)
    return reason.once_replaced if replaced else reason
