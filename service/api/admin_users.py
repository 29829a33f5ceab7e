"""/v1/admin/users: accounts of people."""

from typing import Literal

import msgspec
from aiohttp import web

from service.api.answers import json_answer
from service.api.bodies import read_body
from service.api.path_ids import path_id
from service.api.queries import read_query
from service.api.user_answers import grant_document, user_document
from service.domain.errors import Fault, Faulty
from service.domain.issuance import text_fault
from service.domain.user import MAX_NAME, Grant, GrantKind, Role
from service.web.appkeys import SERVICES
from service.web.callers import signed_in
from service.web.links import invitation_link


class NewUser(msgspec.Struct, kw_only=True):
    """POST /v1/admin/users. `grant` is the catalogue's default, everything, or a list of scopes."""

    name: str
    role: Literal["user", "auditor", "administrator"] = "user"
    grant: Literal["default", "all"] | list[str] = "default"


async def create_user(request: web.Request) -> web.Response:
    """The account, and once the link by which its owner sets a password."""
    services, body = request.app[SERVICES], await read_body(request, NewUser)
    user, secret = await services.create_user(
        name=body.name, role=Role(body.role), grant=grant_of(body.grant), actor=signed_in(request).actor
    )
    invitation = {
        "link": invitation_link(services.settings.issuer, secret),
        "expires_in": services.settings.invitation_lifetime,
    }
    grant = grant_document(user.grant, services.current.catalogue)
    return json_answer({**user_document(user), "grant": grant, "invitation": invitation}, status=201)


async def find_users(request: web.Request) -> web.Response:
    """The account of this name, compared without case, as an array of one or none."""
    services = request.app[SERVICES]
    user = await services.find_user(_name(request))
    found = [] if user is None else [user]
    catalogue = services.current.catalogue
    return json_answer([{**user_document(u), "grant": grant_document(u.grant, catalogue)} for u in found])


async def disable_user(request: web.Request) -> web.Response:
    """No session and no token of theirs works from now on."""
    revoked = await request.app[SERVICES].disable_user(path_id(request), actor=signed_in(request).actor)
    return json_answer({"revoked_values": revoked})


def grant_of(asked: str | list[str]) -> Grant:
    """What may be handed out, as a body says it."""
    if isinstance(asked, str):
        return Grant(GrantKind(asked))
    return Grant(GrantKind.LISTED, tuple(asked))


def _name(request: web.Request) -> str:
    query = read_query(request, ("name",))
    if "name" not in query:
        raise Faulty([Fault("name", "required", "name the account to look for")])
    name = query["name"][0].strip()
    if fault := text_fault("name", name, longest=MAX_NAME):
        raise Faulty([fault])
    return name
