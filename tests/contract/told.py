"""Replies held against what `/openapi.json` tells: every call of the API's tests is one more test of the contract."""

import gzip
import json
import re
from functools import cache
from typing import Any

import jsonschema_rs

from service.api.published_contracts import contracts_of
from service.api.routes import ROUTES
from service.settings import Settings

PROBLEM = "application/problem+json"
PACKED = b"\x1f\x8b"
OF_THE_BODY = {408, 413, 415}  # a body where none is read is refused by its size and coding alone
OF_THE_PARSER = {400, 431}


@cache
def document() -> dict[str, Any]:
    return contracts_of(ROUTES, Settings()).document


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    """What is told of the call; None of what is no part of the API."""
    for pattern, operations in _patterns():
        if pattern.fullmatch(path):
            return operations.get(method.lower())
    return None


def hold(method: str, target: str, status: int, content_type: str, body: bytes) -> None:
    """Fails where a reply has a status, a media type, a shape or an error's code that nobody was told of."""
    operation = operation_of(method, target.partition("?")[0])
    if operation is None:
        return
    said = f"{method} {target}: {status} {content_type} {body[:300]!r}"
    told = operation["responses"].get(str(status))
    assert told or status in OF_THE_BODY, f"{said} is not among {list(operation['responses'])}"
    if not body or told is None:
        return
    media_type = content_type.partition(";")[0]
    assert media_type in told.get("content", {}), f"{said} is not of {list(told.get('content', {}))}"
    content = told["content"][media_type]
    if media_type not in {PROBLEM, "application/json"}:
        return
    reply = json.loads(gzip.decompress(body) if body.startswith(PACKED) else body)
    problems = [error.message for error in _validator(json.dumps(content["schema"])).iter_errors(reply)]
    assert not problems, f"{said}: {problems}"
    if media_type == PROBLEM and status not in OF_THE_PARSER:
        assert reply["code"] in content["examples"], (
            f"{said}: the error {reply['code']} is not told of {operation['operationId']};"
            " name it in raises=(...) of its @contract"
        )


@cache
def _patterns() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Those without a part to fill in before those with one."""
    paths = sorted(document()["paths"].items(), key=lambda item: "{" in item[0])
    return [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), each) for path, each in paths]


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    whole = {**json.loads(schema), "components": document()["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
