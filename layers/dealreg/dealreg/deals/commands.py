"""What is done to a deal after it was registered, by partners, admins and the system: read, apply the rule, commit."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from dealreg.deals import (
    appeals,
    deadlines,
    extensions,
    judging,
    open_deals,
    prospects,
    queue,
    reassignment,
    rules,
    store,
    terms,
)
from dealreg.deals.model import Deal, from_item
from dealreg.deals.rules import Change, CommandContext
from dealreg.deals.statuses import FREEING, RejectReason, Stage, Status
from dealreg.matching import claims, evidence, index
from dealreg.matching.identities import identify, of_customer, without_domains
from dealreg.matching.index import Prospect
from dealreg.partners import partners
from dealreg.partners.partners import Partner
from dealreg.partners.program import current_program, program_at
from dealreg.platform import aws, dynamo, http, times
from dealreg.platform.errors import ConditionFailed, FieldError, InvalidInput, StaleVersion, Unavailable
from dealreg.platform.limits import Allowance
from dealreg.platform.money import Money

_TRIES_OF_A_RULE = 12
"""Of twenty at once, the last is heard within the API's time."""
_TRIES_OF_A_CLAIM = 4
_MAX_ALIASES = 4
"""Each stands in a dozen rows of the conflict index, and a transaction holds a hundred."""


def context_at(now: datetime) -> CommandContext:
    return CommandContext(now, secrets.randbits(80))


def apply(
    deal: Deal,
    rule: Callable[[Deal], Change],
    also: Sequence[dynamo.Action] = (),
    allowance: Allowance | None = None,
) -> Deal:
    """A rule on the newest state: a write that lost is tried again on what won, so StateConflict is the rule's word."""
    for attempt in range(_TRIES_OF_A_RULE):
        try:
            return store.commit(deal, rule(deal), also, allowance)
        except StaleVersion:
            aws.pause(attempt)
            deal = store.load(deal.partner_id, deal.id)
    raise Unavailable("too many changes to the same deal at once")


def apply_decision(
    deal: Deal,
    version: int,
    decision: str,
    context: CommandContext,
    by: str,
    also: Sequence[dynamo.Action] = (),
    internal: Mapping[str, Any] | None = None,
    **said: Any,
) -> Deal:
    """What the review that began at `version` decided; done before, or overtaken, changes nothing.

    `decision` is approve (reason), reject (reason_code, reason) or request_info (fields, reason); `internal` is what
    only the vendor is told of it. Raises StaleVersion, of an approval also when `also` fails.
    """
    if deal.status != Status.IN_REVIEW or deal.review_version != version:
        return deal
    if decision == "approve":
        return _approve(deal, context, by, also, said.get("reason", ""), internal or {})
    program = program_at(deal.program_version)
    if decision == "reject":
        reason_code = said.get("reason_code") or RejectReason.OTHER
        change = rules.reject(deal, context, reason_code, said["reason"], by, program)
    else:
        change = rules.request_info(deal, context, said["fields"], said["reason"], by, program)
    return store.commit(deal, _told(change, internal or {}))


def _told(change: Change, internal: Mapping[str, Any]) -> Change:
    return replace(
        change, events=tuple(replace(event, internal={**event.internal, **internal}) for event in change.events)
    )


def _approve(
    deal: Deal,
    context: CommandContext,
    by: str,
    also: Sequence[dynamo.Action],
    reason: str,
    internal: Mapping[str, Any],
) -> Deal:
    """With claims on those of its hints that nobody else has any more."""
    now, prospect = times.to_text(context.now), prospects.of_deal(deal)
    wrong = of_customer(deal.customer).hints
    doubted = tuple(hint for hint in deal.hints if hint not in wrong)
    free = _unclaimed(replace(prospect, identities=doubted, hints=()), now) if doubted else ()
    hints = [hint for hint in deal.hints if hint not in free]
    sure = replace(deal, identities=[*deal.identities, *free], hints=hints)
    program = program_at(deal.program_version)
    approved = rules.approve(sure, context, program.tier(deal.tier).protection_days, by, reason, program)
    change = _told(approved, internal)
    taken = claims.claim(replace(prospect, identities=free), now, change.deal.protected_until)
    try:
        return store.commit(deal, change, [*taken, *also])
    except ConditionFailed:
        raise StaleVersion from None


