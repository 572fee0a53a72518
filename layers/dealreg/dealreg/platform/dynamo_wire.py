"""Plain values to DynamoDB's own form and back: str, int, bool, None, bytes, lists and dicts; a float is refused."""

from collections.abc import Mapping
from typing import Any

Item = dict[str, Any]


def to_wire(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case bytes():
            return {"B": value}
        case Mapping():
            return {"M": item_to_wire(value)}  # pyright: ignore[reportUnknownArgumentType]  # Mapping() erases the keys' type
        case list() | tuple():
            return {"L": [to_wire(element) for element in value]}  # pyright: ignore[reportUnknownVariableType]  # as above
        case _:
            raise TypeError(f"{type(value).__name__} cannot be stored")


def from_wire(value: Mapping[str, Any]) -> Any:
    (kind, content), *_ = value.items()
    match kind:
        case "N":
            return int(content)
        case "NULL":
            return None
        case "M":
            return item_from_wire(content)
        case "L":
            return [from_wire(element) for element in content]
        case _:
            return content


def item_to_wire(item: Mapping[str, Any]) -> Item:
    return {name: to_wire(value) for name, value in item.items()}


def item_from_wire(item: Mapping[str, Mapping[str, Any]]) -> Item:
    return {name: from_wire(value) for name, value in item.items()}
