"""Edit in place: what no signature carries, or what may only shrink."""

import asyncio

import pytest

from service.domain.errors import (
    Fault,
    Faulty,
    NeedsNewValue,
    NotAllowed,
    NotFound,
    TokenIsExpired,
    TokenIsRevoked,
)
from service.domain.issuance import Expiry
from service.domain.token import NEVER
from tests.application.deployment import DAY, REPORTS, Deployment

VALID, INVALID, SUSPENDED = 0, 1, 2


async def test_note_and_metadata_change_in_place(opened: Deployment) -> None:
    """The value goes on as it is; the record says the new words."""
    issued = await opened.token(metadata={"team": "finance"})

    changed = await opened.edit(issued.token, note=" monthly ", metadata={"team": "sales", "n": [1, None]})

    stored, _ = await opened.services.get_token(issued.token.id, owner_id=issued.token.owner_id)
    assert stored == changed
    assert (stored.note, dict(stored.metadata)) == ("monthly", {"team": "sales", "n": [1, None]})
    assert stored.jti == issued.token.jti
    assert await opened.is_active(issued)
    assert await opened.audit(f"token:{issued.token.id}") == ["token.created", "token.edited"]


async def test_what_is_left_out_stays(opened: Deployment) -> None:
    """An edit of one member touches no other."""
    issued = await opened.token(note="first", metadata={"a": 1})

    changed = await opened.edit(issued.token, suspended=True)

    assert (changed.note, dict(changed.metadata)) == ("first", {"a": 1})
    assert changed.expires_at == issued.token.expires_at


@pytest.mark.parametrize(
    ("signed", "members"),
    [
        ({"scopes": ("embed",)}, ["scopes"]),
        ({"audience": (REPORTS,)}, ["audience"]),
        ({"allowed_ips": ("10.0.0.0/8",)}, ["allowed_ips"]),
        ({"not_before": 4_000_000_000}, ["not_before"]),
        ({"scopes": ("embed",), "audience": (REPORTS,)}, ["audience", "scopes"]),
    ],
)
async def test_what_is_signed_needs_a_new_value(
    opened: Deployment, signed: dict[str, object], members: list[str]
) -> None:
    """The refusal names the members and carries what a regenerate would have to ask for; nothing changes."""
    issued = await opened.token()

    with pytest.raises(NeedsNewValue) as refusal:
        await opened.edit(issued.token, note="not kept either", signed=signed)

    assert list(refusal.value.members) == members
    assert refusal.value.regenerate == signed
    stored, _ = await opened.services.get_token(issued.token.id, owner_id=issued.token.owner_id)
    assert stored == issued.token


async def test_signed_members_as_they_are_need_nothing(opened: Deployment) -> None:
    """A client that sends the whole record back with another note gets its note."""
    issued = await opened.token(allowed_ips=("10.0.0.0/8",))
    token = issued.token
    same = {
        "scopes": token.scopes,
        "audience": token.audiences,
        "allowed_ips": token.allowed_ips,
        "not_before": token.not_before,
    }

    changed = await opened.edit(token, note="other", signed=same, expiry=Expiry(at=token.expires_at))

    assert changed.note == "other"


async def test_a_later_end_needs_a_new_value(opened: Deployment) -> None:
    """Days, a time or never: each in the words it was asked in."""
    issued = await opened.token(days=30)
    later = issued.token.expires_at + 60

    refusals = []
    for expiry in (Expiry(days=31), Expiry(at=later), Expiry()):
        with pytest.raises(NeedsNewValue) as refusal:
            await opened.edit(issued.token, expiry=expiry)
        refusals.append(refusal.value.regenerate)

    assert refusals == [{"expiration": 31}, {"expires_at": later}, {"expiration": None}]


async def test_the_regenerate_call_carries_the_end_that_was_asked_for(opened: Deployment) -> None:
    """Who asks for other scopes and an earlier end at once is told the one call that does both."""
    issued = await opened.token(days=30)
    sooner = opened.clock() + DAY

    with pytest.raises(NeedsNewValue) as refusal:
        await opened.edit(issued.token, signed={"scopes": ("embed",)}, expiry=Expiry(at=sooner))

    assert refusal.value.members == ("scopes",)
    assert refusal.value.regenerate == {"scopes": ("embed",), "expires_at": sooner}


