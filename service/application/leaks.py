"""Values that were found where they do not belong: genuine ones end, and nobody learns which were."""

import asyncio
from collections.abc import Collection, Iterable

from safeconduct.errors import InvalidToken

from service.application.address_rates import AddressRates
from service.application.recognition import RecogniseToken
from service.application.revoke_many import RevokeMany
from service.domain.errors import Busy
from service.domain.token import TokenTruth

MOST = 1_000
"""Texts in one report."""

_LIVE_AGAIN = frozenset({None, "suspended", "not_yet_valid"})


class RevokeLeaked:
    """Whole values alone: an id or a `jti` is no secret, so it proves nothing (threats 26)."""

    def __init__(self, recognise: RecogniseToken, revoke_many: RevokeMany, checks: AddressRates) -> None:
        self._recognise = recognise
        self._revoke_many = revoke_many
        self._checks = checks

    async def __call__(self, texts: Collection[str], *, finder: str, address: str | None) -> int:
        """End the records whose present value is among `texts`; how many there were.

        A value that has ended already speaks for its record no more. Known hashes are looked up together; of strings
        that claim to be ours and are not known, so many an address and minute are worth a signature check.

        Raises:
            StorageUnavailable, OutcomeUnknown: some of them may live on; report them again.
        """
        ids = await self._live_records(dict.fromkeys(texts), address)
        await self._revoke_many.by_ids(ids, owner_id=None, actor=f"finder:{finder}", reason="leaked")
        return len(ids)

    async def _live_records(self, texts: Iterable[str], address: str | None) -> list[str]:
        found = await asyncio.gather(*(self._record(text, address) for text in texts))
        return sorted({token_id for token_id in found if token_id is not None})

    async def _record(self, text: str, address: str | None) -> str | None:
        try:
            recognised = await self._recognise.recorded(text)
            if recognised is None:
                self._checks.demand("leak-checks", address)
                recognised = await self._recognise(text)
        except (InvalidToken, Busy):
            return None
        if recognised is None or not _may_live(recognised.truth):
            return None
        return recognised.truth.token_id


def _may_live(truth: TokenTruth) -> bool:
    """A reference to an expired record works again as soon as that is extended."""
    return truth.reason in _LIVE_AGAIN or (truth.by_reference and truth.reason == "expired")
