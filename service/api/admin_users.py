"""/v1/admin/users: accounts of people."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from aiohttp import web

from service.api.answers import json_answer
from service.api.bodies import read_body
from service.api.path_ids import path_id
from service.api.queries import read_query
from service.api.query_values import link_behind, name_before, read_text
from service.api.user_answers import grant_document, user_document
from service.domain.errors import Fault, Faulty
from service.domain.user import Grant, GrantKind, Role, User
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
    """People by name, `Link` leads on; with `name` the one account of this name, compared without case, or none."""
    query, faults = read_query(request, ("name", "search", "role", "cursor")), list[Fault]()
    services, url = request.app[SERVICES], f"{request.app[SERVICES].settings.issuer}/v1/admin/users"
    name, search, role = (
        read_text(query, "name", faults),
        read_text(query, "search", faults),
        _role(query, faults),
    )
    if faults:
        raise Faulty(faults)
    if name is None:
        found, more = await services.find_user.people(search=search, role=role, after=name_before(query))
        return json_answer(
            [account(request, user) for user in found], headers=link_behind(request, url, more)
        )
    user = await services.find_user(name.strip())
    return json_answer([] if user is None else [account(request, user)])


async def get_user(request: web.Request) -> web.Response:
    """One account, of a person or a machine."""
    return json_answer(account(request, await request.app[SERVICES].find_user.get(path_id(request))))


async def disable_user(request: web.Request) -> web.Response:
    """No session and no token of theirs works from now on."""
    revoked = await request.app[SERVICES].disable_user(path_id(request), actor=signed_in(request).actor)
    return json_answer({"revoked_values": revoked})


def grant_of(asked: str | list[str]) -> Grant:
    """What may be handed out, as a body says it."""
    if isinstance(asked, str):
        return Grant(GrantKind(asked))
    return Grant(GrantKind.LISTED, tuple(asked))


def account(request: web.Request, user: User) -> dict[str, Any]:
    """An account with what it may hand out."""
    return {
        **user_document(user),
        "grant": grant_document(user.grant, request.app[SERVICES].current.catalogue),
    }


def _role(query: Mapping[str, list[str]], faults: list[Fault]) -> Role | None:
    if "role" not in query:
        return None
    try:
        return Role(query["role"][0])
    except ValueError:
        faults.append(Fault("role", "invalid_value", f"is none of {', '.join(Role)}"))
        return None
