"""Clients: the APIs and gateways that may ask whether a token holds."""

from typing import Final

from aiohttp import web

from service.domain.client import PERMISSIONS, Client
from service.domain.errors import Faulty, NotFound
from service.ui.faults import faults_in_words
from service.ui.page import see_other, show, texts_of
from service.web.appkeys import FORM, SERVICES
from service.web.callers import signed_in
from service.web.page_forms import Form

OVERLAPS: Final = ("0", "86400", "604800")
"""Seconds that the old secret may go on: not at all, a day, a week."""


async def clients_page(request: web.Request) -> web.Response:
    """Those that there are, and the form for one more."""
    return _clients(request)


async def add_client(request: web.Request) -> web.Response:
    """Its id and, once, its secret."""
    services, form = request.app[SERVICES], request[FORM]
    try:
        client, secret = await services.create_client(
            name=form.text("name"),
            audiences=form.texts("audience"),
            permissions=form.texts("permission"),
            actor=signed_in(request).actor,
        )
    except Faulty as faulty:
        return _clients(request, faults_in_words(faulty, texts_of(request)), form)
    shown = secret.reveal() if secret else ""
    return show(request, "admin_secret.html", tab="clients", client=client, secret=shown, old_until=None)


async def new_secret_page(request: web.Request) -> web.Response:
    """The question before another secret: what becomes of the present one."""
    return show(request, "admin_new_secret.html", tab="clients", client=_client(request))


async def new_secret(request: web.Request) -> web.Response:
    """Another secret, shown once; the one before goes on as long as was chosen."""
    said = request[FORM].text("overlap")
    overlap = int(said) if said in OVERLAPS else 0
    changed, secret = await request.app[SERVICES].clients.change_proof.rotate_secret(
        _client(request).id, overlap=overlap, actor=signed_in(request).actor
    )
    return show(
        request,
        "admin_secret.html",
        tab="clients",
        client=changed,
        secret=secret.reveal(),
        old_until=changed.old_secret_until,
    )


def _client(request: web.Request) -> Client:
    found = request.app[SERVICES].current.clients.get(request.match_info["id"])
    if found is None:
        raise NotFound("no such client")
    return found


async def remove_client(request: web.Request) -> web.Response:
    """Its secret opens nothing any more."""
    await request.app[SERVICES].disable_client(request.match_info["id"], actor=signed_in(request).actor)
    return see_other(request, "/admin/clients")


def _clients(
    request: web.Request, faults: dict[str, str] | None = None, form: Form | None = None
) -> web.Response:
    current = request.app[SERVICES].current
    return show(
        request,
        "admin_clients.html",
        status=422 if faults else 200,
        tab="clients",
        clients=sorted(current.clients.values(), key=lambda client: client.name.casefold()),
        audiences=current.catalogue.audiences,
        names={audience.id: audience.name for audience in current.catalogue.audiences},
        permissions=PERMISSIONS,
        faults=faults or {},
        form=form or Form(),
    )
