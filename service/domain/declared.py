"""What a catalogue file says besides of accounts and clients: there are those it names, and they are as it says.

What it does not name it leaves alone. None of it is a part of the stored catalogue: accounts and clients are stored
where those that were made by hand are.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from safeconduct.catalogue import ScopeCatalogue
from safeconduct.document import Table

from service.domain.client import PERMISSIONS
from service.domain.client_keys import canonical_jwks
from service.domain.errors import Fault
from service.domain.notice import SUBSCRIBABLE
from service.domain.scope_lists import read_grant
from service.domain.user import MAX_NAME, Grant, fold
from service.domain.webhook import LONGEST_URL


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredMachine:
    """A machine user; `responsible` are names of people."""

    name: str
    responsible: tuple[str, ...]
    grant: Grant


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredClient:
    """`machine` is the name of the machine user it acts for, `jwks` (a JSON text) its public keys.

    Where the file says neither, those of a client that is there stay as they are.
    """

    name: str
    audiences: frozenset[str]
    permissions: frozenset[str]
    machine: str | None = None
    jwks: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredWebhook:
    """A receiver of notices of some kinds; none named means all."""

    name: str
    url: str
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """`grants` are those of people, by their names. Names are compared folded; none is named twice."""

    grants: dict[str, Grant] = field(default_factory=dict)
    machines: tuple[DeclaredMachine, ...] = ()
    clients: tuple[DeclaredClient, ...] = ()
    webhooks: tuple[DeclaredWebhook, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.grants or self.machines or self.clients or self.webhooks)


NOTHING: Final = Declared()


def read_declared(
    root: Table, grants: Table, scopes: ScopeCatalogue, audiences: Collection[str], default: str
) -> Declared:
    """The tables `grants.users`, `machines`, `clients` and `webhooks`.

    `default` is the audience of a client that names none.
    """
    users = grants.table("users")
    machines = _read_machines(root, scopes)
    names = {fold(machine.name) for machine in machines}
    for name in users.names():
        if fold(name) in names:
            users.fault("is declared as a machine: say its grant there", name)
    return Declared(
        grants={name: read_grant(users, name, scopes) for name in _once(users, users.names())},
        machines=machines,
        clients=_read_clients(root, audiences, default),
        webhooks=_read_webhooks(root),
    )


def _read_machines(root: Table, scopes: ScopeCatalogue) -> tuple[DeclaredMachine, ...]:
    machines: list[DeclaredMachine] = []
    for table in root.array("machines"):
        machine = DeclaredMachine(
            name=table.text("name", longest=MAX_NAME),
            responsible=table.words("responsible", required=True),
            grant=read_grant(table, "grant", scopes),
        )
        _demand_other(table, machine.name, [each.name for each in machines])
        machines.append(machine)
    return tuple(machines)


def _read_clients(root: Table, audiences: Collection[str], default: str) -> tuple[DeclaredClient, ...]:
    clients: list[DeclaredClient] = []
    for table in root.array("clients"):
        client = DeclaredClient(
            name=table.text("name", longest=MAX_NAME),
            audiences=frozenset(table.known("audiences", audiences) if "audiences" in table else (default,)),
            permissions=frozenset(
                table.known("permissions", PERMISSIONS) if "permissions" in table else ("introspect",)
            ),
            machine=table.text("machine", longest=MAX_NAME) if "machine" in table else None,
            jwks=_read_keys(table) if "jwks" in table else None,
        )
        _demand_other(table, client.name, [each.name for each in clients])
        clients.append(client)
    return tuple(clients)


def _read_webhooks(root: Table) -> tuple[DeclaredWebhook, ...]:
    webhooks: list[DeclaredWebhook] = []
    for table in root.array("webhooks"):
        webhook = DeclaredWebhook(
            name=table.text("name", longest=MAX_NAME),
            url=table.text("url", longest=LONGEST_URL),
            kinds=frozenset(table.known("kinds", SUBSCRIBABLE) if "kinds" in table else ()),
        )
        _demand_other(table, webhook.name, [each.name for each in webhooks])
        webhooks.append(webhook)
    return tuple(webhooks)


def _read_keys(table: Table) -> str:
    """A JWK set as TOML writes it: `jwks.keys = [{ kty = "EC", … }]`."""
    faults: list[Fault] = []
    document = table.raw("jwks")
    if not isinstance(document, dict):
        table.fault("must be a table", "jwks")
        return ""
    canonical = canonical_jwks(document, faults)
    for fault in faults:
        table.fault(fault.detail, "jwks")
    return canonical


def _demand_other(table: Table, name: str, others: Collection[str]) -> None:
    if fold(name) in map(fold, others):
        table.fault(f"{name!r} stands here twice", "name")


def _once(table: Table, names: Collection[str]) -> Collection[str]:
    folded: set[str] = set()
    for name in names:
        if fold(name) in folded:
            table.fault(f"{name!r} stands here twice", name)
        folded.add(fold(name))
    return names
