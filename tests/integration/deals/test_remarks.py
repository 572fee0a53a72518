"""Names with remarks, from registering to the verdict: the cases from the field."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from dealreg.accounts import store as accounts
from dealreg.platform.http import Caller
from deals.api import handler
from tests.conftest import NOW
from tests.samples import content, sample
from tests.template import ROOT

NewPartner = Callable[..., Caller]
CASES = ROOT.parent / "shared/cases/names-with-remarks.json"


def verdict(caller: Caller, name: str, country: str | None, domain: str) -> tuple[str, str]:
    asked = {"customer": {"name": name, "country": country, "domain": domain}, "products": ["analytics"]}
    said = content(handler(sample("deals-api/check", caller=caller, body=asked), None))["conflict"]
    return said["verdict"], said["reason_code"]


def is_customer(name: str, country: str | None) -> None:
    accounts.create(json.dumps({"name": name, "country": country, "ownership": "customer"}).encode(), NOW, "test")


@pytest.mark.skipif(not CASES.exists(), reason="the cases from the field are not on this machine")
def test_a_customer_is_found_whatever_remark_is_typed_and_another_is_not(new_partner: NewPartner) -> None:
    cases: dict[str, Any] = json.loads(CASES.read_text("utf-8"))
    for known in cases["known"]:
        is_customer(known["name"], known["country"])
    for _, other in cases["must_be_another"]:
        is_customer(other, "DE")
    north = new_partner("North")
    typed = {name: verdict(north, name, *at(place, country)) for place, (name, country) in enumerate(cases["typed"])}
    assert typed == dict.fromkeys(typed, ("possible_duplicate", "name_match"))
    clear = {name: verdict(north, name, *at(99, "DE")) for name, _ in cases["must_be_another"]}
    assert clear == dict.fromkeys(clear, ("clear", None))


def at(number: int, country: str) -> tuple[str, str]:
    """Its country, and a domain that nobody else has."""
    return country, f"typed-{number}.example.com"


def test_a_customer_is_found_by_a_name_that_stands_in_a_remark(new_partner: NewPartner) -> None:
    north = new_partner("North")
    is_customer("Red Otter Haulage Ltd", "US")
    is_customer("Silver Badger Mills (formerly Kestrel Weaving)", "US")
    for place, name in enumerate(["Blue Newt Logistics fka Red Otter Haulage", "Kestrel Weaving Inc."]):
        assert verdict(north, name, *at(place, "US")) == ("possible_duplicate", "name_match")
