"""The approver's page: shows what there is to weigh, takes a person's choice, and nothing else."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from approvals.links import ROUTES, handler
from dealreg.approvals import review
from dealreg.approvals.model import Answer, Choice, Status, Turn
from dealreg.deals import commands, rules, sales
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.partners import partners
from dealreg.platform import times
from tests.integration.approvals_page.conftest import path_of, statuses
from tests.integration.forms.test_safety import check_page
from tests.integration.forms.visitor import Page, Visitor
from tests.reviews import decide, question_of, questions_of, review_of, strike
from tests.samples import routes_of
from tests.stand_ins import returning
from tests.unit.deals.samples import JANA

APPROVE = {"choice": "approve"}
REJECT = {"choice": "reject", "reason_code": "too_early", "reject_reason": "No budget before the summer."}
QUESTION = {
    "choice": "request_info",
    "fields": ["customer.domain", "notes"],
    "request_info_reason": "Which site is it?",
}

Ask = Callable[..., str]


def answer(visitor: Visitor, link: str, typed: dict[str, Any]) -> Page:
    visitor.get(link)
    return visitor.submit(link, typed)


def answered(deal: Deal) -> Answer:
    """What its only question was answered with."""
    (put,) = questions_of(deal)
    decision = put.review.decision
    assert decision is not None and put.status is Status.DECIDED
    return decision.answer


def test_every_route_has_a_sample_event() -> None:
    assert routes_of("approvals-links") == set(ROUTES)


def test_the_page_shows_deal_partner_verdict_and_facts(visitor: Visitor, link: str) -> None:
    page = visitor.get(link)
    assert page.status == 200
    check_page(page)
    for words in ("Müller Maschinenbau GmbH", "Nordlicht", "EUR 48,000", "No conflict", "Met at the fair", "Analytics"):
        assert words in page.html


def test_a_sale_that_was_reported_meanwhile_is_shown(visitor: Visitor, deal: Deal, link: str, today: datetime) -> None:
    amount = {"amount": "90000.00", "currency": "EUR"}
    sale = {"event_id": "bev_1", "amount": amount, "reported_at": times.to_text(today)}
    context = commands.context_at(today)
    commands.apply(deal, lambda current: sales.report_sale(current, context, sale, "billing bsrc_1"))
    page = visitor.get(link)
    check_page(page)
    assert "A sale was reported: EUR 90,000" in page.html


def test_what_a_mail_program_put_behind_the_link_does_no_harm(visitor: Visitor, deal: Deal, link: str) -> None:
    for sign in (".", ")", "%3E", ">", "”."):
        assert visitor.get(link + sign).status == 200, sign
    for junk in ("x", "7", "-x", ".x", ".html", "AAAA", "é", "....."):
        assert visitor.get(link + junk).status == 404, junk
    visitor.get(link)
    reply = visitor.submit(f"{link}.", APPROVE)
    assert (reply.status, reply.location, statuses(deal)) == (303, link, [Status.DECIDED])


@pytest.mark.parametrize("sign", ["\n", "\0", "\x7f", "\n."])
def test_a_control_character_behind_it_ends_at_a_page_of_the_program(link: str, sign: str) -> None:
    """As API Gateway hands the path over, decoded."""
    event = {"rawPath": link + sign, "requestContext": {"http": {"method": "GET"}}}
    reply = handler(event, None)
    assert (reply["statusCode"], reply["headers"]["content-type"]) == (404, "text/html; charset=utf-8")


def test_a_reason_that_the_browser_let_in_is_taken(visitor: Visitor, deal: Deal, link: str) -> None:
    """It counts a line's end as one character and sends it as two."""
    reason = "\n".join(["x" * 19] * 100)
    assert answer(visitor, link, REJECT | {"reject_reason": reason.replace("\n", "\r\n")}).status == 303
    assert answered(deal).reason == reason


def test_a_word_to_the_partner_may_go_with_an_approval(visitor: Visitor, deal: Deal, link: str) -> None:
    assert answer(visitor, link, APPROVE | {"approve_reason": "Well prepared."}).status == 303
    assert answered(deal).reason == "Well prepared."


