"""What a person typed into a form, as the API's JSON: the same rules then judge both."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from dealreg.pages.typed_amounts import wire_amount
from dealreg.platform.errors import InvalidInput

_KEPT = ("customer", "amount", "type", "expected_close_date", "notes", "partner_reference")
_FIELD_OF = {"customer": "customer.domain", "amount": "amount.amount", "body": "customer.name"}


@dataclass(frozen=True, slots=True)
class Form:
    values: Mapping[str, list[str]]

    def text(self, name: str) -> str:
        return self.values.get(name, [""])[0].strip()

    def every(self, name: str) -> list[str]:
        return self.values.get(name, [])


def read_form(body: bytes) -> Form:
    """Bytes that are no form read as an empty one: its fields are then missing."""
    return Form(parse_qs(body.decode(errors="replace"), keep_blank_values=True))


def filled_with(deal: Mapping[str, Any]) -> Form:
    """The form as it would be for a deal that there is (`deals.views.view`)."""
    flat = {name: [value] for name, value in _flat("", {name: deal[name] for name in _KEPT}) if isinstance(value, str)}
    return Form(flat | {"products": list(deal["products"])})


def _flat(path: str, content: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{path}{name}.", value)  # pyright: ignore[reportUnknownArgumentType]  # JSON
        else:
            yield path + name, value


def deal_of(form: Form) -> dict[str, Any]:
    """The body of `POST /v1/deals`. One field takes a website or an e-mail address; the contact's own address wins."""
    place, email = form.text("customer.domain"), form.text("customer.contact.email")
    is_email = "@" in place
    contact = _contact_of(form) | _given(email=email or (place if is_email else ""))
    customer = _given(
        name=form.text("customer.name"),
        domain=place.rpartition("@")[2] if email or not is_email else "",
        country=form.text("customer.country"),
        tax_id=form.text("customer.tax_id"),
        contact=contact,
    )
    optional = _given(
        products=form.every("products"),
        type=form.text("type"),
        expected_close_date=form.text("expected_close_date"),
        notes=form.text("notes"),
        partner_reference=form.text("partner_reference"),
    )
    return {"customer": customer, "amount": _amount_of(form), **optional}


def patch_of(form: Form, editable: Iterable[str]) -> dict[str, Any]:
    """The body of `POST /v1/deals/{id}/resubmit`: the fields that the reviewer named, None for one left empty."""
    patch: dict[str, Any] = {}
    for path in editable:
        outer, _, inner = path.partition(".")
        value = _READERS.get(path, lambda form, path=path: form.text(path) or None)(form)
        if inner:
            patch.setdefault(outer, {})[inner] = value
        else:
            patch[outer] = value
    return patch


def _contact_of(form: Form) -> dict[str, str]:
    return _given(**{part: form.text(f"customer.contact.{part}") for part in ("name", "email", "phone")})


def _amount_of(form: Form) -> dict[str, str]:
    currency = form.text("amount.currency")
    return _given(amount=wire_amount(form.text("amount.amount"), currency), currency=currency)


_READERS: Mapping[str, Callable[[Form], Any]] = {
    "amount": _amount_of,
    "products": lambda form: form.every("products"),
    "customer.name": lambda form: form.text("customer.name"),
    "customer.contact": _contact_of,
}


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def faults(error: InvalidInput, form: Form) -> dict[str, str]:
    """The first fault of each of the form's fields, by the field's name; an address is at fault where it was typed."""
    found: dict[str, str] = {}
    for fault in error.errors:
        name = re.sub(r"\.\d+.*", "", fault.field)
        name = _FIELD_OF.get(name, name)
        if name == "customer.contact.email" and not form.text(name):
            name = "customer.domain"
        found.setdefault(name, fault.message)
    return found
