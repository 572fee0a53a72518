"""Endpoints, deliveries and attempts as DynamoDB has them."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from dealreg.platform import times
from dealreg.platform.dynamo import Item
from dealreg.platform.events import Place
from dealreg.platform.settings import Setting
from dealreg.webhooks.model import Attempt, Delivery, Endpoint, Health, SigningKey


def to_item(record: Endpoint | Delivery) -> Item:
    """`due_at` is not in it: it belongs to the clock's index."""
    return {each.name: _plain(getattr(record, each.name)) for each in fields(record) if each.name != "due_at"}


def endpoint_from_item(item: Mapping[str, Any]) -> Endpoint:
    values = _known(Endpoint, item, "created_at")
    values["event_types"] = tuple(item["event_types"])
    values["keys"] = tuple(SigningKey(key["generation"], _moment(key["expires_at"])) for key in item["keys"])
    if "health" in item:
        moments = ("window_start", "open_until", "probe_until", "failing_since")
        values["health"] = Health(**_known(Health, item["health"], *moments))
    return Endpoint(**values)


def delivery_from_item(item: Mapping[str, Any]) -> Delivery:
    values = _known(Delivery, item, "next_attempt_at", "lease_until", "created_at", "due_at")
    values["place"] = Place(Setting(item["place"]["table"]), item["place"]["pk"])
    return Delivery(**values)


def attempt_to_item(attempt: Attempt) -> Item:
    return {"number": attempt.number, "started_at": times.to_text(attempt.started_at), **_plain(attempt.answer)}


def _plain(value: Any) -> Any:
    """As DynamoDB takes it."""
    match value:
        case datetime():
            return times.to_text(value)
        case tuple():
            return [_plain(each) for each in value]  # pyright: ignore[reportUnknownVariableType]  # tuple() erases its type
        case _ if is_dataclass(value):
            return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
        case _:
            return value


def _known(model: type[Endpoint | Health | Delivery], item: Mapping[str, Any], *moments: str) -> dict[str, Any]:
    """The fields that a row has; one that was written by an older release lacks the newest."""
    values = {each.name: item[each.name] for each in fields(model) if each.name in item}
    return values | {name: _moment(values[name]) for name in moments if name in values}


def _moment(text: str | None) -> datetime | None:
    return times.from_text(text) if text else None
