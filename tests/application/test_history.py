"""An older database takes nothing back of what was published (R9; threats 3 and 7). On both engines it is made older
by setting its rows back, as a restore would; tests/lab/test_restore.py restores for real.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import redis.asyncio as redis_client
from safeconduct.base64url import decode, encode

from service.application.history import MOST_HEALED_ALONE
from service.application.recover import Recover
from service.domain.errors import RecoveryNeeded
from service.publish.data_folder import DataFolder
from service.wiring import Opened
from tests.application.deployment import Deployment, claims_of
from tests.application.test_status_lists import index_of, list_of


async def publish(on: Deployment) -> None:
    await on.opened.housekeeping.follow()


async def set_back(on: Deployment, *, revived: bool = True) -> None:
    """Forget the last revision, and with `revived` that anything was ever revoked."""
    if revived:
        for table in ("token", "token_value"):
            await on.sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL" if on.on_postgresql else "SELECT 1")
            if not on.on_postgresql:
                await on.sql(f"DROP TRIGGER {table}_revoked_is_final")
            await on.sql(f"UPDATE {table} SET revoked_at = NULL")
            await on.sql(f"ALTER TABLE {table} ENABLE TRIGGER ALL" if on.on_postgresql else "SELECT 1")
    await on.sql("DELETE FROM status_change")
    await on.sql("UPDATE head SET value = value - 1 WHERE name = 'revision'")
    await on.sql("DELETE FROM signed_status_list")


async def test_an_older_database_issues_and_publishes_nothing(opened: Deployment) -> None:
    """Threats 7: no token, no rotation, no newer list, and readyz says so; what was published is served on."""
    owner = await opened.user()
    issued, revoked = await opened.token(owner), await opened.token(owner)
    await opened.revoke(revoked.token)
    await publish(opened)
    before = await opened.services.status_lists.token(list_of(issued))
    await set_back(opened)

    opened.clock.advance(60)
    await publish(opened)

    served = await opened.services.status_lists.token(list_of(issued))
    health = await opened.services.readiness()
    with pytest.raises(RecoveryNeeded):
        await opened.token(owner)
    with pytest.raises(RecoveryNeeded):
        await opened.regenerate(issued.token)
    assert served.body == before.body
    assert (health.ready, "recover" in health.checks["history"]) == (False, True)
    assert "database.behind" in await opened.audit("database")


async def test_what_lists_called_revoked_is_revoked_again(opened: Deployment) -> None:
    """R9: introspection says inactive with the next look, from what we had signed ourselves."""
    live, revoked = await opened.token(), await opened.token()
    await opened.revoke(revoked.token)
    await publish(opened)
    await set_back(opened)
    assert await opened.is_active(revoked)

    await publish(opened)

    assert [await opened.is_active(each) for each in (live, revoked)] == [True, False]
    assert "database.healed" in await opened.audit("database")


async def test_every_process_hears_that_the_database_is_behind(opened: Deployment) -> None:
    """One that has seen nothing itself learns it from the database, and after a restart from the folder."""
    owner = await opened.user()
    issued = await opened.token(owner)
    await opened.revoke(issued.token)
    await publish(opened)
    await set_back(opened)
    await publish(opened)
    elsewhere = replace(
        opened,
        settings=replace(opened.settings, data_dir=opened.settings.data_dir / "elsewhere"),
    )
    if not opened.on_postgresql:
        assert opened.services.current.behind
        return

    async with elsewhere.process() as other:
        with pytest.raises(RecoveryNeeded):
            await opened.token(owner, services=other.services)


async def test_recovery_begins_a_new_history(opened: Deployment) -> None:
    """Threats 7: revocations again, tokens made after the backup refused by list and by us, no index twice, all
    sessions over, versions above all that was published; then everything works, in every process.
    """
    owner = await opened.user()
    old, revoked = await opened.token(owner), await opened.token(owner)
    orphan = await opened.token(owner)
    await opened.revoke(revoked.token)
    await publish(opened)
    before = await opened.signed_list(claims_of(old)["status"]["status_list"]["uri"])
    await opened.sql(f"DELETE FROM token_value WHERE token_id = '{orphan.token.id}'")
    await opened.sql(f"DELETE FROM token WHERE id = '{orphan.token.id}'")
    await opened.sql("UPDATE head SET value = value - 1 WHERE name = 'index'")
    await set_back(opened)
    await publish(opened)

    told = await recovered(opened)
    await publish(opened)
    fresh = await opened.token(owner)

    after = await opened.signed_list(claims_of(old)["status"]["status_list"]["uri"])
    assert (after.epoch, after.version > before.version) == (before.epoch + 1, True)
    assert [after.statuses.read(index_of(each)) for each in (old, revoked, orphan)] == [0, 1, 1]
    assert [await opened.is_active(each) for each in (old, revoked, orphan, fresh)] == [
        True,
        False,
        False,
        True,
    ]
    assert list_of(fresh) != list_of(orphan)
    assert (told.lost["index"], told.lists) == (1, 1)
    assert "database.recovered" in await opened.audit("database")
    assert (await opened.services.readiness()).checks["history"] == "ok"
    assert (await opened.regenerate(old.token)).token.id == old.token.id


async def test_a_list_that_the_database_has_forgotten_comes_back_closed(opened: Deployment) -> None:
    """Its tokens are refused by everybody who fetches the address in them, and a new list never takes its place."""
    issued = await opened.token()
    await publish(opened)
    for table in ("token_value", "token", "status_list_version", "signed_status_list", "status_list"):
        await opened.sql(f"DELETE FROM {table}")
    await opened.sql("UPDATE head SET value = 0 WHERE name = 'index'")
    await publish(opened)

    told = await recovered(opened)
    await publish(opened)
    fresh = await opened.token()

    assert told.found_again == 1
    assert await opened.status(issued) == 1
    assert list_of(fresh) != list_of(issued)
    assert await opened.status(fresh) == 0


async def test_a_dry_run_of_recovery_changes_nothing(opened: Deployment) -> None:
    """It says what is lost and what would be revoked again."""
    revoked = await opened.token()
    await opened.revoke(revoked.token)
    await publish(opened)
    await set_back(opened)
    before = await opened.dump()

    told = await recovered(opened, dry_run=True)

    assert (told.revoked, told.lost["revision"]) == (1, 1)
    assert await opened.dump() == before


async def test_only_lists_that_we_signed_revoke_anything(opened: Deployment) -> None:
    """Threats 3, T4: a list of another issuer's key in the folder, a changed one, and one of another list."""
    live, other = await opened.token(), await opened.token()
    await publish(opened)
    folder = opened.settings.data_dir / "published" / "lists"
    [path] = folder.glob("*.jwt")
    head, body, signature = path.read_text().split(".")
    path.write_text(f"{head}.{body}.{signature[:-4]}AAAA")
    (folder / f"{'0' * 32}.jwt").write_text(f"{head}.{body}.{signature}")
    (folder / f"{'1' * 32}.jwt").write_text("not a token")

    history = opened.services.status_lists._history
    history.kept.clear()
    history._take_lists()

    assert history.kept == {}
    assert [await opened.is_active(each) for each in (live, other)] == [True, True]


