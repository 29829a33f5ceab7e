"""Regenerate: a new value for a record; the old value dies in the same transaction."""

from dataclasses import replace
from types import MappingProxyType

from service.application.current import Current
from service.application.issue import Issued
from service.application.minting import Mint
from service.application.own_tokens import lock_own_token
from service.application.ports import Storage, Transaction
from service.domain.audit import AuditEntry
from service.domain.errors import LimitReached, NotAllowed, TokenIsRevoked, TokenIsSuspended
from service.domain.issuance import Permitted, TokenRequest, permit
from service.domain.token import Token, TokenState


class RegenerateToken:
    def __init__(self, storage: Storage, current: Current, mint: Mint) -> None:
        self._storage = storage
        self._current = current
        self._mint = mint

    async def __call__(self, token_id: str, request: TokenRequest, *, owner_id: str, actor: str) -> Issued:
        """The record with a fresh value. Members that `request` leaves out stay as they are.

        Grant, scopes and policy are judged anew. Works on expired tokens.

        Raises:
            NotFound: no such token of this owner.
            TokenIsRevoked, TokenIsSuspended: nothing may come of it.
            Faulty, ScopeExceedsGrant, LimitReached: as for a new token.
        """
        async with self._storage.transaction() as tx:
            token = await lock_own_token(tx, token_id, owner_id, signing=True)
            if token.revoked_at is not None:
                raise TokenIsRevoked("revoked for good; copy its settings into a new token")
            if token.suspended_at is not None:
                raise TokenIsSuspended("paused; resume it first")
            await self._current.refresh(tx)
            now = await tx.now()
            await self._find_room(tx, token, now)
            renewed = await self._renew(tx, token, request, now)
            [place] = await self._mint.places(tx, 1, now=now)
            minted = self._mint.sign(renewed, place, now=now)
            ended = await tx.revocations.revoke_values(token.id, now=now)
            await tx.tokens.change(renewed)
            await tx.tokens.add_value(minted.value)
            if ended:
                await tx.status_lists.announce(ended, now)
            entry = AuditEntry(
                actor=actor,
                action="token.regenerated",
                subject=f"token:{token.id}",
                detail={"jti": renewed.jti, "replaced": token.jti, "expires_at": renewed.expires_at},
            )
            await tx.audit.append([entry], now)
        return Issued(token=renewed, jwt=minted.jwt)

    async def _find_room(self, tx: Transaction, token: Token, now: int) -> None:
        """A token that was over counts as live again."""
        most = self._current.catalogue.policy.max_live_tokens_per_user
        if token.state(now) is TokenState.EXPIRED and await tx.tokens.count_live(token.owner_id) >= most:
            raise LimitReached(f"at most {most} live tokens; revoke one first")

    async def _renew(self, tx: Transaction, token: Token, request: TokenRequest, now: int) -> Token:
        owner = await tx.users.get(token.owner_id)
        if owner is None or owner.disabled_at is not None:
            raise NotAllowed("this account is disabled")
        whole = replace(
            request,
            note=token.note if request.note is None else request.note,
            scopes=token.scopes if request.scopes is None else request.scopes,
            audiences=request.audiences or token.audiences,
            allowed_ips=token.allowed_ips if request.allowed_ips is None else request.allowed_ips,
        )
        permitted = permit(whole, grant=owner.grant, catalogue=self._current.catalogue, now=now)
        return _with(token, permitted, jti=self._mint.new_id())


def _with(token: Token, permitted: Permitted, *, jti: str) -> Token:
    return replace(
        token,
        note=permitted.note,
        scopes=permitted.scopes,
        audiences=permitted.audiences,
        allowed_ips=permitted.allowed_ips,
        not_before=permitted.not_before,
        expires_at=permitted.expires_at,
        metadata=token.metadata if permitted.metadata is None else MappingProxyType(dict(permitted.metadata)),
        jti=jti,
    )
