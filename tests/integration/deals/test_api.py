"""The partner's API for deals, from event to reply and stored rows."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dealreg.deals import commands, edits, rules, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.partners.program import Program, save_program
from dealreg.platform import dynamo, times
from dealreg.platform.http import Caller
from deals.api import ROUTES, handler
from tests.integration.conftest import body
from tests.samples import cases, content, routes_of, sample
from tests.unit.deals.samples import JANA

NewPartner = Callable[..., Caller]
ADMIN = Caller("admin", "", "key_1", frozenset(["admin"]))


def call(case: str, caller: Caller, deal_id: str = "", **changes: Any) -> dict[str, Any]:
    params = {"id": deal_id} if deal_id else None
    return handler(sample(f"deals-api/{case}", caller=caller, params=params, **changes), None)


@pytest.fixture
def north(new_partner: NewPartner) -> Caller:
    return new_partner("North")


@pytest.fixture
def deal_id(north: Caller) -> str:
    return str(content(call("register", north))["id"])


def in_status(caller: Caller, deal_id: str, context: CommandContext, status: str) -> Deal:
    """The registered deal, brought where a test needs it by the same rules that bring it there in life."""
    deal = store.load(caller.partner_id, deal_id)
    steps: dict[str, Callable[[Deal], rules.Change]] = {
        "approved": lambda deal: rules.approve(deal, context, 90, "head"),
        "action_required": lambda deal: rules.request_info(
            deal, context, ["customer.tax_id", "notes"], "Which one?", "head"
        ),
        "rejected": lambda deal: rules.reject(deal, context, "other", "No.", "head"),
    }
    return store.commit(deal, steps[status](deal))


def test_every_route_has_a_sample() -> None:
    assert routes_of("deals-api") == set(ROUTES)


@pytest.mark.parametrize("case", cases("deals-api"))
def test_an_admin_key_is_no_partner(program: object, case: str) -> None:
    assert call(case, ADMIN)["statusCode"] == 403


class TestRegister:
    def test_the_reply_is_the_deal(self, north: Caller) -> None:
        reply = call("register", north)
        assert reply["statusCode"] == 201
        assert content(reply)["status"] == "in_review"
        assert content(reply)["next"].startswith("A reviewer decides by ")

    def test_an_empty_idempotency_key_is_none(self, north: Caller) -> None:
        reply = call("register", north, headers={"idempotency-key": ""})
        assert (reply["statusCode"], content(reply)["errors"][0]["field"]) == (422, "Idempotency-Key")

    @pytest.mark.parametrize("year", ["0027", "2020", "9999"])
    def test_a_sale_of_another_age_is_a_slip_of_the_hand(self, north: Caller, year: str) -> None:
        reply = call("register", north, body=body(expected_close_date=f"{year}-02-28"))
        assert (reply["statusCode"], content(reply)["errors"][0]["field"]) == (422, "expected_close_date")

    def test_four_fields_are_enough(self, north: Caller) -> None:
        customer = {"name": "Acme", "domain": "acme.org"}
        reply = call(
            "register", north, body={key: body()[key] for key in ("products", "amount")} | {"customer": customer}
        )
        assert reply["statusCode"] == 201

    def test_no_family_is_claimed_in_passing(self, program: Program, north: Caller) -> None:
        """A product is named where there is more than one family; a check may ask about all of them."""
        for sent in (dict[str, list[str]](), {"products": list[str]()}):
            reply = call("register", north, body={key: body()[key] for key in ("customer", "amount")} | sent)
            assert (reply["statusCode"], content(reply)["errors"][0]["field"]) == (422, "products")
        assert call("check", north, body={"customer": body()["customer"]})["statusCode"] == 200
        save_program(replace(program, products=program.products[:1]), "test")
        reply = call("register", north, body={key: body()[key] for key in ("customer", "amount")})
        assert (reply["statusCode"], store.locate(content(reply)["id"]).families) == (201, ["data"])

    def test_every_fault_is_told_at_once_in_words(self, north: Caller) -> None:
        wrong = body(
            customer={"name": "-", "country": "Germany", "contact": {"email": "nobody"}},
            products=["analytics", "rockets"],
            amount={"amount": "12,50", "currency": "EURO"},
            expected_close_date="soon",
            colour="blue",
        )
        reply = call("register", north, body=wrong)
        faults = {fault["field"]: fault["message"] for fault in content(reply)["errors"]}
        assert reply["statusCode"] == 422
        assert reply["headers"]["content-type"] == "application/problem+json"
        assert set(faults) == {
            "customer.name",
            "customer.country",
            "customer.contact.email",
            "products",
            "amount.currency",
            "amount.amount",
            "expected_close_date",
            "colour",
        }
        assert faults["colour"] == "This field is not known."

    @pytest.mark.parametrize("text", ["", "{", "[1]", "null", '{"customer": NaN}', '"\\ud800"'])
    def test_what_is_no_deal_is_refused(self, north: Caller, text: str) -> None:
        assert call("register", north, body=text)["statusCode"] in (400, 422)

    def test_more_than_64_kilobytes_are_refused_unread(self, north: Caller) -> None:
        assert call("register", north, body="x" * (64 * 1024 + 1))["statusCode"] == 413

    def test_a_refused_registration_does_not_use_its_key_up(self, north: Caller) -> None:
        assert call("register", north, body="{}")["statusCode"] == 422
        assert call("register", north)["statusCode"] == 201

    def test_free_mail_identifies_nobody(self, new_partner: NewPartner) -> None:
        prospect = {"name": "Acme", "contact": {"email": "acme@gmail.com"}}
        other = {"name": "Bolt", "contact": {"email": "bolt@gmail.com"}}
        call(
            "register",
            new_partner("North"),
            body=body(customer=prospect, partner_reference=None),
            headers={"idempotency-key": "1"},
        )
        reply = call("register", new_partner("South"), body=body(customer=other, partner_reference=None))
        assert content(reply)["conflict"]["verdict"] == "clear"


class TestReading:
    def test_anothers_deal_is_not_there(self, deal_id: str, new_partner: NewPartner) -> None:
        other = new_partner("South")
        for case in ("read", "timeline", "edit", "withdraw", "resubmit", "extend", "stage", "lost", "comment"):
            assert call(case, other, deal_id)["statusCode"] == 404

    def test_pages_hold_every_deal_once(self, north: Caller) -> None:
        for number in range(5):
            call(
                "register",
                north,
                body=body(customer={"name": f"C {number}", "domain": f"c{number}.org"}, partner_reference=str(number)),
                headers={"idempotency-key": str(number)},
            )
        seen: list[str] = []
        query = {"limit": "2"}
        while True:
            page = content(call("list", north, query=query))
            seen += [deal["id"] for deal in page["items"]]
            if not page["next_cursor"]:
                break
            query["cursor"] = page["next_cursor"]
        assert len(seen) == len(set(seen)) == 5

    def test_anothers_cursor_is_refused(self, north: Caller, new_partner: NewPartner) -> None:
        for number in range(2):
            call(
                "register",
                north,
                body=body(customer={"name": f"C {number}", "domain": f"c{number}.org"}, partner_reference=str(number)),
                headers={"idempotency-key": str(number)},
            )
        cursor = content(call("list", north, query={"limit": "1"}))["next_cursor"]
        assert call("list", new_partner("South"), query={"limit": "1", "cursor": cursor})["statusCode"] == 422

    def test_the_timeline_says_what_happened(self, north: Caller, deal_id: str, context: CommandContext) -> None:
        in_status(north, deal_id, context, "approved")
        texts = [entry["text"] for entry in content(call("timeline", north, deal_id))["items"]]
        assert texts == ["Approved and protected until 21 Feb 2027", "Registered"]

    def test_the_timeline_gives_the_reason_of_an_approval(
        self, north: Caller, deal_id: str, context: CommandContext
    ) -> None:
        deal = store.load(north.partner_id, deal_id)
        commands.apply_decision(deal, 1, "approve", context, "head", reason="Well prepared.")
        newest, *_ = content(call("timeline", north, deal_id))["items"]
        assert newest["text"] == "Approved and protected until 21 Feb 2027: Well prepared."
        assert newest["data"]["reason"] == "Well prepared."

    def test_a_timeline_is_whole_however_long_its_texts(
        self, north: Caller, deal_id: str, context: CommandContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Ninety comments of the longest kind are more than DynamoDB reads at once."""
        monkeypatch.setattr(times, "now", lambda: context.now)
        deal, written = store.load(north.partner_id, deal_id), list[dynamo.Action]()
        for _ in range(90):
            change = rules.comment(deal, context, "\N{ROCKET}" * 4000, JANA)
            deal, written = change.deal, [*written, *store.event_actions(change)]
        for action in [*written, dynamo.put(store.table(), store.deal_item(deal))]:
            dynamo.write(action)
        store.commit(deal, rules.withdraw(deal, context, "No."))
        told, cursor = list[str](), dict[str, str]()
        while not told or cursor:
            reply = call("timeline", north, deal_id, query={"limit": "100"} | cursor)
            assert len(reply["body"].encode()) < 3 * 2**20
            told += [entry["type"] for entry in content(reply)["items"]]
            cursor = {"cursor": next_cursor} if (next_cursor := content(reply)["next_cursor"]) else {}
        assert told == ["deal.withdrawn", *["deal.commented"] * 90, "deal.submitted"]

    def test_what_only_the_vendor_sees_leaves_no_page_empty(
        self, north: Caller, deal_id: str, context: CommandContext
    ) -> None:
        deal = store.load(north.partner_id, deal_id)
        for _ in range(9):
            deal = store.commit(deal, rules.note(deal, context, "a note", "key_1"))
        (entry,) = content(call("timeline", north, deal_id, query={"limit": "1"}))["items"]
        assert entry["type"] == "deal.submitted"


