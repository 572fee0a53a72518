"""The form: four fields, every fault at once, nothing typed is lost, two taps register once."""

from typing import Any

import pytest

from dealreg.platform.aws import client
from dealreg.platform.dynamo import item_from_wire
from tests.integration.forms.visitor import Page, Visitor

FOUR_FIELDS = {
    "customer.name": "Müller Maschinenbau GmbH",
    "customer.domain": "mueller-maschinenbau.de",
    "amount.amount": "48.000",
    "amount.currency": "EUR",
    "products": ["analytics"],
}


def register(visitor: Visitor, **typed: Any) -> Page:
    visitor.get("/register")
    return visitor.submit("/register", FOUR_FIELDS | typed)


def deals() -> list[dict[str, Any]]:
    rows = [item_from_wire(item) for item in client("dynamodb").scan(TableName="Deals")["Items"]]
    return [row for row in rows if row["sk"].startswith("DEAL#")]


def test_the_form_asks_for_four_things_and_remembers_who_asks(visitor: Visitor) -> None:
    page = visitor.get("/register")
    assert page.status == 200
    required = [field["name"] for field in page.inputs if "required" in field]
    assert required == ["customer.name", "customer.domain", "amount.amount"]
    assert "Nordlicht" in page.html and "Acme partners" in page.html


def test_four_fields_register_a_deal(visitor: Visitor) -> None:
    reply = register(visitor)
    assert reply.status == 303
    page = visitor.follow()
    assert page.status == 200
    assert "Müller Maschinenbau GmbH" in page.html
    assert "EUR 48,000" in page.html
    assert "In review" in page.html


def test_a_mistyped_tax_number_is_pointed_out_and_registers_all_the_same(visitor: Visitor) -> None:
    assert register(visitor, **{"customer.country": "DE", "customer.tax_id": "DE136695970"}).status == 303
    assert "the check digits of 136695970 (DE) are wrong" in visitor.follow().html


def test_an_email_address_does_instead_of_a_website(visitor: Visitor) -> None:
    register(visitor, **{"customer.domain": "jana@mueller.example"})
    (deal,) = deals()
    assert deal["customer"]["contact"] == {"email": "jana@mueller.example"}
    assert "domain#mueller.example" in deal["identities"]


def test_the_contact_has_an_address_of_its_own(visitor: Visitor) -> None:
    more = {"customer.domain": "info@mueller.example", "customer.contact.email": "jana@mueller.example"}
    register(visitor, **more)
    (deal,) = deals()
    assert deal["customer"]["domain"] == "mueller.example"
    assert deal["customer"]["contact"]["email"] == "jana@mueller.example"


def test_a_double_tap_registers_once(visitor: Visitor) -> None:
    visitor.get("/register")
    typed = {**visitor.page.hidden, **FOUR_FIELDS}
    first, second = visitor.post("/register", typed), visitor.post("/register", typed)
    assert first.location == second.location
    assert len(deals()) == 1


def test_a_form_without_its_token_is_never_taken_for_another(visitor: Visitor) -> None:
    for name in ("Becker", "Schneider"):
        visitor.get("/register")
        visitor.submit("/register", FOUR_FIELDS | {"customer.name": name, "form": ""})
    assert {deal["customer"]["name"] for deal in deals()} == {"Becker", "Schneider"}


def test_the_form_sent_again_with_another_customer_asks_first(visitor: Visitor) -> None:
    visitor.get("/register")
    hidden = visitor.page.hidden
    visitor.post("/register", {**hidden, **FOUR_FIELDS})
    again = visitor.post("/register", {**hidden, **FOUR_FIELDS, "customer.name": "Becker"})
    assert again.status == 422
    assert "as another deal" in again.html
    assert again.value("customer.name") == "Becker"
    assert len(deals()) == 1
    assert visitor.submit("/register", FOUR_FIELDS | {"customer.name": "Becker"}).status == 303


class TestFaults:
    def test_every_fault_is_told_at_once_and_nothing_typed_is_lost(self, visitor: Visitor) -> None:
        typed = {
            "customer.name": "",
            "customer.domain": "nowhere",
            "amount.amount": "a lot",
            "notes": "met <at> the fair",
        }
        page = register(visitor, **typed)
        assert page.status == 422
        for field in ("customer.name", "customer.domain", "amount.amount"):
            assert f'id="{field}-error"' in page.html
            assert f'<a href="#{field}">' in page.html
        assert page.value("customer.domain") == "nowhere"
        assert page.value("amount.amount") == "a lot"
        assert "met &lt;at&gt; the fair" in page.html
        assert [field["value"] for field in page.inputs if "checked" in field] == ["analytics"]
        assert deals() == []

    def test_a_fault_consumes_nothing(self, visitor: Visitor) -> None:
        token = register(visitor, **{"amount.amount": "a lot"}).hidden["form"]
        assert visitor.submit("/register", FOUR_FIELDS | {"form": token}).status == 303

    def test_a_fault_among_the_details_opens_them(self, visitor: Visitor) -> None:
        assert "<details>" in visitor.get("/register").html
        assert "<details open>" in register(visitor, expected_close_date="soon").html

    def test_a_product_is_chosen_where_there_is_more_than_one_family(self, visitor: Visitor) -> None:
        page = register(visitor, products=[])
        assert 'id="products-error"' in page.html and "at least one" in page.html
        assert deals() == []

    def test_a_wrong_address_is_at_fault_where_it_was_typed(self, visitor: Visitor) -> None:
        assert 'id="customer.domain-error"' in register(visitor, **{"customer.domain": "jana@nowhere"}).html

    def test_a_reference_can_be_used_once(self, visitor: Visitor) -> None:
        register(visitor, partner_reference="CRM-1")
        page = register(visitor, partner_reference="CRM-1")
        assert page.status == 409
        assert 'id="partner_reference-error"' in page.html

    @pytest.mark.parametrize("body", [b"\xff\xfe", b"%ff%fe=%00", b"{}", b""])
    def test_bytes_that_are_no_form_register_nothing(self, visitor: Visitor, body: bytes) -> None:
        visitor.get("/register")
        assert visitor.send("POST", "/register", body, {}).status == 403
        assert deals() == []

    def test_a_body_over_64_kb_is_refused_with_a_page(self, visitor: Visitor) -> None:
        page = register(visitor, notes="x" * 70_000)
        assert page.status == 413
        assert page.headers["content-type"].startswith("text/html")


def test_the_currency_is_remembered(visitor: Visitor) -> None:
    register(visitor, **{"amount.currency": "CHF"})
    assert "<option selected>CHF</option>" in visitor.get("/register").html


def test_nobody_else_sees_the_deal(visitor: Visitor, competitor: Visitor) -> None:
    path = register(visitor).location
    assert competitor.get(path).status == 404
    assert "Müller" not in competitor.get("/deals").html


def test_a_customer_of_another_partner_waits_in_line_and_does_not_learn_of_whom(
    visitor: Visitor, competitor: Visitor
) -> None:
    register(visitor)
    register(competitor)
    page = competitor.follow()
    assert "Waiting in line" in page.html
    assert "Nordlicht" not in page.html
