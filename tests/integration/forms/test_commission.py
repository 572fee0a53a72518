"""What a sale would bring, on the form and on the deal's page; what a won deal has brought, and its subscriptions."""

from datetime import datetime, timedelta

import pytest

from dealreg.commissions import plan_store
from dealreg.commissions.ledger import Line
from dealreg.deals import commands, rules, store
from dealreg.deals.model import Deal
from dealreg.ledger import heads, preview, rows, subscriptions
from dealreg.ledger.subscriptions import Subscription
from dealreg.partners.users import User
from dealreg.platform import dynamo, times
from dealreg.platform.money import Money
from tests.integration.forms.test_register import FOUR_FIELDS, deals, register
from tests.integration.forms.visitor import Page, Visitor
from tests.unit.commissions.samples import plan, rule

ASKED = {"preview": "1"}


@pytest.fixture
def tenth(aws: None, today: datetime) -> None:
    """A plan that pays ten percent."""
    written = {name: value for name, value in plan(rule(), hold_days=30)["versions"][0].items() if name != "version"}
    plan_store.add("standard", written, times.to_text(today), "key_1")


def asked(visitor: Visitor, **typed: str | list[str]) -> Page:
    visitor.get("/register")
    return visitor.submit("/register", FOUR_FIELDS | ASKED | typed)


def registered(visitor: Visitor) -> Deal:
    register(visitor)
    (row,) = deals()
    return store.locate(row["id"])


def won(deal: Deal, today: datetime) -> Deal:
    context = commands.context_at(today)
    approved = store.commit(deal, rules.approve(deal, context, 90, "approver@acme.example"))
    return commands.win(approved, approved.amount, context, "billing bsrc_1")


def earn(partner_id: str, deal_id: str, at: datetime, *amounts: int) -> None:
    key = rows.head_key(partner_id)
    head = dynamo.get(key.table, key.pk, key.sk)
    first = (head["number"] if head else 0) + 1
    free_at, period = at + timedelta(days=30), f"{at:%Y-%m}"
    lines = [
        Line(partner_id, "accrual", "payment", Money(minor, "EUR"), at, free_at, number, period, deal_id=deal_id)
        for number, minor in enumerate(amounts, first)
    ]
    dynamo.transact(heads.post(partner_id, head, lines, at))


# ---- on the form ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("tenth")
class TestOnTheForm:
    def test_products_and_amount_are_enough_and_nothing_is_registered(self, visitor: Visitor) -> None:
        page = asked(visitor, **{"customer.name": "", "customer.domain": ""})
        assert page.status == 200
        assert "EUR 4,800" in page.html
        assert "payable 30 days after the payment" in page.html
        assert "10 % of 48000.00 EUR = 4800.00 EUR." in page.html
        assert "Nothing is registered yet." in page.html
        assert deals() == []

    def test_what_was_typed_is_there_and_registers_with_the_other_button(self, visitor: Visitor) -> None:
        page = asked(visitor)
        assert page.value("customer.name") == FOUR_FIELDS["customer.name"]
        assert page.value("amount.amount") == "48.000"
        assert visitor.submit("/register", FOUR_FIELDS).status == 303
        assert len(deals()) == 1

    def test_the_first_button_registers_so_that_the_return_key_does(self, visitor: Visitor) -> None:
        html = visitor.get("/register").html
        assert html.index(">Register deal<") < html.index('name="preview"')

    def test_what_is_missing_is_named(self, visitor: Visitor) -> None:
        page = asked(visitor, **{"amount.amount": "", "products": list[str]()})
        assert page.status == 422
        assert 'id="amount.amount-error"' in page.html

    def test_it_is_counted_with_the_previews_of_the_api(
        self, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(preview, "PER_HOUR", 1)
        assert asked(visitor).status == 200
        page = asked(visitor)
        assert page.status == 429
        assert "The limit is 1 previews an hour." in page.html
        assert page.value("customer.name") == FOUR_FIELDS["customer.name"]


def test_without_a_plan_it_says_why_there_is_nothing(visitor: Visitor) -> None:
    page = asked(visitor)
    assert page.status == 200
    assert "No version of the plan applies to this sale." in page.html


# ---- on the deal's page ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("tenth")
def test_a_deal_that_is_open_says_what_it_would_bring(visitor: Visitor) -> None:
    deal = registered(visitor)
    for _ in range(3):
        assert 'About <strong class="num">EUR 4,800</strong> of commission' in visitor.get(f"/deals/{deal.id}").html
    visitor.get(f"/deals/{deal.id}")
    visitor.submit(f"/deals/{deal.id}/withdraw", {"reason": ""})
    assert "of commission" not in visitor.get(f"/deals/{deal.id}").html


def test_a_program_without_plans_says_nothing_of_commission(visitor: Visitor) -> None:
    assert 'id="commission"' not in visitor.get(f"/deals/{registered(visitor).id}").html


@pytest.mark.usefixtures("tenth")
def test_a_won_deal_says_what_it_has_brought_its_partner_alone(
    visitor: Visitor, user: User, competitor: Visitor, today: datetime
) -> None:
    deal = won(registered(visitor), today)
    earn(user.partner_id, deal.id, today, 12_000, -2_000)
    earn(user.partner_id, "deal_01KATQSN000000000ABCDEFGHJ", today, 77_700)
    earn("part_another", deal.id, today, 55_500)
    html = visitor.get(f"/deals/{deal.id}").html
    assert "EUR 100 of commission so far" in html
    assert "555" not in html and "777" not in html
    assert "would bring" not in html

    lines = visitor.get(f"/deals/earnings?deal_id={deal.id}").html
    assert f'href="/deals/earnings?deal_id={deal.id}"' in html
    assert "EUR 120" in lines and "777" not in lines and "555" not in lines
    assert "Statements" not in lines
    assert "EUR 120" not in competitor.get(f"/deals/earnings?deal_id={deal.id}").html


def test_a_deal_says_what_was_last_said_of_its_subscription(visitor: Visitor, today: datetime) -> None:
    deal = registered(visitor)
    ends = datetime.fromisoformat("2027-02-28T00:00:00+00:00")
    told = Subscription("sub_1", "active", today), Subscription("sub_1", "ending", today + timedelta(hours=1), ends)
    for one, words in zip(told, ("Active", "Ends on 28 Feb 2027"), strict=True):
        subscriptions.note(deal.id, "bsrc_1", one)
        assert f"<dt>Subscription</dt><dd>{words}</dd>" in visitor.get(f"/deals/{deal.id}").html
