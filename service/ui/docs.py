"""`/docs`: the API's contract as a page, made of the same document as `/openapi.json`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from service.ui.page import show

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Member:
    """A parameter of a call or a member of a shape; `shape` names the shape that its words mention, if any."""

    name: str
    words: str
    shape: str
    required: bool
    place: str
    description: str


@dataclass(frozen=True, slots=True)
class Told:
    """One status of a call: the shape of its body, and the codes of the errors it stands for."""

    status: str
    phrase: str
    words: str
    shape: str
    codes: list[str]


@dataclass(frozen=True, slots=True)
class Call:
    """One operation."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    credentials: list[str]
    members: list[Member]
    body: str
    body_shape: str
    answers: list[Told]


@dataclass(frozen=True, slots=True)
class Shape:
    """An object with its members, or what else a name stands for."""

    name: str
    description: str
    words: str
    members: list[Member]


@dataclass(frozen=True, slots=True)
class Docs:
    """Everything that the page shows: calls by the part of the API that they belong to, and the shapes."""

    parts: dict[str, list[Call]]
    shapes: list[Shape]


DOCS: web.AppKey[Callable[[], Docs]] = web.AppKey("docs")


async def docs_page(request: web.Request) -> web.Response:
    """Every call of the API. Nothing is fetched from anywhere, and nothing has to run."""
    return show(request, "docs.html", docs=request.app[DOCS]())


def docs_of(document: Mapping[str, Any]) -> Docs:
    """The page's content; preflights, which no person sends, are left out."""
    parts: dict[str, list[Call]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "options":
                parts.setdefault(operation["tags"][0], []).append(_call(method, path, operation))
    schemas = document["components"]["schemas"]
    shapes = [_shape(name, schemas[name]) for name in sorted(schemas, key=str.lower)]
    return Docs(parts, shapes)


def _call(method: str, path: str, operation: Mapping[str, Any]) -> Call:
    sent = operation.get("requestBody", {}).get("content", {})
    media_type, body = next(((name, each["schema"]) for name, each in sent.items()), ("", {}))
    return Call(
        name=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation["description"],
        credentials=[" and ".join(each) or "nothing" for each in operation["security"]] or ["nothing"],
        members=[
            _member(each["name"], each["schema"], required=each["required"], place=each["in"])
            for each in operation.get("parameters", ())
        ],
        body=f"{words_of(body)} as {media_type}" if body else "",
        body_shape=_named(body),
        answers=[_told(status, each) for status, each in operation["responses"].items()],
    )


def _told(status: str, response: Mapping[str, Any]) -> Told:
    contents = response.get("content", {}).values()
    shapes = [each["schema"] for each in contents]
    return Told(
        status=status,
        phrase=response["description"],
        words=" or ".join(dict.fromkeys(map(words_of, shapes))),
        shape=next(filter(None, map(_named, shapes)), ""),
        codes=sorted({code for each in contents for code in each.get("examples", ())}),
    )


def _shape(name: str, schema: Schema) -> Shape:
    needed = schema.get("required", ())
    members = [
        _member(each, told, required=each in needed, place="")
        for each, told in schema.get("properties", {}).items()
    ]
    return Shape(name, schema.get("description", ""), words_of(schema), members)


def _member(name: str, schema: Schema, *, required: bool, place: str) -> Member:
    return Member(name, words_of(schema), _named(schema), required, place, schema.get("description", ""))


def words_of(schema: Schema) -> str:
    """A schema in words: `string (date-time) or null`, `list of TokenShown`."""
    match schema:
        case {"$ref": reference}:
            words = str(reference).rpartition("/")[2]
        case {"anyOf": kinds}:
            words = " or ".join(map(words_of, kinds))
        case {"enum": values}:
            words = " | ".join(map(str, values))
        case {"type": "array"}:
            words = f"list of {words_of(schema.get('items', {}))}"
        case {"type": kind, "format": more}:
            words = f"{kind} ({more})"
        case _:
            words = f"{schema.get('type', 'anything')}{_bounds(schema)}"
    return words


def _bounds(schema: Schema) -> str:
    low, high = (schema.get(f"{end}imum", schema.get(f"{end}Length")) for end in ("min", "max"))
    said = [f"at least {low}"] * (low is not None) + [f"at most {high}"] * (high is not None)
    return f" ({', '.join(said)})" if said else ""


def _named(schema: Schema) -> str:
    """The first shape that a schema mentions."""
    return next(_references(schema), "")


def _references(value: object) -> Iterator[str]:
    match value:
        case {"$ref": reference}:
            yield str(reference).rpartition("/")[2]
        case dict():
            for each in value.values():
                yield from _references(each)
        case list():
            for each in value:
                yield from _references(each)
