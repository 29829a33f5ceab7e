"""T1 and T2: no verdict from before its question, and no live token behind a closed door."""

import asyncio
import random
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from uuid import uuid4

import pytest

from keys import Purpose
from service.application.issue import Issued
from service.application.ports import Transaction
from service.application.recognition import RecogniseToken
from service.domain.errors import NotAllowed, Refused
from service.domain.token import TokenTruth
from service.domain.user import User
from service.storage import Database
from service.web.services import Services
from tests.application.deployment import Deployment, header_of, values_of

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

ROUNDS = pytest.mark.parametrize(
    "rounds", [pytest.param(200, id="sample"), pytest.param(3_000, id="campaign", marks=pytest.mark.nightly)]
)
RACES = pytest.mark.parametrize(
    "rounds", [pytest.param(200, id="sample"), pytest.param(1_000, id="campaign", marks=pytest.mark.nightly)]
)
INVALID = 1


async def _read_on(opened: Deployment, done: asyncio.Event) -> int:
    """Read a great many rows over and over on the connection that lists read from; tells how often."""
    times = 0
    while not done.is_set():
        try:
            async with opened.storage.reading() as read:
                rows = await _all_ids(read)
        except TimeoutError:  # of the driver's, on a machine that has no time for so much
            continue
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


class HeldStorage:
    """The storage, whose truths are held up on their way to the database or on their way back."""

    def __init__(self, storage: Database, place: str) -> None:
        self._storage = storage
        self._place = place
        self.reached, self.released = asyncio.Event(), asyncio.Event()

    async def truth_by_hash(self, hashes: Sequence[str]) -> Mapping[str, TokenTruth]:
        await self._pass("before")
        truths = await self._storage.truth_by_hash(hashes)
        await self._pass("after")
        return truths

    truth_by_jti = reference_truth = truth_by_hash

    async def _pass(self, place: str) -> None:
        if place == self._place:
            self.reached.set()
            await self.released.wait()


@pytest.mark.parametrize("place", ["before", "after"])
@pytest.mark.parametrize("hung_up", [False, True], ids=["stays", "hangs-up"])
async def test_a_question_never_joins_a_read_that_is_under_way(
    opened: Deployment, place: str, hung_up: bool
) -> None:
    """T1, step by step: the read is held up until the revocation is acknowledged and somebody asked again."""
    owner = await opened.user()
    for issued in [await opened.token(owner) for _ in range(25)]:
        storage = HeldStorage(opened.storage, place)
        recognise = RecogniseToken(
            storage,
            opened.services.current,
            issuer=opened.settings.issuer,
            hash_key=opened.services.recognise._hash_key,
            clock=opened.clock,
        )
        early = [asyncio.create_task(recognise(issued.jwt.reveal())) for _ in range(3)]
        await storage.reached.wait()

        await opened.revoke(issued.token)
        late = [asyncio.create_task(recognise(text)) for text in (issued.jwt.reveal(), "x" * 10_000)]
        for _ in range(3):
            await asyncio.sleep(0)
        if hung_up:
            early[0].cancel()
        storage.released.set()

        told, nonsense = await asyncio.gather(*late)
        assert (told.truth.reason, nonsense) == ("revoked", None)
        heard = await early[1]
        assert heard.truth.reason == (None if place == "after" else "revoked")


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
