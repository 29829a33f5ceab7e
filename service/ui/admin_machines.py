"""Machine users: made, looked at, disabled."""

from aiohttp import web

from service.domain.errors import AlreadyExists, Faulty
from service.domain.identifiers import from_wire, to_wire
from service.domain.token_page import TokenPage
from service.ui.admin_people import grant_of
from service.ui.faults import faults_in_words
from service.ui.page import see_other, show, texts_of
from service.ui.token_rows import rows_of
from service.web.appkeys import FORM, SERVICES
from service.web.callers import signed_in
from service.web.page_forms import Form

_TOKENS = 200


async def machines_page(request: web.Request) -> web.Response:
    """All of them, and the form for one more."""
    return await _machines(request)


async def add_machine(request: web.Request) -> web.Response:
    """A machine user with the people who answer for it."""
    services, form, texts = request.app[SERVICES], request[FORM], texts_of(request)
    try:
        machine = await services.machines.create(
            name=form.text("name"),
            responsible=form.text("responsible").replace(",", " ").split(),
            grant=grant_of(form),
            actor=signed_in(request).actor,
        )
    except Faulty as faulty:
        return await _machines(request, faults_in_words(faulty, texts), form)
    except AlreadyExists:
        return await _machines(request, {"name": texts("faults.name.taken")}, form)
    return see_other(request, f"/admin/machines/{to_wire(machine.user.id)}")


async def machine_page(request: web.Request) -> web.Response:
    """One of them with its tokens."""
    services = request.app[SERVICES]
    machine = await services.machines.get(from_wire(request.match_info["id"]) or "")
    listing = await services.list_tokens(TokenPage(owner_id=machine.user.id, limit=_TOKENS))
    return show(
        request,
        "admin_machine.html",
        tab="machines",
        machine=machine,
        machine_id=to_wire(machine.user.id),
        rows=rows_of(listing.tokens, services.current.catalogue, listing.now),
        now=listing.now,
    )


async def disable_machine(request: web.Request) -> web.Response:
    """Its tokens are revoked for good."""
    machine = await request.app[SERVICES].machines.get(from_wire(request.match_info["id"]) or "")
    await request.app[SERVICES].disable_user(machine.user.id, actor=signed_in(request).actor)
    return see_other(request, f"/admin/machines/{to_wire(machine.user.id)}")


async def _machines(
    request: web.Request, faults: dict[str, str] | None = None, form: Form | None = None
) -> web.Response:
    services = request.app[SERVICES]
    machines, _ = await services.machines.page(responsible_id=None)
    return show(
        request,
        "admin_machines.html",
        status=422 if faults else 200,
        tab="machines",
        machines=[(to_wire(each.user.id), each) for each in machines],
        faults=faults or {},
        form=form or Form(),
        scopes=services.current.catalogue.scopes,
    )
