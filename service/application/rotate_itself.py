"""A token renews itself: the one thing that a personal access token may change about itself."""

from safeconduct.errors import InsufficientScope

from service.application import notices
from service.application.current import Current
from service.application.issue import Issued
from service.application.minting import Mint
from service.application.ports import Storage
from service.application.renewal import Renewal
from service.domain.audit import AuditEntry
from service.domain.errors import NotAllowed, TokenIsRevoked
from service.domain.issuance import DAY, Expiry, TokenRequest
from service.domain.notice import About, Kind
from service.domain.overlap import LONGEST_BY_ITSELF, Overlap
from service.domain.policy import Rules
from service.domain.principal import TokenBearer
from service.domain.token import Token

SCOPE = "self_rotate"
"""What a token needs to renew itself; a catalogue may offer it."""


class RotateItself:
    def __init__(self, storage: Storage, current: Current, mint: Mint) -> None:
        self._storage = storage
        self._current = current
        self._renewal = Renewal(current, mint)

    async def __call__(
        self, bearer: TokenBearer, *, expiry: Expiry | None = None, overlap: int | None = None
    ) -> Issued:
        """The bearer's record with a fresh value, the same in everything and no later in its end (threats 12).

        The end that its owner granted stays, or is drawn nearer by `expiry`. The value that asked goes on for
        `overlap` seconds, LONGEST_BY_ITSELF unless less is said, so that it can ask again when the answer is
        lost: then its own end stays, and the value it never saw gets an overlap in its turn.

        Raises:
            InsufficientScope: the token does not carry SCOPE.
            NotAllowed: it asked by its short reference.
            NotFound, TokenIsRevoked, TokenIsSuspended: it has ended or was paused meanwhile.
            Faulty, ScopeExceedsGrant: grant, catalogue or policy no longer allow what it carries.
        """
        if not self._current.catalogue.scopes.covers(bearer.claims.scope, SCOPE):
            raise InsufficientScope(f"the token needs the scope {SCOPE}")
        if (truth := bearer.truth).by_reference:
            raise NotAllowed("a short reference renews nothing")
        seconds = LONGEST_BY_ITSELF if overlap is None else min(overlap, LONGEST_BY_ITSELF)
        async with self._storage.transaction() as tx:
            token = await self._renewal.lock(tx, truth.token_id, truth.owner_id)
            now = await tx.now()
            live = await tx.tokens.live_values(token.id)
            if truth.jti not in {value.jti for value in live if value.ends_at > now}:
                raise TokenIsRevoked("this value was replaced meanwhile")
            owner = await tx.users.get(token.owner_id)
            assert owner is not None  # noqa: S101 - held with its token
            end = _end(token, expiry, self._current.catalogue.policy.of(owner), now)
            await notices.add(tx, Kind.TOKEN_ROTATED, About(user_id=owner.id, token_id=token.id))
            return await self._renewal.make(
                tx,
                token,
                TokenRequest(note=None, scopes=None, expiry=end),
                entry=AuditEntry(
                    actor=bearer.actor, action="token.rotated_itself", subject=f"token:{token.id}"
                ),
                overlap=Overlap(seconds=seconds),
                spared=(truth.jti,),
            )


def _end(token: Token, asked: Expiry | None, rules: Rules, now: int) -> Expiry:
    """The nearest of what is asked, what the owner granted, and what the policy allows."""
    wanted = None if asked is None else asked.moment(now)
    ends = [end for end in (wanted, token.expires_at) if end is not None]
    if ends or not rules.allow_no_expiration:
        ends.append(now + rules.max_lifetime_days * DAY)
    return Expiry(at=min(ends, default=None))