async def test_a_status_that_was_set_back_by_hand_is_not_published(opened: Deployment) -> None:
    """R9: the counters are as high as ever, and yet INVALID stays INVALID in the list, which is an alarm."""
    live, revoked = await opened.token(), await opened.token()
    await opened.revoke(revoked.token)
    await publish(opened)
    await set_back(opened)
    await opened.sql("UPDATE head SET value = value + 1 WHERE name = 'revision'")

    opened.clock.advance(30)
    await publish(opened)

    assert [await opened.status(each) for each in (live, revoked)] == [0, 1]
    assert opened.services.status_lists.regressions > 0


async def test_many_values_are_not_revoked_again_without_being_asked(
    opened: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threats 3: beyond a thousand it waits for `recover`, which does it."""
    monkeypatch.setattr("service.application.history.MOST_HEALED_ALONE", 1)
    revoked = [await opened.token() for _ in range(2)]
    for each in revoked:
        await opened.revoke(each.token)
    await publish(opened)
    await set_back(opened)
    await publish(opened)
    waiting = [await opened.is_active(each) for each in revoked]

    told = await recovered(opened)

    assert MOST_HEALED_ALONE == 1_000
    assert (waiting, told.revoked) == ([True, True], 2)
    assert [await opened.is_active(each) for each in revoked] == [False, False]


async def test_an_ended_value_of_a_living_record_ends_alone(opened: Deployment) -> None:
    """Regenerated before the loss, still there after it: the old value dies again, the record lives."""
    issued = await opened.token()
    again = await opened.regenerate(issued.token)
    await publish(opened)
    await set_back(opened)

    await publish(opened)

    assert [await opened.is_active(each) for each in (issued, again)] == [False, True]


def test_the_folder_keeps_what_is_furthest(tmp_path) -> None:
    """Several processes share it; a slow one takes nothing back, and another issuer's is nobody's."""
    folder = DataFolder(tmp_path, "https://one.example")
    folder.keep_heads({"epoch": 1, "revision": 7, "index": 1})
    folder.keep_heads({"epoch": 1, "revision": 5, "index": 3})

    assert folder.heads() == {"epoch": 1, "revision": 7, "index": 3}
    folder.keep_heads({"epoch": 2, "revision": 1, "index": 0})
    assert DataFolder(tmp_path, "https://one.example").heads() == {"epoch": 2, "revision": 1, "index": 0}
    assert DataFolder(tmp_path, "https://two.example").heads() == {}
    assert json.loads((tmp_path / "heads.json").read_text())["issuer"] == "https://one.example"
    assert (tmp_path / "heads.json").stat().st_mode & 0o777 == 0o600


async def recovered(on: Deployment, *, dry_run: bool = False) -> object:
    """By the lists that this process holds."""
    history = on.services.status_lists._history
    recover = Recover(on.storage, history, seen=on.services.current.seen)
    return await recover(actor="operator", dry_run=dry_run)


@asynccontextmanager
async def elsewhere(on: Deployment, folder: str, redis_url: str) -> AsyncIterator[Opened]:
    """Another process with a folder of its own, which publishes to Redis."""
    changed = replace(on.settings, data_dir=on.settings.data_dir / folder, redis_url=redis_url)
    async with replace(on, settings=changed).process() as opened:
        yield opened


async def copied(on: Deployment, redis: redis_client.Redis) -> bytes:
    """The key of the copies, once they are there."""
    await publish(on)
    await on.services.status_lists._history._sending
    [key] = await redis.keys("*:signed")
    return key


async def test_a_machine_with_a_new_folder_learns_of_an_older_database_from_redis(
    on_fresh_postgresql: Deployment, redis_url: str
) -> None:
    """R9: a replica without a volume finds the last lists in Redis, and revokes again what they call revoked."""
    on = on_fresh_postgresql
    async with elsewhere(on, "one", redis_url) as one, redis_client.Redis.from_url(redis_url) as redis:
        on.opened = one
        owner = await on.user()
        live, revoked = await on.token(owner), await on.token(owner)
        await on.revoke(revoked.token)
        await publish(on)
        assert await copied(on, redis)
        await set_back(on)
    async with elsewhere(on, "two", redis_url) as two:
        on.opened = two
        await publish(on)

        assert two.services.current.behind
        assert [await on.is_active(each) for each in (live, revoked)] == [True, False]
        with pytest.raises(RecoveryNeeded):
            await on.token(owner)


async def test_whoever_writes_redis_revokes_nothing(on_fresh_postgresql: Deployment, redis_url: str) -> None:
    """Threats 3, T4: lists that we did not sign, however they look, move no bit and stop nobody from issuing."""
    on = on_fresh_postgresql
    async with elsewhere(on, "one", redis_url) as one, redis_client.Redis.from_url(redis_url) as redis:
        on.opened = one
        owner = await on.user()
        issued = await on.token(owner)
        await publish(on)
        key = await copied(on, redis)
        [(name, token)] = (await redis.hgetall(key)).items()
        head, body, signature = token.decode().split(".")
        claims = json.loads(decode(body)) | {"epoch": 99, "version": 10**6}
        forged = f"{head}.{encode(json.dumps(claims).encode())}.{signature}"
        await redis.hset(key, mapping={name: forged, b"\xff": b"\xff", "0" * 32: token})
    async with elsewhere(on, "two", redis_url) as two:
        on.opened = two
        await publish(on)

        assert two.services.current.behind == ()
        assert await on.is_active(issued)
        assert await on.is_active(await on.token(owner))
