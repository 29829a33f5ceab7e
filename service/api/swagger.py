"""`/swagger.json`: OpenAPI 2.0 made of our OpenAPI document, for Power Automate, which imports nothing else.

Schemas are flat: no allOf, oneOf, anyOf, no null types. Of several shapes the first is told.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

Document = dict[str, Any]

_KEY: Final = "api_key"
_METHODS: Final = frozenset({"get", "put", "post", "delete", "patch"})
_KEPT: Final = (
    *("type", "format", "enum", "default", "description", "minimum", "maximum"),
    *("minLength", "maxLength", "pattern", "minItems", "maxItems"),
)
_WORDS: Final = re.compile("[A-Z]?[a-z0-9]+|[A-Z]+")


def swagger_document(openapi: Mapping[str, Any]) -> Document:
    """The operations that a personal access token can call, and what stands behind their references."""
    place, flat = urlsplit(openapi["servers"][0]["url"]), Flat(openapi["components"]["schemas"])
    paths = dict(_paths(openapi["paths"], flat))
    return {
        "swagger": "2.0",
        "info": openapi["info"],
        "host": place.netloc,
        "basePath": place.path or "/",
        "schemes": [place.scheme],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "paths": paths,
        "definitions": dict(sorted(flat.definitions.items())),
        "securityDefinitions": {
            _KEY: {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "The word Bearer, one space, and a personal access token.",
            }
        },
        "security": [{_KEY: []}],
    }


def words_of(name: str) -> str:
    """A name as people read it: `expires_at` is "Expires at"."""
    return " ".join(_WORDS.findall(name)).capitalize()


class Flat:
    """Schemas as OpenAPI 2.0 knows them; `definitions` are those objects that one of them has named."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas
        self.definitions = Document()

    def __call__(self, schema: Mapping[str, Any]) -> Document:
        """Without alternatives; what is no object stands where it is used."""
        if "anyOf" in schema:
            return self._first(schema)
        if "$ref" in schema:
            return self._referred(schema["$ref"].rpartition("/")[2])
        if schema.get("type") == "null":
            return {"type": "string", "x-nullable": True}
        told = {name: schema[name] for name in _KEPT if name in schema}
        if "items" in schema:
            told["items"] = self(schema["items"]) or {"type": "object"}
        if "properties" in schema:
            told["properties"] = {
                name: self._member(name, each) for name, each in schema["properties"].items()
            }
        if required := schema.get("required"):
            told["required"] = required
        return {"type": "string" if "enum" in told else "object", **told}

    def _first(self, schema: Mapping[str, Any]) -> Document:
        kinds = [each for each in schema["anyOf"] if each.get("type") != "null"]
        told = self(kinds[0])
        if "$ref" in told:
            return told
        beside = {name: schema[name] for name in _KEPT if name in schema}
        return told | beside | ({"x-nullable": True} if len(kinds) < len(schema["anyOf"]) else {})

    def _referred(self, name: str) -> Document:
        schema = self._schemas[name]
        if "properties" not in schema:
            return self(schema)
        if name not in self.definitions:
            self.definitions[name] = {}  # it may refer to itself
            self.definitions[name] = {**self(schema), "x-ms-summary": words_of(name)}
        return {"$ref": f"#/definitions/{name}"}

    def _member(self, name: str, schema: Mapping[str, Any]) -> Document:
        """In OpenAPI 2.0 nothing stands beside a reference; every other member has its words."""
        told = self(schema)
        return told if "$ref" in told else {"x-ms-summary": words_of(name), **told}


def _paths(paths: Mapping[str, Any], flat: Flat) -> Iterator[tuple[str, Document]]:
    for path, methods in paths.items():
        operations = {
            method: _operation(operation, flat)
            for method, operation in methods.items()
            if method in _METHODS and operation["x-personal-access-token"]
        }
        if operations:
            yield path, operations


def _operation(operation: Mapping[str, Any], flat: Flat) -> Document:
    return {
        "operationId": operation["operationId"],
        "summary": operation["summary"],
        "description": operation["description"],
        "x-ms-summary": operation["summary"],
        "tags": operation["tags"],
        "parameters": list(_parameters(operation, flat)),
        "responses": {status: _response(told, flat) for status, told in operation["responses"].items()},
    }


def _response(told: Mapping[str, Any], flat: Flat) -> Document:
    response: Document = {"description": told["description"]}
    for content in told.get("content", {}).values():
        response["schema"] = flat(content["schema"])
    return response


def _parameters(operation: Mapping[str, Any], flat: Flat) -> Iterator[Document]:
    for each in operation.get("parameters", ()):
        members = flat(each["schema"])
        if members["type"] == "array":
            members["collectionFormat"] = "multi"
        yield {
            "name": each["name"],
            "in": each["in"],
            "required": each["required"],
            "x-ms-summary": words_of(each["name"]),
            **members,
        }
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield {
            "name": "body",
            "in": "body",
            "required": operation["requestBody"]["required"],
            "x-ms-summary": "Body",
            "schema": flat(content["schema"]),
        }
