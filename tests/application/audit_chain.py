"""The audit trail, checked as an auditor would: from the rows alone."""

import hashlib
import json

from tests.application.deployment import Deployment


async def assert_chain_holds(on: Deployment) -> None:
    """No row was changed, taken out or put in (R56)."""
    rows = await on.sql(
        "SELECT sequence, at, actor, action, subject, detail, chain FROM audit ORDER BY sequence"
    )
    link = "0" * 64
    for expected, (*row, chain) in enumerate(rows, 1):
        assert row[0] == expected, "a row of the audit trail is missing"
        link = hashlib.sha256(json.dumps([link, *row], separators=(",", ":")).encode()).hexdigest()
        assert chain == link, f"row {expected} of the audit trail is not the one that was written"
    heads = dict(await on.sql("SELECT name, value FROM head"))
    assert heads["audit"] == len(rows), "the last rows of the audit trail are missing"
