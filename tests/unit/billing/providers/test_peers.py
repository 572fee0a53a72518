"""The libraries that our fakes of APIs are held to do tell a fake that is wrong."""

from typing import Any

import pytest

from dealreg.billing.model import SourceKind
from dealreg.billing.providers import chargebee
from tests.unit.billing.providers import test_chargebee, test_recurly
from tests.unit.billing.providers.peers import chargebees_event_types, misread


def of_chargebee(**changes: Any) -> list[str]:
    told = {"transaction": test_chargebee.TRANSACTION | changes}
    event = {"id": "ev_1", "occurred_at": 1, "event_type": "payment_succeeded", "content": told}
    return misread(SourceKind.CHARGEBEE, test_chargebee.PATH, {"event": event})


def of_recurly(**changes: Any) -> list[str]:
    return misread(SourceKind.RECURLY, "/invoices/inv_1", test_recurly.INVOICE | changes)


def test_what_is_right_has_no_fault() -> None:
    assert of_chargebee() == of_recurly() == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"paid": 11900}, "transaction.paid: there is no such member"),
        ({"amount": "119.00"}, "transaction.amount: '119.00' is no int"),
        ({"status": "succeeded"}, "transaction.status: 'succeeded' is none of"),
        ({"linked_invoices": [{"id": "inv_1"}]}, "transaction.linked_invoices.0.id: there is no such member"),
    ],
)
def test_chargebees_library_tells_what_its_api_does_not_write(changes: dict[str, Any], told: str) -> None:
    [fault] = of_chargebee(**changes)
    assert fault.startswith(told)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_paid": 119.0},
        {"paid": "119.00"},
        {"closed_at": 1772359205},
        {"account": "acc_1"},
        {"line_items": {"data": []}},
        {"object": "bill"},
    ],
)
def test_recurlys_library_tells_what_its_api_does_not_write(changes: dict[str, Any]) -> None:
    assert of_recurly(**changes)


def test_chargebee_has_all_types_of_events_that_we_act_on() -> None:
    assert set(chargebee.HANDLERS) <= chargebees_event_types()
