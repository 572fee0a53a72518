"""Publishing commission plans: a version is read, tried against the program, and kept for ever."""

from datetime import date, datetime, timedelta
from typing import Any, cast

from dealreg.commissions import plan_store
from dealreg.commissions.plan_faults import faults_of, with_rule_id
from dealreg.commissions.plan_inputs import VersionInput
from dealreg.commissions.plan_store import StoredVersion
from dealreg.commissions.plan_views import NewVersionView, PlanSummaryView, PlanView, VersionView
from dealreg.commissions.plan_warnings import Known, warnings_of
from dealreg.deals import store as deals
from dealreg.partners import partners
from dealreg.partners.program import Program, stored_program
from dealreg.platform import foreign_json, times
from dealreg.platform.errors import FieldError, InvalidInput, Malformed, NotFound, StateConflict, TooLarge
from dealreg.platform.fields import Slug
from dealreg.platform.foreign_json import list_in, object_in
from dealreg.platform.paging import Listing, PageRequest
from dealreg.platform.validation import Input, parse_values

MAX_BODY = 128 * 1024
"""What is kept has to fit into a row of 400 kB, escaped and with its defaults."""
_MAX_FAULTS = 50
_TOMORROW = "Deals carry this plan already: a new version starts tomorrow at the earliest."


class _PlanName(Input):
    plan_id: Slug


def publish(plan: str, body: bytes, now: datetime, by: str) -> NewVersionView:
    """Raises InvalidInput with every fault, Malformed, TooLarge, StateConflict or StaleVersion."""
    program = stored_program()
    today = today_in(program, now)
    said = _read(plan, body, program, today)
    written = said.model_dump(mode="json", by_alias=True, exclude_none=True) | {"currency": said.currency}
    warnings = warnings_of(said.to_version(plan, 0).rules, _known(program))
    stored = plan_store.add(plan, written, times.to_text(now), by)
    return {**_view(stored, today), "warnings": warnings}


def withdraw(plan: str, number: str, now: datetime) -> None:
    """Of a version that is not in force. Raises NotFound, StateConflict or StaleVersion."""
    if not (number.isascii() and number.isdecimal() and len(number) <= 6):
        raise NotFound
    stored = plan_store.version(plan, int(number))
    if stored.effective_from <= today_in(stored_program(), now):
        raise StateConflict("This version is in force.")
    plan_store.withdraw(plan, stored.number)


def shown(plan: str, now: datetime) -> PlanView:
    """Raises NotFound."""
    today = today_in(stored_program(), now)
    return {"id": plan, "versions": [_view(stored, today) for stored in plan_store.versions(plan)]}


def listing(page: PageRequest) -> Listing[PlanSummaryView]:
    found = plan_store.page(page)
    items: list[PlanSummaryView] = [{"id": item["id"], "versions": item["numbers"]} for item in found.items]
    return page.listing(items, found.next_key)


def today_in(program: Program, now: datetime) -> date:
    """The program's local day."""
    return program.calendar.local(now).date()


def is_carried(plan: str) -> bool:
    """Whether a deal may be stamped with it: of a partner that has or had the plan, whatever became of the deal."""
    return any(deals.newest_of_partner(partner.id, 1) for partner in partners.with_plan(plan))


def _read(plan: str, body: bytes, program: Program, today: date) -> VersionInput:
    if len(body) > MAX_BODY:
        raise TooLarge(f"A plan's version may have {MAX_BODY // 1024} kB at most.")
    try:
        content = foreign_json.parse(body, max_bytes=MAX_BODY)
    except foreign_json.ForeignJsonFault:
        raise Malformed("The body is not valid JSON.") from None
    said, faults = None, [FieldError("plan_id", fault) for fault in _faults_of_name(plan)]
    try:
        said = parse_values(VersionInput, content)
    except InvalidInput as refused:
        faults += refused.errors
    known = {fault.field for fault in faults}
    found = [*faults_of(content), *_of_products(content, program), *_of_day(content, plan, today)]
    faults += [fault for fault in found if fault.field not in known]
    if said is None or faults:
        raise InvalidInput([with_rule_id(fault, content) for fault in faults[:_MAX_FAULTS]])
    return said


def _faults_of_name(plan: str) -> list[str]:
    try:
        parse_values(_PlanName, {"plan_id": plan})
    except InvalidInput as refused:
        return [fault.message for fault in refused.errors]
    return []


def _of_products(content: Any, program: Program) -> list[FieldError]:
    offered = {product.id for product in program.products}
    return [
        FieldError(f"rules.{place}.when.product.{number}", f"There is no product {str(named)[:60]}.")
        for place, rule in enumerate(list_in(object_in(content).get("rules")))
        for number, named in enumerate(list_in(object_in(object_in(rule).get("when")).get("product")))
        if isinstance(named, str) and named.isprintable() and named.strip() not in offered
    ]


def _of_day(content: Any, plan: str, today: date) -> list[FieldError]:
    try:
        starts = date.fromisoformat(str(object_in(content).get("effective_from")))
    except ValueError:
        return []
    is_early = starts < today + timedelta(days=1)
    return [FieldError("effective_from", _TOMORROW)] if is_early and is_carried(plan) else []


def _known(program: Program) -> Known:
    return Known(
        tier=frozenset(tier.id for tier in program.tiers),
        type=frozenset(program.deal_types),
        family=frozenset(product.family for product in program.products),
    )


def _view(stored: StoredVersion, today: date) -> VersionView:
    in_force = stored.effective_from <= today
    told = {"plan": stored.plan, "version": stored.number, "created_at": stored.created_at, "in_force": in_force}
    return cast("VersionView", told | dict(stored.written))
