import asyncio
import json

import pytest

from service.application.issue import Issued
from service.domain.edit import Edit
from service.domain.issuance import Expiry, TokenRequest
from service.domain.token import Token
from tests.api.oauth_fixtures import DAY, REPORTS, Authority, basic

REVOKE = "/oauth2/revoke"


async def _record(authority: Authority, issued: Issued) -> Token:
    token, _ = await authority.services.get_token(issued.token.id, owner_id=issued.token.owner_id)
    return token


async def _active(authority: Authority, issued: Issued) -> bool:
    answer = await authority.introspect(issued.jwt.reveal())
    assert answer.status == 200
    return json.loads(answer.body)["active"]


async def test_a_client_revokes_a_token_of_its_audience(authority: Authority) -> None:
    """RFC 7009 section 2: from the answer on the token is dead, and the record says which client ended it."""
    issued = await authority.token()

    answer = await authority.post(
        REVOKE, {"token": issued.jwt.reveal()}, basic(authority.client.id, authority.secret)
    )

    assert (answer.status, answer.body) == (200, b"")
    assert not await _active(authority, issued)
    assert (await _record(authority, issued)).revoked_by == f"client:{authority.client.id}"


async def test_whoever_holds_a_token_may_end_it(authority: Authority) -> None:
    """The token alone is its own proof (threats 26): nobody needs an account to disarm one that was found."""
    issued = await authority.token()

    answer = await authority.post(REVOKE, {"token": issued.jwt.reveal()})

    assert answer.status == 200
    assert not await _active(authority, issued)
    assert (await _record(authority, issued)).revoked_by == f"token:{issued.token.id}"


async def test_a_paused_token_may_be_ended(authority: Authority) -> None:
    """A leak that was noticed and paused is still a leak."""
    issued = await authority.token()
    await authority.services.edit(
        issued.token.id,
        Edit(suspended=True),
        owner_id=issued.token.owner_id,
        actor="test",
        administrator=False,
    )

    await authority.post(REVOKE, {"token": issued.jwt.reveal()})

    assert (await _record(authority, issued)).revoked_at is not None


async def test_a_token_of_another_audience_is_not_the_clients_to_end(authority: Authority) -> None:
    """One resource server cannot end what was made for another (threats 26)."""
    issued = await authority.token()
    client, secret = await authority.new_client("revoke", audiences=(REPORTS,))

    answer = await authority.post(REVOKE, {"token": issued.jwt.reveal()}, basic(client.id, secret))

    assert answer.status == 200
    assert await _active(authority, issued)


async def test_every_accepted_revocation_has_the_same_answer(authority: Authority) -> None:
    """RFC 7009 section 2.2: dead, unknown, foreign or malformed, the answer tells nothing apart."""
    issued, foreign = await authority.token(), await authority.token(audiences=(REPORTS,))
    head, payload, signature = issued.jwt.reveal().split(".")
    proof = basic(authority.client.id, authority.secret)

    answers = [
        await authority.post(REVOKE, {"token": "unknown"}),
        await authority.post(REVOKE, {"token": "unknown", "token_type_hint": "refresh_token"}, proof),
        await authority.post(REVOKE, {"token": "a\0b"}),
        await authority.post(REVOKE, {"token": f"{head}.{payload}.{signature[:-10]}AAAAAAAAAA"}),
        await authority.post(REVOKE, {"token": foreign.jwt.reveal()}, proof),
        await authority.post(REVOKE, {"token": issued.jwt.reveal(), "token_type_hint": "nonsense"}),
        await authority.post(REVOKE, {"token": issued.jwt.reveal()}),
        await authority.post(REVOKE, {"token": issued.jwt.reveal()}, proof),
    ]

    assert len({answer.without("date", "x-request-id") for answer in answers}) == 1, answers
    assert answers[0].header("cache-control") == "no-store"
    assert await _active_for_its_audience(authority, foreign)


async def _active_for_its_audience(authority: Authority, foreign: Issued) -> bool:
    """Whether a client of the other audience still finds it active."""
    client, secret = await authority.new_client("introspect", audiences=(REPORTS,))
    answer = await authority.post(
        "/oauth2/introspect", {"token": foreign.jwt.reveal()}, basic(client.id, secret)
    )
    return json.loads(answer.body)["active"]


