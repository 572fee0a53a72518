"""Whose act a decision was is told by name: in the log, in the timeline, and to who is asked no more."""

from datetime import datetime

from dealreg.deals import store as deals
from dealreg.deals.admin_timeline import admin_timeline_of
from dealreg.deals.model import Deal
from dealreg.partners import log, staff
from dealreg.platform import times
from dealreg.platform.paging import PageRequest
from tests.integration.forms.visitor import Visitor

APPROVE, APPROVER = {"choice": "approve"}, "approver@acme.example"


def test_a_decision_by_a_mailed_link_is_in_the_log(visitor: Visitor, deal: Deal, link: str) -> None:
    visitor.get(link)
    visitor.submit(link, APPROVE)
    (act,) = log.listing({"deal_id": deal.id}, PageRequest(10), times.now())["items"]
    assert (act["who"], act["name"], act["what"], act["partner_id"]) == (APPROVER, APPROVER, "approve", deal.partner_id)
    assert "csrf" not in act["sent"]


def test_who_signs_in_is_called_by_name(visitor: Visitor, deal: Deal, link: str, today: datetime) -> None:
    staff.create("Bernd Krause", APPROVER, ["approver"], today, "test")
    visitor.get(link)
    visitor.submit(link, APPROVE)
    (act,) = log.listing({"deal_id": deal.id}, PageRequest(10), times.now())["items"]
    assert act["name"] == "Bernd Krause"


def test_the_timeline_names_who_commented(visitor: Visitor, deal: Deal, link: str, today: datetime) -> None:
    staff.create("Bernd Krause", APPROVER, ["approver"], today, "test")
    visitor.get(link)
    visitor.submit(f"{link}/comments", {"text": "More, please"})
    newest, *_ = admin_timeline_of(deals.locate(deal.id), PageRequest(10))["items"]
    assert newest["by"] == "Bernd Krause"
