"""JSON Schema of the shapes in contracts: what msgspec says of them, and what our reading of them adds."""

import inspect
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import msgspec

Schema = dict[str, Any]

_TEMPLATE: Final = "#/components/schemas/{name}"
_OF_FORMAT: Final[Mapping[str, Any]] = {
    "uuid": "0b8f6f0e-3f1d-4a43-9f0e-6a1d2c3b4a59",
    "date-time": "2027-02-20T18:00:00Z",
}
_OF_TYPE: Final[Mapping[str, Any]] = {
    "integer": 1,
    "number": 1,
    "boolean": False,
    "null": None,
    "string": "text",
}


class Schemas:
    """The schemas of these types; `components` holds what they refer to, by name.

    Structs in `closed` are read with unknown members refused, `flat` ones are taken apart into parameters.
    """

    def __init__(self, types: Collection[Any], *, closed: Collection[Any], flat: Collection[Any]) -> None:
        kinds = list(types)
        schemas, components = msgspec.json.schema_components(kinds, ref_template=_TEMPLATE)
        self._of = {repr(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
        for component in components.values():
            if said := component.get("description"):
                component["description"] = inspect.cleandoc(said)
        self._whole = components
        for kind in closed:
            _close(self.of(kind), components)
        taken = {_name(self.of(kind)) for kind in flat}
        self.components = {name: schema for name, schema in components.items() if name not in taken}

    def of(self, kind: Any) -> Schema:
        """A reference, or the schema itself of what has no name."""
        return self._of[repr(kind)]

    def members(self, kind: Any) -> Iterator[tuple[str, Schema, bool]]:
        """Name, schema and whether it must be there, of each member of a struct."""
        whole = self._whole[_name(self.of(kind))]
        for name, schema in whole["properties"].items():
            yield name, schema, name in whole.get("required", ())

    def example(self, schema: Schema) -> Any:
        """A value of this schema: what it says itself, of an object what must be there or says so itself."""
        return _example(schema, self._whole)


def _name(schema: Schema) -> str:
    name: str = schema["$ref"].rpartition("/")[2]
    return name


def _close(schema: Schema, components: Mapping[str, Schema]) -> None:
    """Everything that `schema` refers to has no other members than it names."""
    for found in _inside(schema):
        if "$ref" in found:
            component = components[_name(found)]
            if "properties" in component and "additionalProperties" not in component:
                component["additionalProperties"] = False
                _close(component, components)


def _inside(value: Any) -> Iterator[Schema]:
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _inside(each)
    elif isinstance(value, list):
        for each in value:
            yield from _inside(each)


def _example(schema: Schema, components: Mapping[str, Schema]) -> Any:
    match schema:
        case {"examples": [first, *_]} | {"enum": [first, *_]} | {"const": first}:
            found = first
        case {"$ref": _}:
            found = _example(components[_name(schema)], components)
        case {"anyOf": [first, *_]}:
            found = _example(first, components)
        case {"properties": properties}:
            needed = schema.get("required", ())
            found = {
                name: _example(each, components)
                for name, each in properties.items()
                if name in needed or "examples" in each
            }
        case {"type": "array", "items": items}:
            found = [_example(items, components)]
        case {"type": "array"}:
            found = []
        case {"type": "string", "format": kind}:
            found = _OF_FORMAT[kind]
        case {"type": plain} if plain != "object":
            found = schema.get("minimum", _OF_TYPE[plain])
        case _:
            found = {}
    return found