async def test_an_end_beyond_what_is_signed_needs_a_new_value_also_without_end(opened: Deployment) -> None:
    """A token that never ends is signed until 2100: an end after that is no earlier one."""
    issued = await opened.token(days=None)

    with pytest.raises(NeedsNewValue):
        await opened.edit(issued.token, expiry=Expiry(at=NEVER + 1))

    assert (await opened.edit(issued.token, expiry=Expiry())).expires_at is None
    assert (await opened.edit(issued.token, expiry=Expiry(days=9_999))).expires_at < NEVER


async def test_an_earlier_end_holds_at_that_second_in_the_truth_and_in_the_list(opened: Deployment) -> None:
    """The signature says otherwise; introspection by the database's clock, and any list signed from then on,
    refuse it.
    """
    issued = await opened.token(days=30)
    changed = await opened.edit(issued.token, expiry=Expiry(at=opened.clock() + 100))
    opened.clock.advance(90)
    assert await opened.is_active(issued)
    assert await opened.fresh_status(issued) == VALID

    opened.clock.advance(changed.expires_at - opened.clock())

    assert not await opened.is_active(issued)
    assert await opened.fresh_status(issued) == INVALID
    await opened.opened.housekeeping.follow()
    assert await opened.status(issued) == INVALID
    assert await opened.count("token_value", "revoked_at IS NOT NULL") == 1
    assert "token.ended" in await opened.audit("tokens")


async def test_an_earlier_end_can_only_move_nearer(opened: Deployment) -> None:
    """What was shortened comes back only as a new value."""
    issued = await opened.token(days=30)
    nearer = await opened.edit(issued.token, expiry=Expiry(days=10))

    with pytest.raises(NeedsNewValue):
        await opened.edit(issued.token, expiry=Expiry(days=11))
    nearest = await opened.edit(issued.token, expiry=Expiry(days=5))

    assert nearest.expires_at < nearer.expires_at
    [(ends_at, exp)] = await opened.sql("SELECT ends_at, expires_at FROM token_value")
    assert (ends_at, exp) == (nearest.expires_at, issued.token.expires_at)


async def test_an_end_that_has_come_is_a_revocation_and_is_refused(opened: Deployment) -> None:
    """A person who means "now" revokes, and gets the receipt of a revocation."""
    issued = await opened.token()

    with pytest.raises(Faulty) as refusal:
        await opened.edit(issued.token, expiry=Expiry(at=opened.clock() - 1))

    assert [(fault.where, fault.code) for fault in refusal.value.faults] == [("expires_at", "in_the_past")]
    assert await opened.is_active(issued)


async def test_every_fault_of_an_edit_is_told_at_once(opened: Deployment) -> None:
    """Those that the body showed, and those that the record showed."""
    issued = await opened.token()
    seen = Fault("metadata", "too_long", "at most 4096 bytes of JSON")

    with pytest.raises(Faulty) as refusal:
        await opened.edit(
            issued.token, note="a\tb", expiry=Expiry(at=1), faults=(seen,), signed={"scopes": ("embed",)}
        )

    assert [fault.code for fault in refusal.value.faults] == ["too_long", "invalid_characters", "in_the_past"]


async def test_a_pause_stops_a_token_everywhere_and_a_resume_brings_it_back(opened: Deployment) -> None:
    """Introspection at once, the list with its next version: 2, then 0 again."""
    issued = await opened.token()

    await opened.edit(issued.token, suspended=True)
    assert not await opened.is_active(issued)
    await opened.opened.housekeeping.follow()
    assert await opened.status(issued) == SUSPENDED
    await opened.edit(issued.token, suspended=False)

    assert await opened.is_active(issued)
    await opened.opened.housekeeping.follow()
    assert await opened.status(issued) == VALID
    assert [
        status for (status,) in await opened.sql("SELECT status FROM status_change ORDER BY revision")
    ] == [
        SUSPENDED,
        VALID,
    ]


async def test_pausing_twice_changes_nothing_more(opened: Deployment) -> None:
    """The first time stays, and the lists are told once."""
    issued = await opened.token()
    first = await opened.edit(issued.token, suspended=True)
    opened.clock.advance(60)

    second = await opened.edit(issued.token, suspended=True)

    assert second.suspended_at == first.suspended_at
    assert await opened.count("status_change") == 1


