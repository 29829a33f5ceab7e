"""/v1/admin/clients: the resource servers that may introspect and revoke."""

from typing import Any

import msgspec
from aiohttp import web

from service.api.answers import json_answer, no_content
from service.api.bodies import read_body
from service.api.path_ids import path_id
from service.api.times import rfc3339
from service.domain.client import Client
from service.domain.identifiers import to_wire
from service.web.appkeys import SERVICES
from service.web.callers import signed_in


class NewClient(msgspec.Struct, kw_only=True):
    """POST /v1/admin/clients. No audience means the default one."""

    name: str
    audiences: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ("introspect",)


async def create_client(request: web.Request) -> web.Response:
    """The client, and once its secret."""
    body = await read_body(request, NewClient)
    client, secret = await request.app[SERVICES].create_client(
        name=body.name,
        audiences=body.audiences,
        permissions=body.permissions,
        actor=signed_in(request).actor,
    )
    return json_answer({**client_document(client), "secret": secret.reveal()}, status=201)


async def list_clients(request: web.Request) -> web.Response:
    """Those whose secret opens something."""
    clients = request.app[SERVICES].current.clients.values()
    return json_answer([client_document(client) for client in sorted(clients, key=lambda each: each.name)])


async def disable_client(request: web.Request) -> web.Response:
    """Its secret opens nothing any more."""
    client_id = to_wire(path_id(request))
    await request.app[SERVICES].disable_client(client_id, actor=signed_in(request).actor)
    return no_content()


def client_document(client: Client) -> dict[str, Any]:
    """Everything but the secret, which is kept nowhere."""
    return {
        "id": client.id,
        "name": client.name,
        "audiences": sorted(client.audiences),
        "permissions": sorted(client.permissions),
        "created_at": rfc3339(client.created_at),
    }
