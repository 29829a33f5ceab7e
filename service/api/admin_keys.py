"""/v1/admin/keys: look, rotate, and the drill for a bad day."""

from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from keys import KeyState, Purpose
from keys.errors import IllegalTransition, KeyNotFound, NextKeyTooYoung, NoActiveKey, TooManyKeys
from keys.transition import Step
from service.api.answers import Answer, Id, Time
from service.api.bodies import read_body
from service.api.contract import contract
from service.api.contract_refusals import CANNOT_SIGN
from service.api.times import rfc3339, rfc3339_or_none
from service.application.keys import KeyListing, KeysChanged, KeysChangedMeanwhile
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


class KeyShown(msgspec.Struct, kw_only=True):
    """Public facts alone. `live_tokens` counts the values that it signed and that still hold."""

    kid: str
    purpose: Purpose
    algorithm: str
    state: KeyState
    bootstrap: bool
    live_tokens: int
    created_at: Time
    published_at: Time | None
    activated_at: Time | None
    retired_at: Time | None
    private_destroyed_at: Time | None
    removed_at: Time | None
    compromised_at: Time | None


class KeyStep(msgspec.Struct, kw_only=True):
    """What happened to a key."""

    kid: str
    step: Step


class KeyChanges(msgspec.Struct, kw_only=True):
    """What happened to which key, and how many values that revoked."""

    changes: list[KeyStep]
    revoked_values: int


class OwnerShown(msgspec.Struct, kw_only=True):
    """Somebody, and how many of their records have a value that the key signed."""

    id: Id
    name: str
    kind: str
    tokens: int


class AudienceShown(msgspec.Struct, kw_only=True):
    """An API, and how many records for it have a value that the key signed."""

    id: str
    tokens: int


class KeyDamageShown(KeyChanges, kw_only=True):
    """With who is hit, the most first."""

    owners: list[OwnerShown]
    audiences: list[AudienceShown]
    dry_run: bool


async def list_keys(request: web.Request) -> Answer[list[KeyShown]]:
    """Every key there ever was, and how many live values it signed."""
    return Answer([key_document(listing) for listing in await request.app[SERVICES].list_keys()])


@contract(
    body=Rotate,
    raises=(NoActiveKey, NextKeyTooYoung, TooManyKeys, IllegalTransition, KeysChangedMeanwhile, *CANNOT_SIGN),
)
async def rotate_keys(request: web.Request) -> Answer[KeyChanges]:
    """The next key signs from now on."""
    body = await read_body(request, Rotate)
    changed = await request.app[SERVICES].rotate_keys(
        purpose=Purpose(body.purpose), actor=signed_in(request).actor
    )
    return Answer(KeyChanges(**changes_members(changed)))


@contract(
    body=Compromise,
    path={"kid": {"type": "string"}},
    raises=(KeyNotFound, IllegalTransition, KeysChangedMeanwhile, *CANNOT_SIGN),
)
async def compromise_key(request: web.Request) -> Answer[KeyDamageShown]:
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
    document = KeyDamageShown(
        **changes_members(changed), **_damage_members(changed.damage), dry_run=body.dry_run
    )
    return Answer(document)


def key_document(listing: KeyListing) -> KeyShown:
    key = listing.key
    times = (
        "published_at",
        "activated_at",
        "retired_at",
        "private_destroyed_at",
        "removed_at",
        "compromised_at",
    )
    return KeyShown(
        kid=key.kid,
        purpose=key.purpose,
        algorithm=key.algorithm,
        state=key.state,
        bootstrap=key.bootstrap,
        live_tokens=listing.live_tokens,
        created_at=rfc3339(key.created_at),
        **{name: rfc3339_or_none(getattr(key, name)) for name in times},
    )


def changes_members(changed: KeysChanged) -> dict[str, Any]:
    """The members of KeyChanges."""
    return {
        "changes": [KeyStep(kid=each.kid, step=each.step) for each in changed.transitions],
        "revoked_values": changed.revoked,
    }


def _damage_members(damage: KeyDamage) -> dict[str, Any]:
    return {
        "owners": [
            OwnerShown(id=to_wire(owner.id), name=owner.name, kind=owner.kind, tokens=owner.tokens)
            for owner in damage.owners
        ],
        "audiences": [AudienceShown(**each._asdict()) for each in damage.audiences],
    }
