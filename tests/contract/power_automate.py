"""What Power Automate demands of a file that a custom connector is imported from, and what the connector sends then."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

LARGEST = 1_000_000
UNREADABLE = {"allOf", "oneOf", "anyOf", "not", "const", "examples", "nullable", "prefixItems", "$defs"}
WORKFLOW = "5b1e0f3a6f7d4c0f8a52d7f9d2f2b7d1"
SENT = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "Accept-Language": "en-US",
    "User-Agent": f"azure-logic-apps/1.0 (workflow {WORKFLOW}; version 08584635152437854123) microsoft-flow/1.0",
    "x-ms-client-request-id": "1f8d4f3e-3b0f-4d62-9f0a-7f0c2a6b5e11",
    "x-ms-client-tracking-id": "08584635152437854122",
    "x-ms-workflow-id": WORKFLOW,
    "x-ms-workflow-run-id": "08584635152437854122",
    "x-ms-correlation-id": "0d0b1e1c-52d0-4a4b-8d43-41d6a1f5f5f0",
}
"""Beside the API key: the headers of a flow's action."""


def faults(document: dict[str, Any]) -> list[str]:
    """Everything for which the import, or an action made of it, would fail or have no words."""
    return [
        *_of_the_whole(document),
        *(fault for name, operation in _operations(document) for fault in _of_operation(name, operation)),
        *(fault for where, schema in _schemas(document, "") for fault in _of_schema(where, schema, document)),
    ]


def _of_the_whole(document: dict[str, Any]) -> Iterator[str]:
    if document.get("swagger") != "2.0":
        yield "it is no OpenAPI 2.0"
    if len(json.dumps(document)) >= LARGEST:
        yield "it has 1 MB or more"
    if not {"host", "basePath", "schemes", "info"} <= document.keys():
        yield "it does not say where the API is"
    if not (document["info"].get("title") and document["info"].get("description")):
        yield "the connector has no name or description"
    ways = list(document.get("securityDefinitions", {}).values())
    if [(way["type"], way["in"], way["name"]) for way in ways] != [("apiKey", "header", "Authorization")]:
        yield "there is not exactly one security definition, an API key in Authorization"
    names = Counter(operation.get("operationId") for _, operation in _operations(document))
    yield from (f"operationId {name} stands there twice" for name, number in names.items() if number > 1)


def _of_operation(name: str, operation: dict[str, Any]) -> Iterator[str]:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", operation.get("operationId", "")):
        yield f"{name} has no operationId that is a name"
    if not (operation.get("summary") and operation.get("x-ms-summary")):
        yield f"{name} has no summary"
    if not any(status.startswith("2") for status in operation["responses"]):
        yield f"{name} never succeeds"
    parameters = operation.get("parameters", [])
    if sum(each["in"] == "body" for each in parameters) > 1:
        yield f"{name} has two bodies"
    for each in parameters:
        if not (each.get("name") and each.get("x-ms-summary")):
            yield f"{name}: a parameter has no name or no words"
        if each["in"] == "body" and "schema" not in each:
            yield f"{name}: the body has no schema"
        if each["in"] == "path" and (not each["required"] or f"{{{each['name']}}}" not in name):
            yield f"{name}: {each['name']} is no part of the path"
        if each["name"].lower() == "authorization":
            yield f"{name}: the API key is asked for a second time"


def _of_schema(where: str, schema: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    if unreadable := UNREADABLE & schema.keys():
        yield f"{where}: {', '.join(unreadable)}"
    if isinstance(schema.get("type"), list) or schema.get("type") == "null":
        yield f"{where}: a type of several, or null"
    if "$ref" in schema:
        kind, _, name = schema["$ref"].rpartition("/")
        if kind != "#/definitions" or name not in document["definitions"]:
            yield f"{where}: {schema['$ref']} leads nowhere"
    elif "type" not in schema:
        yield f"{where}: no type"
    if schema.get("type") == "array" and "items" not in schema:
        yield f"{where}: a list of what?"
    for name, member in schema.get("properties", {}).items():
        if "$ref" not in member and not member.get("x-ms-summary"):
            yield f"{where}.{name}: no words"


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def _schemas(document: dict[str, Any], where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, definition in document["definitions"].items():
        yield from _below(f"{where}{name}", definition)
    for name, operation in _operations(document):
        for each in operation["parameters"]:
            yield from _below(f"{name} {each['name']}", each.get("schema", each))
        for status, response in operation["responses"].items():
            if "schema" in response:
                yield from _below(f"{name} {status}", response["schema"])


def _below(where: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield where, schema
    for name, member in schema.get("properties", {}).items():
        yield from _below(f"{where}.{name}", member)
    if "items" in schema:
        yield from _below(f"{where}[]", schema["items"])


def request_of(
    document: dict[str, Any], operation_id: str, *, key: str, **given: Any
) -> tuple[str, str, dict[str, str], bytes | None]:
    """Method, target, headers and body of an action, made of the file alone; `given` are the fields of its card."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if operation["operationId"] == operation_id:
                return _request(method, document["basePath"].rstrip("/") + path, operation, key, given)
    raise LookupError(operation_id)


def _request(
    method: str, target: str, operation: dict[str, Any], key: str, given: dict[str, Any]
) -> tuple[str, str, dict[str, str], bytes | None]:
    headers, query, body = {"Authorization": key, **SENT}, [], None
    for parameter in operation["parameters"]:
        name = parameter["name"]
        if name not in given:
            assert not parameter["required"], f"the card asks for {name}"
            continue
        match parameter["in"]:
            case "path":
                target = target.replace(f"{{{name}}}", quote(given[name], safe=""))
            case "query":
                values = given[name] if isinstance(given[name], list) else [given[name]]
                query += [(name, value) for value in values]
            case "header":
                headers[name] = given[name]
            case "body":
                headers["Content-Type"] = "application/json; charset=utf-8"
                body = json.dumps(given[name]).encode()
    return method.upper(), target + (f"?{urlencode(query)}" if query else ""), headers, body
