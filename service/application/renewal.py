"""A new value for a record, and what becomes of those before it: the steps that every way to ask for one shares."""

from collections.abc import Collection
from dataclasses import replace
from types import MappingProxyType

from service.application.current import Current
from service.application.families import bounds_of_child
from service.application.issue import Issued
from service.application.minting import Mint
from service.application.own_tokens import lock_own_token
from service.application.ports import Transaction
from service.domain.audit import AuditEntry
from service.domain.descent import Bounds, Parent
from service.domain.errors import TokenIsRevoked, TokenIsSuspended
from service.domain.issuance import Permitted, TokenRequest, maker, permit
from service.domain.overlap import Overlap
from service.domain.policy import Rules
from service.domain.reference_rules import demand_no_reference
from service.domain.token import Token, TokenState, TokenValue
from service.domain.user import Grant


class Renewal:
    """Works inside the caller's transaction: `lock` first, then `make`."""

    def __init__(self, current: Current, mint: Mint) -> None:
        self._current = current
        self._mint = mint

    async def lock(
        self, tx: Transaction, token_id: str, owner_id: str, *, made_by: str | None = None
    ) -> Token:
        """The record, held, with grants, policy and keys as they are now. `made_by` is the token that asks for one of
        its own.

        Raises:
            NotFound: no such token of this owner.
            TokenIsRevoked, TokenIsSuspended: nothing may come of it.
        """
        token = await lock_own_token(tx, token_id, owner_id, made_by=made_by, signing=True)
        if token.revoked_at is not None or await tx.keys.is_lost(token_id):
            raise TokenIsRevoked("revoked for good; copy its settings into a new token")
        if token.suspended_at is not None:
            raise TokenIsSuspended("paused; resume it first")
        await self._current.refresh(tx)
        return token

    async def make(
        self,
        tx: Transaction,
        token: Token,
        request: TokenRequest,
        *,
        entry: AuditEntry,
        overlap: Overlap,
        spared: Collection[str] = (),
        by: Parent | None = None,
    ) -> Issued:
        """The record with a fresh value. Members that `request` leaves out stay as they are.

        The value before ends with the overlap; older ones end at once, but for those whose jti is `spared`:
        their end stays what it is. `entry` is completed with what was done. What a token made stays within that
        token, whoever renews it; `by` is the token that does.

        Raises:
            TokenIsRevoked, TokenIsSuspended: the token that made it.
            Faulty, ScopeExceedsGrant, NotAllowed, LimitReached: as for a new token.
        """
        now = await tx.now()
        named = token.reference_hint is not None if request.reference is None else request.reference
        renewed = await self._judged(tx, token, replace(request, reference=named), by, now)
        reference = self._mint.reference(renewed, now=now) if named else None
        renewed = replace(renewed, reference_hint=reference and reference.hint)
        [place] = await self._mint.places(tx, 1, now=now)
        minted = self._mint.sign(renewed, place, now=now)
        await self._end_others(tx, token, renewed, overlap, spared, now)
        await tx.tokens.change(renewed)
        await tx.tokens.add_value(minted.value)
        if reference is not None:
            await tx.references.add(reference.row)
        if overlap.seconds and overlap.until_used:
            await tx.overlaps.await_use(renewed.jti, token.id, until=now + overlap.seconds)
        done = _done(token, minted.value, renewed, overlap)
        await tx.audit.append([replace(entry, detail={**entry.detail, **done})], now)
        ends_at, text = _old_end(token, overlap, now), reference and reference.text
        return Issued(token=renewed, jwt=minted.jwt, old_ends_at=ends_at, reference=text)

    async def _judged(
        self, tx: Transaction, token: Token, request: TokenRequest, by: Parent | None, now: int
    ) -> Token:
        """The record as it shall be, which owner, policy and the token that made it allow."""
        owner = maker(await tx.users.get(token.owner_id))
        rules = self._current.catalogue.policy.of(owner)
        await find_room(tx, token, rules, now)
        bounds = await bounds_of_child(tx, token, by, self._current.catalogue, now=now)
        if token.parent_id is not None:
            demand_no_reference(request.reference)
        return self._renewed(token, request, owner.grant, rules, bounds, now)

    async def _end_others(
        self,
        tx: Transaction,
        token: Token,
        renewed: Token,
        overlap: Overlap,
        spared: Collection[str],
        now: int,
    ) -> None:
        """Before the new value is there, which would be taken for one of the others."""
        going_on = {token.jti, *spared} if overlap.seconds else set[str]()
        ended = await tx.revocations.revoke_values(token.id, now=now, but=going_on)
        await tx.references.end_at(token.id, now + overlap.seconds)
        if overlap.seconds:
            await tx.tokens.end_values_at(token.id, now + overlap.seconds)
            if renewed.scopes != token.scopes:
                await tx.carried.keep(token.id, token.scopes)
        if ended:
            await tx.status_lists.announce(ended, now)

    def _renewed(
        self,
        token: Token,
        request: TokenRequest,
        grant: Grant,
        rules: Rules,
        bounds: Bounds | None,
        now: int,
    ) -> Token:
        whole = replace(
            request,
            note=token.note if request.note is None else request.note,
            scopes=token.scopes if request.scopes is None else request.scopes,
            audiences=request.audiences or token.audiences,
            allowed_ips=token.allowed_ips if request.allowed_ips is None else request.allowed_ips,
        )
        catalogue = self._current.catalogue
        permitted = permit(whole, grant=grant, rules=rules, catalogue=catalogue, now=now)
        if bounds is not None:
            permitted = bounds.demand(permitted, catalogue, present=token)
        return replace(as_permitted(token, permitted), jti=self._mint.new_id())


async def find_room(tx: Transaction, token: Token, rules: Rules, now: int) -> None:
    """A token that was over counts as live again."""
    if token.state(now) is TokenState.EXPIRED:
        rules.demand_room(await tx.tokens.count_live(token.owner_id))


def _old_end(token: Token, overlap: Overlap, now: int) -> int | None:
    """When the value before ends, if it goes on at all."""
    if not overlap.seconds or token.state(now) is TokenState.EXPIRED:
        return None
    end = now + overlap.seconds
    return end if token.expires_at is None else min(end, token.expires_at)


def _done(token: Token, value: TokenValue, renewed: Token, overlap: Overlap) -> dict[str, object]:
    done: dict[str, object] = {"jti": value.jti, "replaced": token.jti, "expires_at": renewed.expires_at}
    return done | ({"overlap": overlap.seconds} if overlap.seconds else {})


def as_permitted(token: Token, permitted: Permitted) -> Token:
    """The record with what is permitted now; its metadata stay where none were given."""
    return replace(
        token,
        note=permitted.note,
        scopes=permitted.scopes,
        audiences=permitted.audiences,
        allowed_ips=permitted.allowed_ips,
        not_before=permitted.not_before,
        expires_at=permitted.expires_at,
        metadata=token.metadata if permitted.metadata is None else MappingProxyType(dict(permitted.metadata)),
    )
