"""The vendor's own accounts: what comes in, and what the conflict check then finds."""

from collections.abc import Iterable
from typing import Any

import pytest

from accounts.api import ROUTES, handler
from dealreg.matching import evidence, rules
from dealreg.matching.identities import of_customer
from dealreg.matching.index import Prospect
from dealreg.platform import aws as clients
from dealreg.platform import dynamo
from tests.samples import PARTNER, content, routes_of, sample
from tests.template import ROOT

NOW = "2026-11-20T10:00:00.000Z"
CASES = sorted(path.stem for path in (ROOT / "events/accounts-api").glob("*.json"))


def call(case: str, *, params: dict[str, str] | None = None, body: object = None) -> dict[str, Any]:
    return handler(sample(f"accounts-api/{case}", params=params, body=body), None)


def all_rows() -> list[dynamo.Item]:
    return [
        dynamo.item_from_wire(item)
        for table in ("Accounts", "Matching")
        for item in clients.client("dynamodb").scan(TableName=table)["Items"]
    ]


def verdict(
    name: str = "Somebody Else", domain: str | None = None, country: str | None = None, tax_id: str | None = None
) -> str:
    """What a registration of this customer would be told."""
    known = of_customer({"domain": domain, "country": country, "tax_id": tax_id})
    prospect = Prospect(
        deal_id="deal_1",
        partner_id="part_1",
        name=name,
        country=country,
        identities=known.claims,
        families=("data",),
        hints=known.hints,
        numbers=known.numbers,
    )
    found = dynamo.batch_get(evidence.keys(prospect))
    sure = evidence.demote_doubtful(prospect, found, NOW)
    return rules.judge("part_1", evidence.matches(sure, found, NOW)).verdict.value


def test_every_route_has_a_sample() -> None:
    assert routes_of("accounts-api") == set(ROUTES)


def test_a_partner_is_forbidden_everything(aws: None) -> None:
    events = {case: sample(f"accounts-api/{case}", caller=PARTNER) for case in CASES}
    replies = {case: handler(event, None)["statusCode"] for case, event in events.items()}
    assert replies == dict.fromkeys(CASES, 403)
    assert all_rows() == []


def test_one_account_is_found_by_each_of_its_identities_and_by_name(aws: None) -> None:
    reply = call("create-one")
    created = content(reply)
    assert reply["statusCode"] == 201
    assert created["id"].startswith("acc_")
    assert created["domains"] == ["mueller-maschinenbau.de"]
    assert verdict(domain="www.mueller-maschinenbau.de") == "existing_customer"
    assert verdict(tax_id="DE136695976") == "existing_customer"
    assert verdict(name="MÜLLER Maschinenbau") == "possible_duplicate"
    assert verdict() == "clear"


def test_an_account_is_shown_as_it_was_answered(aws: None) -> None:
    created = content(call("create-one"))
    assert content(call("show", params={"id": created["id"]})) == created
    assert call("show", params={"id": "acc_unknown"})["statusCode"] == 404


def test_in_another_country_a_name_is_worth_a_look_and_an_identity_stays_one(aws: None) -> None:
    call("create-one")
    assert verdict(name="Müller Maschinenbau", country="CH") == "possible_duplicate"
    assert verdict(domain="mueller-maschinenbau.de", country="CH") == "existing_customer"


def test_a_batch_is_stored_with_its_ownerships(aws: None) -> None:
    reply = call("create-batch")
    assert reply["statusCode"] == 201
    assert [item["external_id"] for item in content(reply)["items"]] == ["CRM-1", "CRM-2"]
    assert verdict(domain="kranz.example") == verdict(domain="kranz-soehne.example") == "existing_customer"
    assert verdict(domain="brightwater.example") == "direct_pipeline"


def test_two_accounts_may_share_an_identity(aws: None) -> None:
    owners = ("open_opportunity", "customer")
    rows = [{"name": f"Site {owner}", "domains": ["group.example"], "ownership": owner} for owner in owners]
    _, customer = content(call("create-batch", body={"accounts": rows}))["items"]
    assert verdict(domain="group.example") == "existing_customer"
    call("delete", params={"id": customer["id"]})
    assert verdict(domain="group.example") == "direct_pipeline"


def test_an_account_is_found_by_each_of_many_names_until_it_loses_them(aws: None) -> None:
    aliases = [
        f"{word}{n} {word[::-1]}werke Anlagen{n * 7919}" for n, word in enumerate("Adler Berg Cobalt Dorn".split() * 5)
    ]
    row = {"name": "Kranz AG", "external_id": "CRM-1", "ownership": "customer", "aliases": aliases}
    created = content(call("create-one", body=row))
    assert created["aliases"] == aliases
    assert [verdict(name=name) for name in aliases] == ["possible_duplicate"] * 20
    call("create-one", body=row | {"aliases": aliases[:1]})
    assert verdict(name=aliases[0]) == "possible_duplicate"
    assert verdict(name=aliases[6]) == "clear"
    call("delete", params={"id": created["id"]})
    assert verdict(name=aliases[0]) == "clear"


