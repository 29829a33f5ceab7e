from urllib.parse import urlsplit

import pytest

from service.domain.identifiers import to_wire
from service.domain.user import Role
from tests.api.api_fixtures import PASSWORD, TOKENS, Api, Person
from tests.api.oauth_fixtures import basic

USERS, CLIENTS, KEYS = "/v1/admin/users", "/v1/admin/clients", "/v1/admin/keys"


@pytest.fixture
async def root(api: Api) -> Person:
    return await api.person("root", role=Role.ADMINISTRATOR)


async def test_an_administrator_invites_people(api: Api, root: Person) -> None:
    """The answer holds the link once; its secret stands behind `#`, so that no server's log sees it."""
    made = await api.call("POST", USERS, by=root, json={"name": "Bob", "grant": ["connectors:view"]})

    link = urlsplit(made.document["invitation"]["link"])
    accepted = await api.call(
        "POST", "/v1/invitations/accept", json={"secret": link.fragment, "password": PASSWORD}
    )
    assert made.status == 201
    assert (made.document["name"], made.document["role"]) == ("Bob", "user")
    assert made.document["grant"]["scopes"] == ["connectors:view"]
    assert (link.query, made.document["invitation"]["expires_in"]) == ("", 900)
    assert (accepted.status, accepted.document["user"]["name"]) == (201, "Bob")


@pytest.mark.parametrize(
    ("body", "status", "place"),
    [
        ({"name": "ROOT"}, 409, None),
        ({"name": ""}, 422, "name"),
        ({"name": "x" * 65}, 422, "name"),
        ({"name": "a\x00"}, 422, "name"),
        ({"name": "x", "role": "king"}, 422, "role"),
        ({"name": "x", "grant": "some"}, 422, "grant"),
        ({"name": "x", "grant": ["nope"]}, 422, "scopes[0]"),
        ({}, 422, "name"),
    ],
)
async def test_an_account_that_cannot_be_is_refused(
    api: Api, root: Person, body: dict[str, object], status: int, place: str | None
) -> None:
    """Names are one, whatever their case; roles and grants are known words."""
    reply = await api.call("POST", USERS, by=root, json=body)

    assert reply.status == status
    assert place in {None, *(where for where, _ in reply.faults)} if place else reply.code == "already_exists"


async def test_an_account_is_found_by_its_name(api: Api, root: Person) -> None:
    """Compared without case; an unknown name is an empty array, no name asks for all."""
    found = await api.call("GET", f"{USERS}?name=ROOT", by=root)
    nobody = await api.call("GET", f"{USERS}?name=nobody", by=root)
    unnamed = await api.call("GET", USERS, by=root)

    assert [user["name"] for user in found.document] == ["root"]
    assert nobody.document == []
    assert [user["name"] for user in unnamed.document] == ["root"]


async def test_a_disabled_persons_tokens_are_dead(api: Api, root: Person, ann: Person) -> None:
    """Introspection refuses from the moment it is answered."""
    token = (await api.create(ann))["token"]
    [user] = (await api.call("GET", f"{USERS}?name=ann", by=root)).document

    reply = await api.call("POST", f"{USERS}/{user['id']}/disable", by=root)

    assert (reply.status, reply.document) == (200, {"revoked_values": 1})
    assert (await api.authority.introspect(token)).body == b'{"active":false}'
    assert (await api.call("GET", TOKENS, by=ann)).status == 401


@pytest.mark.parametrize("user_id", ["00000000-0000-4000-8000-000000000000", "x", "%00"])
async def test_nobody_is_disabled_by_a_wrong_id(api: Api, root: Person, user_id: str) -> None:
    """404, whatever it looks like."""
    assert (await api.call("POST", f"{USERS}/{user_id}/disable", by=root)).status == 404


async def test_a_client_is_made_and_ended(api: Api, root: Person) -> None:
    """Its secret is alphanumeric and shown once; disabled, it opens nothing."""
    made = await api.call("POST", CLIENTS, by=root, json={"name": "gateway 2"})
    client, secret = made.document["id"], made.document["secret"]
    form = {"token": "x"}

    working = await api.authority.post("/oauth2/introspect", form, basic(client, secret))
    listed = await api.call("GET", CLIENTS, by=root)
    ended = await api.call("DELETE", f"{CLIENTS}/{client}", by=root)
    refused = await api.authority.post("/oauth2/introspect", form, basic(client, secret))

    assert made.status == 201
    assert secret.isalnum()
    assert (working.status, ended.status, refused.status) == (200, 204, 401)
    assert "gateway 2" in [each["name"] for each in listed.document]
    assert secret.encode() not in listed.body


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({"name": ""}, {"name"}),
        ({"name": "x", "audiences": ["https://nowhere.example"]}, {"audiences"}),
        ({"name": "x", "permissions": ["rule"]}, {"permissions"}),
        ({"name": "x", "permissions": "introspect"}, {"permissions"}),
    ],
)
async def test_a_client_that_cannot_be_is_refused(
    api: Api, root: Person, body: dict[str, object], places: set[str]
) -> None:
    """Registered audiences and known permissions only."""
    reply = await api.call("POST", CLIENTS, by=root, json=body)

    assert reply.status == 422
    assert {where for where, _ in reply.faults} == places


