"""What would become of a deal, on facts that may all be made up: by the functions of the workflow. Writes nothing."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, cast

from pydantic import Field, model_validator

from dealreg.approvals.deciders import absent, people_of
from dealreg.approvals.people import Absence, People
from dealreg.approvals.preview import PreviewView, preview
from dealreg.approvals.program_inputs import MAX_BODY, WholeProgram, read_program
from dealreg.deals import judging, prospects, register
from dealreg.deals.facts import is_for_a_person
from dealreg.deals.model import NewDeal
from dealreg.matching.rules import Verdict
from dealreg.partners import partners
from dealreg.partners.partners import Partner
from dealreg.partners.program import Program, stored_program
from dealreg.partners.routing import Routing
from dealreg.partners.rules import Facts, routing_of
from dealreg.platform import foreign_json
from dealreg.platform.errors import FieldError, InvalidInput, Malformed, NotFound
from dealreg.platform.fields import Email, Line, Moment, Slug
from dealreg.platform.validation import Input, parse

_MAX_PEOPLE = 1000
_Id = Annotated[Line, Field(max_length=60)]


class MadeUpPartner(Input):
    id: _Id = "part_preview"
    tier: Slug
    manager: Email | None = None
    users: Annotated[list[Email], Field(max_length=_MAX_PEOPLE)] = Field(default_factory=list[str])


class MadeUpAbsence(Input):
    approver: Email
    since: Annotated[Moment, Field(alias="from")]
    until: Moment | None = None
    to: Email | None = None


class PreviewInput(Input):
    """A registration, and what of its surroundings is made up: all else is as it is."""

    deal: NewDeal
    partner_id: _Id | None = None
    partner: Annotated[MadeUpPartner | None, Field(description="Instead of partner_id")] = None
    at: Annotated[Moment | None, Field(description="When it is registered; null: now")] = None
    verdict: Annotated[Verdict | None, Field(strict=False, description="Instead of the real check")] = None
    nearly_alike: bool = False
    program: Annotated[WholeProgram | None, Field(description="Instead of the one in force")] = None
    away: Annotated[
        list[MadeUpAbsence] | None, Field(max_length=_MAX_PEOPLE, description="Instead of those recorded")
    ] = None

    @model_validator(mode="after")
    def _has_one_partner(self) -> "PreviewInput":
        if (self.partner is None) == (self.partner_id is None):
            raise ValueError("Give either partner_id or partner.")
        return self


class ProgramPreviewView(PreviewView):
    program_version: Annotated[int | None, "Null for a program that was sent along"]


def preview_of(body: bytes, now: datetime) -> ProgramPreviewView:
    """Raises InvalidInput or Malformed."""
    tried = _tried(body, now)
    program = tried or stored_program()
    said = parse(PreviewInput, body, register.validation_context(program))
    at, routing, partner = said.at or now, routing_of(program), _partner(said, program, now)
    facts = _facts(said, program, routing, partner, at)
    shown = preview(facts, routing, _people(said, partner, routing, at), at)
    return {"program_version": None if tried else program.version, **shown}


def _tried(body: bytes, now: datetime) -> Program | None:
    """The program that is sent along: its products are what the deal is validated by."""
    try:
        content = foreign_json.parse(body, max_bytes=MAX_BODY)
    except foreign_json.ForeignJsonFault:
        raise Malformed("The body is not valid JSON.") from None
    sent: Any = cast("dict[str, Any]", content).get("program") if isinstance(content, dict) else None
    if sent is None:
        return None
    try:
        return read_program(json.dumps(sent).encode()).to_whole(now.year)
    except InvalidInput as refused:
        faults = [FieldError(f"program.{fault.field}", fault.message) for fault in refused.errors]
        raise InvalidInput(faults) from None


def _partner(said: PreviewInput, program: Program, now: datetime) -> Partner:
    if made_up := said.partner:
        if made_up.tier not in (tier.id for tier in program.tiers):
            raise InvalidInput([FieldError("partner.tier", f"There is no tier {made_up.tier}.")])
        return Partner(made_up.id, "", made_up.tier, "active", (), now, made_up.manager)
    try:
        return partners.load(said.partner_id or "")
    except NotFound:
        raise InvalidInput([FieldError("partner_id", "There is no such partner.")]) from None


def _facts(said: PreviewInput, program: Program, routing: Routing, partner: Partner, at: datetime) -> Facts:
    verdict, is_alike = said.verdict, said.nearly_alike
    if verdict is None:
        judgement, matches = judging.try_out(said.deal, partner, program, at)
        verdict, is_alike = judgement.verdict, is_alike or any(map(is_for_a_person, matches))
    return Facts(
        amount=said.deal.amount.to_money(),
        registered_on=routing.calendar.local(at).date(),
        tier=partner.tier,
        partner=partner.id,
        verdict=verdict,
        families=frozenset(prospects.families_of(said.deal, program)),
        country=said.deal.customer.country or "",
        type=said.deal.type or "",
        is_for_a_person=is_alike,
    )


def _people(said: PreviewInput, partner: Partner, routing: Routing, at: datetime) -> People:
    if said.partner is None:
        people = people_of(partner, routing, at)
    else:
        named = [*routing.people, *([partner.manager] if partner.manager else [])]
        own_side, away = frozenset(said.partner.users), absent(named, at) if said.away is None else {}
        people = People(routing.groups, partner.manager, own_side, away, routing.last_resort)
    if said.away is None:
        return people
    return replace(people, absences={one.approver: Absence(one.since, one.until, one.to) for one in said.away})
