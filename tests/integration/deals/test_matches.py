"""The reviewer's view: a deal beside each that has, or may have, the customer."""

import json
from typing import Any

from dealreg.accounts import store as accounts
from dealreg.deals import judging, rules, store
from dealreg.deals.rules import CommandContext
from tests.conftest import NOW
from tests.integration.deals.reviewing import ACCOUNT, Registered, call, given_account
from tests.samples import content


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
        assert (match["verdict"], match["merged"], match["release"]) == (None, False, None)
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
        account_id = given_account()
        deal = registered("North")
        accounts.delete(account_id, "test")
        (match,) = content(call("matches", deal["id"]))["items"]
        assert (match["status"], match["since"], match["lines"]) == ("gone", None, [])
        assert match["reason"]

    def test_the_names_are_compared_in_words(self, registered: Registered) -> None:
        registered("North", name="Mueller Maschinenbau Nord AG", tax_id=None)
        (match,) = content(call("matches", registered("South")["id"]))["items"]
        reasons = {reason["code"]: reason for reason in match["reasons"]}
        assert reasons["country"] | {"points": 0} == {"code": "country", "points": 0, "text": "same country DE"}
        assert reasons["rare_word"]["points"] > 0
        assert "only one has nord" in {reason["text"] for reason in match["reasons"]}
        points = [abs(reason["points"]) for reason in match["reasons"]]
        assert points == sorted(points, reverse=True)

    def test_what_can_be_released_is(self, registered: Registered, context: CommandContext) -> None:
        first, second = registered("North"), registered("South", domain="mueller.example", tax_id=None)
        holder = store.locate(first["id"])
        store.commit(holder, rules.approve(holder, context, 90, "head"))
        (match,) = content(call("matches", second["id"]))["items"]
        assert match["release"] == f"/v1/admin/deals/{first['id']}/release-claim"
        assert call("release-claim", first["id"])["statusCode"] == 200

    def test_nobody(self, registered: Registered) -> None:
        assert content(call("matches", registered("North")["id"]))["items"] == []


def test_the_best_three_are_kept_even_of_those_that_count_for_nothing(
    registered: Registered, context: CommandContext
) -> None:
    """Given four that share a word with the customer, when it is judged, and judged again once it is posted itself."""
    for word in ("Foods", "Textil", "Tours", "Optik"):
        registered(word, name=f"Zwackberg {word}", domain=f"zwackberg-{word.lower()}.example", tax_id=None)
    deal = registered("South", name="Zwackberg Stahl AG", domain="zwackberg.example", tax_id=None, country="AT")
    assert deal["conflict"]["verdict"] == "clear"
    for found in (store.locate(deal["id"]), judging.recheck(store.locate(deal["id"]), context)):
        assert [match["certainty"] for match in found.matches] == ["none"] * 3
        assert deal["id"] not in {match["id"] for match in found.matches}
        likelihoods = [match["likelihood"] for match in found.matches]
        assert likelihoods == sorted(likelihoods, reverse=True)
