"""What becomes of a value that another one has replaced."""

from service.application.ports import Storage
from service.application.sightings import Sightings
from service.domain.audit import AuditEntry

SEEN = "token.replaced_value_seen"


class Overlaps:
    """Ends overlaps at the first use of the new value, and notes in the audit who still uses an old one."""

    def __init__(self, storage: Storage, sightings: Sightings) -> None:
        self._storage = storage
        self._sightings = sightings

    async def follow(self) -> None:
        """Act on what was seen, then learn which first uses are awaited now."""
        for jti, token_id in list(self._sightings.used.items()):
            await self._end(jti, token_id)
            self._sightings.settle(jti)
        for jti, token_id in list(self._sightings.over.items()):
            await self._tell(jti, token_id)
            self._sightings.settle(jti)
        async with self._storage.reading() as read:
            self._sightings.awaited = frozenset(await read.overlaps.awaited())

    async def _end(self, jti: str, token_id: str) -> None:
        """Let the new value be the only one; a revision of its own says so (ruling 6)."""
        async with self._storage.transaction() as tx:
            token = await tx.tokens.lock(token_id)
            if not await tx.overlaps.used(jti) or token is None or token.jti != jti:
                return
            now = await tx.now()
            changes = await tx.revocations.revoke_values(token_id, now=now, but={jti})
            await tx.references.end_at(token_id, now, but=jti)
            if changes:
                await tx.status_lists.announce(changes, now)
            entry = AuditEntry(
                actor="housekeeping",
                action="token.overlap_ended",
                subject=f"token:{token_id}",
                detail={"used": jti, "values": len(changes)},
            )
            await tx.audit.append([entry], now)

    async def _tell(self, jti: str, token_id: str) -> None:
        """Once for each value whose record goes on without it."""
        subject = f"token:{token_id}"
        async with self._storage.reading() as read:
            token = await read.tokens.get(token_id)
            if token is None or token.revoked_at is not None or token.jti == jti:
                return
            told = await read.audit.about(subject)
        if any(row["action"] == SEEN and row["detail"]["jti"] == jti for row in told):
            return
        async with self._storage.transaction() as tx:
            entry = AuditEntry(actor="housekeeping", action=SEEN, subject=subject, detail={"jti": jti})
            await tx.audit.append([entry], await tx.now())
