from tests.publish.conftest import Published, eventually, place


async def test_what_is_acknowledged_reaches_redis(published: Published) -> None:
    """R4: revoke, pause and resume, a revocation for good; the bytes are the database's."""
    on = published.deployment
    revoked, paused, kept = [await on.token() for _ in range(3)]
    known = await published.comes_to_say(kept, "valid")

    await on.revoke(revoked.token)
    await on.edit(paused.token, suspended=True)
    seen = await eventually(lambda: {published.says(revoked), published.says(paused)} == {"refuse"})
    suspended = published.list_of(paused).read(place(paused)[1])
    await on.edit(paused.token, suspended=False)

    assert known
    assert seen
    assert suspended == 2
    assert await published.comes_to_say(paused, "valid")
    assert published.says(revoked) == "refuse"
    assert published.list_of(kept) == await on.statuses(place(kept)[0].rpartition("/")[2])
