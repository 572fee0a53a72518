"""A would-be deal that rules are tried on: the API's preview, from a few fields."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.program_saving import TRY
from dealreg.matching.rules import Verdict
from dealreg.pages.form_data import Form
from dealreg.pages.typed_amounts import wire_amount
from dealreg.partners.program import Product, Program, Tier
from dealreg.platform import times
from dealreg.platform.errors import InvalidInput

_CUSTOMER = {"name": "Would-be customer", "domain": "would-be-customer.com"}


@dataclass(frozen=True, slots=True)
class Trial:
    """What may be chosen of the deal, what was, and what would become of it."""

    typed: Form
    tiers: tuple[Tier, ...]
    products: tuple[Product, ...]
    types: tuple[str, ...]
    verdicts: tuple[str, ...] = tuple(Verdict)
    result: Mapping[str, Any] | None = None
    faults: tuple[str, ...] = ()


def trial(form: Form, stored: Program, content: Mapping[str, Any] | None) -> Trial:
    """By a program that is not saved yet, or by the one in force. Without a deal in the form, nothing is tried."""
    asked = {name: texts for name, texts in form.values.items() if name.startswith(TRY)}
    result: Mapping[str, Any] | None = None
    faults: tuple[str, ...] = ()
    if form.text("act") == "try":
        # Holidays are heavy, and no other page needs them.
        from dealreg.approvals.previewing import preview_of

        try:
            result = preview_of(_body(form, content), times.now())
        except InvalidInput as refused:
            faults = tuple(f"{fault.field.removeprefix('deal.')}: {fault.message}" for fault in refused.errors)
    return Trial(Form(asked), stored.tiers, stored.products, stored.deal_types, result=result, faults=faults)


def _body(form: Form, content: Mapping[str, Any] | None) -> bytes:
    currency, country = form.text("try.currency").upper(), form.text("try.country").upper()
    deal = {
        "customer": _CUSTOMER | ({"country": country} if country else {}),
        "products": form.every("try.products"),
        "amount": {"amount": wire_amount(form.text("try.amount"), currency), "currency": currency},
        **({"type": form.text("try.type")} if form.text("try.type") else {}),
    }
    said: dict[str, Any] = {
        "deal": deal,
        "partner": {"tier": form.text("try.tier")},
        "verdict": form.text("try.verdict") or Verdict.CLEAR,
    }
    if content is not None:
        said["program"] = {name: value for name, value in content.items() if name not in ("version", "warnings")}
    return json.dumps(said).encode(errors="surrogatepass")
