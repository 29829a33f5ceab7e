"""What bodies and queries are told to have is what the service reads: shown by sending it."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from service.api.contract import contract_of
from service.api.routes import ROUTES
from service.domain.identifiers import to_wire
from service.domain.principal import CredentialKind
from service.domain.user import Grant, GrantKind
from service.web.routing import Route
from tests.api.api_fixtures import Api, Reply
from tests.api.every_route import Callers, named
from tests.contract.told import document

STRANGER = "no_such_member"
ID = "00000000-0000-4000-8000-000000000000"
OF_GITHUB = "/v1/leaks"  # a signed list, which may say more of each match than is read


@pytest.fixture
async def callers(api: Api) -> Callers:
    everyone = Callers(api)
    await everyone.settle()
    made = await api.authority.services.machines.create(
        name="robot",
        responsible=[everyone.ann.user.name],
        grant=Grant(GrantKind.ALL),
        actor="test",
    )
    everyone.ids["machine"] = to_wire(made.user.id)
    return everyone


def path_of(route: Route, ids: dict[str, str]) -> str:
    """Of a machine that is there and of nothing else."""
    first = ids["machine"] if "machines" in route.path else ID
    return route.path.replace("{id}", first).replace("{token_id}", ID).replace("{kid}", "x")


def told_faults(reply: Reply) -> tuple[int, str, set[tuple[str, str]]]:
    faults = reply.document.get("faults", ())
    return reply.status, reply.code, {(fault["where"], fault["code"]) for fault in faults}


def told_body(route: Route) -> dict[str, Any]:
    operation = document()["paths"][route.path][route.method.lower()]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    return document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]


WITH_BODY = [route for route in ROUTES if contract_of(route.handler).body and route.path != OF_GITHUB]
WITH_QUERY = [
    route
    for route in ROUTES
    if contract_of(route.handler).query
    and not route.callers & {CredentialKind.GATEWAY, CredentialKind.NOBODY}  # they take whatever stands there
]


async def test_bodies_have_the_members_that_are_told_and_no_other(callers: Callers) -> None:
    """All that are told and a stranger, each of a type that none has: the stranger alone is unknown."""
    unknown = {}
    for route in WITH_BODY:
        await callers.settle()
        members = dict.fromkeys(told_body(route)["properties"], 1.5)
        body = json.dumps({**members, STRANGER: 1}).encode()
        reply = await callers.call(
            route, path=path_of(route, callers.ids), body=body, headers={"Content-Type": "application/json"}
        )
        unknown[named(route)] = told_faults(reply)

    expected = (400, "unknown_member", {(STRANGER, "unknown_member")})
    assert unknown == {named(route): expected for route in WITH_BODY}


async def test_what_must_be_there_is_told(callers: Callers) -> None:
    """An empty body is answered with exactly the members that are told as required."""
    missing, told = {}, {}
    for route in WITH_BODY:
        required = set(told_body(route).get("required", ()))
        if not required:
            continue
        await callers.settle()
        reply = await callers.call(
            route, path=path_of(route, callers.ids), body=b"{}", headers={"Content-Type": "application/json"}
        )
        told[named(route)] = required
        missing[named(route)] = {where for where, code in told_faults(reply)[2] if code == "required"} - {
            "expiration"
        }

    assert missing == told


async def test_queries_have_the_parameters_that_are_told_and_no_other(callers: Callers) -> None:
    """The same for what stands behind the question mark."""
    unknown = {}
    for route in WITH_QUERY:
        await callers.settle()
        parameters = document()["paths"][route.path][route.method.lower()]["parameters"]
        asked = {each["name"]: "x" for each in parameters if each["in"] == "query"}
        body = b"{}" if contract_of(route.handler).body else None
        headers = {"Content-Type": "application/json"} if body else {}
        query = "?" + urlencode({**asked, STRANGER: "1"})
        reply = await callers.call(
            route, path=path_of(route, callers.ids), query=query, body=body, headers=headers
        )
        unknown[named(route)] = told_faults(reply)

    expected = (400, "unknown_parameter", {(STRANGER, "unknown_parameter")})
    assert unknown == {named(route): expected for route in WITH_QUERY}
