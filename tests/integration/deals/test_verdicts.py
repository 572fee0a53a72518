"""The reviewer's word on a deal and one of its matches: kept, exported, and learned from."""

import json
from collections.abc import Callable
from datetime import datetime

import pytest

from dealreg.accounts import store as accounts
from dealreg.deals import rules, store
from dealreg.deals.rules import CommandContext
from dealreg.matching import index
from dealreg.matching.names.score import weights
from dealreg.platform import dynamo, times
from dealreg.reviewing import matches, verdicts
from relay.app import handler as relay
from tests.integration.deals.reviewing import ACCOUNT, Registered, call, given_account
from tests.integration.moving import records_of
from tests.samples import content


class TestWord:
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
        assert not {"pk", "sk", "teaches", "due_at", "due_bucket"} & row.keys()

    def test_with_the_points_of_the_day(self, registered: Registered) -> None:
        first, second = registered("North", name="Muller & Co"), registered("South")
        (shown,) = content(call("matches", second["id"]))["items"]
        call("judge-match", second["id"], first["id"], body={"verdict": "different"})
        row = json.loads(call("match-verdicts")["body"])
        assert row["weights"] == weights().version
        points = {reason["code"]: reason["points"] for reason in shown["reasons"]}
        assert points
        assert row["parts"].items() >= points.items()

    def test_it_goes_on_where_the_last_page_ended(
        self, registered: Registered, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dealreg.reviewing.verdicts.EXPORT_PAGE", 1)
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


def told_the_relay() -> None:
    """All that happened to verdicts so far, for the first time or again."""
    records = [record for kind in ("INSERT", "MODIFY") for record in records_of("Deals", "VERDICT#", kind)]
    assert relay({"Records": records}, None) == {"batchItemFailures": []}


def row_of(deal_id: str, match_id: str) -> dynamo.Item:
    key = matches.verdict_key(deal_id, match_id)
    return dynamo.get(key.table, key.pk, key.sk) or {}


class TestLearning:
    @pytest.fixture
    def account(self, program: object) -> str:
        return given_account()

    def test_an_account_goes_by_the_other_name_too(self, account: str, registered: Registered) -> None:
        deal = registered("North", name="Zwackberg Stahl")
        call("judge-match", deal["id"], account, body={"verdict": "same"})
        for _ in range(2):
            told_the_relay()
        learned = accounts.load(account)
        assert (learned.learned_names, learned.learned_domains) == (("Zwackberg Stahl",), ())
        later = registered("South", name="Zwackberg Stahl GmbH", domain="zwackberg.example", tax_id=None)
        assert later["conflict"]["verdict"] == "possible_duplicate"
        assert account in {match["id"] for match in store.locate(later["id"]).matches}

    def test_a_registration_goes_by_the_other_name_too(self, registered: Registered) -> None:
        first = registered("North")
        second = registered("South", name="Mueller Maschinen", domain="mueller.example", tax_id=None)
        call("judge-match", second["id"], first["id"], body={"verdict": "same"})
        for _ in range(2):
            told_the_relay()
        assert store.locate(first["id"]).aliases == ["Mueller Maschinen"]

    @pytest.mark.parametrize("verdict", ["related", "different"])
    def test_a_domain_of_two_companies_is_neithers(self, account: str, registered: Registered, verdict: str) -> None:
        deal = registered("North")
        call("judge-match", deal["id"], account, body={"verdict": verdict})
        for _ in range(2):
            told_the_relay()
        rows = dynamo.batch_get(map(index.entries_key, ["domain#mueller-maschinenbau.de", "domain#mueller.example"]))
        assert {key.pk: index.is_shared(row) for key, row in rows.items()} == {
            "ID#domain#mueller-maschinenbau.de": True,
            "ID#domain#mueller.example": False,
        }
        assert accounts.load(account).learned_names == ()

    def test_two_that_only_sound_alike_share_nothing(self, registered: Registered) -> None:
        first = registered("North")
        second = registered("South", domain="mueller.example", tax_id=None)
        call("judge-match", second["id"], first["id"], body={"verdict": "different"})
        assert "due_at" not in row_of(second["id"], first["id"])

    def test_who_is_gone_learns_nothing(self, account: str, registered: Registered) -> None:
        deal = registered("North")
        call("judge-match", deal["id"], account, body={"verdict": "same"})
        accounts.delete(account, "test")
        told_the_relay()
        assert "due_at" not in row_of(deal["id"], account)

    def test_what_the_stream_lost_the_clock_finds(self, account: str, registered: Registered, now: datetime) -> None:
        deal = registered("North", name="Zwackberg Stahl")
        call("judge-match", deal["id"], account, body={"verdict": "same"})
        row = row_of(deal["id"], account)
        assert row["due_at"] > times.to_text(times.now())
        for _ in range(2):
            verdicts.on_due(dynamo.Key("Deals", row["pk"], row["sk"]), now)
        assert accounts.load(account).learned_names == ("Zwackberg Stahl",)
        assert "due_at" not in row_of(deal["id"], account)

    def test_an_older_word_does_not_take_a_newer_one_off_the_clock(
        self, account: str, registered: Registered, now: datetime
    ) -> None:
        deal = registered("North", name="Zwackberg Stahl")
        call("judge-match", deal["id"], account, body={"verdict": "same"})
        older = row_of(deal["id"], account)
        call("judge-match", deal["id"], account, body={"verdict": "different"})
        verdicts.learn(older, now)
        assert row_of(deal["id"], account)["due_at"]

    def test_a_registration_that_ended_learns_nothing(self, registered: Registered, context: CommandContext) -> None:
        first = registered("North")
        second = registered("South", name="Mueller Maschinen", domain="mueller.example", tax_id=None)
        call("judge-match", second["id"], first["id"], body={"verdict": "same"})
        ended = store.locate(first["id"])
        store.commit(ended, rules.withdraw(ended, context, ""))
        told_the_relay()
        assert store.locate(first["id"]).aliases == []
        assert "due_at" not in row_of(second["id"], first["id"])


class TestCorrecting:
    """What a word taught that was wrong is taken back by the right one, whether the relay came in between or not."""

    @pytest.fixture(params=["learned", "not yet learned"])
    def relayed(self, request: pytest.FixtureRequest) -> Callable[[], None]:
        return told_the_relay if request.param == "learned" else lambda: None

    @pytest.fixture
    def account(self, program: object) -> str:
        return given_account()

    def is_shared(self) -> bool:
        key = index.entries_key("domain#mueller-maschinenbau.de")
        return index.is_shared(dynamo.get(key.table, key.pk, key.sk))

    def test_another_company_keeps_its_names_and_domains(
        self, account: str, registered: Registered, relayed: Callable[[], None]
    ) -> None:
        deal = registered("North", domain="mueller-nord.example", tax_id=None)
        call("merge-match", deal["id"], account)
        relayed()
        call("judge-match", deal["id"], account, body={"verdict": "related"})
        for _ in range(2):
            told_the_relay()
        known = accounts.load(account)
        assert (known.name, known.learned_names, known.learned_domains) == (ACCOUNT["name"], (), ())
        posted = index.entries_key("domain#mueller-nord.example")
        assert account not in (dynamo.get(posted.table, posted.pk, posted.sk) or {})

    def test_another_registration_keeps_its_name(self, registered: Registered, relayed: Callable[[], None]) -> None:
        first = registered("North")
        second = registered("South", name="Mueller Maschinen", domain="mueller.example", tax_id=None)
        call("judge-match", second["id"], first["id"], body={"verdict": "same"})
        relayed()
        call("judge-match", second["id"], first["id"], body={"verdict": "different"})
        for _ in range(2):
            told_the_relay()
        assert store.locate(first["id"]).aliases == []

    def test_one_company_has_its_domain_for_itself(
        self, account: str, registered: Registered, relayed: Callable[[], None]
    ) -> None:
        deal = registered("North")
        call("judge-match", deal["id"], account, body={"verdict": "different"})
        relayed()
        call("judge-match", deal["id"], account, body={"verdict": "same"})
        for _ in range(2):
            told_the_relay()
        assert not self.is_shared()

    def test_two_companies_share_theirs(
        self, account: str, registered: Registered, relayed: Callable[[], None]
    ) -> None:
        deal = registered("North")
        call("judge-match", deal["id"], account, body={"verdict": "same"})
        relayed()
        call("judge-match", deal["id"], account, body={"verdict": "different"})
        for _ in range(2):
            told_the_relay()
        assert self.is_shared()
        assert accounts.load(account).learned_names == ()
