"""/v1/admin/users/{id}/grant, /role, /enable: who may what."""

from typing import Any, Final, Literal

import msgspec
from aiohttp import web

from service.api.admin_users import grant_of
from service.api.answers import json_answer
from service.api.bodies import read_body
from service.api.path_ids import path_id
from service.api.queries import read_flag
from service.api.user_answers import grant_document, user_document
from service.application.change_grant import GrantChange
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


async def change_grant(request: web.Request) -> web.Response:
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
    document = change_document(change, services.current.catalogue)
    return json_answer({"dry_run": dry_run, **document})


async def change_role(request: web.Request) -> web.Response:
    """User, auditor or administrator; sessions of theirs end."""
    user_id, body = path_id(request), await read_body(request, RoleToGive)
    services, actor = request.app[SERVICES], signed_in(request).actor
    return json_answer(
        user_document(await services.governance.change_role(user_id, Role(body.role), actor=actor))
    )


async def enable_user(request: web.Request) -> web.Response:
    """They may sign in again; their tokens stay revoked."""
    user_id, actor = path_id(request), signed_in(request).actor
    return json_answer(
        user_document(await request.app[SERVICES].governance.enable_user(user_id, actor=actor))
    )


def change_document(change: GrantChange, catalogue: CatalogueDocument) -> dict[str, Any]:
    """`beyond` counts every token that carries too much and names up to LISTED, each with what is too much.

    `ends` is `token`, or `overlap` where only a value that was replaced already carries too much.
    """
    named = [
        {
            "id": to_wire(each.token_id),
            "note": each.note,
            "scopes": each.scopes,
            "ends": "token" if each.whole else "overlap",
        }
        for each in change.beyond[:LISTED]
    ]
    return {
        "user": user_document(change.user),
        "grant": grant_document(change.user.grant, catalogue),
        "beyond": {"count": len(change.beyond), "tokens": named},
        "preview": change.preview,
        "revoked_values": change.revoked_values,
    }
