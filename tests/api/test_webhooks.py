"""/v1/admin/webhooks, /v1/me/contact and what a token is told of its end."""

import pytest

from service.domain.user import Role
from tests.api.api_fixtures import TOKENS, Api, Person

WEBHOOKS, CONTACT = "/v1/admin/webhooks", "/v1/me/contact"
AIM = {"name": "siem", "url": "https://siem.example/in", "kinds": ["token.leaked"]}
DAY = 86_400


@pytest.fixture
async def root(api: Api) -> Person:
    return await api.person("root", role=Role.ADMINISTRATOR)


async def test_a_webhook_is_made_changed_rotated_and_removed(api: Api, root: Person) -> None:
    """Its secret is in the answers that make one, and in no other."""
    made = await api.call("POST", WEBHOOKS, by=root, json=AIM)
    path = f"{WEBHOOKS}/{made.document['id']}"
    rotated = await api.call("POST", f"{path}/secret", by=root, json={"overlap": 60})
    changed = await api.call("PUT", path, by=root, json={"url": "https://siem.example/2"})
    listed = await api.call("GET", WEBHOOKS, by=root)
    tested = await api.call("POST", f"{path}/test", by=root, json={})
    deliveries = await api.call("GET", f"{path}/deliveries", by=root)
    removed = await api.call("DELETE", path, by=root)

    assert (made.status, rotated.status, tested.status, removed.status) == (201, 201, 204, 204)
    secrets = {made.document["secret"], rotated.document["secret"]}
    assert len(secrets) == 2
    assert rotated.document["old_secret_ends_at"] is not None
    assert listed.document == [changed.document]
    assert (changed.document["url"], changed.document["kinds"]) == ("https://siem.example/2", [])
    assert not [secret for secret in secrets if secret in (listed.body + changed.body).decode()]
    assert deliveries.document == []
    assert (await api.call("DELETE", path, by=root)).status == 404


async def test_every_fault_of_a_webhook_is_told(api: Api, root: Person) -> None:
    """A URL into a private network, a kind that there is not; and a name that is taken."""
    wrong = {"name": "x", "url": "https://10.0.0.1/x", "kinds": ["user.invitation"]}

    refused = await api.call("POST", WEBHOOKS, by=root, json=wrong)
    await api.call("POST", WEBHOOKS, by=root, json=AIM)
    taken = await api.call("POST", WEBHOOKS, by=root, json={**AIM, "name": "SIEM"})

    assert refused.status == 422
    assert refused.faults == {("url", "invalid_value"), ("kinds[0]", "invalid_value")}
    assert (taken.status, taken.code) == (409, "already_exists")


async def test_people_say_how_they_are_written_to(api: Api, ann: Person, root: Person) -> None:
    """What is left out stays; an administrator says it for them, and sees it."""
    await api.call("PATCH", CONTACT, by=ann, json={"email": "ann@example.com", "language": "de"})
    await api.call("PATCH", CONTACT, by=ann, json={"reminders": False})
    path = f"/v1/admin/users/{(await api.call('GET', '/v1/me', by=ann)).document['id']}/contact"

    seen = await api.call("GET", path, by=root)
    changed = await api.call("PATCH", path, by=root, json={"email": ""})
    refused = await api.call("PATCH", CONTACT, by=ann, json={"email": "a b", "language": "fr"})

    assert seen.document == {"email": "ann@example.com", "language": "de", "reminders": False}
    assert changed.document == {**seen.document, "email": None}
    assert refused.faults == {("email", "invalid_value"), ("language", "invalid_value")}


async def test_a_forgotten_password_is_no_matter_of_mail_without_a_server(api: Api) -> None:
    """Whoever asks is told to ask an administrator, whatever the name."""
    reply = await api.call("POST", "/v1/forgotten-password", json={"name": "nobody"})

    assert (reply.status, reply.code) == (409, "wrong_state")


async def test_a_token_is_told_of_its_end_in_its_last_14_days(api: Api, ann: Person) -> None:
    """In every answer, refusals too; a session is not."""
    made = await api.create(ann, expiration=20)
    early = await api.call("GET", f"{TOKENS}/self", bearer=made["token"])
    api.authority.clock.advance(6 * DAY)
    late = await api.call("GET", f"{TOKENS}/self", bearer=made["token"])
    refused = await api.call("POST", f"{TOKENS}/self/regenerate", bearer=made["token"], json={})

    assert "Token-Expires-At" not in early.headers
    assert late.headers["Token-Expires-At"] == made["expiration"]
    assert refused.status == 403
    assert refused.headers["Token-Expires-At"] == made["expiration"]
