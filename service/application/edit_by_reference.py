"""Edit a record with a short reference: what a signature would carry changes in place, also after it has expired."""

from service.application.current import Current
from service.application.ports import Transaction
from service.application.renewal import as_permitted, find_room
from service.domain.edit import Edit
from service.domain.errors import Faulty, TokenIsExpired
from service.domain.issuance import Expiry, TokenRequest, maker, permit
from service.domain.token import Token, TokenState


async def edited_by_reference(tx: Transaction, token: Token, edit: Edit, current: Current) -> Token:
    """The record as it shall be, judged anew by grant and policy. `tx` holds it, its owner and the key set.

    The value beside the reference says what it was signed with: it ends, unless only the end changes. So does what was
    exchanged for either.

    Raises:
        TokenIsExpired: it has expired, and no other end is asked for.
        Faulty, ScopeExceedsGrant, NotAllowed, LimitReached: as for a new token.
    """
    await current.refresh(tx)
    now, catalogue = await tx.now(), current.catalogue
    owner = maker(await tx.users.get(token.owner_id))
    rules = catalogue.policy.of(owner)
    if token.state(now) is TokenState.EXPIRED and edit.expiry is None:
        raise TokenIsExpired("expired; give it another end")
    if edit.faults:
        raise Faulty(edit.faults)
    permitted = permit(_whole(token, edit), grant=owner.grant, rules=rules, catalogue=catalogue, now=now)
    await find_room(tx, token, rules, now)
    changed = as_permitted(token, permitted)
    if _carried(changed) != _carried(token):
        await _end_values(tx, token, now)
    return changed


def _whole(token: Token, edit: Edit) -> TokenRequest:
    """What a new token would have to ask for to be like this."""
    wanted = {
        "scopes": token.scopes,
        "audience": token.audiences,
        "allowed_ips": token.allowed_ips,
        "not_before": token.not_before,
        **edit.signed,
    }
    return TokenRequest(
        note=token.note if edit.note is None else edit.note,
        scopes=wanted["scopes"],
        expiry=Expiry(at=token.expires_at) if edit.expiry is None else edit.expiry,
        audiences=wanted["audience"],
        not_before=wanted["not_before"],
        allowed_ips=wanted["allowed_ips"],
        metadata=edit.metadata,
        reference=True,
    )


def _carried(token: Token) -> tuple[object, ...]:
    return token.scopes, token.audiences, token.allowed_ips, token.not_before


async def _end_values(tx: Transaction, token: Token, now: int) -> None:
    ended = await tx.revocations.revoke_values(token.id, now=now, but=())
    await tx.short_tokens.revoke_all_of(token.owner_id, now)
    if ended:
        await tx.status_lists.announce(ended, now)
