"""The receipt of a revocation: GET …/{id}/revocation."""

import msgspec
from aiohttp import web

from service.api.answers import Answer, Id, Time
from service.api.contract import contract
from service.api.path_ids import path_id
from service.api.times import rfc3339, rfc3339_milliseconds, rfc3339_or_none
from service.domain.errors import TokenIsNotRevoked
from service.domain.identifiers import to_wire
from service.domain.publication import Form
from service.domain.receipt import Receipt
from service.web.appkeys import SERVICES
from service.web.callers import signed_in


class ReceiptShown(msgspec.Struct, kw_only=True):
    """Who revoked it, when and why, and by when everybody knows. Null is what has not happened yet."""

    id: Id
    revoked_at: Time | None
    revoked_by: str | None
    revoke_reason: str | None
    revision: int | None
    list_version: int | None
    list_signed_at: Time | None
    redis_at: Time | None
    stream_at: Time | None
    lists_refuse_by: Time


@contract(raises=(TokenIsNotRevoked,), summary="Get the receipt of a revocation")
async def own_receipt(request: web.Request) -> Answer[ReceiptShown]:
    """Of one's own token."""
    receipt = await request.app[SERVICES].receipts(path_id(request), owner_id=signed_in(request).user.id)
    return Answer(receipt_document(receipt))


@contract(raises=(TokenIsNotRevoked,), summary="Get the receipt of anyone's revocation")
async def anyones_receipt(request: web.Request) -> Answer[ReceiptShown]:
    """Of anybody's token."""
    return Answer(receipt_document(await request.app[SERVICES].receipts(path_id(request), owner_id=None)))


def receipt_document(receipt: Receipt) -> ReceiptShown:
    token = receipt.token
    pushed = {form: receipt.pushed_ms.get(form) for form in Form}
    return ReceiptShown(
        id=to_wire(token.id),
        revoked_at=rfc3339_or_none(token.revoked_at),
        revoked_by=token.revoked_by,
        revoke_reason=token.revoke_reason,
        revision=receipt.revision,
        list_version=receipt.list_version,
        list_signed_at=rfc3339_or_none(receipt.list_signed_at),
        redis_at=rfc3339_milliseconds(pushed[Form.REDIS]),
        stream_at=rfc3339_milliseconds(pushed[Form.STREAM]),
        lists_refuse_by=rfc3339(receipt.lists_refuse_by),
    )
