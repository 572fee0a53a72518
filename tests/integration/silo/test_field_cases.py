"""Who is one customer, as the cases from the field have it: registered by one partner, then by another."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from dealreg.platform.http import Caller
from deals.api import handler
from tests.samples import content, sample
from tests.template import ROOT

CASES = ROOT.parent / "shared/cases"
TAKEN = {"domains": "domain_match", "tax-ids": "tax_id_match"}


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases from the field are not on this machine")
@pytest.mark.parametrize("file", TAKEN)
def test_two_that_are_one_customer_are_told_and_others_are_not(file: str, new_partner: Callable[[str], Caller]) -> None:
    one, other = new_partner("North"), new_partner("South")
    found: dict[str, Any] = {}
    wanted: dict[str, Any] = {}
    for number, case in enumerate(json.loads((CASES / f"{file}.json").read_text())):
        first, second = (registered(caller, case[which], number, which) for caller, which in ((one, "a"), (other, "b")))
        if first is None and "or" in case:
            continue
        assert first and second, case
        conflict = second["conflict"]
        found[case["case"]] = conflict["verdict"] != "clear", conflict["reason_code"], warned(first)
        reason = TAKEN[file] if case["same_customer"] else None
        wanted[case["case"]] = case["same_customer"], reason, case.get("warnings", 0)
    assert found == wanted


def registered(caller: Caller, said: dict[str, Any], number: int, which: str) -> dict[str, Any] | None:
    """None if a field was refused. Names and domains that are not given have nothing in common."""
    own = {"name": f"{'Quarz Zephyr Malve Uhu Birke Opal Drift Lumen Kiesel Wolke Feder'.split()[number]} {which * 7}"}
    own |= {"domain": f"{which}-{number}-only.example"} if "name" not in said else {}
    customer = own | said
    amount = {"amount": "48000.00", "currency": "EUR"}
    body = {"customer": customer, "products": ["analytics"], "amount": amount}
    reply = handler(
        sample("deals-api/register", caller=caller, body=body, headers={"idempotency-key": f"{which}{number}"}), None
    )
    return content(reply) if reply["statusCode"] == 201 else None


def warned(deal: dict[str, Any]) -> int:
    return sum(1 for warning in deal.get("warnings", ()) if "tax_id" in str(warning) or "duns" in str(warning))
