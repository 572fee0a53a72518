"""Whom the deal conflicts with, on the approver's page: side by side, and what the approver says of each."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.accounts import store as accounts
from dealreg.approvals import review
from dealreg.approvals.model import Answer, Choice
from dealreg.deals import commands, judging, register, rules
from dealreg.deals import store as deals
from dealreg.deals.model import Deal, NewDeal
from dealreg.platform import dynamo
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse_values
from tests.integration.approvals_page.conftest import path_of, statuses
from tests.integration.conftest import body
from tests.integration.forms.test_safety import check_page
from tests.integration.forms.visitor import Visitor
from tests.reviews import decide, page_of, question_of, review_of

ACCOUNT = {
    "name": "Mueller Maschinenbau Holding <AG>",
    "domains": ["mueller.example", "mueller-maschinenbau.de"],
    "country": "AT",
    "tax_id": "ATU12345678",
    "ownership": "customer",
}


@pytest.fixture
def deal(program: object, new_partner: Callable[[str], Caller], today: datetime) -> Deal:
    """With two matches: an account of the vendor's own and another partner's registration by name."""
    accounts.create(json.dumps(ACCOUNT).encode(), today, "test")
    registered = [_register(new_partner("Nordlicht"), today, domain="mueller-gruppe.ch", tax_id=None)]
    registered.append(_register(new_partner("Südwind"), today))
    return deals.locate(registered[-1])


def _register(partner: Caller, now: datetime, **customer: Any) -> str:
    sent = body(customer=body()["customer"] | customer, partner_reference=None)
    new = parse_values(NewDeal, sent, register.validation_context())
    return json.loads(register.register(partner, new, None, commands.context_at(now)).body)["id"]


@pytest.fixture
def said() -> Callable[[], dict[str, str]]:
    """The stored words on pairs, by match."""

    def read() -> dict[str, str]:
        return {row["match_id"]: row["verdict"] for row in dynamo.every("Deals", "MATCH_VERDICTS")}

    return read


def test_each_stands_beside_the_deal(visitor: Visitor, deal: Deal, link: str) -> None:
    page = visitor.get(link)
    check_page(page)
    for shown in ("Our own customer", "Nordlicht", "<mark>mueller.example</mark>", "<mark>AT</mark>", "DE136695976"):
        assert shown in page.html
    assert "Holding <AG>" not in page.html
    assert "<mark>mueller-maschinenbau.de</mark>" not in page.html.partition("Nordlicht")[0]


def test_who_came_later_is_said_to_have_come_later(
    visitor: Visitor, program: object, new_partner: Callable[[str], Caller], today: datetime
) -> None:
    """To the one who decides on the first, on the page and in the mail."""
    first = _register(new_partner("Ost"), today, name="Kranz Maschinen", domain="kranz.de", tax_id=None)
    moment = today + timedelta(seconds=20)
    second = _register(new_partner("West"), moment, name="Kranz Machinen GmbH", domain="kranz.shop", tax_id=None)
    judged = [judging.recheck(deals.locate(one), commands.context_at(moment)) for one in (first, second)]
    pages: list[str] = []
    words: list[str] = []
    for one in judged:
        review.ask(one.id, one.version, "token", today)
        pages.append(visitor.get(path_of(question_of(one))).html)
        words += page_of(question_of(one).link, today).matches
    assert [one.verdict for one in judged] == ["clear", "possible_duplicate"]
    assert "Registered first" in pages[0] and "Possible duplicate" in pages[1]
    assert ["registered later, " in page for page in pages] == ["registered later, " in word for word in words]
    assert ["registered before, " in page for page in pages] == [False, True]


def test_saying_nothing_is_allowed(visitor: Visitor, deal: Deal, link: str, said: Callable[[], dict[str, str]]) -> None:
    visitor.get(link)
    assert visitor.submit(link, {"choice": "approve"}).status == 303
    assert said() == {}


def test_what_is_said_is_kept_with_the_decision(
    visitor: Visitor, deal: Deal, link: str, said: Callable[[], dict[str, str]]
) -> None:
    first, second = (match["id"] for match in deal.matches)
    visitor.get(link)
    answer = {"choice": "approve", f"match.{first}": "related", f"match.{second}": "different"}
    assert visitor.submit(link, answer).status == 303
    assert said() == {first: "related", second: "different"}
    shown = visitor.follow()
    assert "You approved this on " in shown.html
    assert "Related" not in shown.html and "<input" not in shown.html


def test_without_a_decision_nothing_is_kept_but_shown_again(
    visitor: Visitor, deal: Deal, link: str, said: Callable[[], dict[str, str]]
) -> None:
    first = deal.matches[0]["id"]
    visitor.get(link)
    page = visitor.submit(link, {"choice": "reject", "reject_reason": "", f"match.{first}": "same"})
    assert page.status == 422
    assert [field["value"] for field in page.inputs if "checked" in field] == ["same", "reject"]
    assert said() == {}


@pytest.mark.parametrize(("match_id", "word", "status"), [("acc_1", "same", 404), ("", "perhaps", 303)])
def test_another_pair_or_word_is_not_kept(
    visitor: Visitor, deal: Deal, link: str, said: Callable[[], dict[str, str]], match_id: str, word: str, status: int
) -> None:
    visitor.get(link)
    answer = {"choice": "approve", f"match.{match_id or deal.matches[0]['id']}": word}
    assert visitor.submit(link, answer).status == status
    assert said() == {}


def test_a_late_word_is_not_kept(visitor: Visitor, deal: Deal, link: str, said: Callable[[], dict[str, str]]) -> None:
    visitor.get(link)
    typed = visitor.page.hidden
    visitor.post(link, typed | {"choice": "approve"})
    assert visitor.post(link, typed | {"choice": "approve", f"match.{deal.matches[0]['id']}": "same"}).status == 410
    assert said() == {}


def test_a_match_that_is_gone_is_still_named(visitor: Visitor, deal: Deal, link: str) -> None:
    account = next(match["id"] for match in deal.matches if match["kind"] == "account")
    accounts.delete(account, "test")
    page = visitor.get(link)
    assert page.status == 200
    assert "Mueller Maschinenbau Holding" in page.html


def test_the_mail_says_the_same_in_words(deal: Deal, today: datetime) -> None:
    review.ask(deal.id, deal.version, "token", today)
    view = page_of(question_of(deal).link, today)
    assert len(view.matches) == len(deal.matches) == 2


@pytest.fixture
def rival(deal: Deal, today: datetime) -> Deal:
    """Nordlicht's registration, which is protected."""
    found = deals.locate(next(match["id"] for match in deal.matches if match["kind"] == "deal"))
    return deals.commit(found, rules.approve(found, commands.context_at(today), 90, "head"))


