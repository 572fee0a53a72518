"""Registering a deal: read what is known of the customer, judge, and write everything in one transaction.

Two calls to DynamoDB (and the program's settings once a minute); a lost race judges again with what the transaction
found, without reading again.
"""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from dealreg.deals import judging, rules, store
from dealreg.deals.model import ConflictCheckRequest, Deal, NewDeal, view
from dealreg.matching import evidence
from dealreg.matching import index as conflicts
from dealreg.matching import rules as conflict_rules
from dealreg.matching.evidence import Found
from dealreg.matching.identities import of_customer
from dealreg.matching.index import Prospect
from dealreg.partners import partners
from dealreg.partners.program import Program, current_program
from dealreg.partners.rows import partner_key
from dealreg.platform import dynamo, idempotency, times
from dealreg.platform.errors import AlreadyExists, ConditionFailed, Unavailable
from dealreg.platform.http import Caller
from dealreg.platform.idempotency import Guard, StoredReply
from dealreg.platform.ids import new_id

ROUTE = "POST /v1/deals"
_TRIES = 5


def validation_context() -> dict[str, Any]:
    """What NewDeal is validated against."""
    return {"products": frozenset(product.id for product in current_program().products)}


def register(caller: Caller, new: NewDeal, key: str | None, context: rules.CommandContext) -> StoredReply:
    """The reply to give, of this registration or of the one that the same key made before.

    Raises IdempotencyMismatch, AlreadyExists (partner_reference taken), Unavailable.
    """
    guard = idempotency.guard(caller.partner_id, ROUTE, key, new.model_dump_json().encode()) if key else None
    draft = _draft(caller, new, current_program(), context.now)
    found = dynamo.batch_get(_keys_to_read(draft, guard))
    draft = _with_partner(draft, found)
    for attempt in range(_TRIES):
        if guard and (reply := idempotency.stored_reply(guard, found.get(guard.key), context.now)):
            return reply
        _require_free_reference(draft, found)
        change = rules.submit(
            _placed(draft, found, context.now), replace(context, entropy=context.entropy + attempt * 16)
        )
        reply = StoredReply(201, json.dumps(view(change.deal), ensure_ascii=False, separators=(",", ":")))
        actions = _actions(change, found, guard, reply, context.now)
        try:
            dynamo.transact(actions)
        except ConditionFailed as error:
            _learn(found, actions, error)
            if dynamo.Key(store.table(), *_first_event(change)) in found:
                draft = replace(draft, id=new_id("deal", context.now))  # its number is another deal's
        else:
            return reply
    raise Unavailable("too many registrations of this customer at once")


def judge(partner_id: str, asked: ConflictCheckRequest, now: datetime) -> conflict_rules.Judgement:
    """What a registration would be told, from the same reads, without making one."""
    known = judging.identities_of(asked)
    prospect = Prospect(
        deal_id="",
        partner_id=partner_id,
        name=asked.customer.name,
        country=asked.customer.country,
        identities=known.claims,
        families=tuple(judging.families_of(asked, current_program())),
        hints=known.hints,
        numbers=known.numbers,
    )
    partner = partner_key(partner_id)
    found = dynamo.batch_get([partner, *evidence.keys(prospect)])
    own = judging.own_domains(partners.from_item(found[partner]))
    prospect = replace(prospect, identities=known.without_domains(own).claims)
    at = times.to_text(now)
    return judging.judge(evidence.settled(prospect, found, at), found, at)[0]


def _placed(draft: Deal, found: Found, now: datetime) -> Deal:
    """In review, or in the queue behind whoever has the customer."""
    at = times.to_text(now)
    settled = store.posted(judging.settled(draft, found, at))
    held = evidence.held(store.prospect_of(settled), found, at)
    status = rules.Status.QUEUED if held else rules.Status.IN_REVIEW
    return replace(judging.judged(settled, found, at), status=status, decide_by=None if held else draft.decide_by)


def _draft(caller: Caller, new: NewDeal, program: Program, now: datetime) -> Deal:
    known = judging.identities_of(new)
    return Deal(
        id=new_id("deal", now),
        partner_id=caller.partner_id,
        user_id=caller.user_id,
        status=rules.Status.SUBMITTED,
        customer=new.customer.model_dump(exclude_none=True),
        products=new.products,
        families=judging.families_of(new, program),
        identities=list(known.claims),
        hints=list(known.hints),
        amount=new.amount.to_money(),
        expected_close_date=new.expected_close_date.isoformat() if new.expected_close_date else None,
        notes=new.notes,
        partner_reference=new.partner_reference,
        verdict=conflict_rules.Verdict.CLEAR,
        matches=[],
        decide_by=times.to_text(rules.decide_by(now, program.decide_within_days)),
        editable=[],
        created_at=times.to_text(now),
        updated_at=times.to_text(now),
    )


def _keys_to_read(draft: Deal, guard: Guard | None) -> list[dynamo.Key]:
    prospect = store.prospect_of(draft)
    # the blocks to write to are read too: one that is full would only be met in the transaction, and cancel it
    posts = conflicts.posts_of(prospect)
    keys = [partner_key(draft.partner_id), *evidence.keys(prospect), *posts]
    if draft.partner_reference:
        keys.append(store.reference_key(draft.partner_id, draft.partner_reference))
    return [*keys, guard.key] if guard else keys


def _with_partner(draft: Deal, found: Found) -> Deal:
    """The partner's tier, and none of its own domains as the customer's identity."""
    partner = partners.from_item(found[partner_key(draft.partner_id)])
    known = of_customer(draft.customer).without_domains(judging.own_domains(partner))
    return replace(draft, tier=partner.tier, identities=list(known.claims))


def _require_free_reference(draft: Deal, found: Found) -> None:
    if not draft.partner_reference:
        return
    taken = found.get(store.reference_key(draft.partner_id, draft.partner_reference))
    if taken:
        raise AlreadyExists("You registered a deal with this partner_reference before.", deal_id=taken["deal_id"])


def _actions(
    change: rules.Change, found: Found, guard: Guard | None, reply: StoredReply, now: datetime
) -> list[dynamo.Action]:
    deal = change.deal
    prospect = store.prospect_of(deal)
    held = evidence.held(prospect, found, times.to_text(now))
    reference = store.reference_key(deal.partner_id, deal.partner_reference or "")
    reference_row = {"pk": reference.pk, "sk": reference.sk, "deal_id": deal.id}
    return [
        *store.event_actions(change),
        dynamo.put(store.table(), store.deal_item(deal), dynamo.ABSENT),
        *(conflicts.wait(prospect, held) if held else conflicts.claim(prospect, times.to_text(now))),
        *conflicts.posts(prospect, found),
        *([dynamo.put(store.table(), reference_row, dynamo.ABSENT)] if deal.partner_reference else []),
        *([idempotency.record(guard, reply, now)] if guard else []),
    ]


def _first_event(change: rules.Change) -> tuple[str, str]:
    key = dynamo.key_of(store.event_actions(change)[0])
    return key.pk, key.sk


def _learn(found: dict[dynamo.Key, dynamo.Item], actions: list[dynamo.Action], error: ConditionFailed) -> None:
    """Corrects what was read by what stood in the way; an empty item is one that is gone."""
    for place, item in error.failures.items():
        key = dynamo.key_of(actions[place])
        if item:
            found[key] = item
        else:
            found.pop(key, None)
