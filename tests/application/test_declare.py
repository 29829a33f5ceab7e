"""Accounts and clients in a catalogue file: there are those it names, as it says; the rest is left alone."""

import asyncio
import json
from dataclasses import replace

import pytest

from keys import Purpose
from service.application.catalogue import Applied, CatalogueChangedMeanwhile, ScopesInUse
from service.domain.declared import Declared, DeclaredClient, DeclaredMachine
from service.domain.errors import AlreadyExists, Faulty
from service.domain.secret import secret_hash
from service.domain.user import Grant, GrantKind
from service.web.services import Services
from tests.application.deployment import REPORTS, Deployment
from tests.application.test_clients import KEY

ROBOT = DeclaredMachine(name="Robot", responsible=("ann",), grant=Grant(GrantKind.LISTED, ("embed",)))


def a_client(on: Deployment, *permissions: str, audience: str = "") -> DeclaredClient:
    return DeclaredClient(
        name="reports",
        audiences=frozenset({audience or on.audience}),
        permissions=frozenset(permissions or ("introspect",)),
    )


async def apply(on: Deployment, services: Services | None = None, **how: object) -> Applied:
    """The catalogue in force with these declarations."""
    declared = Declared(**{n: how.pop(n) for n in ("grants", "machines", "clients") if n in how})
    services = services or on.services
    return await services.apply_catalogue(services.current.catalogue, declared, actor="user:root", **how)


async def test_what_is_declared_is_made_once(opened: Deployment) -> None:
    """Shown first, then made, audited, and the same file again changes nothing."""
    ann = await opened.user(name="ann")
    declared = {
        "grants": {"ANN": Grant(GrantKind.LISTED, ("company",))},
        "machines": (ROBOT,),
        "clients": (a_client(opened),),
    }
    before = await opened.dump()

    seen = await apply(opened, dry_run=True, **declared)
    unchanged = await opened.dump() == before
    done = await apply(opened, **declared)
    after = await opened.dump()
    again = await apply(opened, **declared)

    assert unchanged
    assert [str(change) for change in seen.changes] == [
        'changed grant of ann: "all" → company',
        "added machine Robot",
        "added client reports",
    ]
    assert done.changes == seen.changes
    assert (again.changes, again.clients, await opened.dump()) == ((), (), after)
    [machine], _ = await opened.services.machines.page(responsible_id=ann.id)
    assert (machine.user.name, machine.user.grant) == ("Robot", ROBOT.grant)
    assert (await opened.services.find_user("ann")).grant.scopes == ("company",)
    actions = await opened.audit()
    assert {"catalogue.applied", "user.grant_changed", "machine.created", "client.created"} <= set(actions)


async def test_a_new_clients_secret_is_answered_once_and_opens_something(opened: Deployment) -> None:
    """Only its hash is kept."""
    done = await apply(opened, clients=(a_client(opened),))

    [(client, secret)] = done.clients
    assert opened.services.current.clients[client.id].secret_hash == secret_hash(secret)
    assert secret.reveal() not in str(await opened.dump())


async def test_what_is_declared_otherwise_is_changed(opened: Deployment) -> None:
    """A client's rights without a new secret, a machine's grant and people; in force at once."""
    await opened.user(name="ann")
    bob = await opened.user(name="bob")
    await apply(opened, machines=(ROBOT,), clients=(a_client(opened),))
    [before] = opened.services.current.clients.values()
    robot = DeclaredMachine(name="robot", responsible=("bob",), grant=Grant(GrantKind.ALL))

    done = await apply(opened, machines=(robot,), clients=(a_client(opened, "revoke", audience=REPORTS),))

    [client] = opened.services.current.clients.values()
    assert (client.id, client.secret_hash, done.clients) == (before.id, before.secret_hash, [])
    assert (client.permissions, client.audiences) == ({"revoke"}, {REPORTS})
    [machine], _ = await opened.services.machines.page(responsible_id=bob.id)
    assert (machine.user.grant.kind, [p.name for p in machine.responsible]) == (GrantKind.ALL, ["bob"])
    assert {change.what for change in done.changes} == {"grant of", "people responsible for", "client"}


async def test_a_client_acts_for_a_machine_of_the_same_file_and_proves_itself_by_keys(
    opened: Deployment,
) -> None:
    """No secret is made; other keys later replace these, and what the file leaves out stays."""
    await opened.user(name="ann")
    keys = [json.dumps({"keys": [KEY | {"kid": kid}]}) for kid in ("one", "two")]
    first = replace(a_client(opened), machine="robot", jwks=keys[0])

    made = await apply(opened, machines=(ROBOT,), clients=(first,))
    again = await apply(opened, machines=(ROBOT,), clients=(first,))
    left_out = await apply(opened, clients=(a_client(opened),))
    rekeyed = await apply(opened, clients=(replace(first, jwks=keys[1]),))

    [client] = opened.services.current.clients.values()
    robot = await opened.services.find_user("robot")
    assert [secret for _, secret in made.clients] == [None]
    assert (again.changes, left_out.changes) == ((), ())
    assert [change.what for change in rekeyed.changes] == ["client"]
    assert (client.machine_id, client.jwks, client.secret_hash) == (robot.id, keys[1], "")


