"""How commissions are paid out: the program's `money`, and a partner's `payout`."""

import json
from datetime import datetime
from typing import Any

import pytest

from dealreg.partners import partners, sessions, staff
from dealreg.partners.inputs import PartnerChange, ProgramInput
from dealreg.partners.partners import Block, Partner, PayoutSettings
from dealreg.partners.program import MoneySettings, Program, save_program, stored_program
from dealreg.partners.program_views import view
from dealreg.platform import times
from dealreg.platform.errors import InvalidInput
from dealreg.platform.validation import parse
from partners.admin_api import handler
from tests.integration.partners.rows import rows_of_kind
from tests.samples import sample

BODY: dict[str, Any] = {
    "name": "Acme partners",
    "products": [{"id": "analytics", "name": "Analytics", "family": "data"}],
    "tiers": [{"id": "registered", "name": "Registered", "rank": 1}],
    "approvers": {"first": "approver@acme.example"},
}


def read(**changes: Any) -> Program:
    return parse(ProgramInput, json.dumps(BODY | changes).encode()).to_program()


def test_a_program_without_money_has_no_minimum_and_asks_nobody(aws: None) -> None:
    assert read().money == MoneySettings()
    assert read().money.minimum("EUR") == 0


def test_money_is_kept_and_shown_as_it_was_sent(aws: None) -> None:
    said = {"minimum_payout": {"EUR": "50.00", "JPY": "5000"}, "payout_approver": "Fin@acme.example", "four_eyes": True}
    save_program(read(money=said), by="test")
    stored = stored_program()
    assert (stored.money.minimum("EUR"), stored.money.minimum("JPY")) == (50_00, 5000)
    assert view(stored)["money"] == said | {"payout_approver": "fin@acme.example", "close_after_days": None}


def test_every_fault_of_money_is_told(aws: None) -> None:
    said = {
        "minimum_payout": {"EUR": "1.001", "XXL": "1", "JPY": "-5"},
        "close_after_days": 400,
        "payout_approver": "nobody",
        "four_eyes": "yes",
        "surprise": 1,
    }
    with pytest.raises(InvalidInput) as refused:
        read(money=said)
    told = {fault.field: fault.message for fault in refused.value.errors}
    assert told.keys() == {f"money.{name}" for name in said}
    assert all(f"{currency}: " in told["money.minimum_payout"] for currency in ("EUR", "XXL", "JPY"))


def test_of_a_partners_payout_too_only_what_is_sent_changes(program: Program, now: datetime) -> None:
    made = partners.create("North", "registered", [], now, "test")
    block = {"reason_code": "paperwork", "text": "The form is missing."}
    for payout in ({"erp_reference": "70001", "tax_percent": "19"}, {"block": block}, {"tax_code": "V19"}):
        change = parse(PartnerChange, json.dumps({"payout": payout}).encode())
        partners.change(made.id, change.changes(), "test")
    known = partners.load(made.id).payout
    assert known == PayoutSettings(Block("paperwork", "The form is missing."), "70001", "V19", "19")
    partners.change(made.id, parse(PartnerChange, b'{"payout": {"block": null}}').changes(), "test")
    assert partners.load(made.id).payout.block is None


def test_a_tax_is_a_percent(aws: None) -> None:
    for percent in ("101", "-1", "19 %", "1.23456"):
        with pytest.raises(InvalidInput):
            parse(PartnerChange, json.dumps({"payout": {"tax_percent": percent}}).encode())


@pytest.mark.parametrize(("roles", "status"), [(["partner_manager", "finance"], 200), (["partner_manager"], 403)])
def test_who_may_not_change_money_sets_no_payouts(
    partner: Partner, now: datetime, roles: list[str], status: int
) -> None:
    mara = staff.create("Mara", "mara@kontor.example", roles, now, "test")
    partners.change(partner.id, {"manager": mara.email}, "test")
    sessions.request_sign_in(mara.email, times.now())
    (row,) = rows_of_kind("sign_in")
    token = sessions.use_sign_in(sessions.link_token(row["sign_in_id"]), times.now())
    event = sample("partners-admin-api/change-partner", params={"id": partner.id}, body={"payout": {"tax_code": "V1"}})
    event["headers"]["authorization"] = f"Bearer {token}"
    assert handler(event, None)["statusCode"] == status
    assert (partners.load(partner.id).payout.tax_code == "V1") == (status == 200)