def test_opening_it_changes_nothing(visitor: Visitor, deal: Deal, link: str) -> None:
    before = review_of(deal), deals.locate(deal.id)
    for fragment in ("", "#approve", "#reject", "#request-info", "?choice=approve", "/comments"):
        for method in ("GET", "HEAD"):
            assert visitor.send(method, link + fragment, b"choice=approve", {}).status == 200
    assert (review_of(deal), deals.locate(deal.id)) == before


@pytest.mark.parametrize(
    ("typed", "choice"), [(APPROVE, Choice.APPROVE), (REJECT, Choice.REJECT), (QUESTION, Choice.REQUEST_INFO)]
)
def test_a_choice_is_recorded_and_shown(
    visitor: Visitor, deal: Deal, link: str, typed: dict[str, Any], choice: Choice
) -> None:
    reply = answer(visitor, link, typed)
    assert (reply.status, reply.location) == (303, link)
    said = answered(deal)
    assert (said.choice, said.fields) == (choice, tuple(typed.get("fields", ())))
    assert said.reason == typed.get("reject_reason", typed.get("request_info_reason", ""))
    decision = review_of(deal).decision
    assert decision and decision.by == "approver@acme.example"
    shown = visitor.follow()
    assert "You " in shown.html
    assert "<form" not in shown.html


class TestWhatAScannerSends:
    """It opens every link, runs scripts, and submits every form as it is."""

    def test_the_form_as_it_is_decides_nothing(self, visitor: Visitor, deal: Deal, link: str) -> None:
        page = visitor.get(link)
        assert not any("checked" in field for field in page.inputs)
        fields = {field["name"]: field.get("value", "") for field in page.inputs if field.get("type") == "hidden"}
        selected = {"reason_code": "other", "approve_reason": "", "reject_reason": "", "request_info_reason": ""}
        refused = visitor.post(link, fields | selected)
        assert refused.status == 422
        assert 'id="choice"' in refused.html
        assert statuses(deal) == [Status.PENDING]

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ({"choice": "reject", "reject_reason": " "}, ["reject"]),
            ({"choice": "request_info", "request_info_reason": "Which site?"}, ["request_info"]),
            ({"choice": "request_info", "fields": ["notes"], "request_info_reason": ""}, ["request_info", "notes"]),
            ({"choice": "request_info", "fields": ["id"], "request_info_reason": "Which?"}, ["request_info"]),
            ({"choice": "anything"}, []),
        ],
    )
    def test_half_a_choice_is_shown_again_as_it_was_typed(
        self, visitor: Visitor, deal: Deal, link: str, typed: dict[str, Any], kept: list[str]
    ) -> None:
        page = answer(visitor, link, typed)
        assert page.status == 422
        assert 'role="alert"' in page.html
        assert [field["value"] for field in page.inputs if "checked" in field] == kept
        assert typed.get("request_info_reason", "") in page.html
        assert statuses(deal) == [Status.PENDING]

    def test_a_post_without_the_pages_token_or_from_elsewhere_is_refused(
        self, visitor: Visitor, deal: Deal, link: str
    ) -> None:
        assert visitor.post(link, APPROVE).status == 403
        visitor.get(link)
        elsewhere = {"sec-fetch-site": "cross-site"}
        assert visitor.post(link, visitor.page.hidden | APPROVE, headers=elsewhere).status == 403
        assert statuses(deal) == [Status.PENDING]


