"""The thread between partner and reviewer: on both pages, and as a letter to the other side with its author's name."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg import relay, wiring
from dealreg.approvals import review
from dealreg.approvals.model import Turn, key_of
from dealreg.deals import commands, edits, rules
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.notifications import delivery
from dealreg.notifications.model import Notice
from dealreg.partners import credentials
from dealreg.partners.program import Approvers, Program, save_program
from dealreg.platform.http import Caller
from dealreg.platform.settings import Setting
from deals import admin_api, api
from tests.integration.approvals_page.conftest import path_of, statuses
from tests.integration.aws_calls import lose_race_to
from tests.integration.forms.test_safety import check_page
from tests.integration.forms.visitor import Visitor
from tests.integration.moving import waiting_in
from tests.integration.notifications.conftest import Outbox
from tests.integration.notifications.conftest import outbox as outbox
from tests.reviews import page_of, question_of, strike
from tests.samples import content, sample
from tests.unit.deals.samples import JANA

APPROVER = "approver@acme.example"
COMMENT = {"text": "Which <site>\nis it?"}


def partner_says(deal: Deal, text: str) -> None:
    caller = Caller("partner", deal.partner_id, deal.user_id, frozenset(["deals"]))
    sent = sample("deals-api/comment", caller=caller, params={"id": deal.id}, body={"text": text})
    assert api.handler(sent, None)["statusCode"] == 201


def admin_says(deal: Deal, key: str, text: str, now: datetime) -> None:
    _, token = credentials.create_admin_key(key, now, "test")
    sent = sample("deals-admin-api/comment", params={"id": deal.id}, body={"text": text})
    sent["headers"]["authorization"] = f"Bearer {token}"
    assert admin_api.handler(sent, None)["statusCode"] == 201


def tell(deal: Deal, now: datetime) -> None:
    """All that follows from the deal's newest event."""
    *_, event = deals.events_of(deal)
    relay.publish(wiring.CAPABILITIES, event, now)
    for notice in waiting_in("NOTIFICATION_QUEUE_URL"):
        delivery.deliver(json.dumps(notice), wiring.letters(), now)


def timeline(deal: Deal) -> dict[str, Any]:
    caller = Caller("partner", deal.partner_id, deal.user_id, frozenset(["deals"]))
    return content(api.handler(sample("deals-api/timeline", caller=caller, params={"id": deal.id}), None))


def test_the_partners_comment_reaches_the_approver(
    visitor: Visitor, deal: Deal, link: str, today: datetime, outbox: Outbox
) -> None:
    partner_says(deal, "The demo <is>\non Friday")
    tell(deal, today)
    assert outbox.recipients == [APPROVER]
    assert outbox.subject().startswith("New comment: Müller Maschinenbau GmbH")
    for words in ("Nordlicht user", "- The demo <is>\n- on Friday", f"https://deals.example.com{link}#comments"):
        assert words in outbox.text()
    page = visitor.get(link)
    check_page(page)
    assert "Nordlicht user" in page.html and "The demo &lt;is&gt;\non Friday" in page.html


def test_the_approvers_comment_reaches_the_partner_without_an_address(
    visitor: Visitor, deal: Deal, link: str, today: datetime, outbox: Outbox
) -> None:
    visitor.get(link)
    reply = visitor.submit(f"{link}/comments", COMMENT)
    assert (reply.status, reply.location) == (303, f"{link}#comments")
    assert "Which &lt;site&gt;\nis it?" in visitor.get(link).html
    tell(deal, today)
    assert outbox.recipients == ["nordlicht@partner.example"]
    assert "The reviewer commented on your deal" in outbox.text()
    assert "Which <site>" in outbox.text() and f"/deals/{deal.id}" in outbox.text()
    newest = timeline(deal)["items"][0]
    assert (newest["data"]["author_name"], newest["data"]["side"]) == ("The reviewer", "vendor")
    assert APPROVER not in outbox.text() + outbox.html() + json.dumps(timeline(deal))
    assert deals.events_of(deal)[-1].internal == {"by": APPROVER}
    assert statuses(deal) == ["pending"], "a comment decides nothing"


@pytest.mark.parametrize(("key", "name"), [("Ada", "Ada"), ("ada@acme.example", "The reviewer")])
def test_an_admins_comment_has_the_name_of_the_key(
    deal: Deal, today: datetime, outbox: Outbox, key: str, name: str
) -> None:
    admin_says(deal, key, "Welcome", today)
    tell(deal, today)
    assert outbox.recipients == ["nordlicht@partner.example"]
    assert f"{name} commented on your deal" in outbox.text()
    assert "ada@" not in outbox.text() + json.dumps(timeline(deal))


def test_who_has_the_deal_in_hand_gets_the_comment(
    deal: Deal, ask: Callable[..., str], program: Program, today: datetime, outbox: Outbox
) -> None:
    """The first approver before anybody is asked; whoever is asked; nobody who does not decide any more."""
    partner_says(deal, "one")
    tell(deal, today)
    assert "/approvals/" not in outbox.text()
    first = ask()
    strike(question_of(deal), today, timedelta(days=10))
    second = path_of(question_of(deal))
    partner_says(deal, "two")
    tell(deal, today)
    assert second in outbox.text() and first not in outbox.text()
    save_program(replace(program, approvers=Approvers("new@acme.example")), "test")
    partner_says(deal, "three")
    tell(deal, today)
    assert outbox.recipients == [APPROVER, "head@acme.example", "new@acme.example"]
    assert "/approvals/" not in outbox.text()


