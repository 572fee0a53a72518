"""The partner's deals: where each stands, what happens next, and what the partner can do about it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from dealreg.deals import commands, deadlines, extensions, rules, store
from dealreg.deals.model import Deal
from dealreg.partners import routing_text
from dealreg.partners.program import Program, save_program
from dealreg.partners.routing import Routing, Step
from dealreg.platform.text import day
from tests.integration.aws_calls import lose_race_to
from tests.integration.forms.test_register import FOUR_FIELDS, register
from tests.integration.forms.test_safety import check_page
from tests.integration.forms.visitor import Visitor
from tests.unit.deals.samples import JANA


@pytest.fixture
def path(visitor: Visitor) -> str:
    return register(visitor).location.partition("?")[0]


def loaded(path: str) -> Deal:
    return store.locate(path.removeprefix("/deals/"))


def ask(path: str, now: datetime, *fields: str) -> None:
    deal = loaded(path)
    change = rules.request_info(
        deal, commands.context_at(now), list(fields), "Which site is it?", "approver@acme.example"
    )
    store.commit(deal, change)


def test_the_start_page_has_the_newest_deals_and_one_thing_to_do(visitor: Visitor, path: str) -> None:
    page = visitor.get("/")
    assert 'class="button" href="/register"' in page.html
    assert path in page.html


def test_the_list_goes_on_where_a_page_ends(visitor: Visitor) -> None:
    for number in range(21):
        register(visitor, **{"customer.name": f"Customer {number}", "customer.domain": f"customer-{number}.example"})
    newest = visitor.get("/deals").html
    assert newest.count('href="/deals/deal_') == 20
    cursor = newest.split('href="/deals?cursor=')[1].split('"')[0]
    assert visitor.get(f"/deals?cursor={cursor}").html.count('href="/deals/deal_') == 1


def test_a_comment_that_meets_another_write_is_heard(
    visitor: Visitor, path: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def another_edit() -> None:
        deal = loaded(path)
        store.commit(deal, rules.record(deal, commands.context_at(now), "deal.edited", {"fields": ["notes"]}))

    visitor.get(path)
    lose_race_to(monkeypatch, another_edit, "Deals")
    assert visitor.submit(f"{path}/comments", {"text": "The demo is on Friday"}).status == 303
    assert [event.type for event in store.events_of(loaded(path))][-2:] == ["deal.edited", "deal.commented"]


@pytest.mark.parametrize("sign", [".", ")", "%3E", ">,"])
def test_a_link_to_a_deal_opens_with_what_a_mail_program_put_behind_it(visitor: Visitor, path: str, sign: str) -> None:
    assert visitor.get(path + sign).status == 200
    visitor.cookies.clear()
    assert visitor.get(path + sign).location == f"/sign-in?to={quote(path, safe='')}"


def test_a_contact_that_a_reviewer_asks_for_can_be_typed(visitor: Visitor, path: str, now: datetime) -> None:
    ask(path, now, "customer.contact")
    assert 'name="customer.contact.email"' in visitor.get(path).html
    visitor.submit(f"{path}/resubmit", {"customer.contact.name": "Ada Kranz"})
    assert loaded(path).customer["contact"]["name"] == "Ada Kranz"


def test_without_deals_the_list_says_how_to_begin(visitor: Visitor) -> None:
    assert 'href="/register"' in visitor.get("/deals").html


def test_a_deal_tells_what_happens_next_and_what_happened(visitor: Visitor, path: str) -> None:
    html = visitor.get(path).html
    assert "In review" in html and "A reviewer decides by" in html
    assert "Registered" in html
    assert "reviewer asks" not in html


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("approved", "The deal is yours until"),
        ("rejected", "No budget before summer"),
        ("won", "The sale was reported"),
    ],
)
def test_each_status_has_its_words(visitor: Visitor, path: str, today: datetime, status: str, words: str) -> None:
    deal, context = loaded(path), commands.context_at(today)
    if status == "rejected":
        store.commit(deal, rules.reject(deal, context, "too_early", "No budget before summer", "approver@acme.example"))
    else:
        approved = store.commit(deal, rules.approve(deal, context, 90, "approver@acme.example"))
        if status == "won":
            store.commit(approved, rules.win(approved, context, None, "billing"))
    html = visitor.get(path).html
    assert words in html
    assert "approver@acme.example" not in html
    assert (f'action="{path}/withdraw"' in html) is (status == "approved")


def test_a_comment_is_in_the_timeline_and_escaped(visitor: Visitor, path: str) -> None:
    visitor.get(path)
    reply = visitor.submit(f"{path}/comments", {"text": "Start <soon>\nplease"})
    assert reply.location == f"{path}?done=1"
    assert "Start &lt;soon&gt;\nplease" in visitor.follow().html


def test_a_long_timeline_goes_on_behind_a_link(visitor: Visitor, path: str, today: datetime) -> None:
    deal = loaded(path)
    for number in range(25):
        change = rules.comment(deal, commands.context_at(today), f"News {number:02}", JANA)
        deal = store.commit(deal, change)
    newest = visitor.get(path).html
    assert "News 24" in newest and "News 05" in newest and "News 04" not in newest
    first = visitor.get(path + "/timeline").html
    assert f'href="{path}/timeline"' in newest and "News 05" in first
    cursor = first.split(f'href="{path}/timeline?cursor=')[1].split('"')[0]
    rest = visitor.get(f"{path}/timeline?cursor={cursor}").html
    assert "News 04" in rest and "News 05" not in rest and "Registered" in rest and "?cursor=" not in rest


def test_only_the_newest_event_is_confirmed_to_who_made_it(visitor: Visitor, path: str, today: datetime) -> None:
    assert "is on record" in visitor.get(f"{path}?done=1").html
    assert "is on record" not in visitor.get(path).html
    ask(path, today, "notes")
    assert "is on record" not in visitor.get(f"{path}?done=1").html


def test_an_empty_comment_is_a_fault_at_its_field(visitor: Visitor, path: str) -> None:
    visitor.get(path)
    page = visitor.submit(f"{path}/comments", {"text": " "})
    assert page.status == 422
    assert 'id="text-error"' in page.html


def test_withdrawing_is_final(visitor: Visitor, path: str) -> None:
    visitor.get(path)
    visitor.submit(f"{path}/withdraw", {"reason": "Project cancelled"})
    assert "Withdrawn" in visitor.follow().html
    again = visitor.submit(f"{path}/withdraw", {})
    assert again.status == 409
    assert f'href="{path}"' in again.html
    assert loaded(path).status == "withdrawn"


class TestAppealing:
    @pytest.fixture
    def rejected(self, visitor: Visitor, path: str, today: datetime) -> Deal:
        deal = loaded(path)
        context = commands.context_at(today)
        return store.commit(deal, rules.reject(deal, context, "duplicate", "Known to us", "approver@acme.example"))

    def test_is_offered_while_it_is_possible_and_only_once(self, visitor: Visitor, path: str, rejected: Deal) -> None:
        page = visitor.get(path)
        assert f'action="{path}/appeal"' in page.html and "you may appeal until" in page.html
        assert visitor.submit(f"{path}/appeal", {"reason": "It is another company"}).location == f"{path}?done=1"
        page = visitor.follow()
        assert "Your appeal is on record." in page.html and "In review" in page.html
        assert f'action="{path}/appeal"' not in page.html
        assert loaded(path).appeal and visitor.submit(f"{path}/appeal", {"reason": "Again"}).status == 409

    def test_is_not_offered_when_its_time_is_over(self, visitor: Visitor, path: str, today: datetime) -> None:
        deal, context = loaded(path), commands.context_at(today - timedelta(days=15))
        store.commit(deal, rules.reject(deal, context, "duplicate", "Known to us", "approver@acme.example"))
        assert f'action="{path}/appeal"' not in visitor.get(path).html

    def test_needs_a_reason(self, visitor: Visitor, path: str, rejected: Deal) -> None:
        visitor.get(path)
        page = visitor.submit(f"{path}/appeal", {"reason": " "})
        assert (page.status, 'id="reason-error"' in page.html) == (422, True)
        assert loaded(path).status == "rejected"


def test_who_is_asked_whether_the_sale_goes_on_says_so_with_one_button(
    visitor: Visitor, path: str, today: datetime
) -> None:
    deal, context = loaded(path), commands.context_at(today)
    approved = store.commit(deal, rules.approve(deal, context, 90, "approver@acme.example"))
    assert "The sale goes on" not in visitor.get(path).html
    store.commit(approved, deadlines.ask_for_sign_of_life(approved, context))
    assert "that the sale goes on, or the protection ends" in visitor.get(path).html
    assert visitor.submit(f"{path}/confirm", {}).location == f"{path}?done=1"
    page = visitor.follow()
    assert "Thank you: the deal stays yours." in page.html and f'action="{path}/confirm"' not in page.html


def test_an_extension_that_is_asked_for_is_shown_until_it_is_answered(
    visitor: Visitor, path: str, today: datetime
) -> None:
    deal, context = loaded(path), commands.context_at(today)
    approved = store.commit(deal, rules.approve(deal, context, 90, "approver@acme.example"))
    asked = store.commit(approved, extensions.request(approved, context, 30, "once", reason="They sign in March."))
    page = visitor.get(path)
    assert "You asked for 30 more days and get an answer by" in page.html
    assert "Asked for a longer protection: They sign in March." in page.html
    store.commit(asked, extensions.refuse(asked, context, "Long enough.", "other", {"by": "ada", "note": "Ours."}))
    page = visitor.get(path)
    assert "You asked for" not in page.html and "Ours." not in page.html
    assert "The protection is not extended: Long enough." in page.html


class TestAskingForALongerProtection:
    AGREED = Step("extension", ("ada@acme.example",))

    @pytest.fixture
    def policy(self, visitor: Visitor, path: str, program: Program, today: datetime) -> Callable[..., Deal]:
        """The deal, approved under a program that has it so."""

        def under(extension_step: Step | None = None, **settings: Any) -> Deal:
            routing = Routing((), "ada@acme.example", 2, extension_step=extension_step)
            saved = save_program(replace(program, worked=routing_text.to_text(routing), **settings), "test")
            deal = replace(loaded(path), program_version=saved.version)
            context = commands.context_at(today)
            return store.commit(deal, rules.approve(deal, context, 90, "approver@acme.example", program=saved))

        return under

    def test_it_is_made_longer_at_once_where_nobody_has_to_agree(
        self, visitor: Visitor, path: str, policy: Callable[..., Deal]
    ) -> None:
        deal = policy(extensions="once", extension_days=30)
        page = visitor.get(path)
        check_page(page)
        until = day(extensions.new_end(deal, 30))
        assert f"30 more days: until {until}." in page.html and "Make it longer" in page.html
        assert "The program’s team decides" not in page.html
        reply = visitor.submit(f"{path}/extend", {"extend_reason": "They sign in March."})
        assert (reply.status, reply.location) == (303, f"{path}?done=1")
        page = visitor.follow()
        assert "The protection is longer now." in page.html and f"The deal is yours until {until}." in page.html
        assert f'action="{path}/extend"' not in page.html, "once"
        assert store.events_of(loaded(path))[-1].internal["reason"] == "They sign in March."

    def test_it_is_asked_for_where_somebody_has_to(
        self, visitor: Visitor, path: str, policy: Callable[..., Deal]
    ) -> None:
        policy(self.AGREED, extensions="unlimited", extension_days=30)
        assert "The program’s team decides, and you are told." in visitor.get(path).html
        visitor.submit(f"{path}/extend", {"extend_reason": "They sign in March."})
        page = visitor.follow()
        assert "Your request is on record." in page.html and "You asked for 30 more days" in page.html
        assert "Asked for a longer protection: They sign in March." in page.html
        assert f'action="{path}/extend"' not in page.html

    def test_it_is_not_offered_where_the_policy_or_the_deal_is_against_it(
        self, visitor: Visitor, path: str, policy: Callable[..., Deal], today: datetime
    ) -> None:
        assert f'action="{path}/extend"' not in visitor.get(path).html, "in review"
        policy(extensions="off")
        assert f'action="{path}/extend"' not in visitor.get(path).html
        refused = visitor.submit(f"{path}/extend", {})
        assert (refused.status, "Protections cannot be extended here." in refused.html) == (409, True)

    def test_a_reason_that_is_too_long_is_a_fault_at_its_field(
        self, visitor: Visitor, path: str, policy: Callable[..., Deal]
    ) -> None:
        policy(extensions="once")
        visitor.get(path)
        page = visitor.submit(f"{path}/extend", {"extend_reason": "x" * 2001})
        check_page(page)
        assert (page.status, 'id="extend_reason-error"' in page.html) == (422, True)
        assert loaded(path).extensions == 0


class TestAnsweringTheReviewer:
    def test_only_the_fields_asked_for_can_be_changed(self, visitor: Visitor, path: str, today: datetime) -> None:
        ask(path, today, "amount", "customer.contact")
        page = visitor.get(path)
        assert "Which site is it?" in page.html and "Answer below by " in page.html
        assert page.value("amount.amount") == "48000.00"
        assert not any(field.get("name") == "customer.name" for field in page.inputs)
        more = {"amount.amount": "52.000,50", "amount.currency": "EUR", "customer.contact.name": "Jana"}
        assert visitor.submit(f"{path}/resubmit", more | {"customer.name": "Another"}).status == 303
        deal = loaded(path)
        assert (deal.status, str(deal.amount)) == ("in_review", "52000.50 EUR")
        assert deal.customer["contact"] == {"name": "Jana"}
        assert deal.customer["name"] == FOUR_FIELDS["customer.name"]

    def test_a_fault_is_said_at_its_field_and_nothing_is_sent(
        self, visitor: Visitor, path: str, today: datetime
    ) -> None:
        ask(path, today, "customer.domain", "amount")
        visitor.get(path)
        wrong = {"customer.domain": "nowhere", "amount.amount": "52000", "amount.currency": "EUR"}
        page = visitor.submit(f"{path}/resubmit", wrong)
        assert page.status == 422
        assert 'id="customer.domain-error"' in page.html
        assert page.value("amount.amount") == "52000"
        assert loaded(path).status == "action_required"

    def test_answering_twice_says_what_holds(self, visitor: Visitor, path: str, today: datetime) -> None:
        ask(path, today, "notes")
        visitor.get(path)
        visitor.submit(f"{path}/resubmit", {"notes": "The site in Leeds"})
        visitor.follow()
        again = visitor.submit(f"{path}/resubmit", {"notes": "The site in Leeds"})
        assert (again.status, f'href="{path}"' in again.html) == (409, True)
