"""The machines that somebody answers for, and their tokens; administrators answer for every machine."""

from aiohttp import web

from service.domain.identifiers import to_wire
from service.ui.choices import choices_of
from service.ui.days import zone_of
from service.ui.page import show
from service.ui.token_form import TokenForm
from service.ui.token_list import listing_of
from service.ui.token_new import make_for, show_form
from service.ui.whose import answered_for, list_of
from service.web.appkeys import FORM, SERVICES
from service.web.callers import signed_in


async def own_machines_page(request: web.Request) -> web.Response:
    """Those that one has been named for."""
    found, _ = await request.app[SERVICES].machines.page(responsible_id=signed_in(request).user.id)
    return show(request, "machines.html", machines=[(to_wire(each.user.id), each) for each in found])


async def own_machine_page(request: web.Request) -> web.Response:
    """One machine's tokens, with all that their owner could do if it were a person."""
    machine = await answered_for(request)
    context = await listing_of(request, list_of(machine.user), machine.user)
    return show(request, "machine.html", of=machine, **context)


async def machine_token_page(request: web.Request) -> web.Response:
    """The form for a token of this machine."""
    services, who = request.app[SERVICES], signed_in(request)
    machine = await answered_for(request)
    choices = choices_of(services.current.catalogue, machine.user, who.read_at, zone_of(request))
    return await show_form(request, TokenForm.blank(choices), title="machine", owner=machine.user)


async def create_machine_token(request: web.Request) -> web.Response:
    """The value, once, to be put where the machine runs."""
    machine = await answered_for(request)
    return await make_for(request, machine.user, TokenForm.typed(request[FORM]), title="machine")
