"""A custom connector of Power Automate, imported from `/swagger.json`, and the calls that its actions make."""

import copy
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from service.api.openapi import openapi_document
from service.api.routes import ROUTES
from service.api.swagger import swagger_document
from service.domain.descent import SCOPE
from service.domain.principal import CredentialKind
from tests.api.api_fixtures import Api, Person, Reply
from tests.application.descending import offering_children
from tests.contract.power_automate import faults, request_of
from tests.contract.told import document
from tests.tools.provide import NODE_FOLDER

SWAGGER = swagger_document(document())


@dataclass(frozen=True)
class Connector:
    """A connection: the file as it was downloaded, and the API key that its maker typed in."""

    api: Api
    file: dict[str, Any]
    key: str

    async def run(self, operation_id: str, **fields: Any) -> Reply:
        """One action; its answer has the status and the shape that the file promises."""
        method, target, headers, body = request_of(self.file, operation_id, key=self.key, **fields)
        reply = await self.api.call(method, target, headers=headers, body=body)
        path = next(path for path, each in self.file["paths"].items() if _named(each, operation_id))
        told = self.file["paths"][path][method.lower()]["responses"][str(reply.status)]
        schema = {**told["schema"], "definitions": self.file["definitions"]}
        assert not list(jsonschema_rs.Draft4Validator(_nulls_taken(schema)).iter_errors(reply.document))
        return reply


def _named(methods: dict[str, Any], operation_id: str) -> bool:
    return any(operation["operationId"] == operation_id for operation in methods.values())


