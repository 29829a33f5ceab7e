"""/v1/me/contact and /v1/admin/users/{id}/contact: how people are written to; /v1/forgotten-password."""

from typing import Annotated, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from service.api.answers import Accepted, Answer
from service.api.bodies import read_body
from service.api.contract import contract
from service.api.path_ids import path_id
from service.domain.contact import Contact
from service.domain.errors import Busy, WrongState
from service.domain.user import MAX_NAME
from service.web.appkeys import SERVICES
from service.web.callers import signed_in
from service.web.client_address import caller_address

CONTACT: Final = "/v1/me/contact"


class NewContact(msgspec.Struct, kw_only=True):
    """PATCH. What is absent or null stays as it is; an empty `email` takes the address away."""

    email: str | None = None
    language: str | None = None
    reminders: bool | None = None


class ContactShown(msgspec.Struct, kw_only=True):
    """How somebody is written to."""

    email: str | None
    language: str
    reminders: bool


class Asked(msgspec.Struct, kw_only=True):
    """Nothing is said of what becomes of it."""


class Forgotten(msgspec.Struct, kw_only=True):
    """POST /v1/forgotten-password."""

    name: Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]


async def get_own_contact(request: web.Request) -> Answer[ContactShown]:
    """One's own."""
    return await _answer(request, signed_in(request).user.id)


@contract(body=NewContact)
async def change_own_contact(request: web.Request) -> Answer[ContactShown]:
    """One's own; the old address is told of a new one."""
    return await _change(request, signed_in(request).user.id)


async def get_contact(request: web.Request) -> Answer[ContactShown]:
    """Somebody's."""
    user = await request.app[SERVICES].find_user.get(path_id(request))
    return await _answer(request, user.id)


@contract(body=NewContact)
async def change_contact(request: web.Request) -> Answer[ContactShown]:
    """Somebody's; the old address is told of a new one."""
    return await _change(request, path_id(request))


@contract(body=Forgotten, raises=(WrongState, Busy))
async def forgotten_password(request: web.Request) -> Accepted[Asked]:
    """202 whoever is called so: a link goes to the address of that account, if it has one."""
    services, body = request.app[SERVICES], await read_body(request, Forgotten)
    services.address_rates.demand("forgotten-password", caller_address(request, services.settings))
    if services.notices.forgotten_password is None:
        raise WrongState("this deployment sends no mails; ask an administrator for a link")
    services.notices.forgotten_password.ask(body.name.strip())
    return Accepted(Asked())


async def _answer(request: web.Request, user_id: str) -> Answer[ContactShown]:
    return Answer(_document(await request.app[SERVICES].notices.contacts(user_id)))


async def _change(request: web.Request, user_id: str) -> Answer[ContactShown]:
    body = await read_body(request, NewContact)
    contact = await request.app[SERVICES].notices.contacts.change(
        user_id,
        actor=signed_in(request).actor,
        email=body.email,
        language=body.language,
        reminders=body.reminders,
    )
    return Answer(_document(contact))


def _document(contact: Contact) -> ContactShown:
    return ContactShown(email=contact.email, language=contact.language, reminders=contact.reminders)