async def test_keys_are_listed_without_private_parts(api: Api, root: Person) -> None:
    """State, age and the number of live tokens of every key; nothing that signs."""
    await api.create(root)

    keys = (await api.call("GET", KEYS, by=root)).document

    active = {key["purpose"]: key for key in keys if key["state"] == "active"}
    assert set(active) == {"access_token", "status_list"}
    assert active["access_token"]["live_tokens"] == 1
    assert not {"d", "sealed_private", "public_jwk", "master_id"} & set().union(*keys)


async def test_a_rotation_waits_until_verifiers_know_the_next_key(api: Api, root: Person) -> None:
    """Too young is 409 with a reason; after the publication time the next key signs."""
    early = await api.call("POST", f"{KEYS}/rotate", by=root, json={})
    api.authority.clock.advance(2 * 86_400)
    late = await api.call("POST", f"{KEYS}/rotate", by=await api.sign_in("root"), json={})

    assert (early.status, early.code) == (409, "next_key_too_young")
    assert late.status == 200
    assert {change["step"] for change in late.document["changes"]} >= {"activate", "retire"}


async def test_a_compromised_key_takes_its_tokens_along(api: Api, root: Person) -> None:
    """A dry run counts; the real one ends the key and every value that it signed."""
    token = (await api.create(root))["token"]
    keys = (await api.call("GET", KEYS, by=root)).document
    [kid] = [key["kid"] for key in keys if key["live_tokens"]]
    path = f"{KEYS}/{kid}/compromise"

    dry = await api.call("POST", path, by=root, json={"reason": "drill", "dry_run": True})
    alive = await api.authority.introspect(token)
    real = await api.call("POST", path, by=root, json={"reason": "leaked"})

    hit = {
        "owners": [{"id": to_wire(root.user.id), "name": "root", "kind": "person", "tokens": 1}],
        "audiences": [{"id": f"{api.authority.issuer}/api", "tokens": 1}],
    }
    assert dry.document == {"changes": [], "revoked_values": 1, "dry_run": True, **hit}
    assert {name: real.document[name] for name in hit} == hit
    assert b'"active":true' in alive.body
    assert (real.status, real.document["revoked_values"]) == (200, 1)
    assert (await api.authority.introspect(token)).body == b'{"active":false}'


@pytest.mark.parametrize("kid", ["unknown", "%00", "%FF", "..%2F..%2Fetc%2Fpasswd"])
async def test_an_unknown_key_is_404(api: Api, root: Person, kid: str) -> None:
    """Kids are compared with those there are, and used for nothing else."""
    reply = await api.call("POST", f"{KEYS}/{kid}/compromise", by=root, json={"reason": "drill"})

    assert (reply.status, reply.code) == (404, "key_not_found")


async def test_an_auditor_reads_everything_and_changes_nothing(api: Api) -> None:
    """The role's promise, route by route."""
    eve = await api.person("eve", role=Role.AUDITOR)

    reads = [(await api.call("GET", path, by=eve)).status for path in (f"{USERS}?name=eve", CLIENTS, KEYS)]
    changes = [
        (await api.call("POST", path, by=eve, json={})).status for path in (USERS, CLIENTS, f"{KEYS}/rotate")
    ]

    assert (reads, changes) == ([200] * 3, [403] * 3)


async def test_the_catalogue_says_what_can_be_asked_for(api: Api, ann: Person) -> None:
    """Families with scopes, words and rights; operations, sets, audiences and the policy's ends."""
    document = (await api.call("GET", "/v1/scopes", by=ann)).document

    families = {family["name"]: family for family in document["families"]}
    view = next(s for s in families["connectors"]["scopes"] if s["name"] == "connectors:view")
    assert list(document) == ["families", "entities", "operations", "sets", "audiences", "policy"]
    assert view["may"] == "read Connectors and Connector Actions"
    assert view["allows"] == {"connectors": ["read"], "connector_actions": ["read"]}
    assert [audience["default"] for audience in document["audiences"]] == [True, False]
    assert document["policy"] == {"max_lifetime_days": 365, "allow_no_expiration": True}
