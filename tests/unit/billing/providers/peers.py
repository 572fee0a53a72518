"""Chargebee's and Recurly's own libraries read what our fakes of their APIs answer, and tell what neither would write.

That is a member that they do not know, a value of another type, a status that there is none of.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from datetime import datetime
from importlib import import_module
from typing import Any, get_type_hints

from dealreg.billing.model import SourceKind
from dealreg.platform.foreign_json import list_in


def misread(kind: SourceKind, path: str, answer: Any) -> list[str]:
    """What is wrong with an answer; nothing of the kinds that have no library."""
    reader = _READERS.get(kind)
    return list(reader(path, json.loads(json.dumps(answer)))) if reader else []


# ---- Chargebee ------------------------------------------------------------------------------------------------------


def _chargebee(path: str, answer: Any) -> Iterator[str]:
    name = path.split("/")[3].removesuffix("s")
    retrieved = _chargebees(name, "responses").RetrieveResponse
    read: Any = import_module("chargebee.responses").Response(retrieved, answer, {}, 200).parse()
    yield from _of_model(getattr(read, name), name)
    if name == "event":
        for told, content in read.event.content.items():
            model: Any = getattr(_chargebees(told, "responses"), f"{told.title()}Response")
            yield from _of_model(model.construct(content), told)


def chargebees_event_types() -> set[str]:
    return {one.value for one in import_module("chargebee.models.enums").EventType}


def _chargebees(name: str, part: str) -> Any:
    return import_module(f"chargebee.models.{name}.{part}")


def _of_model(model: Any, at: str) -> Iterator[str]:
    kind: Any = model.__class__
    types: dict[str, Any] = get_type_hints(kind)
    for name, written in model.raw_data.items():
        held, here = getattr(model, name), f"{at}.{name}"
        if name == "object" or written is None:  # what an object is, the API says and the library does not keep
            continue
        if name not in types:
            yield f"{here}: there is no such member"
        elif hasattr(held, "raw_data"):
            yield from _of_model(held, here)
        elif isinstance(types[name], type):
            yield from _of_value(held, types[name], _values_of(kind, name), here)
        for place, one in enumerate(list_in(held)):
            yield from _of_model(one, f"{here}.{place}")


def _of_value(held: Any, wanted: type, values: set[str], at: str) -> Iterator[str]:
    if not isinstance(held, wanted) or isinstance(held, bool) is not (wanted is bool):
        yield f"{at}: {held!r} is no {wanted.__name__}"
    elif values and held not in values:
        yield f"{at}: {held!r} is none of {sorted(values)}"


def _values_of(kind: Any, member: str) -> set[str]:
    """Of an enumeration, which the library keeps beside a model's operations."""
    if kind.__name__ == "EventResponse" and member == "event_type":
        return chargebees_event_types()
    owner = kind.__module__.split(".")[2]
    operations = getattr(_chargebees(owner, "operations"), owner.title())
    values: Any = getattr(operations, "".join(word.title() for word in member.split("_")), None)
    known: dict[str, Any] = getattr(values, "__members__", {})
    return {str(one) for one in known.values()} if kind.__name__ == f"{owner.title()}Response" else set()


# ---- Recurly --------------------------------------------------------------------------------------------------------


def _recurly(path: str, answer: Any) -> Iterator[str]:
    """In its strict mode it refuses what it does not know; what it knows, it makes fit, which shows."""
    recurly: Any = import_module("recurly")
    before, recurly.STRICT_MODE = recurly.STRICT_MODE, True
    try:
        read = recurly.Resource.cast_json(deepcopy(answer))  # it puts what it makes into what it is given
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        yield f"{path}: {fault!r:.300}"
    else:
        if _written(read) != answer:
            yield f"{path}: {answer} was read as {_written(read)}"
    finally:
        recurly.STRICT_MODE = before


def _written(read: Any) -> Any:
    if isinstance(read, datetime):
        return read.isoformat().replace("+00:00", "Z")
    if isinstance(read, list):
        return [_written(one) for one in list_in(read)]
    members: dict[str, Any] | None = getattr(read, "__dict__", None)
    return read if members is None else {name: _written(value) for name, value in members.items()}


_READERS: Mapping[SourceKind, Callable[[str, Any], Iterator[str]]] = {
    SourceKind.CHARGEBEE: _chargebee,
    SourceKind.RECURLY: _recurly,
}
