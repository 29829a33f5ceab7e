from service.domain.user import Role
from tests.api.api_fixtures import Api, Person

AUDIT = "/v1/admin/audit"
ANOTHER = "quite another evening by the river bank"


async def test_the_trail_is_read_newest_first_and_by_what_was_done(api: Api, ann: Person) -> None:
    """An auditor finds who did what to which token, by person, kind of action and subject (R56)."""
    eve = await api.person("eve", role=Role.AUDITOR)
    made = await api.create(ann)
    await api.call("DELETE", f"/v1/personal-access-tokens/{made['id']}?reason=lost", by=ann)

    rows = (await api.call("GET", f"{AUDIT}?action=token&actor=user:{ann.user.id}", by=eve)).document

    assert [row["action"] for row in rows] == ["token.revoked", "token.created"]
    assert {row["actor_name"] for row in rows} == {"ann"}
    assert rows[0]["detail"]["reason"] == "lost"
    about = (await api.call("GET", f"{AUDIT}?subject={rows[0]['subject']}", by=eve)).document
    assert [row["action"] for row in about] == ["token.revoked", "token.created"]


async def test_the_trail_goes_on_behind_its_link(api: Api, ann: Person) -> None:
    """Pages of any size meet without a gap, and a cursor of another list is refused."""
    eve = await api.person("eve", role=Role.AUDITOR)
    whole = (await api.call("GET", AUDIT, by=eve)).document
    first = await api.call("GET", f"{AUDIT}?limit=2", by=eve)
    rest = first.headers["Link"].partition("?")[2].partition(">")[0]

    second = await api.call("GET", f"{AUDIT}?{rest}", by=eve)

    assert [row["sequence"] for row in first.document + second.document] == [
        row["sequence"] for row in whole[:4]
    ]
    refused = await api.call("GET", f"{AUDIT}?cursor=AAAA", by=eve)
    assert (refused.status, refused.faults) == (422, {("cursor", "invalid_value")})


async def test_users_do_not_read_the_trail(api: Api, ann: Person) -> None:
    """It is for those who read everything."""
    assert (await api.call("GET", AUDIT, by=ann)).status == 403


async def test_a_forgotten_password_is_set_anew_by_a_link(api: Api, ann: Person) -> None:
    """The link works once, signs out everywhere, and no administrator ever knows the password (S50)."""
    root = await api.person("root", role=Role.ADMINISTRATOR)
    ann_id = (await api.call("GET", "/v1/me", by=ann)).document["id"]

    made = await api.call("POST", f"/v1/admin/users/{ann_id}/password-link", by=root, json={})
    secret = made.document["link"].partition("#")[2]
    accepted = await api.call("POST", "/v1/invitations/accept", json={"secret": secret, "password": ANOTHER})

    assert (made.status, accepted.status) == (201, 201)
    assert (await api.call("GET", "/v1/me", by=ann)).status == 401
    signed_in = await api.call("POST", "/v1/session", json={"name": "ann", "password": ANOTHER})
    assert signed_in.status == 201
    again = await api.call("POST", "/v1/invitations/accept", json={"secret": secret, "password": ANOTHER})
    assert again.status == 404


async def test_a_disabled_account_gets_no_link(api: Api, ann: Person) -> None:
    """Nobody comes back by the back door."""
    root = await api.person("root", role=Role.ADMINISTRATOR)
    ann_id = (await api.call("GET", "/v1/me", by=ann)).document["id"]
    await api.call("POST", f"/v1/admin/users/{ann_id}/disable", by=root)

    refused = await api.call("POST", f"/v1/admin/users/{ann_id}/password-link", by=root, json={})

    assert refused.status == 404
