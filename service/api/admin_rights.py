"""/v1/admin/users/{id}/grant, /role, /enable: who may what."""

from typing import Final, Literal

import msgspec
from aiohttp import web

from service.api.admin_users import grant_of
from service.api.answers import Answer, Id
from service.api.bodies import read_body
from service.api.contract import contract
from service.api.path_ids import path_id
from service.api.queries import DryRun, read_flag
from service.api.user_answers import GrantShown, UserShown, grant_document, user_document
from service.application.administrators import LastAdministrator
from service.application.change_grant import GrantChange, SeenOtherwise
from service.domain.catalogue import CatalogueDocument
from service.domain.identifiers import to_wire
from service.domain.user import Role
from service.web.appkeys import SERVICES
from service.web.callers import signed_in

LISTED: Final = 100
"""How many of the tokens that lie beyond a grant are told by name."""


class GrantToGive(msgspec.Struct, kw_only=True):
    """PUT /v1/admin/users/{id}/grant. `preview` is the one of a dry run: exactly what it told is done, or nothing."""

    grant: Literal["default", "all"] | list[str]
    preview: str | None = None


class RoleToGive(msgspec.Struct, kw_only=True):
    """PUT /v1/admin/users/{id}/role."""

    role: Literal["user", "auditor", "administrator"]


class TokenBeyond(msgspec.Struct, kw_only=True):
    """A token with what is too much of it.

    `ends` is `token`, or `overlap` where only a value that was replaced already carries too much.
    """

    id: Id
    note: str
    scopes: tuple[str, ...]
    ends: Literal["token", "overlap"]


class Beyond(msgspec.Struct, kw_only=True):
    """Every token that carries too much is counted, the first hundred are named."""

    count: int
    tokens: list[TokenBeyond]


class GrantChangeShown(msgspec.Struct, kw_only=True):
    """`preview` stands for exactly this change; `revoked_values` is how many ended by it."""

    dry_run: bool
    user: UserShown
    grant: GrantShown
    beyond: Beyond
    preview: str
    revoked_values: int


@contract(body=GrantToGive, query=DryRun, raises=(SeenOtherwise,))
async def change_grant(request: web.Request) -> Answer[GrantChangeShown]:
    """What a person or a machine may hand out, and the tokens that end because they carry more.

    With `?dry_run=true` only told.
    """
    dry_run, user_id, body = (
        read_flag(request, "dry_run"),
        path_id(request),
        await read_body(request, GrantToGive),
    )
    services, grant = request.app[SERVICES], grant_of(body.grant)
    if dry_run:
        change = await services.governance.change_grant.look(user_id, grant)
    else:
        actor = signed_in(request).actor
        change = await services.governance.change_grant(user_id, grant, actor=actor, preview=body.preview)
    return Answer(change_document(change, services.current.catalogue, dry_run=dry_run))


@contract(body=RoleToGive, raises=(LastAdministrator,))
async def change_role(request: web.Request) -> Answer[UserShown]:
    """User, auditor or administrator; sessions of theirs end."""
    user_id, body = path_id(request), await read_body(request, RoleToGive)
    services, actor = request.app[SERVICES], signed_in(request).actor
    changed = await services.governance.change_role(user_id, Role(body.role), actor=actor)
    return Answer(user_document(changed))


@contract()
async def enable_user(request: web.Request) -> Answer[UserShown]:
    """They may sign in again; their tokens stay revoked."""
    user_id, actor = path_id(request), signed_in(request).actor
    return Answer(user_document(await request.app[SERVICES].governance.enable_user(user_id, actor=actor)))


def change_document(change: GrantChange, catalogue: CatalogueDocument, *, dry_run: bool) -> GrantChangeShown:
    named = [
        TokenBeyond(
            id=to_wire(each.token_id),
            note=each.note,
            scopes=tuple(each.scopes),
            ends="token" if each.whole else "overlap",
        )
        for each in change.beyond[:LISTED]
    ]
    return GrantChangeShown(
        dry_run=dry_run,
        user=user_document(change.user),
        grant=grant_document(change.user.grant, catalogue),
        beyond=Beyond(count=len(change.beyond), tokens=named),
        preview=change.preview,
        revoked_values=change.revoked_values,
    )
