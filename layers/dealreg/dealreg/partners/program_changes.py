"""What differs between two programs as they are shown, setting by setting. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from dealreg.platform.text import money

_UNTOLD = frozenset(["version", "warnings", "id"])
_NOTHING = "none"
Told = dict[str, str]
"""By the path of a setting, such as `tiers.gold.protection_days`, what it is in words."""


@dataclass(frozen=True, slots=True)
class Change:
    setting: str
    """Its path in words."""
    before: str
    after: str


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    old, new = changed(before, after)
    return [Change(_in_words(path), old[path], new[path]) for path in new]


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Told, Told]:
    """Of both, the settings that differ."""
    old, new = dict(_told("", before)), dict(_told("", after))
    differ = [path for path in {**new, **old} if old.get(path, _NOTHING) != new.get(path, _NOTHING)]
    return {path: old.get(path, _NOTHING) for path in differ}, {path: new.get(path, _NOTHING) for path in differ}


def text(value: Any) -> str:
    """One setting, or a list of plain ones, in words."""
    match value:
        case _ if value in (None, "", [], (), {}):
            return _NOTHING
        case bool():
            return "yes" if value else "no"
        case {"amount": str(), "currency": str()} if len(cast("Mapping[str, Any]", value)) == 2:
            return money(cast("Mapping[str, str]", value))
        case list() | tuple():
            return ", ".join(map(text, cast("Sequence[Any]", value)))
        case dict():
            return ", ".join(f"{name}: {text(one)}" for name, one in cast("Mapping[str, Any]", value).items())
        case _:
            return str(value)


def _told(path: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case {"amount": str(), "currency": str()} if len(cast("Mapping[str, Any]", value)) == 2:
            yield path, text(value)
        case dict():
            for name, one in cast("Mapping[str, Any]", value).items():
                if name not in _UNTOLD:
                    yield from _told(f"{path}.{name}" if path else name, one)
        case list() | tuple() if named := _named(cast("Sequence[Any]", value)):
            yield path, ", ".join(_id(one) for one in cast("Sequence[Any]", value))
            for name, one in named.items():
                yield from _told(f"{path}.{name}", one)
        case _:
            yield path, text(value)


def _named(items: Sequence[Any]) -> dict[str, Any]:
    """By their ids, where each has one; of steps those side by side too."""
    flat = [one for item in items for one in (cast("list[Any]", item) if isinstance(item, list) else [item])]
    if not all(isinstance(one, dict) and "id" in one for one in flat):
        return {}
    return {one["id"]: one for one in flat}


def _id(item: Any) -> str:
    side_by_side = cast("list[Any]", item) if isinstance(item, list) else [item]
    return " + ".join(one["id"] for one in side_by_side)


def _in_words(path: str) -> str:
    name = " › ".join(part.replace("_", " ") for part in path.split("."))
    return name[:1].upper() + name[1:]