async def test_a_client_acts_for_no_person(opened: Deployment) -> None:
    """Nor for a machine that is not there."""
    await opened.user(name="ann")

    for name in ("ann", "nobody"):
        with pytest.raises(Faulty) as refusal:
            await apply(opened, clients=(replace(a_client(opened), machine=name),))
        assert [fault.where for fault in refusal.value.faults] == ["clients[0].machine"]

    assert await opened.count("client") == 0


async def test_what_is_not_declared_is_left_alone(opened: Deployment) -> None:
    """A file without them disables nobody."""
    await opened.user(name="ann")
    await apply(opened, machines=(ROBOT,), clients=(a_client(opened),))
    issued = await opened.token(await opened.services.find_user("robot"), scopes=("embed",))

    assert (await apply(opened)).changes == ()

    assert len(opened.services.current.clients) == 1
    assert await opened.is_active(issued)


async def test_a_declared_grant_that_narrows_says_what_becomes_of_tokens(opened: Deployment) -> None:
    """L42: refused with their number, kept, or revoked in the same transaction."""
    ann = await opened.user(name="ann")
    wide, within = [await opened.token(ann, scopes=(scope,)) for scope in ("embed", "company")]
    other = await opened.token(scopes=("embed",))
    narrow = {"grants": {"ann": Grant(GrantKind.LISTED, ("company",))}}

    with pytest.raises(ScopesInUse) as refusal:
        await apply(opened, **narrow)
    seen = await apply(opened, dry_run=True, **narrow)
    done = await apply(opened, revoke=True, **narrow)

    assert (refusal.value.beyond, seen.beyond, done.revoked) == (1, 1, 1)
    assert [await opened.is_active(each) for each in (wide, within, other)] == [False, True, True]


async def test_short_tokens_end_with_a_declared_grant(opened: Deployment) -> None:
    """They are in no list: introspection says so, and their clients ask for others."""
    ann, client = await opened.user(name="ann"), await opened.client(opened.audience)
    kid = opened.services.current.ring.active(Purpose.ACCESS_TOKEN).kid
    await opened.sql(
        "INSERT INTO short_token (jti, owner_id, client_id, kid, scopes, audiences, issued_at, expires_at)"
        f" VALUES ('{'0' * 32}', '{ann.id}', '{client.id}', '{kid}', 'embed', 'a', 1, 4000000000)"
    )

    await apply(opened, grants={"ann": Grant(GrantKind.LISTED, ("company",))})

    assert await opened.count("short_token", "revoked_at IS NULL") == 0


async def test_nobody_unknown_is_declared(opened: Deployment) -> None:
    """Every fault at once, with its place; nothing is made."""
    await opened.user(name="ann")
    gone = await opened.user(name="gone")
    await opened.services.disable_user(gone.id, actor="root")
    before = await opened.dump()
    machines = (
        ROBOT,
        DeclaredMachine(name="ann", responsible=("ann",), grant=Grant()),
        DeclaredMachine(name="third", responsible=("ann", "nobody", "gone"), grant=Grant()),
    )

    with pytest.raises(Faulty) as refusal:
        await apply(opened, grants={"nobody": Grant()}, machines=machines, clients=(a_client(opened),))

    assert [(fault.where, fault.code) for fault in refusal.value.faults] == [
        ("grants.users.nobody", "unknown_user"),
        ("machines[1].name", "not_a_machine"),
        ("machines[2].responsible[1]", "unknown_user"),
        ("machines[2].responsible[2]", "unknown_user"),
    ]
    assert await opened.dump() == before


async def test_of_two_at_once_each_thing_is_made_once(opened: Deployment) -> None:
    """Two pipelines with one file: one machine, one client, one secret."""
    await opened.user(name="ann")
    async with opened.replicas() as replicas:
        outcomes = await asyncio.gather(
            *(
                apply(opened, replicas[n % 2], machines=(ROBOT,), clients=(a_client(opened),))
                for n in range(6)
            ),
            return_exceptions=True,
        )

    refusals = [o for o in outcomes if isinstance(o, Exception)]
    assert [o for o in refusals if not isinstance(o, CatalogueChangedMeanwhile | AlreadyExists)] == []
    assert sum(len(o.clients) for o in outcomes if isinstance(o, Applied)) == 1
    assert await opened.count("client") == 1
    assert await opened.count("users", "kind = 'machine'") == 1


async def test_no_token_gets_past_a_declared_narrowing(opened: Deployment) -> None:
    """Threats 2: create and apply at once, at two processes."""
    made = []
    async with opened.replicas() as replicas:
        for turn in range(8):
            ann = await opened.user(name=f"ann {turn}")
            narrow = {ann.name: Grant(GrantKind.LISTED, ("company",))}
            creating = [opened.token(ann, scopes=("embed",), services=replicas[n % 2]) for n in range(3)]
            applying = apply(opened, replicas[turn % 2], grants=narrow, revoke=True)
            acts = [applying, *creating] if turn % 2 else [*creating, applying]
            outcomes = await asyncio.gather(*acts, return_exceptions=True)
            made += [o for o in outcomes if not isinstance(o, Exception | Applied)]

    assert not [issued for issued in made if await opened.is_active(issued)]
