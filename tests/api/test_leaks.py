import base64
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from safeconduct import base64url

from keys import ALGORITHMS
from service.application.issue import Issued
from service.cli.leaks import pattern
from service.domain.issuance import Expiry, TokenRequest
from service.settings import SettingsInvalid
from service.web.leak_signature import FinderKeys
from tests.api.oauth_fixtures import Answer, Authority, running_authority
from tests.clock import RunningClock
from tests.servers.process import free_port

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SAME = TokenRequest(note=None, scopes=None, expiry=Expiry(days=9))
GITHUB = ec.generate_private_key(ec.SECP256R1())


def published(key: ec.EllipticCurvePrivateKey | None = None) -> str:
    """GitHub's document of public keys."""
    pem = (key or GITHUB).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return json.dumps({"public_keys": [{"key_identifier": "k1", "key": pem.decode(), "is_current": True}]})


@pytest.fixture
async def authority(tmp_path: Path) -> AsyncIterator[Authority]:
    keys, port = tmp_path / "github.json", free_port()
    keys.write_text(published())
    settings = {"issuer": f"http://localhost:{port}", "port": port, "leak_keys_file": str(keys)}
    async with running_authority(tmp_path, RunningClock(), **settings) as authority:
        yield authority


async def lost(authority: Authority, *texts: str) -> Answer:
    body = json.dumps({"credentials": texts}).encode()
    return await authority.send("POST", "/v1/credentials/revoke", "Content-Type: application/json", body=body)


async def reported(
    authority: Authority, body: bytes, *, key: ec.EllipticCurvePrivateKey = GITHUB, name: str = "k1"
) -> Answer:
    signature = base64.b64encode(key.sign(body, ec.ECDSA(SHA256()))).decode()
    headers = [f"Github-Public-Key-Identifier: {name}", f"Github-Public-Key-Signature: {signature}"]
    return await authority.send("POST", "/v1/leaks", "Content-Type: application/json", *headers, body=body)


def matches(*texts: str) -> bytes:
    found = [{"token": text, "type": "safeconduct", "url": "https://x", "source": "commit"} for text in texts]
    return json.dumps(found).encode()


async def is_active(authority: Authority, issued: Issued) -> bool:
    return json.loads((await authority.introspect(issued.jwt.reveal())).body)["active"]


def other_spelling(token: str) -> str:
    """The same signature with n - s for s: as good as the first, and never seen."""
    head, _, signature = token.rpartition(".")
    raw = base64url.decode(signature)
    s = (P256_ORDER - int.from_bytes(raw[32:])).to_bytes(32)
    return f"{head}.{base64url.encode(raw[:32] + s)}"


def damaged(issued: Issued, number: int) -> str:
    """Well-formed, but for its signature."""
    token = issued.jwt.reveal()
    return f"{token[:-10]}{number:08d}{token[-2:]}"


async def test_a_value_that_was_found_ends_with_its_record(authority: Authority) -> None:
    """Threats 26: by its holder or by GitHub's signed report; whoever is not among them stays."""
    one, two, three, other = [await authority.token() for _ in range(4)]

    answers = [
        await lost(authority, one.jwt.reveal(), "nonsense"),
        await reported(authority, matches(two.jwt.reveal(), "ghp_x")),
        await lost(authority, other_spelling(three.jwt.reveal())),
    ]

    assert {(answer.status, answer.body) for answer in answers} == {(202, b"{}")}
    assert [await is_active(authority, issued) for issued in (one, two, three, other)] == [False] * 3 + [True]
    record, *_ = await authority.services.get_token(two.token.id, owner_id=two.token.owner_id)
    assert (record.revoke_reason, record.revoked_by) == ("leaked", "finder:github")


async def test_an_id_or_a_dead_value_ends_nothing(authority: Authority) -> None:
    """Threats 26: only a whole, living value proves that its finder holds it; the answer never tells."""
    issued = await authority.token()
    jti = (await authority.services.recognise(issued.jwt.reveal())).reading.claims.jti
    old = issued.jwt.reveal()
    fresh = await authority.services.regenerate(
        issued.token.id, SAME, owner_id=issued.token.owner_id, actor="test"
    )

    answer = await lost(authority, jti, issued.token.id, old, old.rpartition(".")[0], old[:-4] + "AAAA")

    assert answer.status == 202
    assert await is_active(authority, fresh)


async def test_a_thousand_at_once_and_not_one_more(authority: Authority) -> None:
    """Threats 26: a whole megabyte of tokens is taken, and the one that is ours ends."""
    issued = await authority.token()
    strangers = [damaged(issued, n) for n in range(999)]

    many = await lost(authority, *strangers, issued.jwt.reveal())
    too_many = await lost(authority, *strangers, "x", "y")

    assert (many.status, too_many.status) == (202, 422)
    assert not await is_active(authority, issued)


async def test_signatures_are_checked_for_few_strings_of_one_address(authority: Authority) -> None:
    """Threats 26: twenty a minute; whoever sends more forgeries pays for nobody's processor but those."""
    issued = await authority.token()
    forgeries = [damaged(issued, n) for n in range(40)]

    await lost(authority, *forgeries)
    await lost(authority, other_spelling(issued.jwt.reveal()))
    assert await is_active(authority, issued)

    await lost(authority, issued.jwt.reveal())
    assert not await is_active(authority, issued)


async def test_nobody_reports_in_githubs_name(authority: Authority) -> None:
    """An unsigned report, another key, another body, an unknown key: 401, and nothing ends."""
    issued = await authority.token()
    body = matches(issued.jwt.reveal())
    stranger = ec.generate_private_key(ec.SECP256R1())

    answers = [
        await authority.send("POST", "/v1/leaks", body=body),
        await reported(authority, body, key=stranger),
        await reported(authority, body, name="k2"),
    ]
    malformed = [await reported(authority, text) for text in (b"{}", b"[1]", b"\xff", b"[{}]")]

    assert {answer.status for answer in answers} == {401}
    assert {answer.status for answer in malformed} == {400}
    assert await is_active(authority, issued)


@pytest.mark.parametrize("text", ["", "[]", '{"public_keys":[{"key_identifier":"a","key":"x"}]}'])
def test_a_file_of_other_keys_stops_the_start(tmp_path: Path, text: str) -> None:
    """What GitHub's keys are is never guessed."""
    path = tmp_path / "keys.json"
    path.write_text(text)

    with pytest.raises(ValueError, match=r"keys|Expecting|PEM"):
        FinderKeys.read(path)


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
async def test_the_printed_pattern_finds_every_token(tmp_path: Path, algorithm: str) -> None:
    """`safeconduct leaks pattern`: a whole token within a line of source, of every algorithm."""
    port = free_port()
    settings = {"issuer": f"http://localhost:{port}", "port": port, "algorithm": algorithm}
    async with running_authority(tmp_path, RunningClock(), **settings) as authority:
        token = (await authority.token()).jwt.reveal()

    assert re.findall(pattern(), f'TOKEN = "{token}" # mine') == [token]
    assert not re.search(pattern(), "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + token.partition(".")[2])


async def test_start_up_names_the_setting_of_a_wrong_file(tmp_path: Path) -> None:
    """One line, with the variable that an operator has to change."""
    port = free_port()
    settings = {
        "issuer": f"http://localhost:{port}",
        "port": port,
        "leak_keys_file": str(tmp_path / "nowhere"),
    }

    with pytest.raises(SettingsInvalid, match=r"SAFECONDUCT_LEAK_KEYS_FILE: .*nowhere"):
        async with running_authority(tmp_path, RunningClock(), **settings):
            pass
