"""A provider's session is over, and what it opened here with it (OpenID Connect Back-Channel Logout)."""

import hashlib

import structlog
from safeconduct.errors import InvalidClaims, InvalidToken

from service.application.ports import Storage, Transaction
from service.application.provider_dialogue import ProviderDialogue
from service.clock import Clock
from service.domain.audit import AuditEntry
from service.domain.errors import Fault, Faulty, NotFound
from service.domain.foreign_jws import read_jws
from service.domain.logout_token import LONGEST, Logout, judge_logout_token

log = structlog.get_logger("elsewhere")


class BackChannelLogout:
    def __init__(self, storage: Storage, dialogue: ProviderDialogue, clock: Clock) -> None:
        self._storage = storage
        self._dialogue = dialogue
        self._clock = clock

    async def __call__(self, provider_id: str, logout_token: str) -> int:
        """End the sessions that it speaks of; answers how many were ended by their name at the provider.

        A subject alone ends everything that its user is signed in to here.

        Raises:
            Faulty: no such provider, no logout_token of it, or one that was used before.
            IssuerUnavailable: this cannot be told now.
        """
        try:
            known = self._dialogue.known(provider_id)
            provider = known.provider
            jws = read_jws(logout_token, longest=LONGEST)
            await known.issuer.verify(jws, provider.algorithms)
            logout = judge_logout_token(
                jws, issuer=provider.issuer, client_id=provider.client_id, now=self._clock()
            )
            async with self._storage.transaction() as tx:
                return await self._end(tx, logout, actor=provider.actor)
        except (InvalidToken, NotFound) as error:
            log.warning("logout_refused", provider=provider_id, reason=f"{type(error).__name__}: {error}")
            raise Faulty([Fault("logout_token", "invalid_request", "is none, or was used before")]) from None

    async def _end(self, tx: Transaction, logout: Logout, *, actor: str) -> int:
        user_id = await tx.identities.user_id(logout.issuer, logout.subject) if logout.subject else None
        if user_id is not None:
            await tx.users.lock(user_id)
        used = hashlib.sha256(f"logout\n{logout.issuer}\n{logout.jti}".encode()).hexdigest()
        if not await tx.clients.use_assertion(used, expires_at=logout.expires_at):
            raise InvalidClaims("jti was used before")
        now = await tx.now()
        ended: list[str] = []
        if logout.sid is not None:
            ended = await tx.identities.end_sessions(logout.issuer, logout.sid, logout.subject, now)
        elif user_id is not None:
            await tx.sessions.end_all(user_id, now)
            ended = [user_id]
        entries = [
            AuditEntry(actor=actor, action="session.ended_by_provider", subject=f"user:{each}")
            for each in dict.fromkeys(ended)
        ]
        await tx.audit.append(entries, now)
        return len(ended)