def _nulls_taken(schema: Any) -> Any:
    """`x-nullable`, which only this dialect has, as JSON Schema says it."""
    if isinstance(schema, list):
        return [_nulls_taken(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: _nulls_taken(each) for name, each in schema.items()}
    return {"anyOf": [told, {"type": "null"}]} if told.pop("x-nullable", False) else told


@pytest.fixture
async def connector(api: Api, ann: Person) -> Connector:
    """Ann made a token that may make others, and pasted `Bearer …` into the connection."""
    services = api.authority.services
    await services.apply_catalogue(offering_children(services.current.catalogue), actor="test")
    made = await api.create(ann, scopes=[SCOPE, "self_rotate", "automation:view"])
    file = (await api.call("GET", "/swagger.json")).document
    return Connector(api, file, f"Bearer {made['token']}")


def test_npm_s_validator_takes_it(node: Path) -> None:
    """The parser that most tools of that world are built on reads it as OpenAPI 2.0."""
    run = subprocess.run(
        [node, NODE_FOLDER / "validate_swagger.js"],
        input=json.dumps(SWAGGER),
        capture_output=True,
        text=True,
        check=False,
    )

    assert not run.returncode, run.stderr
    assert json.loads(run.stdout) == {"version": "2.0", "operations": 8}


def test_the_import_finds_no_fault() -> None:
    """Flat schemas, one security definition, words everywhere, under 1 MB (issue 7, points 1 and 4)."""
    assert not faults(SWAGGER)


BROKEN = {
    "stands there twice": lambda file: file["paths"]["/v1/personal-access-tokens"]["get"].update(
        operationId="create_token"
    ),
    "no summary": lambda file: file["paths"]["/v1/personal-access-tokens"]["get"].pop("summary"),
    "anyOf": lambda file: file["definitions"]["NewToken"]["properties"]["note"].update(anyOf=[]),
    "or null": lambda file: file["definitions"]["NewToken"]["properties"]["note"].update(
        type=["string", "null"]
    ),
    "leads nowhere": lambda file: file["definitions"].pop("NewToken"),
    "security definition": lambda file: file["securityDefinitions"].update(
        more={"type": "basic", "in": "", "name": ""}
    ),
    "no words": lambda file: file["definitions"]["NewToken"]["properties"]["note"].pop("x-ms-summary"),
    "1 MB": lambda file: file["info"].update(description="x" * 1_000_000),
    "where the API is": lambda file: file.pop("host"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_the_import_s_rules_can_fail(fault: str) -> None:
    """Each rule sees the file that breaks it."""
    file = copy.deepcopy(SWAGGER)

    BROKEN[fault](file)

    assert any(fault in each for each in faults(file))


def test_it_has_what_a_personal_access_token_can_call() -> None:
    """A connection holds one token for months: what asks for a session would never work in a flow."""
    told = {(method.upper(), path) for path, each in SWAGGER["paths"].items() for method in each}

    assert told == {(route.method, route.path) for route in ROUTES if CredentialKind.TOKEN in route.callers}


def test_it_says_where_the_service_is_reached() -> None:
    """Host, path and scheme are the issuer's, never a request's (attack 79)."""
    file = swagger_document(openapi_document(ROUTES, "https://tokens.example/pat", secure=True))

    assert (file["host"], file["basePath"], file["schemes"]) == ("tokens.example", "/pat", ["https"])


async def test_a_flow_makes_lists_renews_and_ends_tokens(connector: Connector) -> None:
    """Every action of the connector, called as a flow calls it, with its headers and the fields of its card."""
    card = {"scopes": ["automation:view"], "note": "made by a flow", "expiration": 3}

    me = await connector.run("get_self")
    made = await connector.run("create_token", body=card)
    token_id = made.document["id"]
    listed = await connector.run("list_tokens", state=["active", "suspended"], limit=10)
    renewed = await connector.run("regenerate_token", id=token_id, body={"expiration": 2})
    read = await connector.run("get_token", id=token_id)
    revoked = await connector.run("revoke_token", id=token_id, reason="the flow is over")

    assert me.document["state"] == "active"
    assert (made.status, renewed.status) == (201, 201)
    assert made.document["token"] != renewed.document["token"]
    assert [each["id"] for each in listed.document] == [token_id]
    assert read.document["note"] == "made by a flow"
    assert revoked.document["revoke_reason"] == "the flow is over"


async def test_a_connection_renews_itself_and_ends(connector: Connector) -> None:
    """The two actions by which a flow changes the key that it uses."""
    renewed = await connector.run("regenerate_self", body={"overlap": 0})
    after = Connector(connector.api, connector.file, f"Bearer {renewed.document['token']}")

    assert (await connector.run("get_self")).status == 401
    assert (await after.run("revoke_self")).document["state"] == "revoked"
    assert (await after.run("get_self")).document["code"] == "token_revoked"


@pytest.mark.parametrize(
    ("key", "status"),
    [("{value}", 401), ("bearer {value}", 200), ("Bearer Bearer {value}", 401), ("Basic {value}", 401)],
)
async def test_what_people_type_as_the_key(connector: Connector, key: str, status: int) -> None:
    """The word Bearer is theirs to type; without it, or with two, the flow's run shows an error with a code."""
    value = connector.key.removeprefix("Bearer ")
    typed = Connector(connector.api, connector.file, key.format(value=value))

    assert (await typed.run("get_self")).status == status


async def test_what_a_card_lacks_is_told_field_by_field(connector: Connector) -> None:
    """The run's history shows which field it was."""
    refused = await connector.run("create_token", body={"scopes": [], "note": ""})

    assert refused.status == 422
    assert {where for where, _ in refused.faults} >= {"expiration"}


def test_the_page_says_what_the_file_has() -> None:
    """The block to copy is the file's own, and every code of the table is one that callers meet."""
    page = (Path(__file__).parents[2] / "docs" / "power-automate.md").read_text()
    block = json.loads(page.partition("```json")[2].partition("```")[0])
    codes = set(re.findall(r"\| (?:401|403|422|429) `([a-z_]+)`", page))

    definition = SWAGGER["securityDefinitions"]["api_key"]
    assert block["securityDefinitions"]["api_key"].items() <= definition.items()
    assert block["security"] == SWAGGER["security"]
    assert len(codes) == 10
    assert codes <= document()["components"]["examples"].keys()
