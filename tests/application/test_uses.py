"""What is remembered of uses: forward only, in batches, no more than was allowed, and never waited for."""

from dataclasses import replace

import pytest

from service.application.record_uses import RecordUses
from service.application.sightings import MOST_USES, Sightings
from service.domain.errors import StorageUnavailable
from service.domain.token import Token
from service.domain.usage import Origin, Recorded, RefusalReason, Report
from service.web.services import Services
from tests.application.deployment import DAY, REPORTS, Deployment

ADDRESS, PROGRAM = "198.51.100.7", "PowerAutomate/1.0"


async def use(
    on: Deployment, jwt: str, ip: str | None = ADDRESS, agent: str | None = PROGRAM, **members: object
):
    services: Services = members.pop("services", on.services)
    client = members.pop("client", on.everywhere)
    return await services.introspect(jwt, client=client, client_ip=ip, user_agent=agent)


async def written(on: Deployment, token: Token) -> Token:
    """The record once all that was seen has been written."""
    await on.services.usage.record()
    return (await on.services.get_token(token.id, owner_id=token.owner_id))[0]


async def refusals(on: Deployment, token: Token) -> list[tuple[str, str | None, str | None]]:
    await on.services.usage.record()
    noted = await on.services.usage.refusals(token.id, owner_id=token.owner_id)
    return [(each.reason.value, each.origin.ip, each.origin.user_agent) for each in noted]


async def test_a_use_is_told_with_its_time_address_and_program(opened: Deployment) -> None:
    """L33: who has a token to judge sees when, from where and by what it was last used."""
    issued = await opened.token()
    unused = await opened.token()

    at = opened.clock()
    assert await use(opened, issued.jwt.reveal()) is not None
    token = await written(opened, issued.token)

    assert at <= token.last_use.at <= opened.clock()
    assert (token.last_use.ip, token.last_use.user_agent) == (ADDRESS, PROGRAM)
    assert token.recent_ips == (ADDRESS,)
    assert (await written(opened, unused.token)).last_use is None


async def test_the_last_five_addresses_are_kept_the_latest_first(opened: Deployment) -> None:
    """Each once, whatever order they came back in; what is no address is none."""
    issued = await opened.token()

    for n in (1, 2, 3, 4, 1, 5, 6, 2):
        opened.clock.advance(60)
        await use(opened, issued.jwt.reveal(), ip=f"::ffff:192.0.2.{n}")
        await opened.services.usage.record()
    opened.clock.advance(60)
    await use(opened, issued.jwt.reveal(), ip="elsewhere\x00", agent="curl\r\n\ud800 8")
    token = await written(opened, issued.token)

    assert token.recent_ips == tuple(f"192.0.2.{n}" for n in (2, 6, 5, 1, 4))
    assert (token.last_use.ip, token.last_use.user_agent) == (None, "curl 8")


async def test_a_use_never_goes_back_in_time(opened: Deployment) -> None:
    """A replica that writes late changes nothing, and a clock that runs ahead moves no use into the future."""
    issued = await opened.token()
    async with opened.replicas() as (one, other):
        await use(opened, issued.jwt.reveal(), ip="192.0.2.1", services=one)
        late = one.usage.sightings.take()
        opened.clock.advance(600)
        await use(opened, issued.jwt.reveal(), ip="192.0.2.2", services=other)
        await other.usage.record()
        one.usage.sightings.put_back(late)
        await one.usage.record()
    token = await written(opened, issued.token)

    assert token.last_use.ip == "192.0.2.2"
    assert token.recent_ips == ("192.0.2.2", "192.0.2.1")
    ahead = Sightings(lambda: opened.clock() + DAY)
    ahead.accepted((await opened.services.recognise(issued.jwt.reveal())).truth)
    await RecordUses(opened.storage, ahead, Recorded.FULL)()
    assert (await written(opened, issued.token)).last_use.at <= opened.clock()


async def test_nothing_is_written_while_there_is_nothing_new(opened: Deployment) -> None:
    """A minute of uses alike is one write, and no request waits for it."""
    issued = await opened.token()
    opened.clock.advance(-opened.clock() % 60 + 60)
    before = await opened.dump()
    for _ in range(3):
        await use(opened, issued.jwt.reveal())
    assert await opened.dump() == before

    await opened.services.usage.record()
    first = await opened.dump()
    opened.clock.advance(5)
    await use(opened, issued.jwt.reveal())
    await opened.services.usage.record()
    same_minute = await opened.dump()
    opened.clock.advance(60)
    await use(opened, issued.jwt.reveal())
    await opened.services.usage.record()

    assert first != before
    assert same_minute == first
    assert await opened.dump() != first