def test_a_mail_provider_is_no_identity_of_an_account(aws: None) -> None:
    call("create-one", body={"name": "Small Shop", "domains": ["gmail.com"], "ownership": "customer"})
    assert verdict(domain="gmail.com") == "clear"
    assert verdict(name="Small Shop") == "possible_duplicate"


def test_a_deleted_account_is_found_no_more(aws: None) -> None:
    created = content(call("create-one"))
    assert call("delete", params={"id": created["id"]})["statusCode"] == 204
    assert verdict("Müller Maschinenbau GmbH", "mueller-maschinenbau.de", "DE", "DE136695976") == "clear"
    assert call("delete", params={"id": created["id"]})["statusCode"] == 404


def test_the_same_external_id_again_replaces_the_account(aws: None) -> None:
    first = content(call("create-batch"))["items"]
    before = len(all_rows())
    second = content(call("create-batch"))["items"]
    assert [item["id"] for item in second] == [item["id"] for item in first]
    assert [item["created_at"] for item in second] == [item["created_at"] for item in first]
    assert len(all_rows()) == before

    moved = {"name": "Kranz AG", "domains": ["kranz.swiss"], "ownership": "open_opportunity", "external_id": "CRM-1"}
    assert content(call("create-one", body=moved))["id"] == first[0]["id"]
    assert verdict(domain="kranz.swiss") == "direct_pipeline"
    assert verdict("Kranz & Söhne KG", "kranz.example", "AT") == "clear"


def test_of_two_changes_at_once_one_is_told_to_try_again(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    call("create-batch")
    read = dynamo.batch_get

    def read_before_another_writes(keys: Iterable[dynamo.Key]) -> dict[dynamo.Key, dynamo.Item]:
        found = read(keys)
        monkeypatch.setattr(dynamo, "batch_get", read)
        handler(first, None)
        return found

    row = {"name": "Kranz", "ownership": "customer", "external_id": "CRM-1"}
    first = sample("accounts-api/create-one", body=row | {"domains": ["first.example"]})
    monkeypatch.setattr(dynamo, "batch_get", read_before_another_writes)
    reply = call("create-one", body=row | {"domains": ["second.example"]})
    assert (reply["statusCode"], content(reply)["code"]) == (409, "stale_version")
    assert verdict(domain="first.example") == "existing_customer"
    assert verdict(domain="second.example") == "clear"


def test_one_bad_row_keeps_the_whole_batch_out_and_every_fault_is_named(aws: None) -> None:
    rows = [
        {"name": "Good Ltd", "domains": ["good.example"], "ownership": "customer"},
        {"name": "?", "domains": ["not a domain"], "ownership": "customer"},
        {"name": "Fine", "ownership": "friend", "country": "Germany", "tax_id": "DE-1", "colour": "green"},
    ]
    reply = call("create-batch", body={"accounts": rows})
    assert reply["statusCode"] == 422
    assert {fault["field"] for fault in content(reply)["errors"]} == {
        "accounts.1.name",
        "accounts.1.domains.0",
        "accounts.2.ownership",
        "accounts.2.country",
        "accounts.2.tax_id",
        "accounts.2.colour",
    }
    assert all_rows() == []


@pytest.mark.parametrize("count", [0, 101])
def test_a_batch_has_one_to_a_hundred_rows(aws: None, count: int) -> None:
    rows = [{"name": f"Account {n}", "ownership": "customer"} for n in range(count)]
    reply = call("create-batch", body={"accounts": rows})
    assert (reply["statusCode"], [fault["field"] for fault in content(reply)["errors"]]) == (422, ["accounts"])


def test_an_external_id_stands_once_in_a_batch(aws: None) -> None:
    row = {"name": "A", "ownership": "customer", "external_id": "CRM-1"}
    reply = call("create-batch", body={"accounts": [row, row]})
    assert content(reply)["errors"] == [{"field": "accounts", "message": "Numbers 0 and 1 have the same external_id."}]


@pytest.mark.parametrize("body", ["", "{", "[" * 50_000, '{"accounts"'])
def test_what_is_no_json_is_said_so(aws: None, body: str) -> None:
    event = sample("accounts-api/create-one")
    event["body"] = body
    assert handler(event, None)["statusCode"] == 400


@pytest.mark.parametrize("body", ["[]", "null", '"accounts"', "7", '{"accounts": null}', '{"accounts": {}}'])
def test_another_shape_is_refused(aws: None, body: str) -> None:
    event = sample("accounts-api/create-one")
    event["body"] = body
    assert handler(event, None)["statusCode"] == 422
