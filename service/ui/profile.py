"""One's profile: how one is written to, where one's tokens were used, and the tokens."""

from aiohttp import web

from service.domain.contact import LANGUAGES, Contact
from service.domain.errors import Faulty
from service.domain.identifiers import to_wire
from service.domain.token_page import TokenPage
from service.ui.faults import faults_in_words
from service.ui.page import see_other, show, texts_of
from service.ui.token_list import listing_of
from service.ui.token_rows import rows_of
from service.web.appkeys import FORM, SERVICES
from service.web.callers import signed_in

_APPS = 20


async def profile_page(request: web.Request) -> web.Response:
    """*Your apps*: the uses that were reported, the last one first, with the token that each used."""
    contact = await request.app[SERVICES].notices.contacts(signed_in(request).user.id)
    return await _profile(request, contact, saved="saved" in request.query)


async def change_contact(request: web.Request) -> web.Response:
    """Address, language, reminders."""
    services, who, form = request.app[SERVICES], signed_in(request), request[FORM]
    typed = Contact(
        user_id=who.user.id,
        email=form.text("email").strip(),
        language=form.text("language") or LANGUAGES[0],
        reminders=bool(form.text("reminders")),
    )
    try:
        await services.notices.contacts.change(
            who.user.id,
            actor=who.actor,
            email=typed.email,
            language=typed.language,
            reminders=typed.reminders,
        )
    except Faulty as faulty:
        return await _profile(request, typed, faults=faults_in_words(faulty, texts_of(request)))
    return see_other(request, "/profile?saved=1")


async def _profile(
    request: web.Request, contact: Contact, *, faults: dict[str, str] | None = None, saved: bool = False
) -> web.Response:
    services, who = request.app[SERVICES], signed_in(request)
    page = TokenPage(owner_id=who.user.id, sort="last_used", limit=_APPS)
    listing = await services.list_tokens(page)
    rows = rows_of(listing.tokens, services.current.catalogue, listing.now)
    machines, _ = await services.machines.page(responsible_id=who.user.id)
    return show(
        request,
        "profile.html",
        status=422 if faults else 200,
        apps=[row for row in rows if row.token.latest_use],
        machines=[(to_wire(each.user.id), each) for each in machines],
        contact=contact,
        faults=faults or {},
        saved=saved,
        **await listing_of(request, "/profile"),
    )
