"""Write down what was seen of tokens: in batches, forward only, and nothing twice in one minute."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from service.application.ports import Storage, Transaction
from service.application.sightings import MOST_USES, Refusal, Seen, Sightings, Use
from service.domain.usage import KnownValue, Origin, Recorded, RefusalReason, RefusedUse, Report, kept_of

MINUTE: Final = 60
CHUNK: Final = 250
"""Uses written by one transaction, so that no revocation waits long for a record's row."""


class RecordUses:
    """`reports` counts what became of the reports: taken, unknown, before_issue, wrong_audience."""

    def __init__(self, storage: Storage, sightings: Sightings, recorded: Recorded) -> None:
        self._storage = storage
        self._sightings = sightings
        self._recorded = recorded
        self._written: dict[Use | Refusal, int] = {}
        self.reports = Counter(taken=0, unknown=0, before_issue=0, wrong_audience=0)

    async def __call__(self) -> None:
        """Write all that waits; what cannot be written waits for the next time.

        Raises:
            StorageUnavailable, OutcomeUnknown: some of it may have been written; to write it again changes nothing.
        """
        seen = self._sightings.take()
        try:
            await self._write(seen.uses, self._write_uses)
            await self._write(seen.refusals, self._write_refusals)
            await self._write_reports(seen)
        except BaseException:
            self._sightings.put_back(seen)
            raise

    async def _write(
        self,
        waiting: dict[Any, int],
        put: Callable[[Transaction, Sequence[tuple[Any, int]]], Awaitable[None]],
    ) -> None:
        """Chunk by chunk, each off the list once it is written; without what was written already in its minute."""
        fresh = [(key, at) for key, at in waiting.items() if self._written.get(key) != at // MINUTE]
        for start in range(0, len(fresh), CHUNK):
            chunk = fresh[start : start + CHUNK]
            async with self._storage.transaction() as tx:
                now = await tx.now()
                await put(tx, [(key, min(at, now)) for key, at in chunk])
            if len(self._written) > MOST_USES:
                self._written.clear()
            for key, at in chunk:
                self._written[key] = at // MINUTE
                del waiting[key]
        waiting.clear()

    async def _write_uses(self, tx: Transaction, uses: Sequence[tuple[Use, int]]) -> None:
        await tx.usage.used(
            [(token_id, at, kept_of(Origin(ip, agent), self._recorded)) for (token_id, ip, agent), at in uses]
        )

    async def _write_refusals(self, tx: Transaction, refusals: Sequence[tuple[Refusal, int]]) -> None:
        await tx.usage.refused(
            [
                RefusedUse(jti=jti, at=at, reason=reason, origin=kept_of(Origin(ip, agent), self._recorded))
                for (jti, reason, ip, agent), at in refusals
            ]
        )

    async def _write_reports(self, seen: Seen) -> None:
        while reports := seen.reports[:CHUNK]:
            async with self._storage.transaction() as tx:
                known = await tx.usage.known_values(list(dict.fromkeys(report.jti for report in reports)))
                judged = [(report, outcome_of(report, known.get(report.jti))) for report in reports]
                await self._write_known(tx, [each for each, outcome in judged if outcome == "taken"], known)
            del seen.reports[:CHUNK]
            self.reports.update(outcome for _, outcome in judged)

    async def _write_known(
        self, tx: Transaction, reports: Sequence[Report], known: Mapping[str, KnownValue]
    ) -> None:
        uses, demands, refusals = [], [], []
        for report in reports:
            value, origin, client_id = (
                known[report.jti],
                kept_of(report.origin, self._recorded),
                report.client_id,
            )
            at = max(report.at, value.issued_at)  # the minute may have begun before
            if report.refused is None:
                uses.append((value.token_id, at, origin, client_id))
                demands += [(value.token_id, scope, at) for scope in report.scopes]
            else:
                refusals.append(
                    RefusedUse(
                        jti=report.jti, at=at, reason=report.refused, origin=origin, reported_by=client_id
                    )
                )
        await tx.usage.reported(uses)
        await tx.usage.demanded(demands)
        await tx.usage.refused(refusals)


def outcome_of(report: Report, value: KnownValue | None) -> str:
    """A client speaks of values that are there, since they are there, and made for the API it speaks for; that it
    refused one made for another is worth knowing to the owner.
    """
    if value is None:
        return "unknown"
    if report.at + MINUTE <= value.issued_at:
        return "before_issue"
    if report.audience not in value.audiences and report.refused is not RefusalReason.WRONG_AUDIENCE:
        return "wrong_audience"
    return "taken"
