"""Registering a deal: read what is known of the customer, judge, and write everything in one transaction.

Two calls to DynamoDB (and the program's settings once a minute); a lost race judges again with what the transaction
found, without reading again.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from dealreg.deals import judging, open_deals, prospects, rules, store, terms
from dealreg.deals.model import ConflictCheckRequest, Deal, NewDeal
from dealreg.deals.statuses import Status
from dealreg.deals.views import view
from dealreg.matching import claims, evidence, index
from dealreg.matching.evidence import Found
from dealreg.matching.index import Prospect
from dealreg.matching.rules import Judgement, Verdict
from dealreg.partners import partners
from dealreg.partners.limits import limit
from dealreg.partners.partners import Partner
from dealreg.partners.program import Program, current_program
from dealreg.partners.rows import partner_key
from dealreg.platform import dynamo, idempotency, limits, times
from dealreg.platform.errors import AlreadyExists, ConditionFailed, Unavailable
from dealreg.platform.http import Caller
from dealreg.platform.idempotency import Guard, StoredReply
from dealreg.platform.ids import new_id
from dealreg.platform.limits import Allowance, Limit

ROUTE = "POST /v1/deals"
_TRIES = 5


def validation_context(program: Program | None = None) -> dict[str, Any]:
    """What NewDeal is validated against; by the program in force, if no other is given."""
    program = program or current_program()
    return {
        "products": frozenset(product.id for product in program.products),
        "product_required": not program.has_one_family,
        "deal_types": program.deal_types,
        "closes_from": date(times.now().year, 1, 1),
    }


def register(caller: Caller, new: NewDeal, key: str | None, context: rules.CommandContext) -> StoredReply:
    """The reply to give, of this registration or of the one that the same key made before.

    Raises IdempotencyMismatch, AlreadyExists (partner_reference taken), CapReached, RateLimited, Unavailable.
    """
    guard = (
        idempotency.guard(caller.partner_id, ROUTE, key, new.model_dump_json().encode()) if key is not None else None
    )
    program, at = current_program(), times.to_text(context.now)
    prospect = prospects.of_request(new, program, caller.partner_id, context.now, new_id("deal", context.now))
    hourly = limit("registrations", caller.partner_id, context.now)
    found = dynamo.batch_get([*_keys_to_read(prospect, new, guard), *hourly.keys])
    allowance = hourly.allowance(found)
    partner = partners.from_item(found[partner_key(caller.partner_id)])
    prospect = prospects.of_partner(prospect, partner)
    draft = _draft(caller, new, prospect, partner, program, context.now)
    for attempt in range(_TRIES):
        if guard and (reply := idempotency.stored_reply(guard, found.get(guard.key), context.now)):
            return replace(reply, headers=allowance.headers())
        _require_free_reference(draft, found)
        counted = open_deals.one_more(partner, found, context.now)
        sure = evidence.demote_doubtful(prospect, found, at)
        held = evidence.held(sure, found, at)
        judged = judging.with_verdict(draft, sure, found, at, **prospects.kept_of(sure))
        change = rules.submit(
            _placed(judged, held, program, context.now),
            replace(context, entropy=context.entropy + attempt * 16),
        )
        reply = StoredReply(201, json.dumps(view(change.deal), ensure_ascii=False, separators=(",", ":")))
        actions = [
            *_writes(change, sure, held, found, at),
            *counted,
            *([idempotency.record(guard, reply, context.now)] if guard else []),
        ]
        try:
            limits.transact(actions, allowance)
        except ConditionFailed as error:
            _learn(found, actions, error)
            if dynamo.key_of(actions[0]) in found:  # its number is another deal's
                draft = replace(draft, id=new_id("deal", context.now))
                prospect = replace(prospect, deal_id=draft.id)
        else:
            return replace(reply, headers=allowance.headers())
    raise Unavailable("too many registrations of this customer at once")


def judge(partner_id: str, asked: ConflictCheckRequest, now: datetime, hourly: Limit) -> tuple[Judgement, Allowance]:
    """What a registration would be told, from the same reads, without making one; and what is left of a limit."""
    prospect = prospects.of_request(asked, current_program(), partner_id, now)
    partner = partner_key(partner_id)
    found = dynamo.batch_get([partner, *evidence.keys(prospect), *hourly.keys])
    prospect, at = prospects.of_partner(prospect, partners.from_item(found[partner])), times.to_text(now)
    judgement, _ = judging.judge(evidence.demote_doubtful(prospect, found, at), found, at)
    return judgement, hourly.allowance(found)


def _placed(judged: Deal, held: Sequence[dynamo.Key], program: Program, now: datetime) -> Deal:
    """In review, or in the queue behind whoever has the customer."""
    if held:
        return replace(judged, status=Status.QUEUED)
    return terms.with_new_terms(replace(judged, status=Status.IN_REVIEW), program, now)


def _draft(caller: Caller, new: NewDeal, prospect: Prospect, partner: Partner, program: Program, now: datetime) -> Deal:
    """The deal before it is judged."""
    return Deal(
        id=prospect.deal_id,
        partner_id=caller.partner_id,
        user_id=caller.user_id,
        status=Status.SUBMITTED,
        customer=new.customer.model_dump(exclude_none=True),
        products=new.products,
        families=list(prospect.families),
        identities=list(prospect.identities),
        hints=list(prospect.hints),
        amount=new.amount.to_money(),
        type=new.type,
        expected_close_date=new.expected_close_date.isoformat() if new.expected_close_date else None,
        notes=new.notes,
        partner_reference=new.partner_reference,
        verdict=Verdict.CLEAR,
        matches=[],
        tier=partner.tier,
        plan=partner.plan,
        editable=[],
        created_at=times.to_text(now),
        updated_at=times.to_text(now),
    )


def _keys_to_read(prospect: Prospect, new: NewDeal, guard: Guard | None) -> list[dynamo.Key]:
    # the blocks to write to are read too: one that is full would only be met in the transaction, and cancel it
    keys = [partner_key(prospect.partner_id), *evidence.keys(prospect), *prospect.entries]
    keys += open_deals.keys_to_read(prospect.partner_id)
    if new.partner_reference:
        keys.append(store.reference_key(prospect.partner_id, new.partner_reference))
    return [*keys, guard.key] if guard else keys


def _require_free_reference(draft: Deal, found: Found) -> None:
    if not draft.partner_reference:
        return
    taken = found.get(store.reference_key(draft.partner_id, draft.partner_reference))
    if taken:
        raise AlreadyExists("You registered a deal with this partner_reference before.", deal_id=taken["deal_id"])


def _writes(
    change: rules.Change, prospect: Prospect, held: Sequence[dynamo.Key], found: Found, now: str
) -> list[dynamo.Action]:
    """Its first event comes first."""
    return [
        *store.event_actions(change),
        *_own_rows(change.deal),
        *(claims.join_queue(prospect, held) if held else claims.claim(prospect, now)),
        *index.add_entries(prospect, found),
    ]


def _own_rows(deal: Deal) -> list[dynamo.Action]:
    rows = [store.deal_item(deal)]
    if deal.partner_reference:
        key = store.reference_key(deal.partner_id, deal.partner_reference)
        rows.append({"pk": key.pk, "sk": key.sk, "deal_id": deal.id})
    return [dynamo.put(store.table(), row, dynamo.ABSENT) for row in rows]


def _learn(found: dict[dynamo.Key, dynamo.Item], actions: Sequence[dynamo.Action], error: ConditionFailed) -> None:
    """Corrects what was read by what stood in the way; an empty item is one that is gone."""
    for place, item in error.failures.items():
        key = dynamo.key_of(actions[place])
        if item:
            found[key] = item
        else:
            found.pop(key, None)
