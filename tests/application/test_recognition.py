"""Recognise: the one place that decides, by two ways with one verdict (T9)."""

import asyncio
import hashlib
import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

import pytest
from safeconduct.base64url import decode, encode

from keys import Purpose
from service.application.issue import Issued
from service.application.recognition import RecogniseToken
from service.domain.errors import StorageUnavailable
from service.domain.issuance import Expiry
from tests.application.deployment import DAY, Deployment, claims_of, header_of

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.= \x00é"
UNRECOGNISED = "unrecognised"


def without_hashes(on: Deployment, hash_key: bytes | None = None) -> RecogniseToken:
    """The other way: a process whose master key tells it no hash, or another one."""
    return RecogniseToken(
        on.storage,
        on.services.current,
        issuer=on.settings.issuer,
        hash_key=hash_key,
        clock=on.clock,
    )


def genuinely_signed(on: Deployment, claims: Mapping[str, object]) -> str:
    """As whoever stole the private key would sign."""
    return on.services.current.signer(Purpose.ACCESS_TOKEN).sign(claims)


def twin(jwt: str) -> str:
    """The same token under the other valid signature of its ECDSA pair: (r, n - s)."""
    signing_input, _, signature = jwt.rpartition(".")
    raw = urlsafe_b64decode(signature + "==")
    r, s = raw[:32], int.from_bytes(raw[32:])
    return f"{signing_input}.{urlsafe_b64encode(r + (P256_ORDER - s).to_bytes(32)).rstrip(b'=').decode()}"


def damaged(jwt: str, seed: random.Random) -> str:
    place = seed.randrange(len(jwt))
    match seed.randrange(6):
        case 0:
            return jwt[:place] + seed.choice(ALPHABET) + jwt[place + 1 :]
        case 1:
            return jwt[:place] + jwt[place + 1 :]
        case 2:
            return jwt[:place] + seed.choice(ALPHABET) + jwt[place:]
        case 3:
            return jwt[:place]
        case 4:
            number = seed.randrange(3)
            parts = jwt.split(".")
            raw = bytearray(decode(parts[number]))
            raw[seed.randrange(len(raw))] ^= 1 << seed.randrange(8)
            return ".".join([*parts[:number], encode(bytes(raw)), *parts[number + 1 :]])
    return seed.choice([str.upper, str.lower, str.strip, lambda text: text + "=", lambda text: f" {text}"])(
        jwt
    )


def crossed(one: str, other: str, seed: random.Random) -> str:
    """Parts of two tokens put together."""
    return ".".join(seed.choice(pair) for pair in zip(one.split("."), other.split("."), strict=True))


async def verdict(recognise: RecogniseToken, text: str) -> str | None:
    """None while it may be honoured, else why not."""
    recognised = await recognise(text)
    return UNRECOGNISED if recognised is None else recognised.truth.reason


async def verdicts(recognise: RecogniseToken, texts: list[str]) -> list[str | None]:
    found: list[str | None] = []
    for start in range(0, len(texts), 100):
        found += await asyncio.gather(*(verdict(recognise, text) for text in texts[start : start + 100]))
    return found


async def every_state(on: Deployment) -> dict[str | None, Issued]:
    """A token for each verdict there is."""
    states: dict[str | None, Issued] = {}
    states["expired"] = await on.token(days=1)
    shortened = await on.token(days=30)
    await on.edit(shortened.token, expiry=Expiry(days=1))
    on.clock.advance(DAY + 5)
    states[None] = await on.token()
    states["not_yet_valid"] = await on.token(not_before=on.clock() + 3_600)
    for reason, act in (("revoked", on.revoke), ("suspended", lambda token: on.edit(token, suspended=True))):
        states[reason] = await on.token()
        await act(states[reason].token)
    states["owner_disabled"] = await on.token()
    await on.sql(f"UPDATE users SET disabled_at = 1 WHERE id = '{states['owner_disabled'].token.owner_id}'")
    states["shortened"] = shortened
    return states


async def test_both_ways_give_one_verdict_in_every_state(opened: Deployment) -> None:
    """With and without the hash, also for a token under the other signature of its pair."""
    states = await every_state(opened)
    by_hash, by_signature = opened.services.recognise, without_hashes(opened)
    another_key = without_hashes(opened, b"another master key")

    for reason, issued in states.items():
        expected = "expired" if reason == "shortened" else reason
        for text in (issued.jwt.reveal(), twin(issued.jwt.reveal())):
            for recognise in (by_hash, by_signature, another_key):
                assert await verdict(recognise, text) == expected


