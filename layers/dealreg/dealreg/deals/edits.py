"""A partner's changes to a deal: what the status allows, or what the reviewer asked for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, cast

from pydantic import Field

from dealreg.deals import answers, commands, prospects, register, rules, statuses, store, terms
from dealreg.deals.model import Deal, NewDeal
from dealreg.deals.rules import CommandContext
from dealreg.deals.statuses import Status
from dealreg.deals.words import in_sentence
from dealreg.matching import claims, evidence, index
from dealreg.matching.identities import of_customer
from dealreg.matching.names.lookalikes import may_be_one
from dealreg.partners import partners
from dealreg.partners.program import Program, current_program, program_at
from dealreg.platform import dynamo, fields, foreign_json, times
from dealreg.platform.errors import ConditionFailed, Malformed, StaleVersion, StateConflict, Unavailable
from dealreg.platform.limits import Allowance
from dealreg.platform.routes import MAX_BODY
from dealreg.platform.validation import Input, parse_values

_TRIES = 4
_TAKEN = "Another registration has this customer. Withdraw this one and register it anew."


class Reason(Input):
    reason: fields.Remark = ""


class AppealReason(Input):
    reason: fields.Reason


class StageChange(Input):
    stage: statuses.Stage = Field(strict=False)


class Loss(Input):
    reason_code: statuses.LostReason = Field(strict=False)
    reason: fields.Remark = ""


class Comment(Input):
    text: fields.Comment


MergePatch = Annotated[dict[str, Any], "JSON Merge Patch onto a NewDeal; null removes a field."]


def read_patch(body: bytes) -> dict[str, Any]:
    """RFC 7396: what the body holds is set, null removes. Raises Malformed."""
    try:
        patch = foreign_json.parse(body, max_bytes=MAX_BODY)
    except foreign_json.ForeignJsonFault:
        raise Malformed("The body is not valid JSON.") from None
    if not isinstance(patch, dict):
        raise Malformed("Send an object with the fields to change.")
    return patch  # pyright: ignore[reportUnknownVariableType]  # JSON objects have text keys


def edit(deal: Deal, patch: Mapping[str, Any], context: CommandContext, allowance: Allowance | None = None) -> Deal:
    """What the deal has already writes nothing.

    Raises StateConflict for a field that is not open now, InvalidInput for what a field cannot hold, RateLimited.
    """
    _require_open(deal, patch)
    if _merge(_editable(deal), patch) == _editable(deal):
        return commands.acknowledge(deal, context, allowance)
    asked = _with(deal, _asked(deal, patch), times.to_text(context.now))
    if asked == deal:
        return commands.acknowledge(deal, context, allowance)
    if deal.status == Status.APPROVED:
        terms.require_same_rule(deal, asked, program_at(deal.program_version))
    changed = rules.by_partner(prospects.with_index_keys(asked), context)
    change = rules.record(changed, context, "deal.edited", {"fields": sorted(_paths(patch))})
    return store.commit_with_entries(deal, change, allowance=allowance)


def resubmit(deal: Deal, patch: Mapping[str, Any], context: CommandContext, allowance: Allowance | None = None) -> Deal:
    """Answers the reviewer, with changes or without; a corrected customer is claimed in the same transaction.

    Raises StateConflict when another registration has the corrected customer, RateLimited. One that was made later is
    left to the reviewer, since this partner is not to learn of it.
    """
    _require_open(deal, patch)
    asked, program, now = _asked(deal, patch), current_program(), times.to_text(context.now)
    for _ in range(_TRIES):
        changed = _identified(_with(deal, asked, now), asked, program, context.now, _learned(deal))
        before, after = prospects.of_deal(deal), prospects.of_deal(changed)
        let_go = [key for key in before.claim_keys if key not in after.claim_keys]
        review_until = terms.decide_by(changed, context.now, program_at(deal.program_version))
        answer = answers.answer_of(deal, changed, program)
        change = rules.resubmit(changed, context, review_until, [key.pk + "|" + key.sk for key in let_go], answer)
        taken = claims.claim(after, now)
        also = [*taken, *claims.free(let_go, deal.id), *index.move_entries(before, after)]
        try:
            return store.commit(deal, change, also, allowance)
        except ConditionFailed as lost:
            in_the_way = [row for place, row in lost.failures.items() if place < len(taken)]
            if not in_the_way:
                raise StaleVersion from None
            if not all(evidence.came_after(after, row, program.possible_points) for row in in_the_way):
                raise StateConflict(_TAKEN) from None
    raise Unavailable("this customer is being registered again and again")


def _learned(deal: Deal) -> tuple[str, ...]:
    """Identities that the deal has from a reviewer, not from its partner."""
    said = of_customer(deal.customer)
    return tuple(key for key in (*deal.identities, *deal.hints) if key not in (*said.claims, *said.hints))


def _identified(deal: Deal, asked: NewDeal, program: Program, now: datetime, learned: tuple[str, ...]) -> Deal:
    """By what the customer is known as now, and who else is."""
    said = prospects.of_request(asked, program, deal.partner_id, now)
    said = prospects.of_partner(said, partners.load(deal.partner_id))
    identities = list(dict.fromkeys((*said.identities, *learned)))
    anew = replace(deal, identities=identities, hints=list(said.hints), families=list(said.families))
    prospect, at = prospects.of_deal(anew), times.to_text(now)
    found = dynamo.batch_get(evidence.keys(prospect))
    sure = evidence.demote_doubtful(prospect, found, at)
    return replace(anew, **prospects.kept_of(evidence.demote_overtaken(sure, found, at, program.possible_points)))


def _require_open(deal: Deal, patch: Mapping[str, Any]) -> None:
    is_asked = deal.status == Status.ACTION_REQUIRED
    allowed = frozenset(deal.editable) if is_asked else statuses.EDITABLE.get(Status(deal.status), frozenset[str]())
    if closed := sorted(_paths(patch) - allowed):
        words = f"While the deal is {in_sentence(deal.status)}, {', '.join(closed)} cannot be changed."
        raise StateConflict(words, deal_status=deal.status, editable=sorted(allowed))


def _paths(patch: Mapping[str, Any]) -> set[str]:
    """Which fields a patch touches, the customer's each by its own name."""
    customer: Any = patch.get("customer")
    if not isinstance(customer, dict):
        return set(patch)
    inner = cast("dict[str, Any]", customer)
    return {f"customer.{name}" for name in inner} | {name for name in patch if name != "customer"}


