"""POST …/revoke: many tokens by one call, one's own or, for an administrator, anyone's."""

from aiohttp import web

from service.api.answers import Answer
from service.api.bodies import read_json
from service.api.bulk_revocation import (
    BulkRevocation,
    InventoryFilter,
    OutcomesShown,
    OwnFilter,
    RevokeAnyones,
    RevokeOwn,
    bulk_revocation,
    outcomes_document,
    token_filter,
)
from service.api.contract import contract
from service.api.inventory_queries import owner_id
from service.domain.errors import Fault, Faulty
from service.domain.identifiers import from_wire
from service.web.appkeys import SERVICES
from service.web.callers import signed_in


@contract(body=RevokeOwn)
async def revoke_own_tokens(request: web.Request) -> Answer[OutcomesShown]:
    """Each of them final; what happened to each."""
    asked = bulk_revocation(await read_json(request), RevokeOwn, OwnFilter)
    return await _revoke(request, asked, signed_in(request).user.id)


@contract(body=RevokeAnyones, summary="Revoke anyone's tokens")
async def revoke_anyones_tokens(request: web.Request) -> Answer[OutcomesShown]:
    """The same, whoever owns them."""
    asked = bulk_revocation(await read_json(request), RevokeAnyones, InventoryFilter)
    faults: list[Fault] = []
    user = (asked.conditions or {}).get("user")
    owner = await owner_id(request, user, "filter.user", faults) if user else None
    if faults:
        raise Faulty(faults)
    return await _revoke(request, asked, owner)


async def _revoke(request: web.Request, asked: BulkRevocation, owner: str | None) -> Answer[OutcomesShown]:
    """Those of `owner`, or, without one, of everybody."""
    many, actor = request.app[SERVICES].revoke_many, signed_in(request).actor
    reason, dry_run = asked.reason, asked.dry_run
    if asked.conditions is None:
        ids = [known for written in asked.ids or () if (known := from_wire(written))]
        outcomes = await many.by_ids(ids, owner_id=owner, actor=actor, reason=reason, dry_run=dry_run)
    else:
        which = token_filter(asked.conditions, owner)
        outcomes = await many.by_filter(which, actor=actor, reason=reason, dry_run=dry_run)
    return Answer(outcomes_document(outcomes, asked.ids, dry_run=dry_run))
