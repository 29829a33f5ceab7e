"""Machine users and the clients that act for them."""

from collections.abc import Mapping
from typing import Any

from service.application.client_credentials import WantedAccess
from service.application.minting import MintedShort
from service.domain.client import Client
from service.domain.machine import Machine
from service.domain.user import Grant, GrantKind
from service.web.services import Services
from tests.application.deployment import Deployment


async def a_machine(on: Deployment, *scopes: str) -> Machine:
    """One that may be given everything, or `scopes` alone; somebody new answers for it."""
    person = await on.user()
    grant = Grant(GrantKind.LISTED, scopes) if scopes else Grant(GrantKind.ALL)
    return await on.services.machines.create(
        name=f"machine of {person.name}", responsible=[person.name], grant=grant, actor="test"
    )


async def acting_for(
    on: Deployment, machine: Machine, *audiences: str, jwks: Mapping[str, Any] | None = None
) -> Client:
    """A client of the machine's; without audiences for the default one."""
    client, _ = await on.services.create_client(
        name="job", audiences=audiences, permissions=(), machine=machine.user.name, jwks=jwks, actor="test"
    )
    return client


async def access(
    on: Deployment,
    client: Client,
    *scopes: str,
    audience: str | None = None,
    services: Services | None = None,
) -> MintedShort:
    """A short access token; without scopes whatever the machine has."""
    wanted = WantedAccess(scopes=scopes or None, audience=audience)
    return await (services or on.services).clients.client_credentials(client, wanted)


async def an_access_token(on: Deployment, *scopes: str) -> MintedShort:
    """One of a new machine and a new client."""
    return await access(on, await acting_for(on, await a_machine(on)), *(scopes or ("company",)))