def win(
    deal: Deal, amount: Money | None, context: CommandContext, source: str, also: Sequence[dynamo.Action] = ()
) -> Deal:
    """Raises StateConflict unless the deal is approved; ConditionFailed when `also` fails."""
    return apply(deal, lambda current: rules.win(current, context, amount, source), also)


def extend(deal: Deal, context: CommandContext, reason: str = "", allowance: Allowance | None = None) -> Deal:
    """By the settings that its review began with: at once, or pending where a step of theirs has to agree."""
    program = program_at(deal.program_version)
    allowed, days = program.extensions_of(deal.tier)
    command = extensions.request if extensions.needs_agreement(program) else extensions.extend
    return store.commit(deal, command(deal, context, days, allowed, program, reason), allowance=allowance)


def set_stage(deal: Deal, context: CommandContext, stage: Stage, allowance: Allowance | None = None) -> Deal:
    """The stage that it has already writes nothing."""
    change = rules.set_stage(deal, context, stage)
    if change.deal.stage == deal.stage:
        return acknowledge(deal, context, allowance)
    return store.commit(deal, change, allowance=allowance)


def acknowledge(deal: Deal, context: CommandContext, allowance: Allowance | None = None) -> Deal:
    """An act that changes nothing writes nothing, unless it answers the question whether the sale goes on."""
    return store.commit(deal, rules.confirm(deal, context), allowance=allowance) if deal.sign_of_life_by else deal


def appeal(deal: Deal, context: CommandContext, reason: str, allowance: Allowance | None = None) -> Deal:
    """Another review of a rejected deal, which takes its claims again, or waits for those that are not free.

    Raises StateConflict, StaleVersion, RateLimited or Unavailable.
    """
    appeals.require_open(deal, context.now)
    now, program = times.to_text(context.now), current_program()
    for _ in range(_TRIES_OF_A_CLAIM):
        prospect = prospects.of_deal(deal)
        found = dynamo.batch_get([*evidence.keys(prospect), *prospect.entries])
        prospect = evidence.demote_doubtful(prospect, found, now)
        held = [*evidence.held(prospect, found, now), *claims.promised(prospect, found)]
        judged = judging.with_verdict(deal, prospect, found, now, **prospects.kept_of(prospect))
        taken = () if held else prospect.claim_keys
        let_go = [f"{key.pk}|{key.sk}" for key in prospects.of_deal(deal).claim_keys if key not in taken]
        change = appeals.appeal(judged, context, reason, program, is_held=bool(held), let_go=let_go)
        places = claims.join_queue(prospect, held) if held else claims.claim(prospect, now)
        try:
            return store.commit(deal, change, [*places, *index.add_entries(prospect, found)], allowance)
        except ConditionFailed:
            continue  # somebody came or went
    raise Unavailable("this customer is being registered again and again")


def release_claim(deal: Deal, context: CommandContext, by: str, also: Sequence[dynamo.Action] = ()) -> Deal:
    """The vendor ends a protection (or a place in the queue) before its time."""
    return apply(deal, lambda current: rules.expire(current, context, "claim_released", by), also)


def reassign(deal: Deal, partner_id: str, context: CommandContext, by: str) -> Deal:
    """Moves a deal to another partner, whose it is from then on, by that one's tier; the first keeps nothing of it.

    Nobody's approval of one partner's deal is another's: a review begins anew, with the time that it takes.

    Raises NotFound (no such partner), InvalidInput (the same or a suspended one) or StaleVersion.
    """
    partner = partners.load(partner_id)
    if fault := _fault_of_target(deal, partner):
        raise InvalidInput([FieldError("partner_id", fault)])
    own: dict[str, Any] = {"user_id": "", "tier": partner.tier, "partner_reference": None, "extension": None}
    moved = replace(deal, partner_id=partner.id, **own, **_registration_of(deal, partner.id, context.now))
    if deal.status == Status.IN_REVIEW:
        moved = terms.with_new_terms(moved, current_program(), context.now)
    change = reassignment.reassign(deal, moved, context, by, program_at(moved.program_version))
    key = store.deal_key(deal.partner_id, deal.id)
    gone = dynamo.delete(key, *store.as_read(deal))
    after, now = prospects.of_deal(moved), times.to_text(context.now)
    queued = deal.status == Status.QUEUED
    places = claims.rewrite_places(after) if queued else claims.claim(after, now, store.held_until(moved))
    try:
        dynamo.transact(
            [
                gone,
                dynamo.put(key.table, store.deal_item(change.deal), dynamo.ABSENT),
                *store.event_actions(change),
                *places,
                *index.move_entries(prospects.of_deal(deal), after),
                *open_deals.changed(deal, None),
                *open_deals.changed(None, change.deal),
                partners.still_active(partner.id),
            ]
        )
    except ConditionFailed:
        raise StaleVersion from None
    return change.deal


