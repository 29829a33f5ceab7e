"""What every use case on an existing token begins with: whose it is."""

from service.application.ports import Transaction
from service.domain.errors import NotFound
from service.domain.token import Token


async def lock_own_token(tx: Transaction, token_id: str, owner_id: str, *, signing: bool = False) -> Token:
    """The record, held with its owner for this transaction; for `signing` also the key set, in the one order
    that locks are taken in.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    token = await tx.tokens.get(token_id)
    if token is None or token.owner_id != owner_id or await tx.users.lock(owner_id) is None:
        raise NotFound("no such token")
    if signing:
        await tx.keys.lock()
    locked = await tx.tokens.lock(token_id)
    if locked is None:
        raise NotFound("no such token")
    return locked