async def test_both_ways_give_one_verdict_on_thousands_of_mutants(opened: Deployment) -> None:
    """T9: damaged, crossed and twisted strings are refused alike; nothing but the genuine is ever honoured."""
    states = await every_state(opened)
    genuine = [issued.jwt.reveal() for issued in states.values()]
    genuine += [twin(text) for text in genuine]
    seed = random.Random(9)
    mutants = [damaged(seed.choice(genuine), seed) for _ in range(2_500)]
    mutants += [crossed(seed.choice(genuine), seed.choice(genuine), seed) for _ in range(500)]
    mutants = [text for text in mutants if text not in genuine]

    by_hash = await verdicts(opened.services.recognise, mutants)
    by_signature = await verdicts(without_hashes(opened), mutants)

    assert len(mutants) > 2_500
    differing = [text for text, a, b in zip(mutants, by_hash, by_signature, strict=True) if a != b]
    assert differing == []
    assert set(by_hash) == {UNRECOGNISED}


@pytest.mark.parametrize(
    "columns", [("kid",), ("expires_at", "ends_at"), ("idx",), ("list_id",), ("jti",), ("owner_id",)]
)
async def test_a_row_that_contradicts_its_token_makes_it_a_forgery(
    opened: Deployment, columns: tuple[str, ...]
) -> None:
    """Threats 10: whoever changes a row cannot give a token another key, end, place, identity or owner; it is
    inactive and counted, by both ways.
    """
    issued, other = await opened.token(), await opened.token()
    values: dict[str, object] = {"expires_at": 4_000_000_000, "ends_at": 4_000_000_000, "idx": 9}
    if columns == ("kid",):
        values["kid"] = opened.services.current.ring.active(Purpose.STATUS_LIST).kid
    if columns == ("list_id",):
        values["list_id"] = "f" * 32
        await opened.sql(
            f"INSERT INTO status_list (id, position, created_at, revision) VALUES ('{'f' * 32}', 99, 0, 0)"
        )
    if columns == ("jti",):
        values["jti"] = "e" * 32
    if columns == ("owner_id",):
        values["owner_id"] = other.token.owner_id
        await opened.sql(
            f"UPDATE token SET owner_id = '{values['owner_id']}', sequence = 7 WHERE id = '{issued.token.id}'"
        )
    else:
        changes = ", ".join(f"{column} = '{values[column]}'" for column in columns)
        await opened.sql(f"UPDATE token_value SET {changes} WHERE jti = '{issued.token.jti}'")

    for recognise in (opened.services.recognise, without_hashes(opened)):
        assert await verdict(recognise, issued.jwt.reveal()) == UNRECOGNISED
        assert recognise.forgeries == 1
    assert await opened.is_active(other)


@pytest.mark.parametrize(
    "forged",
    [
        {"jti": "01234567-89ab-4def-8123-456789abcdef"},
        {"exp": 4_000_000_000},
        {"sub": "01234567-89ab-4def-8123-456789abcdef"},
        {"status": {"status_list": {"idx": 4, "uri": "https://tokens.example/status-lists/" + "a" * 32}}},
    ],
)
async def test_a_token_signed_by_a_stolen_key_is_counted_as_a_forgery(
    opened: Deployment, forged: dict[str, object]
) -> None:
    """R12: a good signature on what was never recorded is inactive, and an alarm (a key has leaked)."""
    issued = await opened.token()

    jwt = genuinely_signed(opened, claims_of(issued) | forged)

    assert await opened.claims(jwt) is None
    assert opened.services.recognise.forgeries == 1
    assert await opened.is_active(issued)


@pytest.mark.parametrize("lacking", ["status", "jti", "exp", "iat", "sub", "aud", "client_id", "iss"])
async def test_a_genuinely_signed_token_that_lacks_a_claim_is_nothing(
    opened: Deployment, lacking: str
) -> None:
    """Whatever our key ever signed by mistake is no token of ours unless it says all that ours say."""
    issued = await opened.token()
    claims = claims_of(issued)
    del claims[lacking]

    assert await opened.claims(genuinely_signed(opened, claims)) is None


async def test_a_status_key_signs_no_access_token(opened: Deployment) -> None:
    """R30: one key, one purpose, though both stand in one JWKS."""
    issued = await opened.token()
    signer = opened.services.current.signer(Purpose.STATUS_LIST)

    assert await opened.claims(signer.sign(claims_of(issued))) is None


