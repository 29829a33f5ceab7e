"""`/openapi.json` and `/swagger.json`: built once, the same bytes for everybody."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web

from service.api.answers import JSON
from service.api.contract import Sent
from service.api.openapi import Document, openapi_document
from service.api.public_documents import UNCHANGED, PublicDocument, answer
from service.api.swagger import swagger_document
from service.settings import Settings
from service.web.appkeys import ROUTES, SERVICES
from service.web.routing import Answers, Route

MAX_AGE: Final = 300
"""Seconds a copy is good for."""

Described = Annotated[web.Response, Sent(schema=dict[str, Any]), UNCHANGED]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contracts:
    """Both documents, as they are served; `document` is the first of them, to be shown to people."""

    openapi: PublicDocument
    swagger: PublicDocument
    document: Document


async def openapi(request: web.Request) -> Described:
    """This API in OpenAPI 3.1."""
    return answer(request, _of(request).openapi)


async def swagger(request: web.Request) -> Described:
    """What a personal access token can call, in OpenAPI 2.0, as Power Automate imports it."""
    return answer(request, _of(request).swagger)


def contracts_of(routes: tuple[Route, ...], settings: Settings) -> Contracts:
    """Of those routes that are no pages."""
    return _contracts(routes, settings.issuer, secure=settings.secure)


def _of(request: web.Request) -> Contracts:
    return contracts_of(request.app[ROUTES], request.app[SERVICES].settings)


@lru_cache(maxsize=4)
def _contracts(routes: tuple[Route, ...], issuer: str, *, secure: bool) -> Contracts:
    document = openapi_document(
        [route for route in routes if route.answers is not Answers.PAGE and not route.preflight],
        issuer,
        secure=secure,
    )
    return Contracts(
        openapi=_served(document), swagger=_served(swagger_document(document)), document=document
    )


def _served(document: Document) -> PublicDocument:
    body = msgspec.json.encode(document)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    packed = gzip.compress(body, mtime=0)
    return PublicDocument(body=body, etag=etag, content_type=JSON, max_age=MAX_AGE, gzipped=packed)