def _asked(deal: Deal, patch: Mapping[str, Any]) -> NewDeal:
    """The deal with the patch, validated as a whole as a new registration is."""
    validated = register.validation_context()
    if deal.expected_close_date:  # it was not long past when it was written
        validated["closes_from"] = min(validated["closes_from"], date.fromisoformat(deal.expected_close_date))
    if not deal.products and "products" not in patch:  # none was required when it was written
        validated["product_required"] = False
    if deal.type:  # it was one of the program's when it was written
        validated["deal_types"] = (*validated["deal_types"], deal.type)
    return parse_values(NewDeal, _merge(_editable(deal), patch), validated)


def _editable(deal: Deal) -> dict[str, Any]:
    """What a patch is laid onto, as it would be sent."""
    return {
        "customer": dict(deal.customer),
        "amount": deal.amount.to_wire(),
        "products": deal.products,
        "type": deal.type,
        "expected_close_date": deal.expected_close_date,
        "notes": deal.notes,
        "partner_reference": deal.partner_reference,
    }


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
    is_another = not (is_same or may_be_one(deal.customer["name"], customer["name"], current_program().possible_points))
    return replace(
        deal,
        customer=customer,
        customer_since=deal.customer_since if is_same else now,
        another_since=now if is_another else deal.another_since,
        amount=asked.amount.to_money(),
        products=asked.products,
        type=asked.type,
        expected_close_date=asked.expected_close_date.isoformat() if asked.expected_close_date else None,
        notes=asked.notes,
    )