async def test_a_planted_hash_makes_no_token(opened: Deployment) -> None:
    """Threats 15: a database writer without the master key cannot make a string active by its hash."""
    issued = await opened.token()
    head, _, signature = issued.jwt.reveal().split(".")
    forged = f"{head}.{encode(repr(claims_of(issued)).replace(chr(39), chr(34)).encode())}.{signature}"
    plain = urlsafe_b64encode(hashlib.sha256(forged.encode()).digest())[:43].decode()
    await opened.sql(f"UPDATE token_value SET token_hash = '{plain}' WHERE jti = '{issued.token.jti}'")

    assert await opened.claims(forged) is None
    assert await opened.is_active(issued), "a missing hash costs a signature check, not a token"


async def test_a_revoked_token_is_not_saved_by_another_ones_hash(opened: Deployment) -> None:
    """A row that carries another token's hash contradicts that token."""
    revoked, live = await opened.token(), await opened.token()
    [(stolen,)] = await opened.sql(f"SELECT token_hash FROM token_value WHERE jti = '{revoked.token.jti}'")
    await opened.revoke(revoked.token)
    await opened.sql(f"UPDATE token_value SET token_hash = 'x' WHERE jti = '{revoked.token.jti}'")
    await opened.sql(f"UPDATE token_value SET token_hash = '{stolen}' WHERE jti = '{live.token.jti}'")

    assert not await opened.is_active(revoked)
    assert opened.services.recognise.forgeries == 1


async def test_without_the_database_nothing_is_told(on: Deployment) -> None:
    """R21: never "active", never "inactive"; also for a token that was recognised a moment ago."""
    async with on.process() as process:
        on.opened = process
        issued = await on.token()
        assert await on.is_active(issued)
        await process.storage.close()

        for text in (issued.jwt.reveal(), twin(issued.jwt.reveal())):
            with pytest.raises(StorageUnavailable):
                await on.claims(text)
        assert await on.claims("not.a.token") is None


async def test_memory_holds_genuine_readings_alone(opened: Deployment) -> None:
    """R60: nobody fills it with strings of their own making, signed or not."""
    issued = await opened.token()
    recognise = opened.services.recognise
    jwt = issued.jwt.reveal()
    for text in {damaged(jwt, random.Random(n)) for n in range(50)} - {jwt}:
        await verdict(recognise, text)
    forged = genuinely_signed(opened, claims_of(issued) | {"jti": "01234567-89ab-4def-8123-456789abcdef"})
    await verdict(recognise, forged)
    assert len(recognise._readings) == 0

    await verdict(recognise, issued.jwt.reveal())

    assert list(recognise._readings) == [issued.jwt.reveal()]


async def test_a_value_is_judged_by_the_databases_clock_on_both_ways(opened: Deployment) -> None:
    """R71: a process whose own clock is an hour wrong says the same as every other."""
    issued = await opened.token(days=1)
    slow = RecogniseToken(
        opened.storage,
        opened.services.current,
        issuer=opened.settings.issuer,
        hash_key=None,
        clock=lambda: opened.clock() - 7_200,
    )
    fast = RecogniseToken(
        opened.storage,
        opened.services.current,
        issuer=opened.settings.issuer,
        hash_key=None,
        clock=lambda: opened.clock() + 3 * DAY,
    )
    jwt = issued.jwt.reveal()
    assert [await verdict(each, jwt) for each in (slow, fast)] == [None, None]

    opened.clock.advance(DAY + 5)

    assert [await verdict(each, jwt) for each in (slow, fast)] == ["expired", "expired"]
    assert slow.forgeries == fast.forgeries == 0


async def test_a_token_without_a_known_hash_is_verified_each_time(opened: Deployment) -> None:
    """Threats 15: what is kept of it is where its row is, neither that its signature was good nor the verdict."""
    revoked, lost = [twin((await opened.token()).jwt.reveal()) for _ in range(2)]
    recognise = opened.services.recognise
    assert await verdicts(recognise, [revoked, lost] * 2) == [None] * 4

    record = (await recognise(revoked)).truth
    await opened.services.revoke(record.token_id, owner_id=record.owner_id, actor="test", reason="lost")
    assert await verdict(recognise, revoked) == "revoked"

    kid = header_of(lost)["kid"]
    await opened.services.compromise_key(kid, reason="leaked", actor="test")
    assert await verdict(recognise, lost) == UNRECOGNISED
