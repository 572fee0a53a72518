"""A partner's changes to a deal: what the status allows, or what the reviewer asked for."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from pydantic import Field

from dealreg.deals import judging, register, rules, store
from dealreg.deals.model import Deal, NewDeal
from dealreg.deals.rules import CommandContext, Status
from dealreg.deals.words import in_sentence
from dealreg.matching import evidence
from dealreg.matching import index as conflicts
from dealreg.matching.identities import of_customer
from dealreg.partners import partners
from dealreg.partners.program import Program, current_program
from dealreg.platform import dynamo, fields, times
from dealreg.platform.errors import ConditionFailed, Malformed, StaleVersion, StateConflict
from dealreg.platform.validation import Input, parse_values


class Reason(Input):
    reason: fields.Remark = ""


class StageChange(Input):
    stage: rules.Stage = Field(strict=False)


class Loss(Input):
    reason_code: rules.LostReason = Field(strict=False)
    reason: fields.Remark = ""


class Comment(Input):
    text: fields.Comment


def read_patch(body: bytes) -> dict[str, Any]:
    """RFC 7396: what the body holds is set, null removes. Raises Malformed."""
    try:
        patch = json.loads(body)
    except ValueError:
        raise Malformed("The body is not valid JSON.") from None
    if not isinstance(patch, dict):
        raise Malformed("Send an object with the fields to change.")
    return patch  # pyright: ignore[reportUnknownVariableType]  # JSON objects have text keys


def edit(deal: Deal, patch: Mapping[str, Any], context: CommandContext) -> Deal:
    """Raises StateConflict for a field that is not open now, InvalidInput for what a field cannot hold."""
    _require_open(deal, patch)
    changed = store.posted(_with(deal, _asked(deal, patch), times.to_text(context.now)))
    change = rules.record(changed, context, "deal.edited", {"fields": sorted(_paths(patch))})
    return store.commit_posted(deal, change)


def resubmit(deal: Deal, patch: Mapping[str, Any], context: CommandContext) -> Deal:
    """Answers the reviewer, with changes or without; a corrected customer is claimed in the same transaction.

    Raises StateConflict when another registration has the corrected customer.
    """
    _require_open(deal, patch)
    asked, program, now = _asked(deal, patch), current_program(), times.to_text(context.now)
    changed = _identified(_with(deal, asked, now), asked, program, now, _learned(deal))
    before, after = store.prospect_of(deal), store.prospect_of(changed)
    let_go = [key for key in conflicts.claim_keys(before) if key not in conflicts.claim_keys(after)]
    review_until = rules.decide_by(context.now, program.decide_within_days)
    change = rules.resubmit(changed, context, review_until, [key.pk + "|" + key.sk for key in let_go])
    claims = conflicts.claim(after, now)
    also = [*claims, *conflicts.free(let_go, deal.id), *conflicts.move_posts(before, after)]
    try:
        return store.commit(deal, change, also)
    except ConditionFailed as lost:
        if min(lost.failures) >= len(claims):
            raise StaleVersion from None
        raise StateConflict("Another registration has this customer. Withdraw this one and register it anew.") from None


def _learned(deal: Deal) -> tuple[str, ...]:
    """Identities that the deal has from a reviewer, not from its partner."""
    said = of_customer(deal.customer)
    return tuple(key for key in (*deal.identities, *deal.hints) if key not in (*said.claims, *said.hints))


def _identified(deal: Deal, asked: NewDeal, program: Program, now: str, learned: tuple[str, ...]) -> Deal:
    """By what the customer is known as now, and who else is."""
    known = judging.identities_of(asked).without_domains(judging.own_domains(partners.load(deal.partner_id)))
    families = judging.families_of(asked, program)
    identities = list(dict.fromkeys((*known.claims, *learned)))
    anew = replace(deal, identities=identities, hints=list(known.hints), families=families)
    return store.posted(judging.settled(anew, dynamo.batch_get(evidence.keys(store.prospect_of(anew))), now))


def _require_open(deal: Deal, patch: Mapping[str, Any]) -> None:
    is_asked = deal.status == Status.ACTION_REQUIRED
    allowed = frozenset(deal.editable) if is_asked else rules.EDITABLE.get(Status(deal.status), frozenset[str]())
    if closed := sorted(_paths(patch) - allowed):
        told = f"While the deal is {in_sentence(deal.status)}, {', '.join(closed)} cannot be changed."
        raise StateConflict(told, deal_status=deal.status, editable=sorted(allowed))


def _paths(patch: Mapping[str, Any]) -> set[str]:
    """Which fields a patch touches, the customer's each by its own name."""
    customer: Any = patch.get("customer")
    if not isinstance(customer, dict):
        return set(patch)
    inner = cast("dict[str, Any]", customer)
    return {f"customer.{name}" for name in inner} | {name for name in patch if name != "customer"}


def _asked(deal: Deal, patch: Mapping[str, Any]) -> NewDeal:
    """The deal with the patch, validated as a whole as a new registration is."""
    current: dict[str, Any] = {
        "customer": dict(deal.customer),
        "amount": deal.amount.to_wire(),
        "products": deal.products,
        "expected_close_date": deal.expected_close_date,
        "notes": deal.notes,
        "partner_reference": deal.partner_reference,
    }
    return parse_values(NewDeal, _merge(current, patch), register.validation_context())


def _merge(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7396 §2, but null stays: the model knows what may be empty."""
    merged = dict(target)
    for name, value in patch.items():
        inner: Any = merged.get(name)
        is_object = isinstance(value, dict) and isinstance(inner, dict)
        merged[name] = _merge(cast("dict[str, Any]", inner), cast("dict[str, Any]", value)) if is_object else value
    return merged


def _with(deal: Deal, asked: NewDeal, now: str) -> Deal:
    customer = asked.customer.model_dump(exclude_none=True)
    is_same = {**deal.customer, "contact": None} == {**customer, "contact": None}
    return replace(
        deal,
        customer=customer,
        customer_since=deal.customer_since if is_same else now,
        amount=asked.amount.to_money(),
        products=asked.products,
        expected_close_date=asked.expected_close_date.isoformat() if asked.expected_close_date else None,
        notes=asked.notes,
    )
