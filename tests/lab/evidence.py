"""What can be seen from outside after a crash: rows, keys, and what the lists say."""

import asyncio
import json
import re
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import asyncpg
import jwt
from safeconduct import KeySet, VerificationPolicy
from safeconduct.status_list_token import SignedStatusList, check_status_list_token

from keys import KeyRing, KeyState, MasterKey, MasterKeys, Purpose
from keys.private_part import require_open
from service.domain.audit import FIRST_CHAIN, chain
from service.storage.keys import _key_of
from tests.lab.replica import Replica

JWT = re.compile(rb"eyJ[\w-]+\.[\w-]+\.[\w-]+")
KEYS = "SELECT * FROM signing_key"


def jwts(raw: bytes) -> list[str]:
    """Every token that whoever read these bytes now has."""
    return [found.decode() for found in JWT.findall(raw)]


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def rows(replica: Replica, statement: str) -> Sequence[Any]:
    """What is stored, read past the service and its proxy."""
    return asyncio.run(_fetch(url, statement)) if (url := _direct(replica)) else _read(replica, statement)


def change(replica: Replica, statement: str) -> None:
    """What only time could do otherwise, or an operator with a database client."""
    if url := _direct(replica):
        asyncio.run(_fetch(url, statement))
        return
    with closing(sqlite3.connect(replica.deployment.folder / "safeconduct.db", timeout=5)) as connection:
        connection.execute(statement)
        connection.commit()


def _direct(replica: Replica) -> str:
    deployment = replica.deployment
    return deployment.direct_url or deployment.database_url


async def _fetch(url: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


def _read(replica: Replica, statement: str) -> list[sqlite3.Row]:
    uri = f"file:{replica.deployment.folder / 'safeconduct.db'}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(statement).fetchall()


def audited(replica: Replica, action: str, subject: str) -> int:
    """How often the audit says that this was done to this."""
    entries = rows(replica, "SELECT action, subject FROM audit")
    return sum((entry["action"], entry["subject"]) == (action, subject) for entry in entries)


def broken_links(replica: Replica) -> list[int]:
    """The sequence numbers at which the audit's chain does not follow from the entry before, or one is missing."""
    entries = rows(
        replica, "SELECT sequence, at, actor, action, subject, detail, chain FROM audit ORDER BY sequence"
    )
    link, broken = FIRST_CHAIN, []
    for expected, entry in enumerate(entries, 1):
        link = chain(
            link, **{name: entry[name] for name in ("sequence", "at", "actor", "action", "subject", "detail")}
        )
        if (entry["sequence"], entry["chain"]) != (expected, link):
            broken.append(entry["sequence"])
    return broken


def ring(replica: Replica) -> KeyRing:
    """The stored keys, which must be a ring, and open.

    Raises:
        IllegalKey, VerifyOnly: they are not, or do not (K1, K14).
    """
    stored = KeyRing(0, [_key_of(row) for row in rows(replica, KEYS)])
    require_open(stored, MasterKeys(MasterKey.from_text(replica.deployment.master_key)))
    return stored


def active_kids(replica: Replica) -> dict[Purpose, list[str]]:
    """By purpose; one of each is what there must be."""
    keys = ring(replica).keys
    return {
        purpose: [key.kid for key in keys if key.purpose is purpose and key.state is KeyState.ACTIVE]
        for purpose in Purpose
    }


def published_kids(replica: Replica) -> set[str]:
    """The kids of the JWKS as it is served."""
    return {key["kid"] for key in replica.call("GET", "/.well-known/jwks.json").json["keys"]}


def signed_list(replica: Replica, uri: str) -> SignedStatusList:
    """The list that is served now, checked as a verifier would."""
    answer = replica.call("GET", uri.removeprefix(replica.deployment.issuer))
    assert answer.status == 200, answer.raw
    keys = KeySet.from_document(json.loads(replica.call("GET", "/.well-known/jwks.json").body))
    policy = VerificationPolicy(issuer=replica.deployment.issuer, audiences=None)
    return check_status_list_token(answer.body.decode(), uri, keys, policy, int(time.time()))


def status(replica: Replica, token: str) -> int:
    """What the served list says of a token."""
    reference = claims(token)["status"]["status_list"]
    return signed_list(replica, reference["uri"]).statuses.read(reference["idx"])
