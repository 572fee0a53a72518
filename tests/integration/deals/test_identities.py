"""Identities that are the same: who holds the customer, when that may be another one, and until when it holds."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from dealreg import dynamo
from dealreg.conflicts import store as conflicts
from dealreg.deals import acts, edits, judging, register, rules, store
from dealreg.deals.model import Deal, NewDeal, view
from dealreg.deals.rules import Act
from dealreg.http import Caller
from dealreg.partners import store as partners
from dealreg.partners.model import Program
from dealreg.validation import parse
from tests.integration.conftest import body

NewPartner = Callable[..., Caller]
ONE, OTHER, WRONG = "DE136695976", "DE811569869", "DE123456789"
LEI = "529900T8BM49AURSDO55"


def registered(caller: Caller, act: Act, name: str, domain: str, **customer: str) -> Deal:
    asked = body(customer={"name": name, "domain": domain} | customer, partner_reference=None)
    new = parse(NewDeal, json.dumps(asked).encode(), register.validation_context())
    reply = json.loads(register.register(caller, new, None, act).body)
    return store.load(caller.partner_id, reply["id"])


def told(deal: Deal) -> tuple[str, str, str | None]:
    return deal.status, deal.verdict, deal.conflict_reason


POSSIBLE_DOMAIN = ("in_review", "possible_duplicate", "domain_match")
CLAIMED_DOMAIN = ("queued", "claimed_by_partner", "domain_match")


def later(act: Act, **passed: float) -> Act:
    return Act(act.now + timedelta(**passed), act.entropy + 99)


def approved(deal: Deal, act: Act) -> Deal:
    return store.commit(deal, rules.approve(deal, act, 90, "head"))


class TestEqualDomains:
    def test_a_contradicting_name_is_for_a_reviewer_and_not_for_the_queue(
        self, new_partner: NewPartner, act: Act
    ) -> None:
        first = registered(new_partner("North"), act, "Institut Kepler", "campus.example")
        second = registered(new_partner("South"), act, "Zwack Brewery", "campus.example")
        assert told(second) == POSSIBLE_DOMAIN
        assert second.matches[0]["id"] == first.id
        assert "same domain campus.example, but the names have nothing in common" in second.matches[0]["reason"]
        assert (second.identities, second.hints) == ([], ["domain#campus.example"])

    def test_the_first_learns_of_the_second(self, new_partner: NewPartner, act: Act) -> None:
        first = registered(new_partner("North"), act, "Institut Kepler", "campus.example")
        registered(new_partner("South"), act, "Zwack Brewery", "campus.example")
        assert judging.recheck(first, act).verdict == "possible_duplicate"

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("International Business Machines", "IBM"),
            ("Müller Maschinenbau GmbH", "Mueller"),
            ("山梨中央銀行", "Yamanashi Chuo Bank"),
            ("Race 1", "Race 2"),
        ],
    )
    def test_a_name_that_may_be_the_same_company_waits_in_the_queue(
        self, new_partner: NewPartner, act: Act, one: str, other: str
    ) -> None:
        registered(new_partner("North"), act, one, "same.example")
        assert told(registered(new_partner("South"), act, other, "same.example")) == CLAIMED_DOMAIN

    def test_a_third_that_is_the_holder_waits_behind_it_whoever_else_is_there(
        self, new_partner: NewPartner, act: Act
    ) -> None:
        registered(new_partner("North"), act, "Institut Kepler", "campus.example")
        registered(new_partner("South"), act, "Zwack Brewery", "campus.example")
        assert told(registered(new_partner("West"), act, "Kepler Institut", "campus.example")) == CLAIMED_DOMAIN

    def test_different_valid_tax_ids_are_two_companies(self, new_partner: NewPartner, act: Act) -> None:
        registered(new_partner("North"), act, "Zwack AG", "zwack.example", tax_id=ONE)
        second = registered(new_partner("South"), act, "Zwack AG", "zwack.example", tax_id=OTHER)
        assert told(second) == POSSIBLE_DOMAIN
        assert "but their VAT ids differ" in second.matches[0]["reason"]
        assert second.identities == [f"tax#{OTHER}"]

    def test_a_domain_learned_as_shared_is_claimed_by_nobody(self, new_partner: NewPartner, act: Act) -> None:
        dynamo.write(conflicts.share("domain#campus.example"))
        first = registered(new_partner("North"), act, "Zwack AG", "campus.example")
        second = registered(new_partner("South"), act, "Zwack AG", "campus.example")
        assert told(first) == ("in_review", "clear", None)
        assert told(second) == POSSIBLE_DOMAIN
        assert "which several customers share" in second.matches[0]["reason"]

    def test_who_ended_is_posted_there_no_more(self, new_partner: NewPartner, act: Act) -> None:
        registered(new_partner("North"), act, "Institut Kepler", "campus.example")
        second = registered(new_partner("South"), act, "Zwack Brewery", "campus.example")
        store.commit(second, rules.withdraw(second, act, ""))
        acts.promote(store.events_of(second)[-1], act)
        place = conflicts.posted_key("domain#campus.example")
        assert conflicts.posts_in(dynamo.get(place.table, place.pk, place.sk) or {}) == {}

    def test_the_vendors_own_domain_identifies_nobody(
        self, new_partner: NewPartner, act: Act, program: Program
    ) -> None:
        partners.save_program(replace(program, own_domains=("acme.example",)), by="test")
        deal = registered(new_partner("North"), act, "Zwack AG", "acme.example")
        assert (deal.identities, deal.hints) == ([], [])


class TestNumbers:
    def test_a_wrong_tax_id_warns_and_claims_nothing(self, new_partner: NewPartner, act: Act) -> None:
        deal = registered(new_partner("North"), act, "Zwack AG", "zwack.example", tax_id=WRONG)
        (warning,) = view(deal)["warnings"]
        assert warning["field"] == "customer.tax_id"
        assert "check digits" in warning["message"]
        assert told(deal) == ("in_review", "clear", None)
        assert deal.identities == ["domain#zwack.example"]

    def test_the_same_wrong_tax_id_is_worth_a_look(self, new_partner: NewPartner, act: Act) -> None:
        registered(new_partner("North"), act, "Zwack AG", "zwack.example", tax_id=WRONG)
        second = registered(new_partner("South"), act, "Unicum KG", "unicum.example", tax_id=WRONG)
        assert told(second) == ("in_review", "possible_duplicate", "tax_id_match")
        assert "which cannot be right" in second.matches[0]["reason"]

    @pytest.mark.parametrize(
        ("number", "reason"), [({"lei": LEI}, "lei_match"), ({"duns": "15-048-3782"}, "duns_match")]
    )
    def test_an_lei_and_a_duns_number_are_claimed(
        self, new_partner: NewPartner, act: Act, number: dict[str, str], reason: str
    ) -> None:
        registered(new_partner("North"), act, "Zwack AG", "zwack.example", **number)
        second = registered(new_partner("South"), act, "Unicum KG", "unicum.example", **number)
        assert told(second) == ("queued", "claimed_by_partner", reason)


class TestUntilWhenAClaimHolds:
    def test_a_protection_that_ended_is_taken_over_before_the_clock_comes_by(
        self, new_partner: NewPartner, act: Act
    ) -> None:
        first = approved(registered(new_partner("North"), act, "Zwack AG", "zwack.example"), act)
        second = registered(new_partner("South"), later(act, days=91), "Zwack AG", "zwack.example")
        assert second.status == "in_review"
        acts.on_due(store.deal_key(first.partner_id, first.id).pk, f"DEAL#{first.id}", later(act, days=92).now)
        assert store.locate(first.id).status == "expired"
        third = registered(new_partner("West"), later(act, days=93), "Zwack AG", "zwack.example")
        assert told(third) == CLAIMED_DOMAIN

    def test_who_waits_behind_it_comes_first(self, new_partner: NewPartner, act: Act) -> None:
        approved(registered(new_partner("North"), act, "Zwack AG", "zwack.example"), act)
        assert registered(new_partner("South"), act, "Zwack AG", "zwack.example").status == "queued"
        late = registered(new_partner("West"), later(act, days=91), "Zwack AG", "zwack.example")
        assert late.status == "queued"

    def test_an_extended_one_holds_longer(self, new_partner: NewPartner, act: Act) -> None:
        first = approved(registered(new_partner("North"), act, "Zwack AG", "zwack.example"), act)
        store.commit(first, rules.extend(first, later(act, days=80), 30, "once"))
        assert registered(new_partner("South"), later(act, days=91), "Zwack AG", "zwack.example").status == "queued"

    def test_a_customer_won_is_never_free(self, new_partner: NewPartner, act: Act) -> None:
        first = approved(registered(new_partner("North"), act, "Zwack AG", "zwack.example"), act)
        acts.win(first, None, later(act, days=10), "billing")
        assert registered(new_partner("South"), later(act, days=200), "Zwack AG", "zwack.example").status == "queued"


class TestCorrections:
    def test_a_corrected_customer_that_shares_a_domain_claims_it_not(self, new_partner: NewPartner, act: Act) -> None:
        registered(new_partner("North"), act, "Institut Kepler", "campus.example")
        deal = registered(new_partner("South"), act, "Zwack Brewery", "zwack.example")
        asked = store.commit(deal, rules.request_info(deal, act, ["customer.domain"], "Which one?", "head"))
        again = edits.resubmit(asked, {"customer": {"domain": "campus.example"}}, act)
        assert (again.status, again.identities, again.hints) == ("in_review", [], ["domain#campus.example"])

    def test_a_name_corrected_by_an_edit_is_found_by_the_new_name_alone(
        self, new_partner: NewPartner, act: Act
    ) -> None:
        deal = registered(new_partner("North"), act, "Institut Kepler", "kepler.example")
        asked = store.commit(deal, rules.request_info(deal, act, ["customer.name"], "Which one?", "head"))
        edited = edits.edit(asked, {"customer": {"name": "Zwack Brewery"}}, act)
        edits.resubmit(edited, {}, act)
        south = new_partner("South")
        assert registered(south, act, "Institut Kepler", "other.example").verdict == "clear"
        assert registered(south, act, "Zwack Brewery", "third.example").verdict == "possible_duplicate"


class TestLearning:
    def test_the_name_and_domain_of_a_merged_registration_count(self, new_partner: NewPartner, act: Act) -> None:
        first = registered(new_partner("North"), act, "Institut Kepler", "kepler.example")
        learned = acts.learn(first.id, ["Zwack Brewery"], ["zwack.example"], later(act, hours=1))
        assert acts.learn(first.id, ["Zwack Brewery"], ["zwack.example"], later(act, hours=2)) == learned
        assert learned.identities == ["domain#kepler.example", "domain#zwack.example"]
        south = new_partner("South")
        assert told(registered(south, act, "ZWACK Brewery", "zwack.example")) == CLAIMED_DOMAIN
        assert told(registered(south, act, "Zwack Brewery", "other.example"))[1:] == (
            "possible_duplicate",
            "name_match",
        )

    def test_a_domain_that_another_claims_stays_its_own(self, new_partner: NewPartner, act: Act) -> None:
        first = registered(new_partner("North"), act, "Institut Kepler", "kepler.example")
        registered(new_partner("South"), act, "Zwack Brewery", "zwack.example")
        learned = acts.learn(first.id, [], ["zwack.example"], later(act, hours=1))
        assert (learned.identities, learned.hints) == (["domain#kepler.example"], ["domain#zwack.example"])

    def test_the_domain_of_a_merged_registration_that_ended_is_taken_over(
        self, new_partner: NewPartner, act: Act
    ) -> None:
        first = registered(new_partner("North"), act, "Institut Kepler", "kepler.example")
        second = registered(new_partner("South"), act, "Zwack Brewery", "zwack.example")
        store.commit(second, rules.reject(second, act, "duplicate", "Known", "head"))
        learned = acts.learn(first.id, ["Zwack Brewery"], ["zwack.example"], later(act, hours=1))
        assert learned.identities == ["domain#kepler.example", "domain#zwack.example"]

    def test_its_end_frees_what_it_learned(self, new_partner: NewPartner, act: Act) -> None:
        first = registered(new_partner("North"), act, "Institut Kepler", "kepler.example")
        learned = acts.learn(first.id, ["Zwack Brewery"], ["zwack.example"], later(act, hours=1))
        store.commit(learned, rules.withdraw(learned, act, ""))
        acts.promote(store.events_of(learned)[-1], act)
        again = registered(new_partner("South"), act, "Zwack Brewery", "zwack.example")
        assert told(again) == ("in_review", "clear", None)
