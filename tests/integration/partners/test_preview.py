"""What would become of a deal: by the rules in force or a program to try, on facts as they are or made up."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.approvals import absences
from dealreg.approvals.people import Absence
from dealreg.approvals.program_inputs import read_program
from dealreg.deals import register
from dealreg.deals.model import NewDeal
from dealreg.deals.rules import CommandContext
from dealreg.partners import partners
from dealreg.partners.program import Program, save_program
from dealreg.platform import times
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse
from partners.program_api import handler
from tests.integration.conftest import body
from tests.integration.partners.rows import all_rows
from tests.samples import content, read_sample, sample

NewPartner = Callable[[str], Caller]
SAMPLE = "partners-program-api/preview-deal"
ADA, BO, DESK = "ada@acme.example", "bo@acme.example", "desk@acme.example"
SETTINGS: dict[str, Any] = {
    "name": "Acme",
    "products": [{"id": "analytics", "name": "Analytics", "family": "data"}],
    "tiers": [{"id": "registered", "name": "Registered", "rank": 1}, {"id": "gold", "name": "Gold", "rank": 2}],
    "approvers": {"first": DESK},
    "deal_types": ["renewal"],
    "rules": [
        {
            "id": "ours",
            "when": {"verdict": ["claimed_by_partner"]},
            "reject": {"reason_code": "duplicate", "reason": "?"},
        },
        {"id": "renewals", "when": {"type": ["renewal"]}, "approve": True},
        {"id": "rest", "steps": [{"id": "manager", "ask": ["partner.manager"], "escalate_to": [BO]}]},
    ],
}
DEAL = {
    "customer": {"name": "Nordlicht AG", "domain": "nordlicht.example", "country": "DE"},
    "products": ["analytics"],
    "amount": {"amount": "48000.00", "currency": "EUR"},
}
GOLD = {"tier": "gold", "manager": ADA}


@pytest.fixture(autouse=True)
def rules_in_force(aws: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.setattr(times, "now", lambda: now)
    return save_program(read_program(json.dumps(SETTINGS).encode()).to_whole(now.year), "test")


def preview(**asked: Any) -> dict[str, Any]:
    said = {"deal": DEAL, "partner": GOLD, "verdict": "clear"} | asked
    sent = {name: value for name, value in said.items() if value is not None}
    return handler(sample(SAMPLE, body=sent), None)


def answered(**asked: Any) -> dict[str, Any]:
    reply = preview(**asked)
    assert reply["statusCode"] == 200, reply["body"]
    return content(reply)


def faults(**asked: Any) -> list[str]:
    reply = preview(**asked)
    assert reply["statusCode"] == 422, reply["body"]
    return [fault["field"] for fault in content(reply)["errors"]]


def test_the_sample_is_answered() -> None:
    assert answered(**json.loads(read_sample(SAMPLE)["body"]))["rule"] == "rest"


def test_whom_a_rule_asks_and_why_others_are_passed_over() -> None:
    before = all_rows()
    shown = answered()
    assert (shown["program_version"], shown["rule"], shown["outcome"]) == (1, "rest", "ask")
    assert [(step["id"], step["asked"][0]["approver"], step["escalate_to"]) for step in shown["steps"]] == [
        ("manager", ADA, [BO])
    ]
    assert [passed["rule"] for passed in shown["passed_over"]] == ["ours", "renewals"]
    assert all_rows() == before


def test_the_deal_is_validated_as_a_registration_is() -> None:
    assert faults(
        deal=DEAL | {"type": "gift", "products": ["toys"], "amount": {"amount": "-1", "currency": "EUR"}}
    ) == [
        "deal.products",
        "deal.amount.amount",
        "deal.type",
    ]
    assert answered(deal=DEAL | {"type": "renewal"})["outcome"] == "approve"
    assert answered(deal=DEAL | {"type": "renewal"}, nearly_alike=True)["rule"] == "rest"


def test_one_partner_is_named_and_there_is_one() -> None:
    assert faults(partner=None) == ["body"]
    assert faults(partner_id="part_1") == ["body"]
    assert faults(partner=None, partner_id="part_1") == ["partner_id"]
    assert faults(partner={"tier": "lead"}) == ["partner.tier"]


def test_a_partner_that_there_is_with_its_manager_and_who_is_away(now: datetime) -> None:
    partner = partners.create("North", "gold", [], now, "test", manager=ADA)
    absences.record(ADA, Absence(now, None, DESK), "", "test")
    asked = {"partner": None, "partner_id": partner.id}
    (step,) = answered(**asked)["steps"]
    assert step["asked"] == [{"approver": DESK, "instead_of": ADA, "because": "away"}]
    (step,) = answered(**asked, away=[])["steps"]
    assert step["asked"] == [{"approver": ADA, "instead_of": None, "because": None}]


def test_absences_may_be_made_up(now: datetime) -> None:
    until = times.to_text(now + timedelta(days=1))
    away = [{"approver": ADA, "from": times.to_text(now), "until": until, "to": None}]
    (step,) = answered(away=away)["steps"]
    assert step["asked"] == [{"approver": BO, "instead_of": None, "because": "nobody"}]


def test_a_program_is_tried_before_it_is_saved() -> None:
    tried = SETTINGS | {"deal_types": ["gift"], "rules": SETTINGS["rules"][2:]}
    shown = answered(program=tried, deal=DEAL | {"type": "gift"})
    assert (shown["program_version"], shown["passed_over"]) == (None, [])
    assert answered()["program_version"] == 1


def test_the_faults_of_a_tried_program_say_where_they_are() -> None:
    tried = SETTINGS | {"rules": [{"id": "rest", "steps": [{"id": "a", "ask": ["group:desk"]}]}]}
    reply = preview(program=tried)
    assert content(reply)["errors"] == [
        {"field": "program.rules.0.steps.0.ask.0", "message": "rest: a: there is no group desk."}
    ]


def test_without_a_verdict_the_real_check_is_made(new_partner: NewPartner, context: CommandContext) -> None:
    holder = new_partner("North")
    new = parse(NewDeal, json.dumps(body(customer=DEAL["customer"])).encode(), register.validation_context())
    register.register(holder, new, None, context)
    save_program(rules(), "test")
    assert answered(verdict=None)["rule"] == "ours"
    other = DEAL | {"customer": {"name": "Kranz Werke", "domain": "kranz.example"}}
    assert answered(verdict=None, deal=other)["rule"] == "rest"


def rules() -> Program:
    return read_program(json.dumps(SETTINGS).encode()).to_whole(2026)


@pytest.mark.parametrize("sent", ["", "[]", "{", '{"program": []}', '{"deal": {}}', "null"])
def test_whatever_is_sent_is_refused_in_words(sent: str) -> None:
    assert handler(sample(SAMPLE, body=sent or " "), None)["statusCode"] in (400, 422)