def _registration_of(deal: Deal, partner_id: str, now: datetime) -> dict[str, Any]:
    """What its money goes by stays that of its registration; the new partner earns from now on."""
    return {
        "registered_by": deal.registered_by or deal.partner_id,
        "registered_tier": deal.registered_tier or deal.tier,
        "passed_on": [*deal.passed_on, {"partner_id": partner_id, "at": times.to_text(now)}],
    }


def _fault_of_target(deal: Deal, partner: Partner) -> str:
    """Why a deal cannot be given to a partner; empty if it can."""
    if partner.id == deal.partner_id:
        return "The deal is this partner's already."
    return "" if partner.is_active else "This partner is suspended."


def learn(deal_id: str, names: Iterable[str], domains: Iterable[str], context: CommandContext) -> Deal:
    """Adds what another registration of the same customer calls itself, as long as the deal keeps others from it.

    A domain that somebody claims stays a hint. That other one mostly came later, so the deal's partner notices nothing.
    Idempotent. Raises NotFound or StaleVersion.
    """
    deal = store.locate(deal_id)
    before, now = prospects.of_deal(deal), times.to_text(context.now)
    own = prospects.own_domains(partners.load(deal.partner_id))
    said = without_domains(identify(domains, {}).claims, own)
    aliases = tuple(name for name in names if name not in (before.name, *before.aliases))
    new = tuple(key for key in said if key not in (*before.identities, *before.hints))
    if deal.status in FREEING or not (aliases or new):
        return deal
    free = () if deal.status == Status.QUEUED else _unclaimed(replace(before, identities=new), now)
    learned = replace(
        deal,
        aliases=[*before.aliases, *aliases][-_MAX_ALIASES:],
        identities=[*before.identities, *free],
        hints=[*before.hints, *(key for key in new if key not in free)],
    )
    taken = claims.claim(replace(before, aliases=tuple(learned.aliases), identities=free), now)
    return store.commit_with_entries(deal, Change(prospects.with_index_keys(learned), ()), taken)


def forget(deal_id: str, names: Iterable[str]) -> None:
    """Takes back names learned by mistake; a domain may be claimed by now, and then stays. Raises NotFound."""
    deal, gone = store.locate(deal_id), set(names)
    after = replace(deal, aliases=[name for name in deal.aliases if name not in gone])
    if after == deal:
        return
    store.commit_with_entries(deal, Change(prospects.with_index_keys(after), ()))


def _unclaimed(prospect: Prospect, now: str) -> tuple[str, ...]:
    """Those of its identities that it can claim in every family."""
    found = dynamo.batch_get(evidence.keys(prospect))
    sure = evidence.demote_doubtful(prospect, found, now)
    held = set(evidence.held(sure, found, now))
    return tuple(key for key in sure.identities if held.isdisjoint(index.claims_on(key, sure.families)))


def on_due(key: dynamo.Key, now: datetime) -> None:
    """The clock struck for a deal: it has a deadline, or it is won and others wait behind it. Idempotent."""
    item = dynamo.get(key.table, key.pk, key.sk)
    if not item or not item.get("due_at") or item["due_at"] > times.to_text(now):
        return
    deal, context = from_item(item), context_at(now)
    if deal.status == Status.WON:
        queue.turn_away(deal, context)
    else:
        store.commit(deal, deadlines.strike(deal, context, program_at(deal.program_version)))


def require_version(deal: Deal, header: str | None) -> None:
    """The caller's If-Match names the version it saw. Raises StaleVersion or Malformed."""
    if not http.matches(header, deal.version):
        raise StaleVersion("Read the deal again: it changed since you last saw it.", current_version=deal.version)