async def test_an_administrators_pause_is_not_lifted_by_the_owner(opened: Deployment) -> None:
    """Threats 12: whoever paused it, or above."""
    issued = await opened.token()
    await opened.edit(issued.token, suspended=True, administrator=True)

    with pytest.raises(NotAllowed):
        await opened.edit(issued.token, suspended=False)

    assert not await opened.is_active(issued)
    await opened.edit(issued.token, suspended=False, administrator=True)
    assert await opened.is_active(issued)


async def test_an_owner_cannot_forestall_an_administrators_pause(opened: Deployment) -> None:
    """Pausing one's own token first does not keep the right to resume it."""
    issued = await opened.token()
    own = await opened.edit(issued.token, suspended=True)

    by_administrator = await opened.edit(issued.token, suspended=True, administrator=True)

    assert by_administrator.suspended_by_administrator
    assert by_administrator.suspended_at == own.suspended_at
    with pytest.raises(NotAllowed):
        await opened.edit(issued.token, suspended=False)


async def test_an_owner_does_not_take_an_administrators_pause_over(opened: Deployment) -> None:
    """Pausing what an administrator has paused leaves it theirs."""
    issued = await opened.token()
    await opened.edit(issued.token, suspended=True, administrator=True)

    await opened.edit(issued.token, suspended=True)

    with pytest.raises(NotAllowed):
        await opened.edit(issued.token, suspended=False)


async def test_an_administrator_resumes_what_its_owner_paused(opened: Deployment) -> None:
    """An administrator is above."""
    issued = await opened.token()
    await opened.edit(issued.token, suspended=True)

    await opened.edit(issued.token, suspended=False, administrator=True)

    assert await opened.is_active(issued)


async def test_nothing_of_a_revoked_token_changes(opened: Deployment) -> None:
    """R2: least of all its pause or its end."""
    issued = await opened.token()
    await opened.revoke(issued.token)
    before = await opened.sql("SELECT * FROM token")

    for change in ({"note": "x"}, {"suspended": False}, {"suspended": True}, {"expiry": Expiry(days=1)}):
        with pytest.raises(TokenIsRevoked):
            await opened.edit(issued.token, **change)

    assert await opened.sql("SELECT * FROM token") == before


async def test_an_expired_token_takes_words_but_no_time(opened: Deployment) -> None:
    """Its end comes back only as a new value."""
    issued = await opened.token(days=1)
    opened.clock.advance(DAY + 5)

    with pytest.raises(TokenIsExpired):
        await opened.edit(issued.token, expiry=Expiry(days=5))

    assert (await opened.edit(issued.token, note="what it was for")).note == "what it was for"
    assert not await opened.is_active(issued)


async def test_somebody_elses_token_is_not_there(opened: Deployment) -> None:
    """Not one word tells whether an id exists."""
    issued, stranger = await opened.token(), await opened.user()

    with pytest.raises(NotFound) as foreign:
        await opened.edit(issued.token, owner_id=stranger.id, note="mine")
    with pytest.raises(NotFound) as missing:
        await opened.services.get_token("0" * 32, owner_id=stranger.id)

    assert str(foreign.value) == str(missing.value)
    stored, _ = await opened.services.get_token(issued.token.id, owner_id=issued.token.owner_id)
    assert stored == issued.token


async def test_edits_of_one_moment_do_not_undo_each_other(opened: Deployment) -> None:
    """Each reads the record under its lock: a note and a pause at once are both kept."""
    issued = await opened.token()

    await asyncio.gather(
        *(opened.edit(issued.token, metadata={"n": n}) for n in range(5)),
        opened.edit(issued.token, note="kept"),
        opened.edit(issued.token, suspended=True),
        opened.edit(issued.token, expiry=Expiry(days=3)),
    )

    stored, _ = await opened.services.get_token(issued.token.id, owner_id=issued.token.owner_id)
    assert (stored.note, stored.suspended_at is None) == ("kept", False)
    assert stored.expires_at < issued.token.expires_at
    assert "n" in stored.metadata
