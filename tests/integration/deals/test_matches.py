"""The reviewer's view: a deal beside each that has, or may have, the customer, and the reviewer's word on the pair."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from admin.deals_api import handler
from dealreg.conflicts import accounts
from dealreg.deals import register
from dealreg.deals.model import NewDeal
from dealreg.deals.rules import Act
from dealreg.http import Caller
from dealreg.validation import parse
from tests.conftest import NOW
from tests.integration.conftest import body
from tests.samples import content, sample

ADMIN = Caller("admin", "", "key_1", frozenset(["admin"]))
ACCOUNT = {
    "name": "Mueller Maschinenbau Holding",
    "domains": ["mueller.example", "mueller-maschinenbau.de"],
    "country": "DE",
    "ownership": "former_customer",
}


def call(case: str, deal_id: str = "", match_id: str = "", **changes: Any) -> dict[str, Any]:
    params = {"id": deal_id} | ({"match_id": match_id} if match_id else {}) if deal_id else None
    return handler(sample(f"admin-deals-api/{case}", caller=ADMIN, params=params, **changes), None)


@pytest.fixture
def registered(new_partner: Callable[[str], Caller], act: Act) -> Callable[..., dict[str, Any]]:
    """Registers a deal of a new partner of that name."""

    def make(partner: str, **customer: Any) -> dict[str, Any]:
        sent = body(partner_reference=None, customer=body()["customer"] | customer)
        new = parse(NewDeal, json.dumps(sent).encode(), register.validation_context())
        return json.loads(register.register(new_partner(partner), new, None, act).body)

    return make


Registered = Callable[..., dict[str, Any]]


def line(match: dict[str, Any], field: str) -> dict[str, Any]:
    return next(line for line in match["lines"] if line["field"] == field)


class TestSideBySide:
    def test_another_partners_registration(self, registered: Registered) -> None:
        first = registered("North", name="MULLER Maschinenbau AG", tax_id="DE999999999")
        second = registered("South", name="Muller Maschinenbau GmbH", country=None)
        (match,) = content(call("matches", second["id"]))["items"]
        assert (match["id"], match["kind"], match["who"]) == (first["id"], "deal", "North")
        assert (match["number"], match["status"], match["since"]) == (first["number"], "in_review", first["created_at"])
        assert match["reason"].endswith("same domain mueller-maschinenbau.de")
        assert match["release"] == f"/v1/admin/deals/{first['id']}/release-claim"
        assert match["verdict"] is None
        assert line(match, "name") == {
            "field": "name",
            "prospect": "Muller Maschinenbau GmbH",
            "candidate": "MULLER Maschinenbau AG",
            "agrees": True,
            "only_prospect": ["GmbH"],
            "only_candidate": ["AG"],
        }
        assert line(match, "domain")["agrees"] is True
        assert line(match, "tax_id")["agrees"] is False
        assert line(match, "tax_id")["only_candidate"] == ["DE999999999"]
        assert line(match, "country")["agrees"] is None
        assert line(match, "country")["only_candidate"] == []

    def test_one_of_our_own_accounts(self, program: object, registered: Registered) -> None:
        accounts.create(json.dumps(ACCOUNT).encode(), NOW, "test")
        deal = registered("North")
        assert deal["conflict"]["verdict"] == "possible_duplicate"
        (match,) = content(call("matches", deal["id"]))["items"]
        assert (match["kind"], match["who"], match["release"]) == ("account", "a former customer of ours", None)
        assert line(match, "domain")["agrees"] is True
        assert line(match, "domain")["only_candidate"] == ["mueller.example"]
        assert line(match, "name")["only_candidate"] == ["Mueller", "Holding"]

    def test_one_that_is_gone_is_said_so(self, program: object, registered: Registered) -> None:
        account = accounts.create(json.dumps(ACCOUNT).encode(), NOW, "test")
        deal = registered("North")
        accounts.delete(account["id"], "test")
        (match,) = content(call("matches", deal["id"]))["items"]
        assert (match["status"], match["since"], match["lines"]) == ("gone", None, [])
        assert match["reason"]

    def test_nobody(self, registered: Registered) -> None:
        assert content(call("matches", registered("North")["id"]))["items"] == []


class TestVerdict:
    @pytest.fixture
    def pair(self, registered: Registered) -> tuple[str, str]:
        first = registered("North")
        return registered("South")["id"], first["id"]

    @pytest.mark.parametrize("verdict", ["same", "related", "different"])
    def test_it_is_kept_and_shown(self, pair: tuple[str, str], verdict: str) -> None:
        reply = call("judge-match", *pair, body={"verdict": verdict})
        assert (reply["statusCode"], content(reply)) == (200, {"id": pair[1], "verdict": verdict})
        (match,) = content(call("matches", pair[0]))["items"]
        assert match["verdict"] == verdict

    def test_said_again_it_is_corrected(self, pair: tuple[str, str]) -> None:
        for verdict in ("same", "different"):
            call("judge-match", *pair, body={"verdict": verdict})
        (row,) = call("match-verdicts")["body"].splitlines()
        assert json.loads(row)["verdict"] == "different"

    def test_another_deal_is_no_match(self, pair: tuple[str, str], registered: Registered) -> None:
        other = registered("West", name="Elsewhere", domain="elsewhere.example", tax_id=None)
        assert call("judge-match", pair[0], other["id"])["statusCode"] == 404
        assert call("judge-match", pair[0], "acc_1")["statusCode"] == 404

    def test_another_word_is_refused(self, pair: tuple[str, str]) -> None:
        assert call("judge-match", *pair, body={"verdict": "perhaps"})["statusCode"] == 422


class TestExport:
    def test_each_pair_is_a_line_with_both_sides(self, registered: Registered) -> None:
        first, second = registered("North", name="Muller & Co"), registered("South")
        call("judge-match", second["id"], first["id"], body={"verdict": "related"})
        reply = call("match-verdicts")
        assert reply["headers"]["content-type"] == "application/x-ndjson"
        assert "x-next-cursor" not in reply["headers"]
        (row,) = map(json.loads, reply["body"].splitlines())
        assert (row["deal_id"], row["match_id"], row["verdict"]) == (second["id"], first["id"], "related")
        assert row["prospect"]["names"] == ["Müller Maschinenbau GmbH"]
        assert row["candidate"]["names"] == ["Muller & Co"]
        assert (row["by"], "contact" in reply["body"]) == ("key_1", False)

    def test_it_goes_on_where_the_last_page_ended(
        self, registered: Registered, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dealreg.deals.matches._EXPORT_PAGE", 1)
        first = registered("North")
        for partner in ("South", "West"):
            call("judge-match", registered(partner)["id"], first["id"])
        page = call("match-verdicts")
        seen = page["body"].splitlines()
        while cursor := page["headers"].get("x-next-cursor"):
            page = call("match-verdicts", query={"cursor": cursor})
            seen += page["body"].splitlines()
        assert len(set(seen)) == len(seen) == 2

    def test_nothing_yet(self, program: object) -> None:
        reply = call("match-verdicts")
        assert (reply["statusCode"], reply["body"]) == (200, "")
