import pytest

from tests.api.api_fixtures import TOKENS, Api, Person

SELF = f"{TOKENS}/self"


async def test_a_token_can_be_asked_what_it_is(api: Api, ann: Person) -> None:
    """Its bearer sees the record, and in words what it may do and where."""
    made = await api.create(ann, scopes=["connectors:view"], audience="https://reports.example/api")

    reply = await api.call("GET", SELF, bearer=made["token"])

    assert reply.status == 200
    assert reply.document == {
        **{name: value for name, value in made.items() if name != "token"},
        "may": "read Connectors and Connector Actions",
        "at": ["Reports"],
    }


async def test_a_token_can_end_itself(api: Api, ann: Person) -> None:
    """Whoever finds a token can make it worthless, and is told so; afterwards it opens nothing."""
    made = await api.create(ann)

    reply = await api.call("DELETE", SELF, bearer=made["token"])
    after = await api.call("GET", SELF, bearer=made["token"])

    assert (reply.status, reply.document["state"]) == (200, "revoked")
    assert reply.document["revoke_reason"] == "revoked_by_itself"
    assert (after.status, after.code) == (401, "token_revoked")


@pytest.mark.parametrize(
    ("change", "seconds", "code"),
    [({"suspended": True}, 0, "token_paused"), ({"note": "x"}, 30 * 86_400, "token_expired")],
)
async def test_a_token_that_is_not_honoured_says_why(
    api: Api, ann: Person, change: dict[str, object], seconds: int, code: str
) -> None:
    """The holder of a genuine value may know what became of it; nobody else is told anything."""
    made = await api.create(ann)
    await api.call("PATCH", f"{TOKENS}/{made['id']}", by=ann, json=change)
    api.authority.clock.advance(seconds)

    reply = await api.call("GET", SELF, bearer=made["token"])

    assert (reply.status, reply.code) == (401, code)
    assert 'error="invalid_token"' in reply.headers["WWW-Authenticate"]


async def test_a_replaced_value_does_not_speak_for_its_record(api: Api, ann: Person) -> None:
    """After regenerate, only the new value is the token."""
    made = await api.create(ann)
    again = await api.call("POST", f"{TOKENS}/{made['id']}/regenerate", by=ann, json={"expiration": 1})

    replies = [await api.call("GET", SELF, bearer=each) for each in (made["token"], again.document["token"])]

    assert [reply.status for reply in replies] == [401, 200]


@pytest.mark.parametrize(("networks", "status"), [(["10.0.0.0/8"], 401), (["127.0.0.0/8"], 200)])
async def test_a_token_bound_to_addresses_works_from_there_alone(
    api: Api, ann: Person, networks: list[str], status: int
) -> None:
    """`allowed_ips` holds for the token's own calls as well; a forged header changes nothing."""
    made = await api.create(ann, allowed_ips=networks)

    reply = await api.call("GET", SELF, bearer=made["token"], headers={"X-Forwarded-For": "10.1.2.3"})

    assert reply.status == status


async def test_a_changed_token_is_no_token(api: Api, ann: Person) -> None:
    """One flipped character of the signature, or of the claims, and it is refused."""
    header, claims, signature = (await api.create(ann))["token"].split(".")
    forged = [
        f"{header}.{claims}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}",
        f"{header}.{'A' if claims[9] != 'A' else 'B'}{claims[1:]}.{signature}",
        f"{header}.{claims}.",
        f"{header}.{claims}",
        "a.b.c",
    ]

    replies = [await api.call("GET", SELF, bearer=token) for token in forged]

    assert {(reply.status, reply.code) for reply in replies} == {(401, "invalid_token")}