async def test_a_repeat_keeps_the_first_revocation_and_is_written_down(authority: Authority) -> None:
    """Each acknowledgement has a commit of its own (threats 8); who ended it first stays the answer."""
    issued = await authority.token()

    await authority.post(REVOKE, {"token": issued.jwt.reveal()})
    first = await _record(authority, issued)
    authority.clock.advance(5)
    await authority.post(REVOKE, {"token": issued.jwt.reveal()}, basic(authority.client.id, authority.secret))

    assert await _record(authority, issued) == first
    async with authority.opened.storage.reading() as read:
        actions = [row["action"] for row in await read.audit.about(f"token:{issued.token.id}")]
    assert sorted(actions) == ["token.created", "token.revoked", "token.revoked_again"]


async def test_a_replaced_value_speaks_for_its_record_no_more(authority: Authority) -> None:
    """Whoever kept an old value, which a regenerate has ended, cannot end the new one with it."""
    old = await authority.token()
    renewed = await authority.services.regenerate(
        old.token.id,
        TokenRequest(note=None, scopes=None, expiry=Expiry(days=30)),
        owner_id=old.token.owner_id,
        actor="test",
    )

    answers = [
        await authority.post(REVOKE, {"token": old.jwt.reveal()}),
        await authority.post(
            REVOKE, {"token": old.jwt.reveal()}, basic(authority.client.id, authority.secret)
        ),
    ]

    assert {answer.status for answer in answers} == {200}
    assert await _active(authority, renewed)


async def test_an_expired_value_ends_nothing(authority: Authority) -> None:
    """An expired token can still be regenerated by its owner; an old copy of it does not take that away."""
    issued = await authority.token(days=1)
    authority.clock.advance(2 * DAY)

    answer = await authority.post(REVOKE, {"token": issued.jwt.reveal()})

    assert answer.status == 200
    assert (await _record(authority, issued)).revoked_at is None


async def test_failed_credentials_end_nothing(authority: Authority) -> None:
    """RFC 7009 section 2.1: who fails to be a client is refused, though the token alone would do."""
    issued = await authority.token()
    token, client = issued.jwt.reveal(), authority.client
    unprivileged, secret = await authority.new_client("introspect")

    wrong = await authority.post(REVOKE, {"token": token}, basic(client.id, "wrong"))
    posted = await authority.post(REVOKE, {"token": token, "client_id": client.id, "client_secret": "no"})
    bearer = await authority.post(REVOKE, {"token": token}, f"Authorization: Bearer {token}")
    denied = await authority.post(REVOKE, {"token": token}, basic(unprivileged.id, secret))

    assert [answer.status for answer in (wrong, posted, bearer, denied)] == [401, 401, 401, 403]
    assert len({answer.without("date", "x-request-id") for answer in (wrong, posted, bearer)}) == 1
    assert await _active(authority, issued)


@pytest.mark.parametrize(
    "form", [b"", b"token=", b"token_type_hint=access_token", b"token=a&token=a", b"token=%ff", b"token=\xff"]
)
async def test_a_request_without_one_clean_token_is_refused(authority: Authority, form: bytes) -> None:
    """RFC 7009 section 2.1: `token` is required; 400 invalid_request as at every OAuth endpoint."""
    answer = await authority.post(REVOKE, form)

    assert (answer.status, json.loads(answer.body)) == (400, {"error": "invalid_request"})


async def test_a_token_in_the_query_is_refused_and_lives(authority: Authority) -> None:
    """The URI is no place for it, so nothing there is acted upon."""
    issued = await authority.token()

    answer = await authority.post(f"{REVOKE}?token={issued.jwt.reveal()}", b"")
    got = await authority.send("GET", f"{REVOKE}?token={issued.jwt.reveal()}")

    assert (answer.status, got.status) == (400, 405)
    assert await _active(authority, issued)


async def test_revocations_at_once_are_one(authority: Authority) -> None:
    """R11: many holders at the same moment: all are answered 200, and one revocation counts."""
    issued = await authority.token()

    answers = await asyncio.gather(
        *(authority.post(REVOKE, {"token": issued.jwt.reveal()}) for _ in range(8))
    )

    assert {answer.status for answer in answers} == {200}
    async with authority.opened.storage.reading() as read:
        actions = [row["action"] for row in await read.audit.about(f"token:{issued.token.id}")]
    assert actions.count("token.revoked") == 1
