"""The audit trail: with every change in its own transaction, or no change (R56)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiosqlite
import asyncpg
import pytest

from keys import Purpose
from service.domain.secret import Secret
from service.domain.session import Carrier
from service.domain.user import Grant, Role
from tests.application.acting import a_machine, access, acting_for
from tests.application.audit_chain import assert_chain_holds
from tests.application.deployment import Deployment, header_of
from tests.application.people import ANOTHER, PASSWORD, arrive, find, from_afar, link_for, sign_in

REFUSING = {
    False: "CREATE TRIGGER no_audit BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no audit'); END",
    True: (
        "CREATE OR REPLACE FUNCTION no_audit() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RAISE EXCEPTION ''no audit''; END';"
        "CREATE TRIGGER no_audit BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION no_audit()"
    ),
}
ALLOWING = {False: "DROP TRIGGER no_audit", True: "DROP TRIGGER no_audit ON audit"}


@asynccontextmanager
async def refusing_audit(on: Deployment) -> AsyncIterator[None]:
    """The trail takes no row: full, broken, or forbidden."""
    for statement in REFUSING[on.on_postgresql].split(";CREATE"):
        await on.sql(statement if statement.startswith("CREATE") else f"CREATE{statement}")
    try:
        yield
    finally:
        await on.sql(ALLOWING[on.on_postgresql])


ACTS = (
    "issue",
    "edit",
    "pause",
    "revoke",
    "regenerate",
    "disable_user",
    "create_user",
    "create_client",
    "disable_client",
    "rotate_secret",
    "client_credentials",
    "compromise",
    "rotate",
    "apply",
    "sign_in",
    "confirm",
    "sign_out",
    "accept",
    "first_administrator",
    "revoke_presented",
)


@pytest.mark.parametrize("act", ACTS)
async def test_what_cannot_be_audited_does_not_happen(opened: Deployment, act: str) -> None:
    """R56: no record, no change; not one row of any table but the throttle's own counters."""
    services = opened.services
    session = await arrive(opened)
    issued = await opened.token(session.user)
    client = await opened.client()
    acting = await acting_for(opened, await a_machine(opened))
    policy = services.current.catalogue.policy
    opened.clock.advance(2 * 86_400)
    session = await sign_in(opened, session.user.name)
    who = await find(opened, session)
    link = await link_for(opened, session.user)
    wanted = replace(services.current.catalogue, policy=replace(policy, confirm="every"))
    invite = {"name": "Bea", "role": Role.USER, "grant": Grant(), "actor": "a"}
    members = {"name": "x", "audiences": (), "permissions": ("introspect",), "actor": "a"}
    kid = header_of(issued)["kid"]
    doing = {
        "issue": lambda: opened.token(session.user),
        "edit": lambda: opened.edit(issued.token, note="other"),
        "pause": lambda: opened.edit(issued.token, suspended=True),
        "revoke": lambda: opened.revoke(issued.token),
        "regenerate": lambda: opened.regenerate(issued.token),
        "disable_user": lambda: services.disable_user(session.user.id, actor="a"),
        "create_user": lambda: services.create_user(**invite),
        "create_client": lambda: services.create_client(**members),
        "disable_client": lambda: services.disable_client(client.id, actor="a"),
        "rotate_secret": lambda: services.clients.change_proof.rotate_secret(client.id, overlap=0, actor="a"),
        "client_credentials": lambda: access(opened, acting, "embed"),
        "compromise": lambda: services.compromise_key(kid, reason="r", actor="a"),
        "rotate": lambda: services.rotate_keys(purpose=Purpose.ACCESS_TOKEN, actor="a"),
        "apply": lambda: services.apply_catalogue(wanted, actor="a"),
        "sign_in": lambda: sign_in(opened, session.user.name),
        "confirm": lambda: services.sessions.confirm(who, Secret(PASSWORD), origin=from_afar()),
        "sign_out": lambda: services.sessions.sign_out(who),
        "accept": lambda: services.invitations.accept(
            link, Secret(ANOTHER), name=None, carrier=Carrier.COOKIE, origin=from_afar()
        ),
        "first_administrator": lambda: _first_administrator(opened),
        "revoke_presented": lambda: services.revoke_presented(issued.jwt.reveal(), client=None),
    }[act]
    before = await opened.dump()

    async with refusing_audit(opened):
        with pytest.raises((aiosqlite.Error, asyncpg.PostgresError), match="no audit"):
            await doing()

    after = await opened.dump()
    kept = {"sign_in_count"}
    changed = {table for table in before if before[table] != after[table]} - kept
    assert changed <= ({"invitation"} if act == "first_administrator" else set())
    assert services.current.catalogue.policy == policy
    assert await opened.is_active(issued)


async def _first_administrator(on: Deployment) -> None:
    link = await on.services.invitations.for_first_administrator()
    await on.services.invitations.accept(
        link, Secret(PASSWORD), name="root", carrier=Carrier.COOKIE, origin=from_afar()
    )


async def test_the_chain_holds_over_many_changes_at_once(opened: Deployment) -> None:
    """Sequence and chain have no gap and no fork, whoever writes, at both processes."""
    people = [await opened.user() for _ in range(10)]
    async with opened.replicas() as replicas:
        made = await asyncio.gather(
            *(opened.token(user, services=replicas[n % 2]) for n, user in enumerate(people * 6))
        )
        await asyncio.gather(
            *(opened.revoke(issued.token) for issued in made[:20]),
            *(opened.edit(issued.token, note="n") for issued in made[20:40]),
            *(opened.regenerate(issued.token) for issued in made[40:]),
            opened.services.disable_user(people[0].id, actor="a"),
            return_exceptions=True,
        )

    await assert_chain_holds(opened)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit SET actor = 'somebody else' WHERE sequence = 2",
        "UPDATE audit SET at = at + 1 WHERE sequence = 3",
        "DELETE FROM audit WHERE sequence = 2",
        "DELETE FROM audit WHERE sequence = (SELECT max(sequence) FROM audit)",
        "UPDATE audit SET detail = '{}' WHERE sequence = (SELECT max(sequence) FROM audit)",
    ],
)
async def test_tampering_with_the_trail_is_seen(on: Deployment, tampering: str) -> None:
    """A row cannot be changed or taken out unnoticed, the last one included."""
    async with on.process() as process:
        on.opened = process
        await on.revoke((await on.token()).token)
        await assert_chain_holds(on)

        await on.sql(tampering)

        with pytest.raises(AssertionError):
            await assert_chain_holds(on)


async def test_the_trail_holds_no_secret(opened: Deployment) -> None:
    """R15: no password, no session secret, no link, no token, in any row of any table."""
    session = await arrive(opened)
    issued = await opened.token(session.user)
    renewed = await opened.regenerate(issued.token)
    link = await link_for(opened, session.user)
    _, secret = await opened.services.create_client(
        name="x", audiences=(), permissions=("introspect",), actor="a"
    )

    dump = repr(await opened.dump())

    for value in (session.secret, issued.jwt, renewed.jwt, link, secret, Secret(PASSWORD)):
        assert value.reveal() not in dump
        assert value.reveal().rpartition(".")[2] not in dump
