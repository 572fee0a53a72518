"""Identities that are the same: who holds the customer, when that may be another one, and until when it holds."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from dealreg.deals import commands, edits, extensions, judging, queue, register, rules, store
from dealreg.deals.model import Deal, NewDeal
from dealreg.deals.rules import CommandContext
from dealreg.deals.views import view
from dealreg.matching import claims, index
from dealreg.partners.program import Program, save_program
from dealreg.platform import dynamo
from dealreg.platform.errors import InvalidInput, StateConflict
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse
from tests.integration.conftest import body

NewPartner = Callable[..., Caller]
ONE, OTHER, WRONG = "DE136695976", "DE811569869", "DE136695970"
LEI = "529900T8BM49AURSDO55"


def registered(caller: Caller, context: CommandContext, name: str, domain: str, **customer: str) -> Deal:
    asked = body(customer={"name": name, "domain": domain} | customer, partner_reference=None)
    new = parse(NewDeal, json.dumps(asked).encode(), register.validation_context())
    reply = json.loads(register.register(caller, new, None, context).body)
    return store.load(caller.partner_id, reply["id"])


def told(deal: Deal) -> tuple[str, str, str | None]:
    return deal.status, deal.verdict, deal.conflict_reason


POSSIBLE_DOMAIN = ("in_review", "possible_duplicate", "domain_match")
CLAIMED_DOMAIN = ("queued", "claimed_by_partner", "domain_match")


def later(context: CommandContext, **passed: float) -> CommandContext:
    return CommandContext(context.now + timedelta(**passed), context.entropy + 99)


def approved(deal: Deal, context: CommandContext) -> Deal:
    return store.commit(deal, rules.approve(deal, context, 90, "head"))


class TestEqualDomains:
    def test_a_contradicting_name_is_for_a_reviewer_and_not_for_the_queue(
        self, new_partner: NewPartner, context: CommandContext
    ) -> None:
        first = registered(new_partner("North"), context, "Institut Kepler", "campus.example")
        second = registered(new_partner("South"), context, "Zwack Brewery", "campus.example")
        assert told(second) == POSSIBLE_DOMAIN
        assert second.matches[0]["id"] == first.id
        assert "same domain campus.example, but the names have nothing in common" in second.matches[0]["reason"]
        assert (second.identities, second.hints) == ([], ["domain#campus.example"])

    def test_of_two_of_one_millisecond_each_learns_of_the_other(
        self, new_partner: NewPartner, context: CommandContext
    ) -> None:
        first = registered(new_partner("North"), context, "Institut Kepler", "campus.example")
        registered(new_partner("South"), context, "Zwack Brewery", "campus.example")
        assert judging.recheck(first, context).verdict == "possible_duplicate"

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
        self, new_partner: NewPartner, context: CommandContext, one: str, other: str
    ) -> None:
        registered(new_partner("North"), context, one, "same.example")
        assert told(registered(new_partner("South"), context, other, "same.example")) == CLAIMED_DOMAIN

    def test_a_third_that_is_the_holder_waits_behind_it_whoever_else_is_there(
        self, new_partner: NewPartner, context: CommandContext
    ) -> None:
        registered(new_partner("North"), context, "Institut Kepler", "campus.example")
        registered(new_partner("South"), context, "Zwack Brewery", "campus.example")
        assert told(registered(new_partner("West"), context, "Kepler Institut", "campus.example")) == CLAIMED_DOMAIN

    def test_different_valid_tax_ids_are_two_companies(self, new_partner: NewPartner, context: CommandContext) -> None:
        registered(new_partner("North"), context, "Zwack AG", "zwack.example", tax_id=ONE)
        second = registered(new_partner("South"), context, "Zwack AG", "zwack.example", tax_id=OTHER)
        assert told(second) == POSSIBLE_DOMAIN
        assert "but their VAT ids differ" in second.matches[0]["reason"]
        assert second.identities == [f"tax#{OTHER}"]

    def test_a_domain_learned_as_shared_is_claimed_by_nobody(
        self, new_partner: NewPartner, context: CommandContext
    ) -> None:
        dynamo.write(index.share("domain#campus.example"))
        first = registered(new_partner("North"), context, "Zwack AG", "campus.example")
        second = registered(new_partner("South"), context, "Zwack AG", "campus.example")
        assert told(first) == ("in_review", "clear", None)
        assert told(second) == POSSIBLE_DOMAIN
        assert "which several customers share" in second.matches[0]["reason"]

    def test_who_ended_is_posted_there_no_more(self, new_partner: NewPartner, context: CommandContext) -> None:
        registered(new_partner("North"), context, "Institut Kepler", "campus.example")
        second = registered(new_partner("South"), context, "Zwack Brewery", "campus.example")
        store.commit(second, rules.withdraw(second, context, ""))
        queue.promote(store.events_of(second)[-1], context)
        place = index.entries_key("domain#campus.example")
        assert index.entries_in(dynamo.get(place.table, place.pk, place.sk) or {}) == {}

    def test_the_vendors_own_domain_identifies_nobody(
        self, new_partner: NewPartner, context: CommandContext, program: Program
    ) -> None:
        save_program(replace(program, own_domains=("acme.example",)), by="test")
        deal = registered(new_partner("North"), context, "Zwack AG", "acme.example")
        assert (deal.identities, deal.hints) == ([], [])


class TestNumbers:
    def test_a_wrong_tax_id_warns_and_claims_nothing(self, new_partner: NewPartner, context: CommandContext) -> None:
        deal = registered(new_partner("North"), context, "Zwack AG", "zwack.example", tax_id=WRONG)
        (warning,) = view(deal)["warnings"]
        assert warning["field"] == "customer.tax_id"
        assert "check digits" in warning["message"]
        assert told(deal) == ("in_review", "clear", None)
        assert deal.identities == ["domain#zwack.example"]

    def test_the_same_wrong_tax_id_is_worth_a_look(self, new_partner: NewPartner, context: CommandContext) -> None:
        registered(new_partner("North"), context, "Zwack AG", "zwack.example", tax_id=WRONG)
        second = registered(new_partner("South"), context, "Unicum KG", "unicum.example", tax_id=WRONG)
        assert told(second) == ("in_review", "possible_duplicate", "tax_id_match")
        assert "which cannot be right" in second.matches[0]["reason"]

    @pytest.mark.parametrize("made_up", ["pending", "0000", "123456789", "987654321"])
    def test_what_anybody_may_write_claims_nothing(
        self, new_partner: NewPartner, context: CommandContext, made_up: str
    ) -> None:
        north, south = new_partner("North"), new_partner("South")
        number = {"tax_id": made_up, "duns": "123456789", "country": "US"}
        registered(north, context, "Zwack AG", "zwack.example", **number)
        assert registered(south, context, "Unicum KG", "unicum.example", **number).status == "in_review"

    def test_other_products_are_another_matter(self, new_partner: NewPartner, context: CommandContext) -> None:
        registered(new_partner("North"), context, "Institut Kepler", "campus.example")
        registered(new_partner("South"), context, "Zwack Brewery", "campus.example")
        asked = body(customer={"name": "Zwack Brewery", "domain": "campus.example"}, products=["payments"])
        new = parse(NewDeal, json.dumps(asked | {"partner_reference": None}).encode(), register.validation_context())
        reply = json.loads(register.register(new_partner("West"), new, None, context).body)
        assert reply["conflict"]["reason_code"] != "domain_match"

    @pytest.mark.parametrize(
        ("number", "reason"), [({"lei": LEI}, "lei_match"), ({"duns": "15-048-3782"}, "duns_match")]
    )
    def test_an_lei_and_a_duns_number_are_claimed(
        self, new_partner: NewPartner, context: CommandContext, number: dict[str, str], reason: str
    ) -> None:
        registered(new_partner("North"), context, "Zwack AG", "zwack.example", **number)
        second = registered(new_partner("South"), context, "Unicum KG", "unicum.example", **number)
        assert told(second) == ("queued", "claimed_by_partner", reason)


class TestUntilWhenAClaimHolds:
    def test_a_protection_that_ended_is_taken_over_before_the_clock_comes_by(
        self, new_partner: NewPartner, context: CommandContext
    ) -> None:
        first = approved(registered(new_partner("North"), context, "Zwack AG", "zwack.example"), context)
        second = registered(new_partner("South"), later(context, days=91), "Zwack AG", "zwack.example")
        assert second.status == "in_review"
        commands.on_due(store.deal_key(first.partner_id, first.id), later(context, days=92).now)
        assert store.locate(first.id).status == "expired"
        third = registered(new_partner("West"), later(context, days=93), "Zwack AG", "zwack.example")
        assert told(third) == CLAIMED_DOMAIN

    def test_who_waits_behind_it_comes_first(self, new_partner: NewPartner, context: CommandContext) -> None:
        approved(registered(new_partner("North"), context, "Zwack AG", "zwack.example"), context)
        assert registered(new_partner("South"), context, "Zwack AG", "zwack.example").status == "queued"
        late = registered(new_partner("West"), later(context, days=91), "Zwack AG", "zwack.example")
        assert late.status == "queued"

    def test_an_extended_one_holds_longer(self, new_partner: NewPartner, context: CommandContext) -> None:
        first = approved(registered(new_partner("North"), context, "Zwack AG", "zwack.example"), context)
        store.commit(first, extensions.extend(first, later(context, days=80), 30, "once"))
        assert registered(new_partner("South"), later(context, days=91), "Zwack AG", "zwack.example").status == "queued"

    def test_a_customer_won_is_never_free(self, new_partner: NewPartner, context: CommandContext) -> None:
        first = approved(registered(new_partner("North"), context, "Zwack AG", "zwack.example"), context)
        commands.win(first, None, later(context, days=10), "billing")
        assert (
            registered(new_partner("South"), later(context, days=200), "Zwack AG", "zwack.example").status == "queued"
        )

    def test_an_ended_one_is_not_extended(self, new_partner: NewPartner, context: CommandContext) -> None:
        first = approved(registered(new_partner("North"), context, "Zwack AG", "zwack.example"), context)
        with pytest.raises(StateConflict, match="has ended"):
            extensions.extend(first, later(context, days=90), 30, "once")

    def test_who_is_approved_claims_what_only_others_kept_it_from(
        self, new_partner: NewPartner, context: CommandContext
    ) -> None:
        first = registered(new_partner("North"), context, "Institut Kepler", "campus.example")
        second = registered(new_partner("South"), context, "Zwack Brewery", "campus.example")
        store.commit(first, rules.withdraw(first, context, ""))
        queue.promote(store.events_of(first)[-1], context)
        held = commands.apply_decision(second, second.review_version, "approve", later(context, hours=1), "head")
        assert (held.identities, held.hints) == (["domain#campus.example"], [])
        assert told(registered(new_partner("West"), context, "Zwack Brewery", "campus.example")) == CLAIMED_DOMAIN

    def test_one_given_to_another_partner_holds_as_long_as_it_did(
        self, new_partner: NewPartner, context: CommandContext
    ) -> None:
        first = approved(registered(new_partner("North"), context, "Zwack AG", "zwack.example"), context)
        commands.reassign(first, new_partner("East").partner_id, context, "head")
        south = new_partner("South")
        assert registered(south, later(context, days=91), "Zwack AG", "zwack.example").status == "in_review"

    def test_one_stays_where_it_is_when_it_is_given_to_its_own_partner(
        self, new_partner: NewPartner, context: CommandContext
    ) -> None:
        first = registered(new_partner("North"), context, "Zwack AG", "zwack.example")
        with pytest.raises(InvalidInput):
            commands.reassign(first, first.partner_id, later(context, hours=1), "head")
        assert store.locate(first.id) == first


class TestTheQueue:
    @pytest.fixture
    def three(self, new_partner: NewPartner, context: CommandContext) -> list[Deal]:
        """Of one customer: two wait behind the first."""
        callers = [new_partner(name) for name in ("North", "South", "West")]
        moments = [later(context, hours=hour) for hour in range(3)]
        return [registered(one, at, "Zwack AG", "zwack.example") for one, at in zip(callers, moments, strict=True)]

    def test_one_that_was_given_to_another_partner_moves_up(
        self, three: list[Deal], new_partner: NewPartner, context: CommandContext
    ) -> None:
        first, second, third = three
        commands.reassign(second, new_partner("East").partner_id, later(context, hours=4), "head")
        store.commit(first, rules.withdraw(first, later(context, hours=5), ""))
        queue.promote(store.events_of(first)[-1], later(context, hours=5))
        assert (store.locate(second.id).status, store.locate(third.id).status) == ("in_review", "queued")

    def test_nobody_new_overtakes_it_after_the_holder_was_asked_something(
        self, three: list[Deal], new_partner: NewPartner, context: CommandContext
    ) -> None:
        asked = store.commit(three[0], rules.request_info(three[0], context, ["notes"], "Which one?", "head"))
        again = edits.resubmit(asked, {}, later(context, hours=4))
        store.commit(again, rules.withdraw(again, later(context, hours=5), ""))
        assert registered(new_partner("East"), later(context, hours=5), "Zwack AG", "zwack.example").status == "queued"

    def test_nor_after_the_next_moved_up(
        self, three: list[Deal], new_partner: NewPartner, context: CommandContext
    ) -> None:
        first, second, _ = three
        store.commit(first, rules.withdraw(first, later(context, hours=4), ""))
        queue.promote(store.events_of(first)[-1], later(context, hours=4))
        second = store.locate(second.id)
        store.commit(second, rules.withdraw(second, later(context, hours=5), ""))
        assert registered(new_partner("East"), later(context, hours=5), "Zwack AG", "zwack.example").status == "queued"

    def test_who_waits_behind_what_turns_out_to_be_another_customer_goes_on(
        self, new_partner: NewPartner, context: CommandContext
    ) -> None:
        registered(new_partner("North"), context, "Acme Health", "acme.example")
        second = registered(new_partner("South"), later(context, hours=1), "Acme Energy", "acme.example")
        assert second.status == "queued"
        dynamo.write(index.share("domain#acme.example"))
        gone_on = judging.recheck(second, later(context, hours=2))
        assert told(gone_on) == POSSIBLE_DOMAIN
        assert claims.queue(index.claims_on("domain#acme.example", ["data"])[0]) == []


class TestCorrections:
    def test_what_a_reviewer_taught_stays(self, new_partner: NewPartner, context: CommandContext) -> None:
        first = registered(new_partner("North"), context, "Institut Kepler", "kepler.example")
        learned = commands.learn(first.id, [], ["zwack.example"], later(context, hours=1))
        asked = store.commit(learned, rules.request_info(learned, context, ["notes"], "Which one?", "head"))
        assert edits.resubmit(asked, {}, later(context, hours=2)).identities == learned.identities

    def test_a_holder_keeps_its_domain_whoever_else_says_it_has_it(
        self, new_partner: NewPartner, context: CommandContext
    ) -> None:
        first = registered(new_partner("North"), context, "Institut Kepler", "campus.example")
        registered(new_partner("South"), context, "Zwack Brewery", "campus.example")
        asked = store.commit(first, rules.request_info(first, context, ["customer.name"], "Which one?", "head"))
        again = edits.resubmit(asked, {"customer": {"name": "Kepler Institut"}}, later(context, hours=1))
        assert again.identities == ["domain#campus.example"]

    def test_the_likelihood_that_a_reviewer_sees_is_that_of_the_new_name(
        self, new_partner: NewPartner, context: CommandContext
    ) -> None:
        registered(new_partner("North"), context, "Brandenburg Kepler Optics", "one.example")
        second = registered(new_partner("South"), context, "Brandenburg Zwack Optics", "two.example")
        asked = store.commit(second, rules.request_info(second, context, ["customer.name"], "Which one?", "head"))
        again = edits.resubmit(asked, {"customer": {"name": "Brandenburg Kepler Zwack Systems Optics"}}, context)
        assert judging.recheck(again, context).matches[0]["likelihood"] > second.matches[0]["likelihood"]

    def test_a_corrected_customer_that_shares_a_domain_claims_it_not(
        self, new_partner: NewPartner, context: CommandContext
    ) -> None:
        registered(new_partner("North"), context, "Institut Kepler", "campus.example")
        deal = registered(new_partner("South"), context, "Zwack Brewery", "zwack.example")
        asked = store.commit(deal, rules.request_info(deal, context, ["customer.domain"], "Which one?", "head"))
        again = edits.resubmit(asked, {"customer": {"domain": "campus.example"}}, context)
        assert (again.status, again.identities, again.hints) == ("in_review", [], ["domain#campus.example"])

    def test_a_name_corrected_by_an_edit_is_found_by_the_new_name_alone(
        self, new_partner: NewPartner, context: CommandContext
    ) -> None:
        deal = registered(new_partner("North"), context, "Institut Kepler", "kepler.example")
        asked = store.commit(deal, rules.request_info(deal, context, ["customer.name"], "Which one?", "head"))
        edited = edits.edit(asked, {"customer": {"name": "Zwack Brewery"}}, context)
        edits.resubmit(edited, {}, context)
        south = new_partner("South")
        assert registered(south, context, "Institut Kepler", "other.example").verdict == "clear"
        assert registered(south, context, "Zwack Brewery", "third.example").verdict == "possible_duplicate"


class TestLearning:
    def test_the_name_and_domain_of_a_merged_registration_count(
        self, new_partner: NewPartner, context: CommandContext
    ) -> None:
        first = registered(new_partner("North"), context, "Institut Kepler", "kepler.example")
        learned = commands.learn(first.id, ["Zwack Brewery"], ["zwack.example"], later(context, hours=1))
        assert commands.learn(first.id, ["Zwack Brewery"], ["zwack.example"], later(context, hours=2)) == learned
        assert learned.identities == ["domain#kepler.example", "domain#zwack.example"]
        south = new_partner("South")
        assert told(registered(south, context, "ZWACK Brewery", "zwack.example")) == CLAIMED_DOMAIN
        assert told(registered(south, context, "Zwack Brewery", "other.example"))[1:] == (
            "possible_duplicate",
            "name_match",
        )

    def test_a_domain_that_another_claims_stays_its_own(self, new_partner: NewPartner, context: CommandContext) -> None:
        first = registered(new_partner("North"), context, "Institut Kepler", "kepler.example")
        registered(new_partner("South"), context, "Zwack Brewery", "zwack.example")
        learned = commands.learn(first.id, [], ["zwack.example"], later(context, hours=1))
        assert (learned.identities, learned.hints) == (["domain#kepler.example"], ["domain#zwack.example"])

    def test_the_domain_of_a_merged_registration_that_ended_is_taken_over(
        self, new_partner: NewPartner, context: CommandContext
    ) -> None:
        first = registered(new_partner("North"), context, "Institut Kepler", "kepler.example")
        second = registered(new_partner("South"), context, "Zwack Brewery", "zwack.example")
        store.commit(second, rules.reject(second, context, "duplicate", "Known", "head"))
        learned = commands.learn(first.id, ["Zwack Brewery"], ["zwack.example"], later(context, hours=1))
        assert learned.identities == ["domain#kepler.example", "domain#zwack.example"]

    def test_its_end_frees_what_it_learned(self, new_partner: NewPartner, context: CommandContext) -> None:
        first = registered(new_partner("North"), context, "Institut Kepler", "kepler.example")
        learned = commands.learn(first.id, ["Zwack Brewery"], ["zwack.example"], later(context, hours=1))
        store.commit(learned, rules.withdraw(learned, context, ""))
        queue.promote(store.events_of(learned)[-1], context)
        again = registered(new_partner("South"), context, "Zwack Brewery", "zwack.example")
        assert told(again) == ("in_review", "clear", None)