def test_nobody_comments_on_a_closed_question_but_while_the_partner_is_to_answer(
    visitor: Visitor, deal: Deal, link: str, today: datetime
) -> None:
    visitor.get(link)
    hidden = visitor.page.hidden
    visitor.post(link, hidden | {"choice": "request_info", "fields": ["notes"], "request_info_reason": "Which site?"})
    review.apply_decision(Turn(deal_id=deal.id, version=1, next_step="apply", step=1), today)
    assert f'action="{link}/comments"' in visitor.get(link).html
    assert visitor.post(f"{link}/comments", hidden | COMMENT).status == 303
    commands.apply(deals.locate(deal.id), lambda read: rules.withdraw(read, commands.context_at(today), ""))
    page = visitor.get(link)
    assert "<form" not in page.html and "Which &lt;site&gt;" not in page.html
    assert visitor.get(f"{link}/comments").status == 410
    assert visitor.post(f"{link}/comments", hidden | COMMENT).status == 410


def test_a_deal_that_is_withdrawn_while_its_approver_writes_has_no_comment_more(
    visitor: Visitor, deal: Deal, link: str, today: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def withdraw() -> None:
        current = deals.locate(deal.id)
        deals.commit(current, rules.withdraw(current, commands.context_at(today), ""))

    visitor.get(link)
    lose_race_to(monkeypatch, withdraw, "Deals")
    assert visitor.post(f"{link}/comments", visitor.page.hidden | COMMENT).status == 410
    assert [event.type for event in deals.events_of(deal)] == ["deal.submitted", "deal.withdrawn"]


def test_the_comments_on_a_deal_have_a_limit_for_its_approver_too(
    visitor: Visitor, deal: Deal, link: str, program: Program
) -> None:
    save_program(replace(program, comments_per_hour=1), by="test")
    visitor.get(link)
    hidden = visitor.page.hidden
    assert [visitor.post(f"{link}/comments", hidden | COMMENT).status for _ in range(2)] == [303, 429]
    partner_says(deal, "The Berlin site")  # whose limit is its own


def test_a_comment_is_one_of_the_pages_own(visitor: Visitor, deal: Deal, link: str) -> None:
    visitor.get(link)
    hidden = visitor.page.hidden
    assert visitor.post(f"{link}/comments", COMMENT).status == 403
    assert visitor.post(f"{link}/comments", hidden | COMMENT, headers={"sec-fetch-site": "cross-site"}).status == 403
    assert visitor.get("/approvals/forged/comments").status == 404
    for text in ("", "x" * 4001):
        page = visitor.post(f"{link}/comments", hidden | {"text": text})
        assert (page.status, 'id="text-error"' in page.html) == (422, True)
    assert [event.type for event in deals.events_of(deal)] == ["deal.submitted"]


def test_a_long_thread_goes_on_behind_a_link(visitor: Visitor, deal: Deal, link: str, today: datetime) -> None:
    newest = deal
    for number in range(25):
        change = rules.comment(newest, commands.context_at(today), f"News {number:02}", JANA)
        newest = deals.commit(newest, change)
    page = visitor.get(link).html
    assert page.index("News 05") < page.index("News 24") and "News 04" not in page
    first = visitor.get(f"{link}/comments").html
    assert "News 24" in first and "News 04" not in first
    cursor = first.split(f'href="{link}/comments?cursor=')[1].split('"')[0]
    rest = visitor.get(f"{link}/comments?cursor={cursor}").html
    assert "News 04" in rest and "News 05" not in rest and "?cursor=" not in rest
    assert visitor.get(f"{link}/comments?cursor=x").status == 422


def test_after_an_answer_the_approver_reads_what_was_asked_and_what_changed(
    visitor: Visitor, deal: Deal, today: datetime, outbox: Outbox
) -> None:
    context = commands.context_at(today)
    asked = ["amount", "notes", "customer.contact"]
    waiting = deals.commit(deal, rules.request_info(deal, context, asked, "Which <site>\nis it?", APPROVER))
    patch = {"amount": {"amount": "52000.50", "currency": "EUR"}, "customer": {"contact": {"name": "<Jana>"}}}
    again = edits.resubmit(waiting, patch, context)
    for _ in range(3):  # what happens meanwhile hides nothing
        again = deals.commit(again, rules.comment(again, context, "Any news?", JANA))
    review.ask(again.id, again.review_version, "token", today)
    question = question_of(again)
    page = visitor.get(path_of(question))
    check_page(page)
    assert "Which &lt;site&gt;\nis it?" in page.html
    assert "<del>EUR 48,000</del> → <ins>EUR 52,000.50</ins>" in page.html
    assert "→ <ins>&lt;Jana&gt;, j.weiss@" in page.html
    assert 'Notes</dt><dd><span class="soft">not changed</span>' in page.html
    row = key_of(deal.id, again.review_version)
    notice = Notice("approval.requested", question.id, Setting.DEALS_TABLE, row.pk, row.sk)
    delivery.deliver(json.dumps(asdict(notice)), wiring.letters(), today)
    assert outbox.subject().startswith("Answered, please decide: Müller Maschinenbau GmbH, EUR 52,000.50")
    for words in ("- Which <site> is it?", "- Deal value: EUR 48,000 → EUR 52,000.50", "- Notes: not changed"):
        assert words in outbox.text()
    told = json.dumps(timeline(again))
    assert "52,000" not in told, "an event of the partner's is a summary"


def test_an_answer_that_changes_nothing_says_so(deal: Deal, today: datetime) -> None:
    context = commands.context_at(today)
    waiting = deals.commit(deal, rules.request_info(deal, context, ["notes"], "Which site?", APPROVER))
    again = edits.resubmit(waiting, {}, context)
    review.ask(again.id, again.review_version, "token", today)
    answered = page_of(question_of(again).link, today).answered
    assert answered is not None
    assert (answered.asked, answered.changes) == ("Which site?", (("Notes", "Met at the fair", "Met at the fair"),))
