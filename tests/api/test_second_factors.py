"""Second factors through the API: asked for wherever a password is taken, set up, removed, reset."""

from dataclasses import replace

import pytest

from service.api.routes import ROUTES
from service.domain.identifiers import to_wire
from service.domain.principal import CredentialKind
from service.domain.session import Carrier
from service.domain.user import Role
from service.ui.routes import ROUTES as PAGES
from tests.api.api_fixtures import NEW_TOKEN, PASSWORD, TOKENS, Api, Person
from tests.api.factors import FACTORS, set_up

CODES = "/v1/me/recovery-codes"
ANOTHER = "quite another evening by the river bank"


async def require_factors(api: Api, said: str) -> None:
    catalogue = api.authority.services.current.catalogue
    wanted = replace(catalogue, policy=replace(catalogue.policy, second_factor=said))
    await api.authority.services.apply_catalogue(wanted, actor="test")


async def test_an_app_is_set_up_and_asked_for(api: Api, ann: Person) -> None:
    """Begin, confirm by its first code, sign in with it; the secret and ten codes are answered once."""
    app = await set_up(api, ann)

    asked = await api.call("POST", "/v1/session", json={"name": "ann", "password": PASSWORD})
    signed_in = await api.call(
        "POST", "/v1/session", json={"name": "ann", "password": PASSWORD, "totp": app.code()}
    )
    listed = (await api.call("GET", FACTORS, by=ann)).document
    me = (await api.call("GET", "/v1/me", by=ann)).document

    assert (asked.status, asked.code) == (401, "second_factor_needed")
    assert asked.document["second_factors"] == ["totp", "recovery_code"]
    assert signed_in.status == 201
    assert [(each["name"], each["kind"]) for each in listed["second_factors"]] == [("phone", "totp")]
    assert (listed["recovery_codes_left"], len(app.codes)) == (10, 10)
    assert me["has_second_factor"] is True
    assert app.secret not in str(listed)


@pytest.mark.parametrize("member", ["totp", "recovery_code"])
async def test_every_call_that_takes_a_password_takes_a_factor(api: Api, ann: Person, member: str) -> None:
    """Signing in, confirming, changing the password, a reset link: needed without, refused if wrong, done if right."""
    app, services = await set_up(api, ann), api.authority.services
    link = await services.governance.password_link(ann.user.id, actor="test")
    wrong = {"totp": "000000", "recovery_code": "aaaa-aaaa-aaaa-aaaa"}[member]
    calls = [
        ("/v1/session", {"name": "ann", "password": PASSWORD}),
        ("/v1/session/confirm", {"password": PASSWORD}),
        ("/v1/invitations/accept", {"secret": link.reveal(), "password": PASSWORD}),
        ("/v1/me/password", {"present": PASSWORD, "password": ANOTHER}),
    ]
    ends, by = {}, ann

    for path, body in calls:
        without = await api.call("POST", path, by=by, json=body)
        refused = await api.call("POST", path, by=by, json=body | {member: wrong})
        right = app.code() if member == "totp" else app.codes.pop()
        done = await api.call("POST", path, by=by, json=body | {member: right})
        ends[path] = (without.code, refused.code, done.status)
        by = Person(ann.user, done.document["token"], Carrier.BEARER)

    assert ends == {
        path: ("second_factor_needed", "sign_in_failed", status)
        for (path, _), status in zip(calls, (201, 200, 201, 200), strict=True)
    }


async def test_a_wrong_type_of_code_is_told_at_its_member(api: Api, ann: Person) -> None:
    """Numbers, lists and novels are 422 at `totp`, never a 500 and never judged."""
    await set_up(api, ann)
    body = {"name": "ann", "password": PASSWORD}

    replies = [
        await api.call("POST", "/v1/session", json=body | {member: value})
        for member in ("totp", "recovery_code")
        for value in (123456, ["123456"], "", "1" * 65, {})
    ]

    assert {reply.status for reply in replies} == {422}
    assert {reply.faults.pop()[0] for reply in replies} == {"totp", "recovery_code"}


async def test_hostile_codes_are_wrong_and_nothing_else(api: Api, ann: Person) -> None:
    """Whatever stands in a code, as in a name, is judged as a wrong code (R42)."""
    await set_up(api, ann)
    body = {"name": "ann", "password": PASSWORD}
    ends = []

    for code in ("１２３４５６", "-1", "\x00", "0" * 64, "é", "12 34 56", "²²²²²²"):
        for member in ("totp", "recovery_code"):
            api.authority.clock.advance(1_000)
            ends.append((await api.call("POST", "/v1/session", json=body | {member: code})).code)

    assert set(ends) == {"sign_in_failed"}


