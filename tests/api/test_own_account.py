from service.domain.session import Carrier
from tests.api.api_fixtures import PASSWORD, TOKENS, Api, Person

SESSIONS = "/v1/sessions"
ANOTHER = "quite another evening by the river bank"


async def test_a_session_of_ones_own_is_seen_and_ended(api: Api, ann: Person) -> None:
    """Somebody who left a browser signed in elsewhere ends that session from here (S26, S27)."""
    elsewhere = await api.sign_in("ann", Carrier.COOKIE)
    listed = (await api.call("GET", SESSIONS, by=ann)).document
    other = next(each for each in listed if not each["this"] and each["carrier"] == "cookie")

    ended = await api.call("DELETE", f"{SESSIONS}/{other['id']}", by=ann)

    assert ended.status == 204
    assert (await api.call("GET", "/v1/me", by=elsewhere)).status == 401
    assert (await api.call("GET", "/v1/me", by=ann)).status == 200


async def test_nobody_sees_or_ends_the_session_of_somebody_else(api: Api, ann: Person) -> None:
    """Another account's session is not there at all (S33)."""
    ben = await api.person("ben")
    anns = [each["id"] for each in (await api.call("GET", SESSIONS, by=ann)).document]

    bens = [each["id"] for each in (await api.call("GET", SESSIONS, by=ben)).document]
    refused = await api.call("DELETE", f"{SESSIONS}/{anns[0]}", by=ben)

    assert not set(anns) & set(bens)
    assert refused.status == 404
    assert (await api.call("GET", "/v1/me", by=ann)).status == 200


async def test_a_changed_password_signs_out_everywhere_else(api: Api, ann: Person) -> None:
    """The session that changed it goes on under a new secret; every other one and the old secret are dead (R48)."""
    elsewhere = await api.sign_in("ann")

    changed = await api.call(
        "POST", "/v1/me/password", by=ann, json={"present": PASSWORD, "password": ANOTHER}
    )

    assert changed.status == 200
    assert [(await api.call("GET", "/v1/me", by=who)).status for who in (ann, elsewhere)] == [401, 401]
    assert (await api.call("GET", TOKENS, bearer=changed.document["token"])).status == 200
    signed_in = await api.call("POST", "/v1/session", json={"name": "ann", "password": ANOTHER})
    assert signed_in.status == 201


async def test_a_password_is_not_changed_without_the_present_one_nor_to_a_bad_one(
    api: Api, ann: Person
) -> None:
    """A borrowed session alone cannot take an account over (S50), and a guessable password is refused (S44)."""
    wrong = await api.call("POST", "/v1/me/password", by=ann, json={"present": "wrong", "password": ANOTHER})
    weak = await api.call(
        "POST", "/v1/me/password", by=ann, json={"present": PASSWORD, "password": "passwordpassword"}
    )

    assert (wrong.status, wrong.code) == (401, "sign_in_failed")
    assert (weak.status, weak.faults) == (422, {("password", "guessable")})
    assert (await api.call("GET", "/v1/me", by=ann)).status == 200
