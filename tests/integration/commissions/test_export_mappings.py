"""Mappings of files for an ERP: those of the product, an installation's own, and their versions."""

from datetime import datetime
from typing import Any

import pytest

from commissions.admin_api import handler
from dealreg.exports import mapping_store
from dealreg.partners.program import Program
from dealreg.platform import times
from dealreg.platform.errors import NotFound, StaleVersion
from tests.integration.aws_calls import lose_race_to
from tests.samples import PARTNER, content, sample

SAVE = "commissions-admin-api/save-mapping"
OWN: dict[str, Any] = {"rows": "payouts", "columns": [{"name": "Total", "value": "{payout.total}"}]}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, now: datetime, program: Program) -> None:
    monkeypatch.setattr(times, "now", lambda: now)


def save(body: dict[str, Any], name: str = "sage50", **headers: str) -> dict[str, Any]:
    written = {header.replace("_", "-"): value for header, value in headers.items()}
    return handler(sample(SAVE, body=body, params={"id": name}, headers=written), None)


def listed() -> dict[str, dict[str, Any]]:
    reply = handler(sample("commissions-admin-api/list-mappings"), None)
    assert reply["statusCode"] == 200
    return {one["id"]: one for one in content(reply)["items"]}


def test_those_of_the_product_are_there_from_the_beginning() -> None:
    assert {name: one["version"] for name, one in listed().items()} == {
        "csv": 1,
        "intacct": 1,
        "sage50": 1,
        "sap-invoice": 1,
    }


def test_what_was_shown_is_sent_again_edited_and_is_the_next_version() -> None:
    shown = listed()["sage50"]
    shown["settings"]["expense_account"] = "7000"
    reply = save(shown)
    assert (reply["statusCode"], reply["headers"]["etag"], content(reply)["version"]) == (200, '"2"', 2)
    assert listed()["sage50"] == content(reply) == shown | {"version": 2}


def test_the_sample_is_saved() -> None:
    assert content(handler(sample(SAVE), None))["settings"]["expense_account"] == "6102"


def test_an_installations_own_begins_with_the_first_version() -> None:
    assert content(save(OWN, "navision"))["version"] == 1
    assert listed()["navision"]["columns"] == [OWN["columns"][0] | {"required": False, "too_long": "refuse"}]


def test_what_is_there_already_is_left_as_it_is() -> None:
    save(OWN, "navision")
    assert content(save(OWN, "navision"))["version"] == 1
    assert content(save(listed()["csv"], "csv"))["version"] == 1


def test_earlier_versions_stay() -> None:
    before = listed()["sage50"]
    save(OWN)
    save(OWN | {"decimal": ","})
    assert [mapping_store.version("sage50", number).mapping.decimal for number in (1, 2, 3)] == [".", ".", ","]
    assert mapping_store.version("sage50", 1).written["columns"] == before["columns"]
    assert mapping_store.current("sage50").version == 3
    for name, number in (("sage50", 4), ("none", 1)):
        with pytest.raises(NotFound):
            mapping_store.version(name, number)


@pytest.mark.parametrize("seen", [{"if_match": '"1"'}, {"if_match": "1"}, {"if_match": "*"}])
def test_who_names_the_newest_version_saves(seen: dict[str, str]) -> None:
    assert save(OWN, **seen)["statusCode"] == 200


def test_who_saw_another_version_is_told() -> None:
    save(OWN)
    for reply in (save(OWN | {"decimal": ","}, if_match='"1"'), save(OWN | {"decimal": ",", "version": 1})):
        assert (reply["statusCode"], content(reply)["code"]) == (409, "stale_version")
    assert save(OWN, "none", if_match='"1"')["statusCode"] == 409


def test_two_who_save_at_once_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    lose_race_to(monkeypatch, lambda: mapping_store.save("own", {"id": "own"}, "", "other"))
    with pytest.raises(StaleVersion):
        mapping_store.save("own", {"id": "own", "rows": "payouts"}, "", "test")


def test_there_are_no_more_than_can_be_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(mapping_store.MAX_MAPPINGS - len(mapping_store.built_in())):
        mapping_store.save(f"m{number}", {}, "", "test")
    assert save(OWN, "one-more")["statusCode"] == 409
    assert save(OWN, "csv")["statusCode"] == 200


def test_faults_are_said_and_a_partner_is_forbidden() -> None:
    reply = save({"rows": "payouts", "columns": [{"name": "x", "value": "{payout.iban}"}]})
    assert (reply["statusCode"], content(reply)["errors"][0]["field"]) == (422, "columns.0.value")
    assert handler(sample(SAVE, caller=PARTNER), None)["statusCode"] == 403