async def test_changes_of_factors_are_confirmed(api: Api, ann: Person) -> None:
    """Adding, removing, new codes and a reset ask for the password and the factor again (§4a); naming does not."""
    app = await set_up(api, ann)
    root = await api.person("root", role=Role.ADMINISTRATOR)
    api.authority.clock.advance(301)

    ends = {
        f"{method} {path}": (await api.call(method, path, by=who, json={} if method == "POST" else None)).code
        for method, path, who in [
            ("POST", f"{FACTORS}/totp", ann),
            ("DELETE", f"{FACTORS}/{app.factor_id}", ann),
            ("POST", CODES, ann),
            ("DELETE", f"/v1/admin/users/{to_wire(ann.user.id)}/second-factors", root),
        ]
    }
    renamed = await api.call("PATCH", f"{FACTORS}/{app.factor_id}", by=ann, json={"name": "old phone"})
    confirmed = await api.call(
        "POST", "/v1/session/confirm", by=ann, json={"password": PASSWORD, "totp": app.code()}
    )
    ann = Person(ann.user, confirmed.document["token"], Carrier.BEARER)
    removed = await api.call("DELETE", f"{FACTORS}/{app.factor_id}", by=ann)

    assert set(ends.values()) == {"insufficient_user_authentication"}
    assert (renamed.status, removed.status) == (204, 204)


async def test_codes_are_renewed_and_a_factor_removed(api: Api, ann: Person) -> None:
    """Ten other codes; without a factor the password is enough and there are no codes to renew."""
    app = await set_up(api, ann)

    fresh = (await api.call("POST", CODES, by=ann, json={})).document["recovery_codes"]
    await api.call("DELETE", f"{FACTORS}/{app.factor_id}", by=ann)
    none = await api.call("POST", CODES, by=ann, json={})

    assert not set(fresh) & set(app.codes)
    assert none.status == 404
    assert (await api.call("POST", "/v1/session", json={"name": "ann", "password": PASSWORD})).status == 201


async def test_an_administrator_resets_it_and_nobody_else_does(api: Api, ann: Person) -> None:
    """R16: not the owner's neighbour, not an auditor; it is audited under the administrator's name."""
    await set_up(api, ann)
    root = await api.person("root", role=Role.ADMINISTRATOR)
    path = f"/v1/admin/users/{to_wire(ann.user.id)}/second-factors"
    others = [await api.person("ben"), await api.person("eve", role=Role.AUDITOR)]

    refused = [(await api.call("DELETE", path, by=who)).status for who in (ann, *others)]
    reset = await api.call("DELETE", path, by=root)
    trail = (await api.call("GET", "/v1/admin/audit?action=second_factors.reset", by=root)).document

    assert refused == [403, 403, 403]
    assert reset.document == {"removed": 1}
    assert [row["actor"] for row in trail] == [f"user:{root.user.id}"]


async def test_who_must_have_one_sets_it_up_before_anything_else(api: Api, ann: Person) -> None:
    """Policy `all`: with no factor every route that has rights answers 403 with one code; signing out and setting up
    stay open, and afterwards everything does.
    """
    await require_factors(api, "all")
    id_ = "00000000-0000-4000-8000-000000000000"
    kinds = {CredentialKind.SESSION, CredentialKind.USER}
    mine = [route for route in ROUTES if route.callers & kinds and not route.without_factor]

    codes = set()
    for route in mine:
        path = route.path.replace("{id}", id_).replace("{token_id}", id_)
        sent = {} if route.method in {"POST", "PATCH", "PUT"} else None
        codes.add((await api.call(route.method, path, by=ann, json=sent)).code)
    app = await set_up(api, ann)
    made = await api.call("POST", TOKENS, by=ann, json=NEW_TOKEN)

    assert codes == {"second_factor_required"}
    assert made.status == 201
    assert app.codes


def test_little_is_open_before_the_second_factor() -> None:
    """The whole list of what a person without the factor that the policy demands may do."""
    opened = {f"{route.method} {route.path}" for route in (*ROUTES, *PAGES) if route.without_factor}

    assert opened == {
        "DELETE /v1/session",
        "POST /v1/session/confirm",
        "GET /v1/me",
        f"GET {FACTORS}",
        f"POST {FACTORS}/totp",
        f"POST {FACTORS}/{{id}}/confirm",
        "POST /sign-out",
        "GET /settings/security",
        "POST /settings/security/totp",
        "POST /settings/security/totp/confirm",
        "POST /settings/security/passkey",
        "POST /settings/security/passkey/confirm",
        "POST /settings/security/noticed",
    }


@pytest.mark.parametrize(
    ("said", "ann_may", "root_may"), [("administrators", 200, 403), ("optional", 200, 200)]
)
async def test_the_policy_says_whose_account_must_have_one(
    api: Api, ann: Person, said: str, ann_may: int, root_may: int
) -> None:
    """`administrators` asks no user, `optional` nobody."""
    root = await api.person("root", role=Role.ADMINISTRATOR)
    await require_factors(api, said)

    assert (await api.call("GET", TOKENS, by=ann)).status == ann_may
    assert (await api.call("GET", TOKENS, by=root)).status == root_may


async def test_a_token_goes_on_when_its_owner_has_to_set_a_factor_up(api: Api, ann: Person) -> None:
    """The policy is about people who sign in; what they handed out before is ended by revoking it."""
    made = await api.create(ann)
    await require_factors(api, "all")

    assert (await api.call("GET", f"{TOKENS}/self", bearer=made["token"])).status == 200
