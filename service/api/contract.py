"""What a handler takes, answers and refuses, as `/openapi.json` tells it: from its signature and its `@contract`.

The return annotation names the answers: `Created[ClientShown]`, `Answer[list[Key]] | NoContent`, or, for what is no
JSON of ours, `Annotated[web.Response, Sent(media_type=..., schema=...)]`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, UnionType
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from safeconduct.errors import SafeconductError

from service.api.answers import JSON, Answer, NoContent
from service.web.routing import Handler

_KEY: Final = "contract"

H = TypeVar("H", bound=Handler)


class Undescribed(Exception):
    """A handler that does not say what it takes or answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One answer; `schema` is a type that msgspec knows, None for an empty body."""

    status: int = 200
    media_type: str = JSON
    schema: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """`body` is JSON, `form` a struct of parameters, `query` and `headers` structs, all members as on the wire.

    `raises` are the errors of the use case; what the edge refuses on its own (credentials, size, confirmation) is
    known from the route. `statuses` are those that have no error of ours. `path` has the schema of each part of the
    path that is no UUID.
    """

    body: Any = None
    body_required: bool = True
    form: type[msgspec.Struct] | None = None
    query: type[msgspec.Struct] | None = None
    headers: type[msgspec.Struct] | None = None
    raises: tuple[type[SafeconductError], ...] = ()
    statuses: tuple[int, ...] = ()
    path: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    summary: str = ""


def contract(
    *,
    body: Any = None,
    body_required: bool = True,
    form: type[msgspec.Struct] | None = None,
    query: type[msgspec.Struct] | None = None,
    headers: type[msgspec.Struct] | None = None,
    raises: tuple[type[SafeconductError], ...] = (),
    statuses: tuple[int, ...] = (),
    path: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    summary: str = "",
) -> Callable[[H], H]:
    """Say of a handler what its signature does not."""
    said = Contract(
        body=body,
        body_required=body_required,
        form=form,
        query=query,
        headers=headers,
        raises=raises,
        statuses=statuses,
        path=path,
        summary=summary,
    )

    def described(handler: H) -> H:
        vars(handler)[_KEY] = said
        return handler

    return described


def contract_of(handler: Handler) -> Contract:
    """What was said of the handler; without a word, that it takes and refuses nothing of its own."""
    said: Contract = vars(handler).get(_KEY, Contract())
    return said


def is_described(handler: Handler) -> bool:
    """Whether `@contract` stands over it."""
    return _KEY in vars(handler)


def answers_of(handler: Handler) -> list[Sent]:
    """The answers that the handler's annotation names.

    Raises:
        Undescribed: it names something that has no status and shape.
    """
    named = get_type_hints(handler, include_extras=True).get("return")
    kinds = get_args(named) if get_origin(named) in {Union, UnionType} else (named,)
    return [sent for kind in kinds for sent in _sent(kind, handler)]


def _sent(kind: Any, handler: Handler) -> list[Sent]:
    if get_origin(kind) is Annotated and (
        told := [each for each in get_args(kind) if isinstance(each, Sent)]
    ):
        return told
    answer = get_origin(kind) or kind
    if isinstance(answer, type) and issubclass(answer, Answer) and get_args(kind):
        return [Sent(status=answer.STATUS, schema=get_args(kind)[0])]
    if isinstance(answer, type) and issubclass(answer, NoContent):
        return [Sent(status=answer.STATUS)]
    name = getattr(handler, "__qualname__", handler)
    raise Undescribed(
        f"{name} returns {kind}, which has no schema: make its document a msgspec.Struct and annotate the return as"
        " Answer[YourStruct] (200), Created[...] (201), Accepted[...] (202), NoContent (204), or"
        " Annotated[web.Response, Sent(media_type=..., schema=...)] (service/api/answers.py, contract.py)"
    )