async def test_refused_uses_say_why(opened: Deployment) -> None:
    """Each reason by its name, with address and program, the last one first; the owner alone is told."""
    paused, revoked, expired = [await opened.token(days=1) for _ in range(3)]
    elsewhere = await opened.client(REPORTS)
    bound = await opened.token(allowed_ips=("10.0.0.0/8",))
    future = await opened.token(not_before=opened.clock() + 2 * DAY)
    old = await opened.token()
    await opened.regenerate(old.token)
    await opened.edit(paused.token, suspended=True)
    await opened.revoke(revoked.token)
    await use(opened, paused.jwt.reveal())
    await use(opened, revoked.jwt.reveal())
    await use(opened, bound.jwt.reveal())
    await use(opened, old.jwt.reveal())
    await use(opened, future.jwt.reveal())
    await use(opened, bound.jwt.reveal(), client=elsewhere, ip="10.0.0.1")
    opened.clock.advance(DAY)
    await use(opened, expired.jwt.reveal())

    why = {"paused": paused, "revoked": revoked, "replaced": old, "expired": expired, "not_yet_valid": future}
    for reason, issued in why.items():
        assert await refusals(opened, issued.token) == [(reason, ADDRESS, PROGRAM)]
    told = await refusals(opened, bound.token)
    assert sorted(told) == [("address", ADDRESS, PROGRAM), ("wrong_audience", "10.0.0.1", PROGRAM)]


async def test_a_value_nobody_issued_leaves_no_trace(opened: Deployment) -> None:
    """A refusal is noted at its record; a forgery, or a damaged token, has none."""
    issued = await opened.token()
    jwt = issued.jwt.reveal()
    before = await opened.dump()

    for string in (jwt[:-4] + "AAAA", jwt[:-1], "nonsense"):
        assert await use(opened, string) is None
    await opened.services.usage.record()

    assert await opened.dump() == before


async def test_twenty_refusals_are_kept(opened: Deployment) -> None:
    """The latest of them: a flow that nobody mended fills no table."""
    issued = await opened.token()
    await opened.revoke(issued.token)

    for n in range(23):
        opened.clock.advance(60)
        await use(opened, issued.jwt.reveal(), ip=f"192.0.2.{n}")
        await opened.services.usage.record()

    assert [ip for _, ip, _ in await refusals(opened, issued.token)] == [
        f"192.0.2.{n}" for n in range(22, 2, -1)
    ]
    assert await opened.count("refused_use") == 20


@pytest.mark.parametrize(
    ("recorded", "kept"),
    [
        (Recorded.FULL, ("198.51.100.7", PROGRAM)),
        (Recorded.NETWORK, ("198.51.100.0/24", None)),
        (Recorded.TIME, (None, None)),
        (Recorded.NOTHING, None),
    ],
)
async def test_no_more_is_remembered_than_the_operator_allows(
    opened: Deployment, recorded: Recorded, kept: tuple[str | None, str | None] | None
) -> None:
    """`usage_record`: everything, the network, the time, nothing; for refused uses as well."""
    issued, dead = await opened.token(), await opened.token()
    await opened.revoke(dead.token)
    sightings = Sightings(opened.clock, recorded)
    for each in (issued, dead):
        truth = (await opened.services.recognise(each.jwt.reveal())).truth
        if truth.reason is None:
            sightings.accepted(truth, ADDRESS, PROGRAM)
        else:
            sightings.refused(truth, RefusalReason.REVOKED, ADDRESS, PROGRAM)
    await RecordUses(opened.storage, sightings, recorded)()

    seen = (await written(opened, issued.token)).last_use
    assert (None if seen is None else (seen.ip, seen.user_agent)) == kept
    expected = [] if kept is None else [("revoked", *kept)]
    assert await refusals(opened, dead.token) == expected


async def test_what_is_kept_too_long_is_forgotten(opened: Deployment) -> None:
    """`usage_keep_days`: addresses, programs, refusals and demands go; the time of the last use stays."""
    issued, dead = await opened.token(), await opened.token()
    await opened.revoke(dead.token)
    await use(opened, issued.jwt.reveal())
    await use(opened, dead.jwt.reveal())
    await reported(opened, issued.token, scopes=("company",))
    token = await written(opened, issued.token)

    await opened.opened.housekeeping.forget()
    assert await written(opened, issued.token) == token
    opened.clock.advance(90 * DAY + 60)
    await opened.opened.housekeeping.forget()

    after = await written(opened, issued.token)
    assert after.last_use == replace(token.last_use, ip=None, user_agent=None)
    assert after.reported_use == replace(token.reported_use, ip=None, user_agent=None)
    assert after.recent_ips == ()
    assert await refusals(opened, dead.token) == []
    assert await opened.count("demanded_scope") == 0


