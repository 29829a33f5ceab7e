"""What a token may make and change of its own, judged while its family is held."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from safeconduct.errors import InsufficientScope

from service.application.ports import Transaction
from service.domain.catalogue import CatalogueDocument
from service.domain.descent import SCOPE, Bounds, Parent
from service.domain.errors import LimitReached, NotAllowed, Refused, TokenIsRevoked, TokenIsSuspended
from service.domain.token import Token, TokenState, TokenValue


@dataclass(slots=True)
class Family:
    """What a parent may still make, counted on while a batch takes from it."""

    bounds: Bounds
    live: int
    most: int

    def demand_room(self) -> None:
        """Raises LimitReached."""
        if self.live >= self.most:
            message = f"at most {self.most} live tokens made by one token; revoke one first"
            raise LimitReached(message, policy="SAFECONDUCT_LIVE_CHILDREN_PER_TOKEN")


async def families(
    tx: Transaction, parents: Collection[Parent], catalogue: CatalogueDocument, *, most: int, now: int
) -> Mapping[Parent, Family | Refused]:
    """Of each parent what it may make, or why nothing; their owners and the key set are held, then their records."""
    found: dict[Parent, Family | Refused] = {}
    for parent in sorted(parents, key=lambda each: (each.token_id, each.jti)):
        try:
            token = await tx.tokens.lock(parent.token_id)
            value = await _speaking(tx, token, parent.jti, now)
            if await tx.keys.is_lost(parent.token_id):
                raise TokenIsRevoked("the key that signed it is compromised")
            bounds = _bounds(token, value, parent, catalogue, now)
        except Refused as refusal:
            found[parent] = refusal
        else:
            found[parent] = Family(bounds, await tx.tokens.count_children(parent.token_id), most)
    return found


async def bounds_of_child(
    tx: Transaction, child: Token, by: Parent | None, catalogue: CatalogueDocument, *, now: int
) -> Bounds | None:
    """The most that a held record may be if a token made it; None for one that a person made. `by` renews it, if
    that is a token.

    Raises:
        TokenIsRevoked, TokenIsSuspended: the parent, the value that made it, or the one that asks.
        NotAllowed: `by` makes no tokens (any more).
    """
    if child.parent_id is None or child.parent_jti is None:
        return None
    parent = await tx.tokens.get(child.parent_id)
    made_by = await _speaking(tx, parent, child.parent_jti, now)
    if by is None:
        return Bounds.of(_there(parent), made_by, now=now)
    await _speaking(tx, parent, by.jti, now)
    return _bounds(parent, made_by, by, catalogue, now)


def demand_scope(scopes: Collection[str], catalogue: CatalogueDocument) -> None:
    """Raises InsufficientScope unless these may make tokens, and the catalogue offers that at all."""
    if SCOPE not in catalogue.scopes.scopes() or not catalogue.scopes.covers(scopes, SCOPE):
        raise InsufficientScope(f"the token needs the scope {SCOPE}")


def _bounds(
    token: Token | None, value: TokenValue, parent: Parent, catalogue: CatalogueDocument, now: int
) -> Bounds:
    try:
        demand_scope(parent.scopes, catalogue)
    except InsufficientScope as error:  # taken out of the catalogue meanwhile
        raise NotAllowed(str(error)) from None
    if _there(token).parent_id is not None:
        raise NotAllowed("a token that another one made makes none itself")
    return Bounds.of(_there(token), value, parent.scopes, now=now)


async def _speaking(tx: Transaction, token: Token | None, jti: str, now: int) -> TokenValue:
    """The live value of a live record. Raises TokenIsRevoked, TokenIsSuspended."""
    if token is not None and token.state(now) is TokenState.SUSPENDED:
        raise TokenIsSuspended("the token that makes it is paused")
    if token is not None and token.state(now) is TokenState.ACTIVE:
        for value in await tx.tokens.live_values(token.id):
            if value.jti == jti and now < value.ends_at:
                return value
    raise TokenIsRevoked("the token that makes it has ended meanwhile")


def _there(token: Token | None) -> Token:
    assert token is not None  # noqa: S101 - one of its values speaks
    return token
