"""Deals in the console: what waits, what is searched for, one deal with all that can be done, several decided."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import quote

import pytest

from dealreg.approvals import review
from dealreg.deals import commands, register, rules, store
from dealreg.deals.model import Deal, NewDeal
from dealreg.partners import partners
from dealreg.platform import times
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse
from tests.integration.conftest import body
from tests.integration.console.conftest import SignedIn
from tests.reviews import review_of

APPROVER, HEAD = "approver@acme.example", "head@acme.example"
ODD = [
    "x" * 4096,
    "'\"; --",
    "%_*",
    "مرحبا \u202e بكم",
    "🦊" * 40,
    "\u0000",
    "D-0000-0000",
    "deal_0",
    "http://[",
    "...",
]
New = Callable[..., Deal]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(times, "now", lambda: now)


@pytest.fixture
def new_deal(new_partner: Callable[[str], Caller], now: datetime) -> New:
    """Registered by a partner of that name, and its approver asked."""
    moments, known = count(), dict[str, Caller]()

    def make(partner: str, name: str, domain: str, **changes: Any) -> Deal:
        caller = known[partner] = known.get(partner) or new_partner(partner)
        customer = {"name": name, "domain": domain, "country": "DE"}
        sent = body(customer=customer, partner_reference=None) | changes
        new = parse(NewDeal, json.dumps(sent).encode(), register.validation_context())
        context = commands.context_at(now + timedelta(milliseconds=next(moments)))
        made = store.locate(json.loads(register.register(caller, new, None, context).body)["id"])
        if made.status == "in_review":
            review.ask(made.id, made.version, "task token", now)
        return store.load(made.partner_id, made.id)

    return make


def chosen(*deals: Deal) -> list[str]:
    return [f"{deal.partner_id}/{deal.id}" for deal in deals]


class TestTheList:
    def test_says_what_to_do_when_nothing_waits(self, signed_in: SignedIn) -> None:
        page = signed_in().get("/admin/deals")
        assert (page.status, "Nothing waits for a decision" in page.html) == (200, True)

    def test_shows_what_waits_with_its_partner_and_whom_it_waits_for(self, signed_in: SignedIn, new_deal: New) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        page = signed_in("viewer").get("/admin/deals")
        assert all(text in page.html for text in ("Zwirner Optik GmbH", "North", deal.number, APPROVER, "EUR 48,000"))
        assert "Approve those chosen" not in page.html

    @pytest.mark.parametrize(
        ("query", "is_found"),
        [
            ("status=in_review", True),
            ("status=approved", False),
            ("status=nonsense", True),
            ("tier=registered", True),
            ("tier=gold", False),
            ("verdict=clear", True),
            ("verdict=existing_customer", False),
            ("late=true", False),
        ],
    )
    def test_is_filtered(self, signed_in: SignedIn, new_deal: New, query: str, is_found: bool) -> None:
        new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        assert ("Zwirner" in signed_in().get(f"/admin/deals?{query}").html) is is_found

    @pytest.mark.parametrize(
        "text",
        ["Zwirner", "zwirner optik", "Zwimer Optik", "zwirner-optik.example", "https://www.zwirner-optik.example/x"],
    )
    def test_finds_a_customer_by_name_and_domain(self, signed_in: SignedIn, new_deal: New, text: str) -> None:
        new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        new_deal("South", "Hafen Logistik AG", "hafen-logistik.example")
        html = signed_in().get(f"/admin/deals?q={text}").html
        assert ("Zwirner Optik" in html, "Hafen Logistik" in html) == (True, False)

    def test_finds_a_deal_by_number_and_a_partners_reference(self, signed_in: SignedIn, new_deal: New) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example", partner_reference="CRM-77")
        ada = signed_in()
        assert "Zwirner" in ada.get(f"/admin/deals?q={deal.number.lower()}").html
        assert "Zwirner" in ada.get(f"/admin/deals?q=CRM-77&partner_id={deal.partner_id}").html

    @pytest.mark.parametrize("text", ODD)
    def test_takes_any_text(self, signed_in: SignedIn, new_deal: New, text: str) -> None:
        new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        page = signed_in().get(f"/admin/deals?q={quote(text)}")
        assert (page.status, "Zwirner Optik" in page.html) == (200, False)

    def test_shows_an_approver_what_they_are_asked_and_no_more(self, signed_in: SignedIn, new_deal: New) -> None:
        new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        asked, other = signed_in("approver", email=APPROVER), signed_in("approver", email="eve@kontor.example")
        for path in ("/admin/deals", "/admin/deals?q=Zwirner"):
            assert "Zwirner Optik" in asked.get(path).html
            assert "Zwirner Optik" not in other.get(path).html

    def test_is_had_as_a_spreadsheet(self, signed_in: SignedIn, new_deal: New) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        file = signed_in().get("/admin/deals?status=in_review&q=Zwirner&as=csv")
        assert (file.status, file.headers["content-type"]) == (200, "text/csv; charset=utf-8")
        assert deal.number in file.html


class TestSeveral:
    def test_are_listed_first_and_then_approved(self, signed_in: SignedIn, new_deal: New) -> None:
        one = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        two = new_deal("South", "Hafen Logistik AG", "hafen-logistik.example")
        ada = signed_in()
        ada.get("/admin/deals")
        asked = ada.submit("/admin/deals/several", {"deal": chosen(one, two), "choice": "approve"})
        assert (asked.status, "Approve 2 deals?" in asked.html) == (200, True)
        assert review_of(one).decision is None
        sent = {**asked.hidden, "deal": chosen(one, two), "choice": "approve", "reason": "Good luck"}
        for _ in range(2):  # a reload decides nothing again
            done = ada.post("/admin/deals/several/decide", sent)
            assert (done.status, done.html.count(">Approved<")) == (200, 2)
        decision = review_of(two).decision
        assert decision is not None
        assert (decision.by, decision.answer.reason) == ("admin@kontor.example", "Good luck")

    def test_that_are_not_clear_are_not_approved(self, signed_in: SignedIn, new_deal: New) -> None:
        one = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        two = new_deal("South", "Zwirner Optik", "zwirner.example")
        assert two.verdict == "possible_duplicate"
        ada = signed_in()
        ada.get("/admin/deals")
        asked = ada.submit("/admin/deals/several", {"deal": chosen(two), "choice": "approve"})
        assert "Possible duplicate: compare first" in asked.html
        ada.post("/admin/deals/several/decide", {**asked.hidden, "deal": chosen(two), "choice": "approve"})
        ada.get("/admin/deals")
        done = ada.submit("/admin/deals/several/decide", {"deal": chosen(two), "choice": "approve"})
        assert "Left out" in done.html
        assert review_of(two).decision is None
        assert one.status == "in_review"

    def test_are_rejected_with_a_reason_only(self, signed_in: SignedIn, new_deal: New) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        ada = signed_in()
        ada.get("/admin/deals")
        ada.submit("/admin/deals/several", {"deal": chosen(deal), "choice": "reject"})
        sent = {"deal": chosen(deal), "choice": "reject", "reason_code": "too_early", "reason": ""}
        again = ada.submit("/admin/deals/several/decide", sent)
        assert (again.status, "Tell the partners why" in again.html) == (422, True)
        assert "Rejected" in ada.submit("/admin/deals/several/decide", sent | {"reason": "Too early."}).html

    def test_need_to_be_chosen(self, signed_in: SignedIn) -> None:
        ada = signed_in()
        ada.get("/admin/staff")
        refused = ada.submit("/admin/deals/several", {"choice": "approve"})
        assert (refused.status, "Choose some deals first" in refused.html) == (422, True)

    def test_of_another_managers_partner_stay(self, signed_in: SignedIn, new_deal: New) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        mia = signed_in("partner_manager")
        mia.get("/admin/deals")
        asked = mia.submit("/admin/deals/several", {"deal": chosen(deal), "choice": "approve"})
        done = mia.post("/admin/deals/several/decide", {**asked.hidden, "deal": chosen(deal), "choice": "approve"})
        assert "not yours to decide" in done.html
        assert review_of(deal).decision is None


class TestADeal:
    def test_shows_all_of_it(self, signed_in: SignedIn, new_deal: New) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        new_deal("South", "Zwirner Optik", "zwirner.example")
        page = signed_in().get(f"/admin/deals/{deal.id}")
        assert page.status == 200
        assert all(text in page.html for text in (deal.number, "North", APPROVER, "has not answered", "Registered"))

    def test_compares_it_with_who_else_has_the_customer(self, signed_in: SignedIn, new_deal: New) -> None:
        new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        deal = new_deal("South", "Zwirner Optik", "zwirner.example")
        html = signed_in().get(f"/admin/deals/{deal.id}").html
        assert all(text in html for text in ("Possible duplicate", "Theirs", "They are one customer"))

    @pytest.mark.parametrize(
        ("choice", "typed"),
        [
            ("approve", {"approve_reason": "Good luck"}),
            ("reject", {"reject_reason": "Too early.", "reason_code": "too_early"}),
            ("request_info", {"request_info_reason": "Which site?", "fields": ["notes"]}),
        ],
    )
    def test_is_decided_under_ones_own_name(
        self, signed_in: SignedIn, new_deal: New, choice: str, typed: dict[str, Any]
    ) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        ada = signed_in()
        ada.get(f"/admin/deals/{deal.id}")
        done = ada.submit(f"/admin/deals/{deal.id}/decide", {"choice": choice, "note": "Ask Ole.", **typed})
        assert (done.status, done.location) == (303, f"/admin/deals/{deal.id}?done={choice}")
        decision = review_of(deal).decision
        assert decision is not None
        assert (decision.by, decision.answer.choice, decision.answer.note) == (
            "admin@kontor.example",
            choice,
            "Ask Ole.",
        )
        assert ada.follow().status == 200

    def test_keeps_what_was_typed_when_it_is_refused(self, signed_in: SignedIn, new_deal: New) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        ada = signed_in()
        ada.get(f"/admin/deals/{deal.id}")
        again = ada.submit(f"/admin/deals/{deal.id}/decide", {"choice": "reject", "note": "Ask Ole."})
        assert (again.status, 'id="reject_reason-error"' in again.html, "Ask Ole." in again.html) == (422, True, True)

    def test_is_decided_once_and_the_second_is_told(self, signed_in: SignedIn, new_deal: New) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        ada, ole = signed_in(), signed_in("partner_manager", "admin")
        for one in (ada, ole):
            one.get(f"/admin/deals/{deal.id}")
        ada.submit(f"/admin/deals/{deal.id}/decide", {"choice": "approve"})
        late = ole.submit(f"/admin/deals/{deal.id}/decide", {"choice": "reject", "reject_reason": "No."})
        assert (late.status, "decided a moment ago" in late.html) == (409, True)

    def test_is_not_decided_on_what_changed_since(self, signed_in: SignedIn, new_deal: New, now: datetime) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        ada = signed_in()
        ada.get(f"/admin/deals/{deal.id}")
        other = partners.create("West", "registered", [], now, by="test")
        commands.reassign(deal, other.id, commands.context_at(now), "test")
        late = ada.submit(f"/admin/deals/{deal.id}/decide", {"choice": "approve"})
        assert (late.status, "Please look again" in late.html) == (409, True)

    def test_is_answered_by_who_is_asked(self, signed_in: SignedIn, new_deal: New) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        approver = signed_in("approver", email=APPROVER)
        page = approver.get(f"/admin/deals/{deal.id}")
        assert "Release" not in page.html
        assert approver.submit(f"/admin/deals/{deal.id}/decide", {"choice": "approve"}).status == 303
        assert signed_in("approver", email="eve@kontor.example").get(f"/admin/deals/{deal.id}").status == 404

    def test_of_another_managers_partner_is_seen_and_no_more(self, signed_in: SignedIn, new_deal: New) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        mia = signed_in("partner_manager")
        page = mia.get(f"/admin/deals/{deal.id}")
        assert (page.status, "Send decision" in page.html, "Release" in page.html) == (200, False, False)
        acts = {
            "decide": {"choice": "approve"},
            "release": {},
            "comments": {"text": "Hello"},
            "notes": {"internal": "x"},
        }
        mia.get("/admin/deals")
        for act, typed in acts.items():
            assert mia.post(f"/admin/deals/{deal.id}/{act}", {**page.hidden, **_csrf(mia), **typed}).status == 404

    def test_is_not_changed_by_a_viewer(self, signed_in: SignedIn, new_deal: New) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        vera = signed_in("viewer")
        vera.get(f"/admin/deals/{deal.id}")
        assert vera.submit(f"/admin/deals/{deal.id}/notes", {"internal": "x"}).status == 403

    def test_has_comments_for_the_partner_and_notes_for_the_vendor(self, signed_in: SignedIn, new_deal: New) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        ada = signed_in()
        ada.get(f"/admin/deals/{deal.id}")
        assert ada.submit(f"/admin/deals/{deal.id}/comments", {"text": "Any news?"}).status == 303
        ada.follow()
        assert ada.submit(f"/admin/deals/{deal.id}/notes", {"internal": "They are slow."}).status == 303
        html = ada.follow().html
        assert all(
            text in html for text in ("Comment by Admin", "Any news?", "Internal note by Admin", "They are slow.")
        )
        types = [(event.type, event.audience) for event in store.events_of(deal)][-2:]
        assert [kind for kind, _ in types] == ["deal.commented", rules.NOTED]
        assert types[1][1] == ()

    def test_has_each_fault_at_its_own_field(self, signed_in: SignedIn, new_deal: New) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        ada = signed_in()
        ada.get(f"/admin/deals/{deal.id}")
        assert 'id="text-error"' in ada.submit(f"/admin/deals/{deal.id}/comments", {"text": " "}).html
        assert 'id="internal-error"' in ada.submit(f"/admin/deals/{deal.id}/notes", {"internal": " "}).html

    def test_is_passed_on_to_somebody_else(self, signed_in: SignedIn, new_deal: New) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        ada = signed_in()
        assert "Pass a question on" in ada.get(f"/admin/deals/{deal.id}").html
        assert ada.submit(f"/admin/deals/{deal.id}/delegate", {"from": APPROVER, "to": HEAD}).status == 303
        assert [one.approver for one in review_of(deal).pending] == [HEAD]

    def test_goes_to_another_partner(self, signed_in: SignedIn, new_deal: New, now: datetime) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        other = partners.create("West", "registered", [], now, by="test")
        ada = signed_in()
        assert "West" in ada.get(f"/admin/deals/{deal.id}/reassign").html
        refused = ada.submit(f"/admin/deals/{deal.id}/reassign", {"partner_id": deal.partner_id})
        assert (refused.status, "already" in refused.html) == (422, True)
        assert ada.submit(f"/admin/deals/{deal.id}/reassign", {"partner_id": other.id}).status == 303
        assert store.locate(deal.id).partner_id == other.id

    def test_is_released(self, signed_in: SignedIn, new_deal: New, now: datetime) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        commands.apply_decision(deal, deal.review_version, "approve", commands.context_at(now), "test")
        ada = signed_in()
        assert "Release Zwirner Optik GmbH" in ada.get(f"/admin/deals/{deal.id}").html
        assert ada.submit(f"/admin/deals/{deal.id}/release", {}).status == 303
        assert store.locate(deal.id).status == "expired"
        assert "Release Zwirner" not in ada.follow().html

    def test_is_merged_with_its_match(self, signed_in: SignedIn, new_deal: New) -> None:
        first = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        deal = new_deal("South", "Zwirner Optik", "zwirner.example")
        ada = signed_in()
        ada.get(f"/admin/deals/{deal.id}")
        assert ada.submit(f"/admin/deals/{deal.id}/matches/{first.id}/merge", {}).status == 303
        decision = review_of(deal).decision
        assert decision is not None
        assert decision.answer.reason_code == "duplicate"

    def test_has_its_timeline_in_full(self, signed_in: SignedIn, new_deal: New) -> None:
        deal = new_deal("North", "Zwirner Optik GmbH", "zwirner-optik.example")
        page = signed_in().get(f"/admin/deals/{deal.id}/timeline")
        assert (page.status, "Registered" in page.html) == (200, True)

    def test_that_is_not_there_has_a_page(self, signed_in: SignedIn) -> None:
        assert signed_in().get("/admin/deals/D-0000-0000").status == 404


def _csrf(visitor: Any) -> dict[str, str]:
    return {"csrf": visitor.page.hidden.get("csrf", "")}
