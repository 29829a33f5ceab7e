"""`/openapi.json` (OpenAPI 3.1): built of the route table, the handlers' contracts and the shapes of their bodies."""

import inspect
from collections import Counter
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final, get_origin
from urllib.parse import urlsplit

import msgspec

from service.api import oauth_forms
from service.api.answers import JSON
from service.api.contract import Contract, Sent, answers_of, contract_of
from service.api.contract_refusals import refusals_of
from service.api.contract_schemas import Schemas
from service.api.contract_security import security_of, security_schemes
from service.domain.principal import CredentialKind
from service.web.error_answers import PROBLEM_JSON
from service.web.problems import (
    OAuthDocument,
    ProblemDocument,
    example_document,
    oauth_document,
    plain_document,
    problem_of_kind,
)
from service.web.routing import Answers, Handler, Route

API_VERSION: Final = "1"
"""Of what lies under /v1, which changes by addition only."""

_ABOUT: Final = "Personal access tokens as signed JWTs that can be revoked one by one."
_INSTANCE: Final = "5f2b9d0c7a1e4c38b6d2f0a99e417c55"
_ID: Final = {"type": "string", "format": "uuid"}
_TEXT: Final = {"type": "string"}

Document = dict[str, Any]


def openapi_document(routes: Iterable[Route], issuer: str, *, secure: bool) -> Document:
    """The whole document; the first route of a place counts, where the issuer has no path."""
    placed: dict[tuple[str, str], Route] = {}
    for route in routes:
        placed.setdefault((_path(route, issuer), route.method.lower()), route)
    names, schemas = _names(placed), _schemas(placed.values())
    paths, examples = dict[str, Document](), Document()
    for (path, method), route in placed.items():
        operation = _Operation(route, schemas, examples, issuer).document()
        paths.setdefault(path, {})[method] = {"operationId": names[path, method], **operation}
    document = msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {"title": "Safeconduct", "version": API_VERSION, "description": _ABOUT},
            "servers": [{"url": issuer}],
            "paths": paths,
            "components": {
                "schemas": schemas.components,
                "examples": dict(sorted(examples.items())),
                "securitySchemes": security_schemes(secure=secure),
            },
        }
    )
    plain: Document = msgspec.json.decode(document)
    return plain


def _path(route: Route, issuer: str) -> str:
    return route.path + urlsplit(issuer).path if route.root else route.path


def _names(placed: Mapping[tuple[str, str], Route]) -> dict[tuple[str, str], str]:
    """The handler's name; where it serves several places, with method and path behind it."""
    served = Counter(route.handler for route in placed.values())
    return {
        place: route.handler.__name__
        if served[route.handler] == 1
        else "_".join([route.handler.__name__, place[1], *_words(place[0])])
        for place, route in placed.items()
    }


def _words(path: str) -> list[str]:
    return "".join(each if each.isalnum() else " " for each in path).split()


def _schemas(routes: Iterable[Route]) -> Schemas:
    """Of every type that stands in a contract."""
    handlers = list({route.handler: None for route in routes})
    said = [contract_of(handler) for handler in handlers]
    bodies = [each.body for each in said]
    flat = [kind for each in said for kind in (each.query, each.headers) if kind is not None]
    forms = [each.form for each in said]
    answers = [sent.schema for handler in handlers for sent in answers_of(handler)]
    every = [*bodies, *forms, *flat, *answers, ProblemDocument, OAuthDocument]
    # a list is no body that we judge member by member: GitHub may say more of a match than we read
    closed = [body for body in bodies if body is not None and get_origin(body) is not list]
    return Schemas([each for each in every if each is not None], closed=closed, flat=flat)