class TestWhatHoldsInstead:
    def test_decided_twice(self, visitor: Visitor, deal: Deal, link: str) -> None:
        visitor.get(link)
        typed = visitor.page.hidden
        visitor.post(link, typed | APPROVE)
        again = visitor.post(link, typed | REJECT)
        assert again.status == 410
        assert "You approved this on " in again.html
        assert answered(deal).choice is Choice.APPROVE

    def test_late_it_is_open_till_others_are_asked(
        self, visitor: Visitor, deal: Deal, ask: Ask, today: datetime
    ) -> None:
        link = ask(at=today - timedelta(days=10))
        page = visitor.get(link)
        typed = page.hidden
        assert (page.status, 'name="choice"' in page.html) == (200, True)
        strike(question_of(deal), today)
        page = visitor.get(link)
        assert (page.status, "so head@acme.example was asked" in page.html, "<form" in page.html) == (200, True, False)
        assert visitor.post(link, typed | APPROVE).status == 410
        assert statuses(deal) == [Status.ESCALATED, Status.PENDING]

    def test_forged(self, visitor: Visitor, deal: Deal, link: str) -> None:
        other = link[:-1] + ("A" if link[-1] != "A" else "E")
        for forged in (other, link.replace("-1-1-", "-1-2-"), "/approvals/x", f"/approvals/{deal.id}"):
            page = visitor.get(forged)
            assert page.status == 404
            check_page(page)
        visitor.get(link)
        assert visitor.submit("/approvals/x", APPROVE).status == 403
        assert statuses(deal) == [Status.PENDING]

    def test_a_token_of_another_link_does_not_open_this_one(
        self, visitor: Visitor, deal: Deal, link: str, today: datetime
    ) -> None:
        visitor.get(link)
        strike(question_of(deal), today, timedelta(days=10))
        assert visitor.submit(path_of(question_of(deal)), APPROVE).status == 403
        assert statuses(deal) == [Status.ESCALATED, Status.PENDING]

    def test_the_deal_was_withdrawn(self, visitor: Visitor, deal: Deal, link: str, today: datetime) -> None:
        visitor.get(link)
        typed = visitor.page.hidden
        deals.commit(deal, rules.withdraw(deal, commands.context_at(today), ""))
        late = visitor.post(link, typed | APPROVE)
        assert late.status == 410
        assert "withdrawn" in late.html
        assert "withdrawn" in visitor.get(link).html
        assert "<form" not in visitor.page.html
        assert statuses(deal) == [Status.PENDING]

    def test_an_approval_that_a_withdrawal_overtook_is_not_shown_as_one(
        self, visitor: Visitor, deal: Deal, link: str, today: datetime
    ) -> None:
        visitor.get(link)
        typed = visitor.page.hidden
        visitor.post(link, typed | APPROVE)
        assert "You approved this on " in visitor.follow().html
        deals.commit(deal, rules.withdraw(deal, commands.context_at(today), ""))
        for _ in range(2):
            page = visitor.get(link)
            assert "The partner withdrew this." in page.html and "approved" not in page.html
            review.apply_decision(Turn(deal_id=deal.id, version=1, next_step="apply", step=1), today)
        assert "The partner withdrew this." in visitor.post(link, typed | REJECT).html

    @pytest.mark.parametrize("typed", [APPROVE, REJECT, None])
    def test_a_closed_link_shows_whose_what_holds_and_nothing_else(
        self, visitor: Visitor, deal: Deal, link: str, today: datetime, typed: dict[str, Any] | None
    ) -> None:
        commands.apply(deal, lambda read: rules.comment(read, commands.context_at(today), "On Friday", JANA))
        if typed:
            answer(visitor, link, typed)
        else:
            newest = deals.locate(deal.id)
            deals.commit(newest, rules.withdraw(newest, commands.context_at(today), "The customer stopped."))
        page = visitor.get(link)
        check_page(page)
        assert deal.number in page.html and "Müller Maschinenbau GmbH" in page.html
        for hidden in ("48,000", "Met at the fair", "Jana", "weiss", "Analytics", "No conflict", "Friday", "Nordlicht"):
            assert hidden not in page.html
        assert visitor.get(f"{link}/comments").status == 410

    def test_ninety_days_after_its_end_a_link_is_unknown(
        self, visitor: Visitor, deal: Deal, ask: Ask, today: datetime
    ) -> None:
        link = ask(at=today - timedelta(days=2))
        decide(question_of(deal), "approve", now=today - timedelta(days=2))
        for days, status in ((87, 200), (89, 404)):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(times, "now", returning(today + timedelta(days=days)))
                page = visitor.get(link)
                assert (page.status, "This link is not known, or no longer." in page.html) == (status, status == 404)

    def test_the_partner_is_suspended(self, visitor: Visitor, deal: Deal, link: str) -> None:
        visitor.get(link)
        typed = visitor.page.hidden
        partners.change(deal.partner_id, {"status": "suspended"}, "test")
        page = visitor.get(link)
        check_page(page)
        held = "This partner is suspended; nothing can be decided now."
        assert (page.status, held in page.html, 'name="choice"' in page.html) == (200, True, False)
        refused = visitor.post(link, typed | APPROVE)
        assert (refused.status, held in refused.html) == (409, True)
        assert visitor.post(link, typed | REJECT | {"reject_reason": ""}).status == 409
        assert statuses(deal) == [Status.PENDING]