class TestChanging:
    def test_in_review_only_notes_and_contact_are_open(self, north: Caller, deal_id: str) -> None:
        assert content(call("edit", north, deal_id))["notes"] == "Met again in Hanover"
        refused = call(
            "edit", north, deal_id, body={"amount": {"amount": "1.00", "currency": "EUR"}}, headers={"if-match": "*"}
        )
        assert refused["statusCode"] == 409
        assert content(refused)["editable"] == ["customer.contact", "notes"]

    def test_an_outdated_if_match_changes_nothing(self, north: Caller, deal_id: str) -> None:
        call("edit", north, deal_id)
        assert call("edit", north, deal_id)["statusCode"] == 409
        assert content(call("read", north, deal_id))["version"] == 2

    def test_what_the_reviewer_asked_for_can_be_sent(
        self, north: Caller, deal_id: str, context: CommandContext
    ) -> None:
        in_status(north, deal_id, context, "action_required")
        closed = call("resubmit", north, deal_id, body={"products": []})
        reply = call("resubmit", north, deal_id)
        assert closed["statusCode"] == 409
        assert content(reply)["status"] == "in_review"
        assert content(reply)["customer"]["tax_id"] == "DE811569869"
        assert store.load(north.partner_id, deal_id).identities == ["domain#mueller-maschinenbau.de", "tax#DE811569869"]

    def test_a_correction_to_a_customer_that_is_taken_is_refused(
        self, north: Caller, deal_id: str, context: CommandContext, new_partner: NewPartner
    ) -> None:
        taken = {"name": "Taken", "domain": "taken.org", "tax_id": "DE811569869"}
        call("register", new_partner("South"), body=body(customer=taken))
        in_status(north, deal_id, context, "action_required")
        assert call("resubmit", north, deal_id)["statusCode"] == 409
        assert content(call("read", north, deal_id))["status"] == "action_required"

    def test_what_a_registration_may_not_say_any_more_does_not_stand_in_the_way_of_a_later_edit(
        self, north: Caller, deal_id: str, context: CommandContext
    ) -> None:
        deal = store.load(north.partner_id, deal_id)
        later = replace(context, now=context.now + timedelta(days=800))
        old = replace(deal, expected_close_date="2020-02-28", products=[])
        assert edits.edit(old, {"notes": "Still open"}, later).notes == "Still open"

    @pytest.mark.parametrize("sent", ["[" * 60_000, '{"\\ud800": 1}', '{"notes": "a\\u0000b"}', "[]", "1e999"])
    def test_what_is_no_patch_is_said_to_be_none(self, north: Caller, deal_id: str, sent: str) -> None:
        event = sample("deals-api/edit", caller=north, params={"id": deal_id}) | {"body": sent}
        assert handler(event, None)["statusCode"] == 400

    def test_a_rejected_deal_is_closed(self, north: Caller, deal_id: str, context: CommandContext) -> None:
        in_status(north, deal_id, context, "rejected")
        for case in ("withdraw", "resubmit", "extend", "stage", "lost"):
            assert call(case, north, deal_id)["statusCode"] == 409

    def test_the_protection_is_extended_once(self, north: Caller, deal_id: str, context: CommandContext) -> None:
        in_status(north, deal_id, context, "approved")
        assert content(call("extend", north, deal_id))["protected_until"].startswith("2027-03-23")
        assert call("extend", north, deal_id)["statusCode"] == 409

    def test_the_partners_word_on_the_sale_moves_the_stage_not_the_status(self, north: Caller, deal_id: str) -> None:
        reply = content(call("stage", north, deal_id))
        assert (reply["stage"], reply["status"]) == ("proposal", "in_review")

    def test_a_comment_is_in_the_timeline(self, north: Caller, deal_id: str) -> None:
        assert call("comment", north, deal_id)["statusCode"] == 201
        assert "The demo is on Friday" in json.dumps(content(call("timeline", north, deal_id)))


class TestTheClock:
    def test_a_protection_warns_and_ends(self, north: Caller, deal_id: str, context: CommandContext) -> None:
        deal = in_status(north, deal_id, context, "approved")
        key = store.deal_key(deal.partner_id, deal.id)
        commands.on_due(key, context.now + timedelta(days=77))
        assert [event.type for event in store.events_of(deal)][-1] == "deal.expiring"
        commands.on_due(key, context.now + timedelta(days=78))
        assert store.load(deal.partner_id, deal.id).status == "approved"
        commands.on_due(key, context.now + timedelta(days=90))
        assert store.load(deal.partner_id, deal.id).status == "expired"
