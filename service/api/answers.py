"""Answers by their status; what stands in the brackets is the shape of the JSON (see `contract`)."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Generic, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta

JSON: Final = "application/json"

Id = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]
Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]

T = TypeVar("T")


class Answer(web.Response, Generic[T]):
    """The document as JSON."""

    STATUS: ClassVar[int] = 200

    def __init__(self, document: T, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(
            body=msgspec.json.encode(document),
            status=self.STATUS,
            headers={**(headers or {}), "Content-Type": JSON},
        )


class Created(Answer[T]):
    STATUS: ClassVar[int] = 201


class Accepted(Answer[T]):
    STATUS: ClassVar[int] = 202


class NoContent(web.Response):
    STATUS: ClassVar[int] = 204

    def __init__(self) -> None:
        super().__init__(status=self.STATUS)
