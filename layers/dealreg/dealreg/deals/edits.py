"""A partner's changes to a deal: what the status allows, or what the reviewer asked for."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, cast

from pydantic import Field

from dealreg.conflicts import rules as conflict_rules
from dealreg.conflicts import store as conflicts
from dealreg.deals import register, rules, store
from dealreg.deals.model import Deal, NewDeal
from dealreg.deals.rules import Act, Status
from dealreg.errors import ConditionFailed, Malformed, StateConflict
from dealreg.partners import store as partners
from dealreg.validation import Input, parse_values


class Reason(Input):
    reason: Annotated[str, Field(max_length=2000)] = ""


class StageChange(Input):
    stage: rules.Stage = Field(strict=False)


class Loss(Input):
    reason_code: rules.LostReason = Field(strict=False)
    reason: Annotated[str, Field(max_length=2000)] = ""


class Comment(Input):
    text: Annotated[str, Field(min_length=1, max_length=4000)]


class Extension(Input):
    """Nothing to say: the program's settings say how long."""


def read_patch(body: bytes) -> dict[str, Any]:
    """RFC 7396: what the body holds is set, null removes. Raises Malformed."""
    try:
        patch = json.loads(body)
    except ValueError:
        raise Malformed("The body is not valid JSON.") from None
    if not isinstance(patch, dict):
        raise Malformed("Send an object with the fields to change.")
    return patch  # pyright: ignore[reportUnknownVariableType]  # JSON objects have text keys


def edit(deal: Deal, patch: Mapping[str, Any], act: Act) -> Deal:
    """Raises StateConflict for a field that is not open now, InvalidInput for what a field cannot hold."""
    _require_open(deal, patch)
    changed = _merged(deal, patch)
    return store.commit(deal, rules.record(changed, act, "deal.edited", {"fields": sorted(_paths(patch))}))


def resubmit(deal: Deal, patch: Mapping[str, Any], act: Act) -> Deal:
    """Answers the reviewer, with changes or without; a corrected identity is claimed in the same transaction.

    Raises StateConflict when another registration has the corrected customer.
    """
    _require_open(deal, patch)
    merged = _merged(deal, patch) if patch else deal
    changed = replace(merged, identities=_identities(merged), families=_families(merged))
    review_until = rules.decide_by(act.now, partners.program().decide_within_days)
    before, after = store.prospect_of(deal), store.prospect_of(changed)
    let_go = [key for key in conflicts.claim_keys(before) if key not in conflicts.claim_keys(after)]
    change = rules.resubmit(changed, act, review_until, [key.pk + "|" + key.sk for key in let_go])
    also = [*(conflicts.claim(after) if after != before else []), *conflicts.free(let_go, deal.id)]
    try:
        return store.commit(deal, change, also)
    except ConditionFailed:
        raise StateConflict("Another registration has this customer. Withdraw this one and register it anew.") from None


def _require_open(deal: Deal, patch: Mapping[str, Any]) -> None:
    is_asked = deal.status == Status.ACTION_REQUIRED
    allowed = frozenset(deal.editable) if is_asked else rules.EDITABLE.get(Status(deal.status), frozenset[str]())
    if closed := sorted(_paths(patch) - allowed):
        words = f"While the deal is {rules.words(deal.status)}, {', '.join(closed)} cannot be changed."
        raise StateConflict(words, deal_status=deal.status, editable=sorted(allowed))


def _paths(patch: Mapping[str, Any]) -> set[str]:
    """Which fields a patch touches, the customer's each by its own name."""
    customer: Any = patch.get("customer")
    if not isinstance(customer, dict):
        return set(patch)
    inner = cast("dict[str, Any]", customer)
    return {f"customer.{name}" for name in inner} | {name for name in patch if name != "customer"}


def _merged(deal: Deal, patch: Mapping[str, Any]) -> Deal:
    """The deal with the patch, validated as a whole as a new registration is."""
    current: dict[str, Any] = {
        "customer": dict(deal.customer),
        "amount": deal.amount.to_wire(),
        "products": deal.products,
        "expected_close_date": deal.expected_close_date,
        "notes": deal.notes,
        "partner_reference": deal.partner_reference,
    }
    customer = patch.get("customer", {})
    if isinstance(customer, dict):
        current["customer"] |= customer
    new = parse_values(NewDeal, current | {**patch, "customer": current["customer"]}, register.validation_context())
    return replace(
        deal,
        customer=new.customer.model_dump(exclude_none=True),
        amount=new.amount.to_money(),
        products=new.products,
        expected_close_date=new.expected_close_date.isoformat() if new.expected_close_date else None,
        notes=new.notes,
    )


def _identities(deal: Deal) -> list[str]:
    customer = deal.customer
    email = customer.get("contact", {}).get("email")
    keys = conflict_rules.identity_keys(customer.get("domain"), email, customer.get("tax_id"), customer.get("country"))
    own = {f"domain#{domain}" for domain in partners.partner(deal.partner_id).own_domains}
    return [key for key in keys if key not in own]


def _families(deal: Deal) -> list[str]:
    products = partners.program().products
    return sorted({product.family for product in products if not deal.products or product.id in deal.products})
