"""A compromised key with more values than one transaction ends: dead at once, written down in portions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiosqlite
import asyncpg
import pytest

from service.application import lost_values
from service.application.issue import Issued
from service.domain.errors import TokenIsRevoked
from tests.application.deployment import Deployment, header_of
from tests.application.renewing import bearer_of, with_self_rotate

REFUSING = {
    False: (
        "CREATE TRIGGER no_portion BEFORE INSERT ON audit WHEN NEW.action = 'key.values_ended'"
        " BEGIN SELECT RAISE(ABORT, 'no portion'); END"
    ),
    True: (
        "CREATE OR REPLACE FUNCTION no_portion() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RAISE EXCEPTION ''no portion''; END';"
        "CREATE TRIGGER no_portion BEFORE INSERT ON audit FOR EACH ROW"
        " WHEN (NEW.action = 'key.values_ended') EXECUTE FUNCTION no_portion()"
    ),
}
ALLOWING = {False: "DROP TRIGGER no_portion", True: "DROP TRIGGER no_portion ON audit"}


@asynccontextmanager
async def falling_over_after_the_first_portion(on: Deployment) -> AsyncIterator[None]:
    for statement in REFUSING[on.on_postgresql].split(";CREATE"):
        await on.sql(statement if statement.startswith("CREATE") else f"CREATE{statement}")
    try:
        with pytest.raises((aiosqlite.Error, asyncpg.PostgresError), match="no portion"):
            yield
    finally:
        await on.sql(ALLOWING[on.on_postgresql])


@pytest.fixture
async def lost(opened: Deployment, monkeypatch: pytest.MonkeyPatch) -> list[Issued]:
    """Seven values of one key, of which two fit into a transaction."""
    monkeypatch.setattr(lost_values, "PORTION", 2)
    await with_self_rotate(opened)
    return [await opened.token(scopes=("self_rotate", "embed:view")) for _ in range(7)]


async def compromise(on: Deployment, issued: Issued) -> int:
    kid = header_of(issued)["kid"]
    return (await on.services.compromise_key(kid, reason="leaked", actor="administrator")).revoked


async def test_all_of_them_end_in_portions(opened: Deployment, lost: list[Issued]) -> None:
    """Threats 21: each portion with its revision and its row of the audit; everything is told once."""
    assert await compromise(opened, lost[0]) == 7

    assert await opened.count("token", "revoke_reason = 'key_compromised'") == 7
    assert await opened.count("token_value", "revoked_at IS NULL") == 0
    assert await opened.count("status_change", "status = 1") == 7
    audit = await opened.audit(f"key:{header_of(lost[0])['kid']}")
    assert audit.count("key.compromise") == 1
    assert audit.count("key.values_ended") == 3


async def test_none_is_honoured_between_the_portions(opened: Deployment, lost: list[Issued]) -> None:
    """R1, R29: dead at introspection and in lists from the first commit on, whatever happens to the process."""
    async with falling_over_after_the_first_portion(opened):
        await compromise(opened, lost[0])

    assert await opened.count("token_value", "revoked_at IS NULL") == 5
    assert [await opened.is_active(issued) for issued in lost] == [False] * 7
    await opened.opened.housekeeping.follow()
    assert [await opened.status(issued) for issued in lost] == [1] * 7


async def test_nothing_comes_of_them_between_the_portions(opened: Deployment, lost: list[Issued]) -> None:
    """Who was recognised a moment before gets no new value, by itself or by its owner; a pause ends in no life."""
    bearers = [await bearer_of(opened, issued) for issued in lost]
    for issued in lost:
        await opened.edit(issued.token, suspended=True)
    async with falling_over_after_the_first_portion(opened):
        await compromise(opened, lost[0])
    written = {row[0] for row in await opened.sql("SELECT id FROM token WHERE revoked_at IS NOT NULL")}
    left = [
        (issued, bearer)
        for issued, bearer in zip(lost, bearers, strict=True)
        if issued.token.id not in written
    ]

    for issued, bearer in left:
        await opened.edit(issued.token, suspended=False)
        with pytest.raises(TokenIsRevoked):
            await opened.services.rotate_itself(bearer)
        with pytest.raises(TokenIsRevoked):
            await opened.regenerate(issued.token)

    assert len(left) == 5
    assert await opened.count("status_change", "status = 0") == 0
    assert await opened.count("token_value") == 7


@pytest.mark.parametrize("by", ["scheduler", "administrator"])
async def test_what_a_crash_left_undone_is_done_later(
    opened: Deployment, lost: list[Issued], by: str
) -> None:
    """By housekeeping itself, or by whoever asks for the same again."""
    async with falling_over_after_the_first_portion(opened):
        await compromise(opened, lost[0])

    if by == "scheduler":
        await opened.opened.housekeeping.rotate()
    else:
        assert await compromise(opened, lost[0]) == 5

    assert await opened.count("token_value", "revoked_at IS NULL") == 0
    assert await opened.count("token", f"revoked_by = '{by}'") >= 5
    assert await opened.count("status_change", "status = 1") == 7