async def test_what_finds_no_room_is_dropped_and_counted(opened: Deployment) -> None:
    """R60: memory is bounded; a use is lost rather than a request slowed down."""
    truth = (await opened.services.recognise((await opened.token()).jwt.reveal())).truth
    sightings = Sightings(opened.clock)

    for n in range(MOST_USES + 3):
        sightings.accepted(truth._replace(token_id=str(n)))
        sightings.refused(truth._replace(jti=str(n)), RefusalReason.PAUSED)
    sightings.accepted(truth._replace(token_id="0"))

    assert sightings.dropped == 6
    seen = sightings.take()
    sightings.accepted(truth)
    sightings.put_back(seen)
    assert sightings.dropped == 7
    assert len(sightings.take().uses) == MOST_USES


async def test_what_cannot_be_written_waits(opened: Deployment) -> None:
    """A database that is away for a moment costs no use."""
    issued = await opened.token()
    await use(opened, issued.jwt.reveal())
    usage = opened.services.usage
    away = RecordUses(NoStorage(), usage.sightings, Recorded.FULL)

    with pytest.raises(StorageUnavailable):
        await away()

    assert (await written(opened, issued.token)).last_use.ip == ADDRESS


class NoStorage:
    """A database that cannot be reached."""

    def transaction(self) -> object:
        raise StorageUnavailable("away")


async def reported(on: Deployment, token: Token, **members: object) -> str:
    """What became of one report about a token's current value."""
    defaults = {
        "jti": token.jti,
        "at": on.clock() // 60 * 60,
        "origin": Origin("203.0.113.9", "sdk"),
        "audience": on.audience,
        "scopes": (),
        "refused": None,
        "client_id": "gateway",
    }
    usage, client = on.services.usage, replace(on.everywhere, audiences=frozenset({on.audience, REPORTS}))
    before = dict(usage.record.reports)
    ignored = usage.report(client, [Report(**defaults | members)])
    await usage.record()
    [outcome] = ignored.values() or [name for name, n in usage.record.reports.items() if n != before[name]]
    return outcome


async def test_a_reported_use_is_kept_apart_and_decides_nothing_alone(opened: Deployment) -> None:
    """Threats 32: it is shown as the client's word, and neither the conditions of a bulk revocation nor the addresses
    that were seen here move by it.
    """
    issued = await opened.token()
    await use(opened, issued.jwt.reveal())
    seen = await written(opened, issued.token)

    opened.clock.advance(600)
    assert await reported(opened, issued.token) == "taken"
    token = await written(opened, issued.token)

    assert token.last_use == seen.last_use
    assert token.recent_ips == seen.recent_ips
    assert (token.latest_use.ip, token.latest_use.reported_by) == ("203.0.113.9", "gateway")
    assert await reported(opened, issued.token, at=token.latest_use.at - 120, origin=Origin()) == "taken"
    assert (await written(opened, issued.token)).latest_use == token.latest_use


async def test_a_report_is_judged_before_it_is_taken(opened: Deployment) -> None:
    """Threats 32: known values since they were issued, for the client's own APIs, neither ahead nor long ago."""
    opened.clock.advance(2 * DAY)
    issued = await opened.token()
    at = opened.clock() // 60 * 60

    assert await reported(opened, issued.token, jti="0" * 32) == "unknown"
    assert await reported(opened, issued.token, at=at - 120) == "before_issue"
    assert await reported(opened, issued.token, at=at + 120) == "in_the_future"
    assert await reported(opened, issued.token, at=at - DAY - 60) == "too_old"
    assert await reported(opened, issued.token, audience=REPORTS) == "wrong_audience"
    assert await reported(opened, issued.token, audience="https://foreign.example") == "foreign_audience"
    assert await opened.count("token", "reported_at IS NOT NULL") == 0
    wrong = {"audience": REPORTS, "refused": RefusalReason.WRONG_AUDIENCE}
    assert await reported(opened, issued.token, **wrong) == "taken"
    assert await reported(opened, issued.token, **wrong) == "taken"
    assert await refusals(opened, issued.token) == [("wrong_audience", "203.0.113.9", "sdk")]


async def test_the_scopes_that_are_used_are_known_where_apis_tell(opened: Deployment) -> None:
    """Of what was picked, that by which the demanded was allowed; unused after 90 days without."""
    issued = await opened.token(scopes=("company", "embed", "dashboard"))
    used = opened.services.usage.used_scopes

    assert await used(issued.token) is None
    await reported(opened, issued.token, scopes=("company:view", "company:view", "nonsense", "embed"))
    assert await used(issued.token) == ("company", "embed")
    opened.clock.advance(89 * DAY)
    await reported(opened, issued.token, scopes=("dashboard:manage",))
    assert await used(issued.token) == ("company", "embed", "dashboard")
    opened.clock.advance(2 * DAY)
    assert await used(issued.token) == ("dashboard",)
