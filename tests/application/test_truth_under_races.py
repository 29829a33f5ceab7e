"""T1, T2 and T9: no verdict from before its question, no live token behind a closed door, one verdict by both ways."""

import asyncio
import hashlib
import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable

import pytest

from keys import Purpose
from service.application.issue import Issued
from service.application.recognition import RecogniseToken
from service.domain.errors import NotAllowed, Refused
from tests.application.deployment import Deployment, claims_of, values_of

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

ROUNDS = pytest.mark.parametrize(
    "rounds", [pytest.param(20, id="sample"), pytest.param(200, id="campaign", marks=pytest.mark.nightly)]
)


async def _asking(ask: Callable[[], Awaitable[bool]], acknowledged: asyncio.Event) -> list[bool]:
    """What was answered to questions that began after the acknowledgement, while others go on before it."""
    late: list[bool] = []
    while len(late) < 5:
        began_after = acknowledged.is_set()
        active = await ask()
        if began_after:
            late.append(active)
        await asyncio.sleep(0)
    return late


@ROUNDS
async def test_no_question_asked_after_a_revocation_hears_of_the_time_before(
    opened: Deployment, rounds: int
) -> None:
    """T1: revoked while introspections share reads, askers hang up, and somebody lists everything there is."""
    owner = await opened.user()
    stale = 0
    for _ in range(rounds):
        issued = await opened.token(owner)
        acknowledged = asyncio.Event()
        askers = [
            asyncio.create_task(_asking(lambda issued=issued: opened.is_active(issued), acknowledged))
            for _ in range(8)
        ]
        hangers_up = [asyncio.create_task(opened.is_active(issued)) for _ in range(4)]
        poison = [asyncio.create_task(opened.claims(text)) for text in ("\x00", "a.b.c", "x" * 10_000)]
        listing = asyncio.create_task(opened.count("token_value"))
        await asyncio.sleep(0)
        hangers_up[0].cancel()

        await opened.revoke(issued.token)
        acknowledged.set()

        stale += sum(sum(answers) for answers in await asyncio.gather(*askers))
        await asyncio.gather(listing, *poison, *hangers_up, return_exceptions=True)
    assert stale == 0


async def _race(
    opened: Deployment, close: Callable[[], Awaitable[object]], owner_id: str, *, first: bool
) -> list[Issued]:
    """Create five tokens at the moment a door closes; `first`: the door moves first."""
    creating = [lambda: opened.token(_Known(owner_id)) for _ in range(5)]
    acts = [close, *creating] if first else [*creating, close]
    outcomes = await asyncio.gather(*(act() for act in acts), return_exceptions=True)
    unexpected = [o for o in outcomes if isinstance(o, Exception) and not isinstance(o, Refused)]
    assert not unexpected
    return values_of(outcomes)


class _Known:
    """An owner by id alone."""

    def __init__(self, owner_id: str) -> None:
        self.id = owner_id


@ROUNDS
@pytest.mark.parametrize("first", [True, False], ids=["disable-first", "create-first"])
async def test_disabling_leaves_no_live_token_however_it_races_with_creation(
    opened: Deployment, rounds: int, first: bool
) -> None:
    """T2: a token made at the moment its owner is disabled is refused or dead, by truth and by list."""
    for _ in range(rounds):
        owner = await opened.user()

        made = await _race(
            opened,
            lambda owner=owner: opened.services.disable_user(owner.id, actor="test"),
            owner.id,
            first=first,
        )

        for issued in made:
            assert not await opened.is_active(issued)
            assert await opened.fresh_status(issued) == 1
        with pytest.raises(NotAllowed):
            await opened.token(owner)


async def test_compromising_a_key_leaves_none_of_its_tokens_live_however_it_races_with_creation(
    opened: Deployment,
) -> None:
    """T2: what the compromised key signed before or during is dead; what is made afterwards is another key's."""
    for first in (True, False, True, False):
        owner = await opened.user()
        kid = opened.services.current.ring.active(Purpose.ACCESS_TOKEN).kid
        before = await opened.token(owner)

        made = await _race(
            opened,
            lambda kid=kid: opened.services.compromise_key(kid, reason="drill", actor="test"),
            owner.id,
            first=first,
        )

        after = await opened.token(owner)
        for issued in (before, *made):
            row = await opened.sql(
                f"SELECT kid FROM token_value WHERE jti = '{_hex(claims_of(issued)['jti'])}'"
            )
            dead = row == [(kid,)]
            assert await opened.is_active(issued) is not dead
            assert await opened.fresh_status(issued) == int(dead)
        assert await opened.is_active(after)


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
