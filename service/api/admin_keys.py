"""/v1/admin/keys: look, rotate, and the drill for a bad day."""

from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from keys import Purpose
from service.api.answers import json_answer
from service.api.bodies import read_body
from service.api.times import rfc3339, rfc3339_or_none
from service.application.keys import KeyListing, KeysChanged
from service.domain.errors import Faulty
from service.domain.identifiers import to_wire
from service.domain.issuance import text_fault
from service.domain.key_damage import KeyDamage
from service.web.appkeys import SERVICES
from service.web.callers import signed_in


class Rotate(msgspec.Struct, kw_only=True):
    """POST /v1/admin/keys/rotate."""

    purpose: Literal["access_token", "status_list"] = "access_token"


class Compromise(msgspec.Struct, kw_only=True):
    """POST /v1/admin/keys/{kid}/compromise. `dry_run` only counts what would be revoked."""

    reason: Annotated[str, Meta(max_length=255)]
    dry_run: bool = False


async def list_keys(request: web.Request) -> web.Response:
    """Every key there ever was, and how many live values it signed."""
    return json_answer([key_document(listing) for listing in await request.app[SERVICES].list_keys()])


async def rotate_keys(request: web.Request) -> web.Response:
    """The next key signs from now on."""
    body = await read_body(request, Rotate)
    changed = await request.app[SERVICES].rotate_keys(
        purpose=Purpose(body.purpose), actor=signed_in(request).actor
    )
    return json_answer(changes_document(changed))


async def compromise_key(request: web.Request) -> web.Response:
    """The key and all it signed are worth nothing from now on."""
    body = await read_body(request, Compromise)
    if fault := text_fault("reason", body.reason.strip(), longest=255):
        raise Faulty([fault])
    changed = await request.app[SERVICES].compromise_key(
        request.match_info["kid"],
        reason=body.reason.strip(),
        actor=signed_in(request).actor,
        dry_run=body.dry_run,
    )
    document = changes_document(changed) | damage_document(changed.damage)
    return json_answer({**document, "dry_run": body.dry_run})


def key_document(listing: KeyListing) -> dict[str, Any]:
    """Public facts alone."""
    key = listing.key
    times = (
        "published_at",
        "activated_at",
        "retired_at",
        "private_destroyed_at",
        "removed_at",
        "compromised_at",
    )
    return {
        "kid": key.kid,
        "purpose": key.purpose,
        "algorithm": key.algorithm,
        "state": key.state,
        "bootstrap": key.bootstrap,
        "live_tokens": listing.live_tokens,
        "created_at": rfc3339(key.created_at),
        **{name: rfc3339_or_none(getattr(key, name)) for name in times},
    }


def changes_document(changed: KeysChanged) -> dict[str, Any]:
    """What happened to which key."""
    return {
        "changes": [{"kid": each.kid, "step": each.step} for each in changed.transitions],
        "revoked_values": changed.revoked,
    }


def damage_document(damage: KeyDamage) -> dict[str, Any]:
    """Who is hit, the most first."""
    return {
        "owners": [
            {"id": to_wire(owner.id), "name": owner.name, "kind": owner.kind, "tokens": owner.tokens}
            for owner in damage.owners
        ],
        "audiences": [each._asdict() for each in damage.audiences],
    }
