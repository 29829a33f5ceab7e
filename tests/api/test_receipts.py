from datetime import datetime

from service.domain.identifiers import from_wire
from service.domain.publication import Form, Publication
from service.domain.user import Role
from tests.api.api_fixtures import TOKENS, Api, Person

INVENTORY = "/v1/admin/tokens"


async def test_the_receipt_of_a_revocation(api: Api, ann: Person) -> None:
    """Owner, auditor and administrator read the same one: who, when, why, revision, list, pushes, and by when."""
    made = await api.create(ann)
    path = f"{TOKENS}/{made['id']}"
    early = await api.call("GET", f"{path}/revocation", by=ann)
    deleted = (await api.call("DELETE", f"{path}?reason=lost", by=ann)).document
    await api.authority.opened.housekeeping.follow()
    readers = [await api.person(str(role), role=role) for role in (Role.AUDITOR, Role.ADMINISTRATOR)]

    own = await api.call("GET", f"{path}/revocation", by=ann)
    theirs = [await api.call("GET", f"{INVENTORY}/{made['id']}/revocation", by=each) for each in readers]

    document = own.document
    assert (early.status, early.document["code"]) == (409, "token_not_revoked")
    assert [reply.document for reply in theirs] == [document] * 2
    assert {
        name: document[name] for name in ("id", "revoked_at", "revoked_by", "revoke_reason", "redis_at")
    } == {
        "id": made["id"],
        "revoked_at": deleted["revoked_at"],
        "revoked_by": f"user:{ann.user.id}",
        "revoke_reason": "lost",
        "redis_at": None,
    }
    assert document["list_version"] >= document["revision"] >= 1
    assert document["list_signed_at"] >= document["revoked_at"]
    allowed = datetime.fromisoformat(document["lists_refuse_by"]) - datetime.fromisoformat(
        document["revoked_at"]
    )
    assert allowed.total_seconds() <= 930


async def test_pushes_are_told_to_the_millisecond(api: Api, ann: Person) -> None:
    """Whoever measures how fast a revocation was needs more than seconds."""
    made = await api.create(ann)
    await api.call("DELETE", f"{TOKENS}/{made['id']}", by=ann)
    async with api.authority.opened.storage.transaction() as tx:
        await tx.publications.note([Publication(Form.REDIS, 1_000, 1_800_000_000_007)])

    reply = await api.call("GET", f"{TOKENS}/{made['id']}/revocation", by=ann)

    assert reply.document["redis_at"] == "2027-01-15T08:00:00.007Z"
    assert reply.document["stream_at"] is None


async def test_somebody_elses_receipt_is_not_there(api: Api, ann: Person) -> None:
    """The answer is that of a token that does not exist."""
    ben = await api.person("ben")
    made = await api.create(ann)
    await api.call("DELETE", f"{TOKENS}/{made['id']}", by=ann)
    assert from_wire(made["id"])

    foreign = await api.call("GET", f"{TOKENS}/{made['id']}/revocation", by=ben)
    unknown = await api.call("GET", f"{TOKENS}/{'0' * 8}-0000-4000-8000-{'0' * 12}/revocation", by=ben)

    assert foreign.status == unknown.status == 404
    assert {**foreign.document, "instance": ""} == {**unknown.document, "instance": ""}
