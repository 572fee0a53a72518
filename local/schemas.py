"""Types as JSON Schema: replies are TypedDicts and plain values, what is sent is pydantic's.

A text in an `Annotated` type describes it, a mapping adds to its schema.
"""

import types
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints, is_typeddict

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from dealreg.platform.paging import Listing

Schema = dict[str, Any]
_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    type(None): {"type": "null"},
    Any: {},
    object: {},
}


class Components:
    """Schemas by name, and references to them."""

    def __init__(self, models: Iterable[type[BaseModel]]) -> None:
        self.schemas: dict[str, Schema] = {}
        self._models: dict[type[BaseModel], Schema] = _model_schemas(dict.fromkeys(models), self.schemas)

    def schema(self, kind: Any) -> Schema:
        """Raises LookupError for a type that has none."""
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return _with_notes(self.schema(arguments[0]), kind.__metadata__)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return self._models[kind]
        if origin is Listing:
            return self._component(f"{_name(arguments[0])}List", Listing, {"items": list[arguments[0]]})
        if is_typeddict(cast("Any", kind)):
            return self._component(_name(kind), kind, {})
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.schema(one) for one in arguments]}
        if origin is Literal:
            return {"const": arguments[0]} if len(arguments) == 1 else {"type": "string", "enum": list(arguments)}
        if isinstance(kind, type) and issubclass(kind, Enum):
            return {"type": "string", "enum": [one.value for one in kind]}
        if origin in (list, tuple):
            return {"type": "array", "items": self.schema(arguments[0])}
        if kind is dict or origin in (dict, Mapping):
            return {"type": "object"} | ({"additionalProperties": self.schema(arguments[1])} if arguments else {})
        return dict(_PLAIN[kind])

    def _component(self, name: str, kind: Any, of_generic: Mapping[str, Any]) -> Schema:
        """Raises LookupError when two types that have not the same fields have the same name."""
        hints: dict[str, Any] = get_type_hints(kind, include_extras=True) | dict(of_generic)
        if name not in self.schemas:
            self.schemas[name] = {
                "type": "object",
                "properties": {field: self.schema(_without_marker(hint)) for field, hint in hints.items()},
                "required": [field for field in hints if field in kind.__required_keys__],
            }
        if set(self.schemas[name].get("properties", ())) != set(hints):
            raise LookupError(f"there are two types {name}")
        return {"$ref": f"#/components/schemas/{name}"}


def _name(kind: Any) -> str:
    return str(kind.__name__).removesuffix("View")


def _without_marker(hint: Any) -> Any:
    """Of NotRequired[…]."""
    return get_args(hint)[0] if getattr(get_origin(hint), "_name", "") in ("NotRequired", "Required") else hint


def _with_notes(schema: Schema, notes: Iterable[Any]) -> Schema:
    for note in notes:
        schema = schema | ({"description": note} if isinstance(note, str) else cast("Schema", note))
    return schema


def _model_schemas(models: Iterable[type[BaseModel]], schemas: dict[str, Schema]) -> dict[type[BaseModel], Schema]:
    """A reference to each model; what they refer to is added to `schemas`."""
    wanted = list(models)
    references, definitions = models_json_schema(
        [(model, "validation") for model in wanted], ref_template="#/components/schemas/{model}"
    )
    for schema in definitions["$defs"].values():
        for field in schema.get("properties", {}).values():
            if field.get("default") == "":
                del field["default"]  # stands for "not sent", and need not fit the field
    schemas |= definitions["$defs"]
    return {model: references[model, "validation"] for model in wanted}
