"""What people type, as the API writes it."""

import json
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from dealreg.deals.model import NewDeal
from dealreg.deals.words import FIELDS
from dealreg.pages.form_data import Form, deal_of, faults, filled_with, patch_of, read_form
from dealreg.platform.errors import FieldError, InvalidInput
from dealreg.platform.validation import parse, parse_values


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(body: bytes) -> None:
    deal_of(read_form(body))


def test_empty_fields_are_not_sent() -> None:
    form = read_form(
        b"customer.name=Acme&customer.domain=acme.example&amount.amount=5&amount.currency=EUR&notes=&products="
    )
    assert deal_of(form) == {
        "customer": {"name": "Acme", "domain": "acme.example"},
        "amount": {"amount": "5", "currency": "EUR"},
        "products": [""],
    }


def test_an_answer_holds_only_what_was_asked_for() -> None:
    form = Form(
        {"customer.domain": ["acme.example"], "customer.name": ["Acme"], "customer.tax_id": [""], "notes": ["Leeds"]}
    )
    asked = ["customer.domain", "customer.tax_id", "notes"]
    assert patch_of(form, asked) == {"customer": {"domain": "acme.example", "tax_id": None}, "notes": "Leeds"}


def test_the_form_of_a_deal_reads_back_as_the_deal() -> None:
    deal = {
        "customer": {
            "name": "Acme",
            "domain": "acme.example",
            "contact": {"name": "Jana", "email": "jana@acme.example"},
        },
        "amount": {"amount": "48000.00", "currency": "EUR"},
        "products": ["analytics", "payments"],
        "type": "renewal",
        "expected_close_date": "2027-02-28",
        "notes": None,
        "partner_reference": None,
        "reason": "not the partner's to fill in",
    }
    form = filled_with(deal)
    read = ("customer", "amount", "products", "type", "expected_close_date")
    assert deal_of(form) == {name: deal[name] for name in read}
    assert form.text("reason") == ""


def test_a_fault_is_shown_where_it_was_typed() -> None:
    error = InvalidInput(
        [
            FieldError("customer.contact.email", "This does not look like an e-mail address."),
            FieldError("products.0", "Write this as text."),
            FieldError("amount", "This is required."),
        ]
    )
    shown = faults(error, Form({"customer.domain": ["jana@nowhere"]}))
    assert list(shown) == ["customer.domain", "products", "amount.amount"]


def told(read: Callable[[], NewDeal]) -> object:
    try:
        return read()
    except InvalidInput as refused:
        return [(fault.field, fault.message) for fault in refused.errors]


@given(
    st.dictionaries(
        st.sampled_from(sorted(FIELDS)), st.text(max_size=12) | st.sampled_from(["2027-02-28", "12.50", "EUR"])
    )
)
def test_a_form_is_judged_as_the_same_json_is(typed: dict[str, str]) -> None:
    values, offered = deal_of(Form({name: [text] for name, text in typed.items()})), {"products": frozenset(["a"])}
    body = json.dumps(values).encode()
    assert told(lambda: parse_values(NewDeal, values, offered)) == told(lambda: parse(NewDeal, body, offered))