class _Operation:
    """One route on its way to a document."""

    def __init__(self, route: Route, schemas: Schemas, examples: Document, issuer: str) -> None:
        self._route = route
        self._examples = examples
        self._said: Contract = contract_of(route.handler)
        self._schemas = schemas
        self._issuer = issuer

    def document(self) -> Document:
        route = self._route
        members: Document = {
            "summary": summary_of(route.handler),
            "description": inspect.getdoc(route.handler) or "",
            "tags": [tag_of(route.path)],
            "security": security_of(route),
            "x-personal-access-token": CredentialKind.TOKEN in route.callers,
            "responses": self._responses(),
        }
        if parameters := self._parameters():
            members["parameters"] = parameters
        if body := self._body():
            members["requestBody"] = body
        if route.root:
            members["servers"] = [{"url": self._issuer.removesuffix(urlsplit(self._issuer).path)}]
        return members

    def _parameters(self) -> list[Document]:
        named = [
            (name, "path", self._said.path.get(name, _ID), True) for name in _in_braces(self._route.path)
        ]
        for shape, place in ((self._said.query, "query"), (self._said.headers, "header")):
            if shape is not None:
                members = self._schemas.members(shape)
                named += [(name, place, schema, required) for name, schema, required in members]
        return [
            {"name": name, "in": place, "required": required, "schema": schema}
            for name, place, schema, required in named
        ]

    def _body(self) -> Document:
        media_type, shape = JSON, self._said.body
        if self._said.form is not None:
            media_type, shape = oauth_forms.MEDIA_TYPE, self._said.form
        if shape is None:
            return {}
        schema = self._schemas.of(shape)
        content = {"schema": schema, "example": self._schemas.example(schema)}
        return {"required": self._said.body_required, "content": {media_type: content}}

    def _responses(self) -> Document:
        responses: Document = {}
        for sent in answers_of(self._route.handler):
            self._add(responses, sent)
        for status, media_type, code, example in self._refusals():
            content = _response(responses, status).setdefault("content", {})
            model = OAuthDocument if media_type == JSON else ProblemDocument
            told = content.setdefault(media_type, {"schema": self._schemas.of(model)})
            name = f"{code}_{status}" if media_type == JSON else code
            self._examples.setdefault(name, {"summary": code, "value": example})
            told.setdefault("examples", {})[code] = {"$ref": f"#/components/examples/{name}"}
        return dict(sorted(responses.items()))

    def _add(self, responses: Document, sent: Sent) -> None:
        response = _response(responses, sent.status)
        if sent.schema is None:
            return
        schema = self._schemas.of(sent.schema)
        content: Document = {"schema": schema}
        if sent.media_type == JSON:
            content["example"] = self._schemas.example(schema)
        response.setdefault("content", {})[sent.media_type] = content

    def _refusals(self) -> Iterable[tuple[int, str, str, ProblemDocument | OAuthDocument]]:
        oauth, issuer = self._route.answers is Answers.OAUTH, self._issuer
        for kind in refusals_of(self._route):
            status = problem_of_kind(kind).status
            if oauth:
                status = 400 if status == 422 else status
                told = oauth_document(status, kind)
                yield status, JSON, told.error, told
            else:
                problem = example_document(kind, issuer, _INSTANCE)
                yield status, PROBLEM_JSON, problem.code, problem
        for status in (*self._said.statuses, 500):
            if oauth:
                yield status, JSON, oauth_document(status).error, oauth_document(status)
            else:
                plain = plain_document(status, issuer, _INSTANCE)
                yield status, PROBLEM_JSON, plain.code, plain


def summary_of(handler: Handler) -> str:
    """A few words for lists: what the contract says, or else the handler's name."""
    return contract_of(handler).summary or handler.__name__.replace("_", " ").capitalize()


def tag_of(path: str) -> str:
    """The part of the API that a path belongs to."""
    parts = [part for part in path.split("/") if part and part != "v1"]
    return " ".join(parts[:2]) if parts[0] == "admin" else parts[0]


def _in_braces(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def _response(responses: Document, status: int) -> Document:
    response: Document = responses.setdefault(str(status), {"description": HTTPStatus(status).phrase})
    return response
