"""/v1/admin/tokens: everybody's tokens, for those who keep order. Never a value."""

from typing import Final

import msgspec
from aiohttp import web

from service.api.answers import Answer, Id
from service.api.bodies import read_body
from service.api.contract import contract
from service.api.inventory_queries import InventoryQuery, next_inventory_link, read_inventory_page
from service.api.path_ids import path_id
from service.api.queries import Reason, read_reason
from service.api.token_answers import TokenShown, token_members
from service.domain.edit import Edit
from service.domain.errors import TokenIsExpired, TokenIsRevoked
from service.domain.identifiers import to_wire
from service.domain.token_filter import InventoryItem
from service.domain.user import UserKind
from service.web.appkeys import SERVICES
from service.web.callers import signed_in

INVENTORY: Final = "/v1/admin/tokens"


class Pause(msgspec.Struct, kw_only=True):
    """PATCH /v1/admin/tokens/{id}: an administrator's pause, which only an administrator lifts."""

    suspended: bool


class Owner(msgspec.Struct, kw_only=True):
    """Whose it is."""

    id: Id
    name: str
    kind: UserKind


class InventoryToken(TokenShown, kw_only=True):
    """The record as its owner sees it, with what an administrator needs besides."""

    owner: Owner
    kid: str | None
    revoked_by: str | None
    suspended_by: str | None
    suspended_by_administrator: bool


@contract(query=InventoryQuery)
async def list_inventory(request: web.Request) -> Answer[list[InventoryToken]]:
    """A plain array, the newest first; `Link` leads on."""
    services = request.app[SERVICES]
    listing = await services.inventory(await read_inventory_page(request))
    documents = [item_document(item, listing.now) for item in listing.items]
    url = f"{services.settings.issuer}{INVENTORY}"
    return Answer(documents, headers=next_inventory_link(request, url, listing))


@contract(summary="Get anyone's token")
async def get_anyones(request: web.Request) -> Answer[InventoryToken]:
    """One of them."""
    return Answer(item_document(*await request.app[SERVICES].inventory.one(path_id(request))))


@contract(body=Pause, raises=(TokenIsRevoked, TokenIsExpired), summary="Pause or resume anyone's token")
async def pause_anyones(request: web.Request) -> Answer[InventoryToken]:
    """Refused from now on, or again what it was."""
    services, body = request.app[SERVICES], await read_body(request, Pause)
    item, _ = await services.inventory.one(path_id(request))
    await services.edit(
        item.token.id,
        Edit(suspended=body.suspended),
        owner_id=item.token.owner_id,
        actor=signed_in(request).actor,
        administrator=True,
    )
    return await get_anyones(request)


@contract(query=Reason, summary="Revoke anyone's token")
async def revoke_anyones(request: web.Request) -> Answer[InventoryToken]:
    """Final; a repeat answers the first revocation."""
    services, reason = request.app[SERVICES], read_reason(request, "revoked_by_administrator")
    item, _ = await services.inventory.one(path_id(request))
    actor = signed_in(request).actor
    await services.revoke(item.token.id, owner_id=item.token.owner_id, actor=actor, reason=reason)
    return await get_anyones(request)


def item_document(item: InventoryItem, now: int) -> InventoryToken:
    token = item.token
    return InventoryToken(
        **token_members(token, token.state(now)),
        owner=Owner(id=to_wire(token.owner_id), name=item.owner_name, kind=item.owner_kind),
        kid=item.kid,
        revoked_by=token.revoked_by,
        suspended_by=token.suspended_by,
        suspended_by_administrator=token.suspended_by_administrator,
    )
