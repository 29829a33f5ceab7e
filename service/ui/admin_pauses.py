"""Pause anybody's tokens, and let them go on."""

from aiohttp import web

from service.domain.edit import Edit
from service.ui.page import see_other
from service.ui.token_list import MOST, chosen, show_chosen
from service.web.appkeys import FORM, SERVICES
from service.web.callers import signed_in


async def pause_anyones(request: web.Request) -> web.Response:
    """Nothing takes them until an administrator resumes them."""
    return await _suspend(request, suspended=True)


async def resume_anyones(request: web.Request) -> web.Response:
    """They work again, whoever paused them."""
    return await _suspend(request, suspended=False)


async def pausing_page(request: web.Request, do: str) -> web.Response:
    """The question about those that were chosen."""
    services = request.app[SERVICES]
    found = [
        (await services.inventory.one(each))[0].token
        for each in chosen(request.query.getall("id", []))[:MOST]
    ]
    return show_chosen(request, do, found, root="/admin/tokens", back="/admin/tokens")


async def _suspend(request: web.Request, *, suspended: bool) -> web.Response:
    services = request.app[SERVICES]
    for token_id in chosen(request[FORM].texts("id")):
        item, _ = await services.inventory.one(token_id)
        await services.edit(
            token_id,
            Edit(suspended=suspended),
            owner_id=item.token.owner_id,
            actor=signed_in(request).actor,
            administrator=True,
        )
    return see_other(request, f"/admin/tokens?done={'paused' if suspended else 'resumed'}")
