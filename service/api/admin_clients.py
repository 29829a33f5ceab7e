"""/v1/admin/clients: the resource servers that may introspect and revoke, and what acts as a machine user."""

import json
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from service.api.answers import Answer, Created, Id, NoContent, Time
from service.api.bodies import read_body
from service.api.contract import contract
from service.api.path_ids import path_id
from service.api.times import rfc3339, rfc3339_or_none
from service.domain.client import Client
from service.domain.errors import AlreadyExists, NotFound, WrongState
from service.domain.identifiers import to_wire
from service.domain.overlap import LONGEST
from service.domain.secret import Secret
from service.web.appkeys import SERVICES
from service.web.callers import signed_in


class NewClient(msgspec.Struct, kw_only=True):
    """POST /v1/admin/clients. No audience means the default one.

    `machine` is the id or name of a machine user that it acts for; such a client may introspect only if that is
    said. With `jwks`, public keys, it proves itself by what it signs and has no secret.
    """

    name: str
    audiences: tuple[str, ...] = ()
    permissions: tuple[str, ...] | UnsetType = UNSET
    machine: str | None = None
    jwks: dict[str, Any] | None = None


class NewSecret(msgspec.Struct, kw_only=True):
    """POST /v1/admin/clients/{id}/secret. The old secret goes on for `overlap` seconds."""

    overlap: Annotated[int, Meta(ge=0, le=LONGEST)] = 0


class NewKeys(NewSecret, kw_only=True):
    """PUT /v1/admin/clients/{id}/jwks. In the place of the keys before; a secret goes on for `overlap` seconds."""

    jwks: dict[str, Any]


class ClientShown(msgspec.Struct, kw_only=True):
    """`secret` is there once, in the answer that makes it. Public keys come as they were registered."""

    id: str
    name: str
    audiences: list[str]
    permissions: list[str]
    machine: Id | None
    jwks: Any
    old_secret_ends_at: Time | None
    created_at: Time
    secret: str | UnsetType = UNSET


@contract(body=NewClient, raises=(AlreadyExists, NotFound))
async def create_client(request: web.Request) -> Created[ClientShown]:
    """The client, and once its secret, if it has one."""
    body = await read_body(request, NewClient)
    permissions = body.permissions
    if permissions is UNSET:
        permissions = ("introspect",) if body.machine is None else ()
    client, secret = await request.app[SERVICES].create_client(
        name=body.name,
        audiences=body.audiences,
        permissions=permissions,
        machine=body.machine,
        jwks=body.jwks,
        actor=signed_in(request).actor,
    )
    return Created(client_document(client, secret))


@contract(body=NewSecret, raises=(WrongState,))
async def rotate_secret(request: web.Request) -> Created[ClientShown]:
    """A new secret, shown this once, and when the old one ends if it goes on for a while."""
    body = await read_body(request, NewSecret)
    client, secret = await request.app[SERVICES].clients.change_proof.rotate_secret(
        to_wire(path_id(request)), overlap=body.overlap, actor=signed_in(request).actor
    )
    return Created(client_document(client, secret))


@contract(body=NewKeys)
async def take_keys(request: web.Request) -> Answer[ClientShown]:
    """From now on the client proves itself by these keys alone."""
    body = await read_body(request, NewKeys)
    client = await request.app[SERVICES].clients.change_proof.take_keys(
        to_wire(path_id(request)), body.jwks, overlap=body.overlap, actor=signed_in(request).actor
    )
    return Answer(client_document(client))


async def list_clients(request: web.Request) -> Answer[list[ClientShown]]:
    """Those that are not disabled."""
    clients = request.app[SERVICES].current.clients.values()
    return Answer([client_document(client) for client in sorted(clients, key=lambda each: each.name)])


async def disable_client(request: web.Request) -> NoContent:
    """It proves itself no more."""
    client_id = to_wire(path_id(request))
    await request.app[SERVICES].disable_client(client_id, actor=signed_in(request).actor)
    return NoContent()


def client_document(client: Client, secret: Secret | None = None) -> ClientShown:
    """With the secret only where it was just made: it is kept nowhere."""
    return ClientShown(
        id=client.id,
        name=client.name,
        audiences=sorted(client.audiences),
        permissions=sorted(client.permissions),
        machine=None if client.machine_id is None else to_wire(client.machine_id),
        jwks=None if client.jwks is None else json.loads(client.jwks),
        old_secret_ends_at=rfc3339_or_none(client.old_secret_until),
        created_at=rfc3339(client.created_at),
        secret=UNSET if secret is None else secret.reveal(),
    )
