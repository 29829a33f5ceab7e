"""`/openapi.json` tells the whole API and nothing else."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from safeconduct.document import CatalogueInvalid
from safeconduct.errors import SafeconductError, Unavailable
from safeconduct.scope import UnknownScope

from keys import errors as keys
from service.api import published_contracts
from service.api.contract import Undescribed
from service.api.openapi import openapi_document
from service.api.routes import ROUTES
from service.domain import errors as domain
from service.domain.catalogue import UnknownAudience
from service.web.problems import PROBLEMS, problem_of_kind
from service.wiring.faces import build_contracts
from tests.api.oauth_fixtures import Authority
from tests.contract.told import document

ISSUER = "https://tokens.example/pat"
INSIDE = {
    domain.Unknown,  # bases of what is raised
    domain.WrongState,
    domain.NoPlace,
    keys.RotationRefused,
    keys.KeyFailure,
    domain.ServiceError,
    SafeconductError,
    CatalogueInvalid,  # told as the faults of a 422
    UnknownScope,
    UnknownAudience,
    Unavailable,  # the SDK's, towards its own callers
    domain.Gone,
}


def operations() -> Iterator[tuple[str, str, dict]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_the_document_is_openapi() -> None:
    """Another implementation's validator has nothing to say against it."""
    assert not list(OpenAPIV31SpecValidator(document()).iter_errors())


def test_every_route_is_told_and_nothing_else() -> None:
    """By method and path, the table and the document are one, but for what browsers ask by themselves."""
    told = {(method, path) for method, path, _ in operations()}

    assert told == {(route.method, route.path) for route in ROUTES if not route.preflight}


def test_an_issuer_with_a_path_has_its_metadata_at_the_host_s_root_as_well() -> None:
    """RFC 8414 section 3.1: those paths have a server of their own."""
    told = openapi_document(ROUTES, ISSUER, secure=True)

    root = told["paths"]["/.well-known/oauth-authorization-server/pat"]["get"]
    assert root["servers"] == [{"url": "https://tokens.example"}]
    assert told["servers"] == [{"url": ISSUER}]
    assert told["components"]["securitySchemes"]["session"]["name"] == "__Host-safeconduct"
    assert not list(OpenAPIV31SpecValidator(told).iter_errors())


def test_operations_have_names_of_their_own_and_words() -> None:
    """A generated client has one function for each of them."""
    names = [operation["operationId"] for _, _, operation in operations()]

    assert len(set(names)) == len(names)
    assert all(operation["summary"] and operation["description"] for _, _, operation in operations())


def every_kind(kind: type[SafeconductError]) -> Iterator[type[SafeconductError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from every_kind(each)


def test_every_error_that_callers_can_meet_is_an_example_under_its_status() -> None:
    """Codes are API: each row of the one table is told where it can happen, as the body that answers it."""
    told = {
        (int(status), document()["components"]["examples"][name]["value"]["code"])
        for _, _, operation in operations()
        for status, response in operation["responses"].items()
        for name in (
            each["$ref"].rpartition("/")[2]
            for each in response.get("content", {})
            .get("application/problem+json", {})
            .get("examples", {})
            .values()
        )
    }
    grants = {kind for kind in PROBLEMS if "grant" in kind.__module__}  # OAuth's own form, tested below

    missing = {
        kind.__name__
        for kind in PROBLEMS
        if kind not in INSIDE | grants and (problem_of_kind(kind).status, kind.code) not in told
    }
    assert not missing


def test_grant_errors_are_told_in_oauth_s_form() -> None:
    """RFC 6749 section 5.2 at the token endpoint."""
    answers = document()["paths"]["/oauth2/token"]["post"]["responses"]

    assert {"invalid_grant", "invalid_scope", "invalid_target", "unsupported_grant_type"} <= set(
        answers["400"]["content"]["application/json"]["examples"]
    )
    assert "invalid_client" in answers["401"]["content"]["application/json"]["examples"]


def examples() -> Iterator[tuple[str, dict, object]]:
    for method, path, operation in operations():
        contents = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in contents:
            for media in content.get("content", {}).values():
                if "example" in media:
                    yield f"{method} {path}", media["schema"], media["example"]
                for each in media.get("examples", {}).values():
                    name = each["$ref"].rpartition("/")[2]
                    yield name, media["schema"], document()["components"]["examples"][name]["value"]


def test_every_example_is_what_its_schema_says() -> None:
    """Whoever copies one sends something that can be read."""
    components = {"components": document()["components"]}

    wrong = [
        (where, error.message)
        for where, schema, example in examples()
        for error in jsonschema_rs.Draft202012Validator(
            {**schema, **components}, validate_formats=True
        ).iter_errors(example)
    ]
    assert not wrong


async def test_it_is_served_with_an_entity_tag_and_small(authority: Authority) -> None:
    """Built once: the same bytes, 304 for who has them, gzip for who takes it, readable by pages of any origin."""
    first, second = [await authority.send("GET", "/openapi.json") for _ in range(2)]
    tag = first.header("ETag")
    again = await authority.send("GET", "/openapi.json", f"If-None-Match: {tag}")
    packed = await authority.send("GET", "/openapi.json", "Accept-Encoding: gzip")

    assert (first.status, first.body, tag) == (200, second.body, second.header("ETag"))
    assert (again.status, again.body) == (304, b"")
    assert gzip.decompress(packed.body) == first.body
    assert len(packed.body) < 60_000
    assert first.header("Access-Control-Allow-Origin") == "*"
    assert json.loads(first.body)["servers"] == [{"url": authority.issuer}]


async def test_it_is_built_once(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """`safeconduct serve` does it at its start, for all requests that come."""
    build_contracts(authority.services.settings)
    monkeypatch.setattr(published_contracts, "openapi_document", None)

    assert (await authority.send("GET", "/openapi.json")).status == 200
    assert (await authority.send("GET", "/swagger.json")).status == 200


def test_a_route_without_a_word_of_its_own_is_noticed() -> None:
    """What a route lacks is an error with the words to write, not an empty place in the document."""

    async def silent(_request):
        raise AssertionError

    undescribed = replace(ROUTES[0], handler=silent, path="/v1/silent")

    with pytest.raises(Undescribed, match="Answer"):
        openapi_document([undescribed], ISSUER, secure=True)
