"""GET /v1/admin/users: who there is."""

from service.application import find_user
from service.domain.user import Role
from tests.api.api_fixtures import Api, Person

USERS = "/v1/admin/users"


async def names(api: Api, by: Person, query: str = "") -> list[str]:
    return [each["name"] for each in (await api.call("GET", f"{USERS}{query}", by=by)).document]


async def test_people_are_listed_by_name(api: Api) -> None:
    """Without machines; a part of the name in any case, and a role, narrow it down; a name finds one or none."""
    root = await api.person("root", role=Role.ADMINISTRATOR)
    for name in ("Zoe", "ann", "Ä_nne"):
        await api.person(name)
    body = {"name": "nightly", "responsible": ["zoe"]}
    assert (await api.call("POST", "/v1/admin/machines", by=root, json=body)).status == 201

    assert await names(api, root) == ["ann", "root", "Zoe", "Ä_nne"]
    assert await names(api, root, "?search=NN") == ["ann", "Ä_nne"]
    assert await names(api, root, "?search=_") == ["Ä_nne"]
    assert await names(api, root, "?role=administrator") == ["root"]
    assert await names(api, root, "?name=ZOE") == ["Zoe"]
    assert await names(api, root, "?name=nobody") == []
    refused = await api.call("GET", f"{USERS}?role=king&cursor=x", by=root)
    assert (refused.status, refused.faults) == (422, {("role", "invalid_value")})


async def test_a_long_list_of_people_leads_on(api: Api, monkeypatch) -> None:
    """`Link` names the next page until there is none."""
    monkeypatch.setattr(find_user, "LARGEST_PAGE", 2)
    root = await api.person("root", role=Role.ADMINISTRATOR)
    for name in ("b", "c", "a"):
        await api.person(name)

    first = await api.call("GET", USERS, by=root)
    rest = first.headers["Link"].partition(">")[0].removeprefix(f"<{api.authority.issuer}")
    second = await api.call("GET", rest, by=root)
    cursor = second.headers["Link"].partition("?")[2].partition(">")[0]

    assert [each["name"] for each in [*first.document, *second.document]] == ["a", "b", "c", "root"]
    assert await names(api, root, f"?{cursor}") == []


async def test_one_account_is_shown_by_its_id(api: Api) -> None:
    """With role, state and grant; another id is not there."""
    root = await api.person("root", role=Role.ADMINISTRATOR)
    [listed] = (await api.call("GET", f"{USERS}?name=root", by=root)).document

    shown = await api.call("GET", f"{USERS}/{listed['id']}", by=root)
    unknown = await api.call("GET", f"{USERS}/00000000-0000-4000-8000-000000000000", by=root)

    assert shown.document == listed
    assert (unknown.status, unknown.code) == (404, "not_found")