def test_merging_ends_the_deal(visitor: Visitor, deal: Deal, link: str, said: Callable[[], dict[str, str]]) -> None:
    account = next(match["id"] for match in deal.matches if match["kind"] == "account")
    page = visitor.get(link)
    check_page(page)
    assert "Merge with our own customer" in page.html
    assert visitor.submit(link, {"choice": f"merge.{account}"}).status == 303
    decision = review_of(deal).decision
    assert decision and decision.answer == Answer(
        Choice.REJECT, "This customer buys from us already.", "existing_customer"
    )
    assert said() == {account: "same"}
    assert "You rejected this on " in visitor.follow().html


def test_releasing_makes_way_for_the_deal(
    visitor: Visitor, deal: Deal, rival: Deal, link: str, said: Callable[[], dict[str, str]]
) -> None:
    page = visitor.get(link)
    check_page(page)
    assert "Approve, and release Nordlicht’s" in page.html
    assert visitor.submit(link, {"choice": f"release.{rival.id}"}).status == 303
    decision = review_of(deal).decision
    assert decision and decision.answer == Answer(Choice.APPROVE)
    ended = deals.locate(rival.id)
    assert (ended.status, ended.reason_code) == ("expired", "claim_released")
    assert said() == {rival.id: "same"}


def test_only_who_is_protected_can_be_released(visitor: Visitor, deal: Deal, link: str) -> None:
    """Nordlicht's registration is under review itself."""
    rival = next(match["id"] for match in deal.matches if match["kind"] == "deal")
    page = visitor.get(link)
    assert "release" not in page.html
    assert visitor.submit(link, {"choice": f"release.{rival}"}).status == 409
    assert statuses(deal) == ["pending"]


@pytest.mark.parametrize("choice", ["merge", "release"])
def test_a_late_choice_changes_nothing_of_the_other(
    visitor: Visitor, deal: Deal, rival: Deal, link: str, choice: str, said: Callable[[], dict[str, str]]
) -> None:
    visitor.get(link)
    typed = visitor.page.hidden
    visitor.post(link, typed | {"choice": "reject", "reject_reason": "Too early."})
    assert visitor.post(link, typed | {"choice": f"{choice}.{rival.id}"}).status == 410
    assert deals.locate(rival.id).status == "approved"
    assert said() == {}


def test_two_answers_at_once_release_nobody_by_the_one_that_lost(
    visitor: Visitor, deal: Deal, rival: Deal, link: str, monkeypatch: pytest.MonkeyPatch, today: datetime
) -> None:
    visitor.get(link)
    transact = dynamo.transact

    def overtaken(actions: Sequence[dynamo.Action]) -> None:
        monkeypatch.setattr(dynamo, "transact", transact)
        decide(question_of(deal), "reject", "Too early.", now=today)
        transact(actions)

    monkeypatch.setattr(dynamo, "transact", overtaken)
    assert visitor.submit(link, {"choice": f"release.{rival.id}"}).status == 410
    assert deals.locate(rival.id).status == "approved"


def test_two_companies_are_not_merged(
    visitor: Visitor, deal: Deal, link: str, said: Callable[[], dict[str, str]]
) -> None:
    first = deal.matches[0]["id"]
    visitor.get(link)
    page = visitor.submit(link, {"choice": f"merge.{first}", f"match.{first}": "different"})
    assert page.status == 422
    assert "Above you say that these are two companies." in page.html
    assert said() == {}


@pytest.mark.parametrize(
    ("choice", "status"), [("merge.acc_1", 404), ("release.acc_1", 404), ("merge", 404), ("approve.acc_1", 422)]
)
def test_a_choice_about_nobody_decides_nothing(
    visitor: Visitor, deal: Deal, link: str, choice: str, status: int
) -> None:
    visitor.get(link)
    assert visitor.submit(link, {"choice": choice}).status == status
    assert statuses(deal) == ["pending"]
