"""The signed status lists (Token Status List sections 8.1, 8.2, 8.4) and where they all are (section 9)."""

import hashlib
import re
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import UNSET, UnsetType

from service.api.accept import accepts
from service.api.contract import Sent, contract
from service.api.public_documents import FOR_ANY_ORIGIN, UNCHANGED, PublicDocument, answer
from service.application.minting import status_list_uri
from service.domain.errors import Gone, NotFound, StorageUnavailable
from service.web.appkeys import SERVICES

MEDIA_TYPE = "application/statuslist+jwt"

_LIST_ID = re.compile("[0-9a-f]{32}")
_VARY = {"Vary": "Accept, Accept-Encoding"}
_HEADERS = {**FOR_ANY_ORIGIN, **_VARY}


class StatusListQuery(msgspec.Struct, kw_only=True):
    """`time` asks for a list of the past: there are none."""

    time: int | UnsetType = UNSET


class StatusLists(msgspec.Struct, kw_only=True):
    """Where they are (section 9)."""

    status_lists: list[str]


@contract(
    query=StatusListQuery,
    raises=(Gone, StorageUnavailable),
    statuses=(406, 501),
    path={"id": {"type": "string", "pattern": f"^{_LIST_ID.pattern}$"}},
)
async def status_list(
    request: web.Request,
) -> Annotated[web.Response, Sent(media_type=MEDIA_TYPE, schema=str), UNCHANGED]:
    """One list, the same bytes for all its tokens. No history: it would tell when tokens were revoked."""
    if "time" in request.query:
        raise web.HTTPNotImplemented(text="status lists are told as of now alone", headers=_HEADERS)
    if not accepts(request, MEDIA_TYPE):
        raise web.HTTPNotAcceptable(text=f"a status list is served as {MEDIA_TYPE} alone", headers=_HEADERS)
    services, list_id = request.app[SERVICES], request.match_info["id"]
    served = await services.status_lists.token(list_id) if _LIST_ID.fullmatch(list_id) else None
    if served is None:
        raise NotFound("no such status list")
    document = PublicDocument(
        body=served.body,
        gzipped=served.gzipped,
        etag=served.etag,
        content_type=MEDIA_TYPE,
        max_age=services.settings.status_list_max_age,
    )
    return answer(request, document, _VARY)


@contract(raises=(NotFound, StorageUnavailable))
async def status_lists(
    request: web.Request,
) -> Annotated[web.Response, Sent(schema=StatusLists), UNCHANGED]:
    """The URIs of all lists, where the operator publishes them together (section 12.4)."""
    services = request.app[SERVICES]
    settings = services.settings
    if not settings.aggregate_status_lists:
        raise NotFound("the status lists are not published together")
    uris = [status_list_uri(settings.issuer, list_id) for list_id in await services.status_lists.ids()]
    body = msgspec.json.encode(StatusLists(status_lists=uris))
    document = PublicDocument(
        body=body,
        etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        content_type="application/json",
        max_age=settings.status_list_max_age,
    )
    return answer(request, document)
