"""The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header)."""

from dataclasses import replace
from typing import Any, Final

from aiohttp import web

from service.domain.errors import Fault
from service.domain.idempotency import IdempotencyKey, is_key
from service.domain.issuance import TokenRequest
from service.web.appkeys import PRINCIPAL

HEADER: Final = "Idempotency-Key"


def keyed(
    request: web.Request, document: dict[str, Any], asked: TokenRequest
) -> tuple[TokenRequest, IdempotencyKey | None]:
    """What `document` asked for with the key that it came under, if any; a key that is none is one fault more."""
    given = request.headers.getall(HEADER, ())
    if not given:
        return asked, None
    if len(given) > 1 or not is_key(given[0]):
        fault = Fault(HEADER, "invalid_value", "one key of 16 to 128 visible ASCII characters")
        return replace(asked, faults=(*asked.faults, fault)), None
    call = f"{request.method} {request.path}"
    return asked, IdempotencyKey.of(given[0], caller=request[PRINCIPAL].actor, call=call, body=document)
