"""One verified event as the providers' modules see it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from dealreg.billing.facts import Translated, Unreadable
from dealreg.billing.model import Reason, Source
from dealreg.billing.providers.parts import Part
from dealreg.platform.errors import InvalidInput
from dealreg.platform.foreign_json import object_in
from dealreg.platform.validation import parse_values

_Part = TypeVar("_Part", bound=Part)


class Needed(Exception):
    """The event cannot be read without what the sender's API has at these paths."""

    def __init__(self, *paths: str) -> None:
        super().__init__(*paths)
        self.paths = paths


@dataclass(frozen=True, slots=True)
class Event:
    source: Source
    type_name: str
    body: dict[str, Any]
    received_at: datetime
    fetched: Mapping[str, Any]

    def read(self, model: type[_Part]) -> _Part:
        """Raises Unreadable, with every fault by its path."""
        return read(model, self.body)

    def answer(self, path: str, is_it: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any]:
        """What the sender's API has at a path. Raises Needed, also if it answered something else."""
        content = object_in(self.fetched.get(path))
        if not is_it(content):
            raise Needed(path)
        return content

    def product(self, price: str | None, product: str | None) -> str | None:
        """Of the program, if the source maps the one or the other; else the price as the sender names it."""
        products = self.source.products
        return products.get(price or "") or products.get(product or "") or price

    def ignored(self, reason: str) -> Translated:
        return Translated(self.type_name, ignored=reason)


def read(model: type[_Part], content: Any, at: str = "") -> _Part:
    """Of a part that is found `at` a path. Raises Unreadable, with every fault by its path."""
    try:
        return parse_values(model, content)
    except InvalidInput as refused:
        faults = [f"{_path(at, fault.field)}: {fault.message}" for fault in refused.errors]
        raise Unreadable(" ".join(faults)) from None


def _path(at: str, field: str) -> str:
    """A fault of the whole is of what stands at the path itself."""
    if field == "body":
        return at or field
    return f"{at}.{field}" if at else field


Handler = Callable[[Event], Translated]


def dispatch(handlers: Mapping[str, Handler], event: Event) -> Translated:
    handler = handler_of(handlers, event.type_name)
    return handler(event) if handler else event.ignored(Reason.TYPE_NOT_HANDLED)


def handler_of(handlers: Mapping[str, Handler], event_type: str) -> Handler | None:
    """`a.b.*` stands for all types that begin so."""
    return handlers.get(event_type) or handlers.get(f"{event_type.rpartition('.')[0]}.*")
