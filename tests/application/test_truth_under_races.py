"""T1, T2 and T9: no verdict from before its question, no live token behind a closed door, one verdict by both ways."""

import asyncio
import hashlib
import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable
from dataclasses import replace
from uuid import uuid4

import pytest

from keys import Purpose
from service.application.issue import Issued
from service.application.ports import Transaction
from service.application.recognition import RecogniseToken
from service.domain.errors import NotAllowed, Refused
from service.domain.user import User
from service.web.services import Services
from tests.application.deployment import Deployment, claims_of, header_of, values_of

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

ROUNDS = pytest.mark.parametrize(
    "rounds", [pytest.param(500, id="sample"), pytest.param(10_000, id="campaign", marks=pytest.mark.nightly)]
)
RACES = pytest.mark.parametrize(
    "rounds", [pytest.param(200, id="sample"), pytest.param(1_000, id="campaign", marks=pytest.mark.nightly)]
)
INVALID = 1


async def _read_on(opened: Deployment, done: asyncio.Event) -> int:
    """Read a great many rows over and over on the connection that lists read from; tells how often."""
    times = 0
    while not done.is_set():
        async with opened.storage.reading() as read:
            rows = await _all_ids(read)
        assert len(rows) >= 5_000
        times += 1
        await asyncio.sleep(0)
    return times


async def _all_ids(read: Transaction) -> list[object]:
    raw, statement = read._connection.raw, "SELECT id FROM token"
    if hasattr(raw, "fetch"):
        return await raw.fetch(statement)
    return list(await raw.execute_fetchall(statement))


async def _fill(opened: Deployment, count: int) -> None:
    """Records of somebody who has a great many."""
    issued = await opened.token()
    crowd = [
        replace(issued.token, id=uuid4().hex, jti=uuid4().hex, sequence=n)
        for n in range(1_000, 1_000 + count)
    ]
    async with opened.storage.transaction() as tx:
        await tx.tokens.add(crowd, [])


POISON = ("\x00", "a.b.c", "x" * 10_000, "\ud800", "")


@ROUNDS
async def test_no_question_asked_after_a_revocation_hears_of_the_time_before(
    opened: Deployment, rounds: int
) -> None:
    """T1: revoked while introspections are queued, sent and running, while some of their askers hang up, some
    ask nonsense, and somebody lists 5,000 rows: nobody who asks after the acknowledgement hears "active".
    """
    await _fill(opened, 5_000)
    owner = await opened.user()
    tokens = await asyncio.gather(*(opened.token(owner) for _ in range(rounds)))
    done, seed = asyncio.Event(), random.Random(rounds)
    listing = asyncio.create_task(_read_on(opened, done))
    heard_before = stale = 0
    for issued in tokens:
        early = [asyncio.create_task(opened.is_active(issued)) for _ in range(seed.randrange(2, 7))]
        early += [asyncio.create_task(opened.claims(text)) for text in seed.sample(POISON, 2)]
        for _ in range(seed.randrange(6)):
            await asyncio.sleep(0)
        revoking = asyncio.create_task(opened.revoke(issued.token))
        for _ in range(seed.randrange(6)):
            early.append(asyncio.create_task(opened.is_active(issued)))
            await asyncio.sleep(0)
        early[seed.randrange(len(early))].cancel()
        await revoking

        late = await asyncio.gather(*(opened.is_active(issued) for _ in range(4)))

        stale += sum(late)
        answers = await asyncio.gather(*early, return_exceptions=True)
        heard_before += sum(answer is True for answer in answers)
    done.set()
    assert stale == 0
    assert heard_before > rounds / 4, "nobody asked in time for the race to be one"
    assert await listing > 3


async def _race(
    opened: Deployment, owner: User, close: Awaitable[object], turn: int, replica: Services
) -> list[Issued]:
    """Create tokens at the moment a door closes, the door first or last, a little sooner or later."""
    creating = [opened.token(owner, services=replica) for _ in range(3)]
    first, then = ([close], creating) if turn % 2 else (creating, [close])
    begun = [asyncio.ensure_future(act) for act in first]
    for _ in range(turn // 2 % 12):
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*begun, *then, return_exceptions=True)
    unexpected = [o for o in outcomes if isinstance(o, Exception) and not isinstance(o, Refused)]
    assert not unexpected
    return values_of(outcomes)


