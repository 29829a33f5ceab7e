"""/v1/admin/users: accounts of people."""

from collections.abc import Mapping
from typing import Literal

import msgspec
from aiohttp import web
from msgspec import UNSET, UnsetType

from service.api.answers import Answer, Created
from service.api.bodies import read_body
from service.api.contract import contract
from service.api.offered_links import PasswordLink, offered_link
from service.api.path_ids import path_id
from service.api.queries import read_query
from service.api.query_values import Onward, Text, link_behind, name_before, read_text
from service.api.user_answers import Account, account_document, grant_document, user_members
from service.application.administrators import LastAdministrator
from service.domain.errors import AlreadyExists, Fault, Faulty
from service.domain.user import Grant, GrantKind, Role, User
from service.web.appkeys import SERVICES
from service.web.callers import signed_in


class NewUser(msgspec.Struct, kw_only=True):
    """POST /v1/admin/users. `grant` is the catalogue's default, everything, or a list of scopes.

    With an `email` the invitation goes there, where the deployment sends mails.
    """

    name: str
    email: str | None = None
    language: Literal["en", "de"] = "en"
    role: Literal["user", "auditor", "administrator"] = "user"
    grant: Literal["default", "all"] | list[str] = "default"


class UserQuery(Onward, kw_only=True):
    """`name` is a whole one, compared without case; `search` a part of one."""

    name: Text | UnsetType = UNSET
    search: Text | UnsetType = UNSET
    role: Role | UnsetType = UNSET


class InvitedUser(Account, kw_only=True):
    """The account, and once the link by which its owner sets a password."""

    invitation: PasswordLink


class Disabled(msgspec.Struct, kw_only=True):
    """How many values ended by it."""

    revoked_values: int


@contract(body=NewUser, raises=(AlreadyExists,))
async def create_user(request: web.Request) -> Created[InvitedUser]:
    """The account, and once the link by which its owner sets a password."""
    services, body = request.app[SERVICES], await read_body(request, NewUser)
    user, secret = await services.create_user(
        name=body.name,
        role=Role(body.role),
        grant=grant_of(body.grant),
        actor=signed_in(request).actor,
        email=body.email,
        language=body.language,
    )
    invitation = offered_link(secret, services.settings)
    grant = grant_document(user.grant, services.current.catalogue)
    return Created(InvitedUser(**user_members(user), grant=grant, invitation=invitation))


@contract(query=UserQuery)
async def find_users(request: web.Request) -> Answer[list[Account]]:
    """People by name, `Link` leads on; with `name` the one account of this name, compared without case, or none."""
    query, faults = read_query(request, UserQuery.__struct_encode_fields__), list[Fault]()
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
        accounts = [account(request, user) for user in found]
        return Answer(accounts, headers=link_behind(request, url, more))
    user = await services.find_user(name.strip())
    return Answer([] if user is None else [account(request, user)])


async def get_user(request: web.Request) -> Answer[Account]:
    """One account, of a person or a machine."""
    return Answer(account(request, await request.app[SERVICES].find_user.get(path_id(request))))


@contract(raises=(LastAdministrator,))
async def disable_user(request: web.Request) -> Answer[Disabled]:
    """No session and no token of theirs works from now on."""
    revoked = await request.app[SERVICES].disable_user(path_id(request), actor=signed_in(request).actor)
    return Answer(Disabled(revoked_values=revoked))


def grant_of(asked: str | list[str]) -> Grant:
    """What may be handed out, as a body says it."""
    if isinstance(asked, str):
        return Grant(GrantKind(asked))
    return Grant(GrantKind.LISTED, tuple(asked))


def account(request: web.Request, user: User) -> Account:
    return account_document(user, request.app[SERVICES].current.catalogue)


def _role(query: Mapping[str, list[str]], faults: list[Fault]) -> Role | None:
    if "role" not in query:
        return None
    try:
        return Role(query["role"][0])
    except ValueError:
        faults.append(Fault("role", "invalid_value", f"is none of {', '.join(Role)}"))
        return None
