"""Where one is signed in, and how to end that."""

from service.application.ports import Storage
from service.domain.audit import AuditEntry
from service.domain.errors import NotFound
from service.domain.principal import SignedIn
from service.domain.session import Carrier, Session


class OwnSessions:
    """`cookie_idle` in seconds: a page's session that lay idle so long is over, though nobody noted its end."""

    def __init__(self, storage: Storage, *, cookie_idle: int) -> None:
        self._storage = storage
        self._cookie_idle = cookie_idle

    async def __call__(self, who: SignedIn) -> list[Session]:
        """The live ones of this account, the one used last first."""
        async with self._storage.reading() as read:
            sessions, now = await read.sessions.of_user(who.user.id), await read.now()
        return [session for session in sessions if self._is_live(session, now)]

    async def end(self, who: SignedIn, session_id: str) -> None:
        """End one of them; its secret is worth nothing when this returns.

        Raises:
            NotFound: no live session of this account.
        """
        async with self._storage.transaction() as tx:
            await tx.users.lock(who.user.id)
            if session_id not in {session.id for session in await tx.sessions.of_user(who.user.id)}:
                raise NotFound("no such session")
            now = await tx.now()
            await tx.sessions.end(session_id, now)
            entry = AuditEntry(actor=who.actor, action="session.ended", subject=who.actor)
            await tx.audit.append([entry], now)

    async def end_others(self, who: SignedIn) -> None:
        """End all but this one."""
        async with self._storage.transaction() as tx:
            await tx.users.lock(who.user.id)
            now = await tx.now()
            await tx.sessions.end_all(who.user.id, now, but=who.session.id)
            entry = AuditEntry(actor=who.actor, action="session.others_ended", subject=who.actor)
            await tx.audit.append([entry], now)

    def _is_live(self, session: Session, now: int) -> bool:
        return session.carrier is not Carrier.COOKIE or now - session.seen_at < self._cookie_idle