@RACES
async def test_disabling_leaves_no_live_token_however_it_races_with_creation(
    opened: Deployment, rounds: int
) -> None:
    """T2: a token made at the moment its owner is disabled is refused or dead, by truth and by list."""
    made: list[Issued] = []
    async with opened.replicas() as replicas:
        for turn in range(rounds):
            owner = await opened.user()
            disabling = opened.services.disable_user(owner.id, actor="test")
            made += await _race(opened, owner, disabling, turn, replicas[turn // 2 % 2])
            with pytest.raises(NotAllowed):
                await opened.token(owner)

    assert rounds / 4 < len(made) < 3 * rounds, "the race always went one way"
    assert [issued for issued in made if await opened.is_active(issued)] == []
    assert {await opened.fresh_status(issued) for issued in made[:: rounds // 20]} == {INVALID}
    assert await opened.count("token_value", "revoked_at IS NULL") == 0


@RACES
async def test_compromising_a_key_leaves_none_of_its_tokens_live_however_it_races_with_creation(
    opened: Deployment, rounds: int
) -> None:
    """T2: what the key signed before or during is dead; what another key signed is not."""
    owner = await opened.user()
    made, lost = [], []
    async with opened.replicas() as replicas:
        for turn in range(rounds):
            lost.append(opened.services.current.ring.active(Purpose.ACCESS_TOKEN).kid)
            losing = opened.services.compromise_key(lost[-1], reason="drill", actor="test")
            made += await _race(opened, owner, losing, turn, replicas[turn // 2 % 2])
    survivor = await opened.token(owner)

    kids = [header_of(issued)["kid"] for issued in made]
    assert len(made) == 3 * rounds
    assert rounds / 4 < sum(kid == lost[n // 3] for n, kid in enumerate(kids)) < 3 * rounds
    verdicts = [await opened.is_active(issued) for issued in made]
    assert verdicts == [kid not in lost for kid in kids]
    assert {await opened.fresh_status(issued) for issued in made[:: rounds // 20]} <= {INVALID}
    assert await opened.is_active(survivor)
    alive = await opened.sql("SELECT DISTINCT kid FROM token_value WHERE revoked_at IS NULL")
    assert alive == [(header_of(survivor)["kid"],)]


async def test_both_ways_to_recognise_a_token_give_one_verdict(opened: Deployment) -> None:
    """T9: by its keyed hash or by its signature, on thousands of damaged and twisted strings."""
    by_signature = RecogniseToken(
        opened.storage,
        opened.services.current,
        issuer=opened.settings.issuer,
        hash_key=None,
        clock=opened.clock,
    )
    live, revoked = await opened.token(), await opened.token()
    await opened.revoke(revoked.token)
    seed = random.Random(7)
    candidates = [live.jwt.reveal(), revoked.jwt.reveal()]
    candidates += [_twisted(token) for token in candidates]
    candidates += [_damaged(seed.choice(candidates), seed) for _ in range(2_000)]

    verdicts = [
        (await _verdict(opened.services.recognise, text), await _verdict(by_signature, text))
        for text in candidates
    ]

    assert [text for text, (one, other) in zip(candidates, verdicts, strict=True) if one != other] == []
    assert [verdict for verdict, _ in verdicts[:4]] == [None, "revoked", None, "revoked"]
    assert {verdict for verdict, _ in verdicts[4:]} <= {"unrecognised", None, "revoked"}


async def test_a_token_twisted_without_its_key_dies_with_it(opened: Deployment) -> None:
    """An ECDSA signature has a twin (r, n - s): state hangs on the jti, so the twin is revoked with its token."""
    issued = await opened.token()
    twin = _twisted(issued.jwt.reveal())
    before = await opened.claims(twin)

    await opened.revoke(issued.token)

    assert before is not None
    assert await opened.claims(twin) is None


@pytest.mark.parametrize("column", ["kid", "expires_at", "idx", "list_id"])
async def test_a_row_that_contradicts_its_token_makes_it_a_forgery(opened: Deployment, column: str) -> None:
    """Whoever changes a row cannot give a token another key, end or place in the lists (threats 10)."""
    issued = await opened.token()
    other = {"kid": "other", "expires_at": 4_000_000_000, "idx": 9, "list_id": "other"}[column]
    jti = _hex(claims_of(issued)["jti"])
    if column == "kid":
        await opened.sql(
            _copy_row("signing_key", "kid", other, "state = 'active' AND purpose = 'access_token'")
        )
    if column == "list_id":
        await opened.sql(
            f"INSERT INTO status_list (id, position, created_at, revision) VALUES ('{other}', 99, 0, 0)"
        )

    await opened.sql(f"UPDATE token_value SET {column} = '{other}' WHERE jti = '{jti}'")

    assert not await opened.is_active(issued)
    assert opened.services.recognise.forgeries == 1


async def test_a_planted_row_makes_no_token(opened: Deployment) -> None:
    """A database writer who knows no master key cannot make a string active by its plain hash."""
    issued = await opened.token()
    forged = _damaged(issued.jwt.reveal(), random.Random(1))
    plain = urlsafe_b64encode(hashlib.sha256(forged.encode()).digest())[:43].decode()
    await opened.sql(
        f"UPDATE token_value SET token_hash = '{plain}' WHERE jti = '{_hex(claims_of(issued)['jti'])}'"
    )

    assert await opened.claims(forged) is None


def _copy_row(table: str, column: str, value: str, where: str) -> str:
    others = "purpose, algorithm, public_jwk, sealed_private, master_id, bootstrap, created_at, published_at"
    return (
        f"INSERT INTO {table} ({column}, state, retired_at, {others}) "
        f"SELECT '{value}', 'retired', 0, {others} FROM {table} WHERE {where}"
    )


def _hex(uuid: str) -> str:
    return uuid.replace("-", "")


async def _verdict(recognise: RecogniseToken, text: str) -> str | None:
    recognised = await recognise(text)
    return "unrecognised" if recognised is None else recognised.truth.reason


def _twisted(token: str) -> str:
    """The same token under the other valid signature of its ECDSA pair."""
    signing_input, _, signature = token.rpartition(".")
    raw = urlsafe_b64decode(signature + "==")
    r, s = raw[:32], int.from_bytes(raw[32:])
    return f"{signing_input}.{urlsafe_b64encode(r + (P256_ORDER - s).to_bytes(32)).rstrip(b'=').decode()}"


def _damaged(token: str, seed: random.Random) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.= \x00é"
    place = seed.randrange(len(token))
    match seed.randrange(4):
        case 0:
            return token[:place] + seed.choice(alphabet) + token[place + 1 :]
        case 1:
            return token[:place] + token[place + 1 :]
        case 2:
            return token[:place] + seed.choice(alphabet) + token[place:]
    return token[:place]
