"""What every use case on an existing token begins with: whose it is."""

from service.application.ports import Transaction
from service.domain.errors import NotFound
from service.domain.token import Token


async def lock_own_token(
    tx: Transaction, token_id: str, owner_id: str, *, made_by: str | None = None, signing: bool = False
) -> Token:
    """The record, held with its owner for this transaction; for `signing` also the key set, in the one order
    that locks are taken in. `made_by` is the token that asks for one of its own.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    token = own(await tx.tokens.get(token_id), owner_id, made_by)
    if await tx.users.lock(token.owner_id) is None:
        raise NotFound("no such token")
    if signing:
        await tx.keys.lock()
    locked = await tx.tokens.lock(token_id)
    if locked is None:
        raise NotFound("no such token")
    return locked


def own(token: Token | None, owner_id: str, made_by: str | None) -> Token:
    """The record, if it is the owner's, and made by this token where that is asked for. Raises NotFound."""
    if token is None or token.owner_id != owner_id or made_by not in {None, token.parent_id}:
        raise NotFound("no such token")
    return token
