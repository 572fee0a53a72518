"""What holds of reviews after anything, in any order, with any write broken off: on the real store.

Who holds a customer and who waits for it is the matter of `deals/test_invariants.py`.
"""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from billing import apply as billing_apply
from dealreg.approvals import absences, deciding
from dealreg.approvals.answering import Said
from dealreg.approvals.model import Review, State, question_id
from dealreg.approvals.people import Absence
from dealreg.approvals.store import link_token, newest_of
from dealreg.billing import store as billing
from dealreg.billing.model import InboxEvent, SourceKind
from dealreg.deals import commands, edits, register, rules, store
from dealreg.deals.facts import seen
from dealreg.deals.model import Deal, NewDeal
from dealreg.deals.statuses import Status
from dealreg.partners import partners, routing_text, users
from dealreg.partners.program import Approvers, Product, Program, Tier, program_at, save_program
from dealreg.partners.routing import AmountRange, Routing, Rule, Step, When
from dealreg.platform import aws, times
from dealreg.platform.dynamo import item_from_wire
from dealreg.platform.http import Caller
from dealreg.platform.money import Money, decimal_of
from dealreg.platform.paging import PageRequest
from dealreg.platform.validation import parse
from tests.conftest import NOW, forget_cached
from tests.integration import holding
from tests.integration.approvals.world import World
from tests.integration.aws_calls import intercept
from tests.integration.billing.conftest import stream_records
from tests.integration.billing.sales import closed_won
from tests.integration.faults import Kind
from tests.moto_resources import as_left_by
from tests.stand_ins import returning

PEOPLE = ADA, BO, FIN, LEA, LEO, CSO, LAST = [
    f"{name}@vendor.example" for name in ("ada", "bo", "fin", "lea", "leo", "cso", "last")
]
SMALL = Money(100_00, "EUR")
SMALL_ONES = Rule("small", When(amount=AmountRange("EUR", up_to=decimal_of(SMALL))), approve=True)
CHANNEL = Step("channel", (ADA, BO), title="Channel team", escalate_to=(CSO,))
FINANCE = Step("finance", (FIN,), reads=("amount", "products"))
LEGAL = Step("legal", (LEA, LEO), need="all", escalate_to=(CSO,))
HEAD = Step("head", (CSO,))
BOTH = Step("legal", (LEA, LAST), need="all")


def program(days: int, *rules: Rule) -> Program:
    """Without rules by its fields, of which the limit of what needs nobody is one. The days tell the programs apart."""
    return Program(
        products=(Product("analytics", "Analytics", "data"),),
        tiers=(Tier("registered", "Registered", 1, None if rules else SMALL, days),),
        approvers=Approvers(LAST, CSO),
        worked=routing_text.to_text(Routing(rules, LAST, 2)) if rules else "",
    )


PROGRAMS = (
    program(101, SMALL_ONES, Rule("rest", steps=((CHANNEL,), (FINANCE, LEGAL), (HEAD,)))),
    program(102),
    program(103, Rule("rest", steps=((Step("both", (ADA, FIN), need="all"), FINANCE), (Step("end", (BO, ADA)),)))),
    program(104, SMALL_ONES, Rule("others", steps=((HEAD,), (LEGAL, CHANNEL)))),
    program(105, Rule("last first", steps=((Step("head", (LAST,)),), (FINANCE, BOTH)))),
)
CUSTOMERS = (
    {"name": "Kranz Maschinen AG", "domain": "kranz.example", "country": "DE"},
    {"name": "Lotus Optik", "domain": "lotus.example", "country": "DE"},
)
picks = st.integers(0, 11)
choices = st.sampled_from(["approve", "approve", "approve", "reject", "request_info"])
RIVALS = ["answer", "answer", "override", "withdraw", "note", "reassign", "suspend", "strike"]
hours = st.sampled_from([0.05, 3, 9, 24, 72, 24 * 14, 24 * 105])


def two_partners() -> list[Caller]:
    save_program(PROGRAMS[0], "test")
    made: list[Caller] = []
    for name in ("North", "South"):
        partner = partners.create(name, "registered", [], NOW, by="test")
        user = users.create(partner.id, name, f"{name.lower()}@partner.example", NOW, by="test")
        made.append(Caller("partner", partner.id, user.id, frozenset(["deals"])))
    return made


class Reviews(RuleBasedStateMachine):
    world: World

    @initialize(pick=picks)
    def begin_with_two_in_review(self, pick: int) -> None:
        self.begin()
        self.save_program(pick)
        self.register(0, 0)
        self.register(1, 1)
        self.world.follow()

    def begin(self) -> None:
        forget_cached()
        World.now = NOW
        self.partners = as_left_by(two_partners)
        Reviews.world = World()
        self.accepted: list[str] = []
        self.pages: dict[str, str] = {}
        """What an approver saw who opened a question's page before."""
        self.registered = 0

    # what people do

    @rule(partner=picks, customer=picks, euros=st.sampled_from(["48000.00", "48000.00", "5.00"]))
    def register(self, partner: int, customer: int, euros: str = "48000.00") -> None:
        sent = {
            "customer": CUSTOMERS[customer % len(CUSTOMERS)],
            "products": ["analytics"],
            "amount": {"amount": euros, "currency": "EUR"},
        }
        self.registered += 1
        caller, key, context = self.partner(partner), f"key {self.registered}", self.world.context()
        new = parse(NewDeal, json.dumps(sent).encode(), register.validation_context())
        if reply := self.world.act(lambda: register.register(caller, new, key, context)):
            self.accepted.append(json.loads(reply.body)["id"])

    @precondition(lambda self: self.pending())
    @rule(pick=picks)
    def open_page(self, pick: int) -> None:
        review, number = self.question(pick)
        self.pages[question_id(review, number)] = seen(store.locate(review.deal_id))

    @precondition(lambda self: self.pending())
    @rule(pick=picks, choice=choices)
    def answer(self, pick: int, choice: str = "approve") -> None:
        review, number = self.question(pick)
        deal = store.locate(review.deal_id)
        saw = self.pages.pop(question_id(review, number), seen(deal))
        token, said = link_token(review, number), Said(choice, "So it is.", ["amount", "notes"])
        if after := self.world.act(lambda: deciding.decide(token, said, saw, self.world.context().now)):
            assert after.question(number).saw == saw, "decided on what was not seen"

    @precondition(lambda self: self.pending())
    @rule(pick=picks, to=st.sampled_from(PEOPLE))
    def pass_on(self, pick: int, to: str) -> None:
        review, number = self.question(pick)
        token, saw = link_token(review, number), seen(store.locate(review.deal_id))
        self.world.act(lambda: deciding.delegate(token, to, saw, self.world.context().now))

    @precondition(lambda self: self.accepted)
    @rule(pick=picks, choice=choices, step=st.sampled_from(["", "channel", "finance", "legal", "head", "both"]))
    def override(self, pick: int, choice: str, step: str = "") -> None:
        said, deal = Said(choice, "So it is.", ["amount", "notes"]), self.deal(pick)
        self.world.act(lambda: deciding.decide_as_admin(deal, said, self.world.context().now, "user_1", step))

    @rule(person=st.sampled_from(PEOPLE), to=st.sampled_from([None, *PEOPLE]))
    def go_away(self, person: str, to: str | None) -> None:
        if to != person:
            since = self.world.context().now
            absence = Absence(since, since + timedelta(days=2), to)
            self.world.act(lambda: absences.record(person, absence, "", "user_1"))

    @rule(person=st.sampled_from(PEOPLE))
    def come_back(self, person: str) -> None:
        self.world.act(lambda: absences.end(person, "user_1"))

    @rule(pick=picks)
    def save_program(self, pick: int) -> None:
        self.world.act(lambda: save_program(PROGRAMS[pick % len(PROGRAMS)], "test"))

    @rule(partner=picks)
    def suspend(self, partner: int) -> None:
        """Or let in again."""
        partner_id = self.partner(partner).partner_id
        status = "suspended" if partners.load(partner_id).is_active else "active"
        self.world.act(lambda: partners.change(partner_id, {"status": status}, "test"))

    @precondition(lambda self: self.accepted)
    @rule(pick=picks)
    def withdraw(self, pick: int) -> None:
        deal, context = self.deal(pick), self.world.context()
        self.world.act(lambda: commands.apply(deal, lambda read: rules.withdraw(read, context, "")))

    @precondition(lambda self: self.accepted)
    @rule(pick=picks, notes=st.sampled_from(["A pilot runs.", "They have a budget."]))
    def note(self, pick: int, notes: str) -> None:
        self.world.act(lambda: edits.edit(self.deal(pick), {"notes": notes}, self.world.context()))

    @precondition(lambda self: self.accepted)
    @rule(pick=picks, euros=st.sampled_from(["", "5.00", "90000.00"]))
    def resubmit(self, pick: int, euros: str = "") -> None:
        patch = {"amount": {"amount": euros, "currency": "EUR"}} if euros else {}
        self.world.act(lambda: edits.resubmit(self.deal(pick), patch, self.world.context()))

    @precondition(lambda self: self.accepted)
    @rule(pick=picks)
    def appeal(self, pick: int) -> None:
        self.world.act(lambda: commands.appeal(self.deal(pick), self.world.context(), "Look again."))

    @precondition(lambda self: self.accepted)
    @rule(pick=picks, partner=picks)
    def reassign(self, pick: int, partner: int) -> None:
        to = self.partner(partner).partner_id
        self.world.act(lambda: commands.reassign(self.deal(pick), to, self.world.context(), "user_1"))

    @precondition(lambda self: self.accepted)
    @rule(pick=picks)
    def sell(self, pick: int) -> None:
        """Billing tells of it."""
        name, now = f"msg_{self.world.faults.made}", self.world.context().now
        body = closed_won(deal_number=self.deal(pick).number)
        event = InboxEvent(billing.event_id("bsrc_1", name), "bsrc_1", SourceKind.STANDARD_WEBHOOKS, name, now, body)
        self.world.act(lambda: billing.keep(event))
        self.world.act(lambda: billing_apply.handler(stream_records(event.id), None))

    # what follows

    @rule(writes=st.integers(0, 8), kind=st.sampled_from(Kind))
    def break_off(self, writes: int, kind: Kind) -> None:
        self.world.faults.arm(writes, kind)

    @precondition(lambda self: self.accepted)
    @rule(writes=st.integers(0, 3), by=st.sampled_from(RIVALS), pick=picks)
    def overtake(self, writes: int, by: str, pick: int) -> None:
        """Between what comes next has read, and what it makes of it."""
        doing: dict[str, Callable[[], None]] = {
            "answer": lambda: self.answer(pick) if self.pending() else None,
            "override": lambda: self.override(pick, "reject"),
            "withdraw": lambda: self.withdraw(pick),
            "note": lambda: self.note(pick, f"Note {self.world.faults.made}"),
            "reassign": lambda: self.reassign(pick, pick),
            "suspend": lambda: self.suspend(pick),
            "strike": lambda: self.strike(9),
        }
        self.world.faults.overtake(writes, doing[by])

    @rule(twice=st.booleans())
    def relay(self, twice: bool = False) -> None:
        self.world.relay(twice=twice)

    @precondition(lambda self: self.world.executions.runnable)
    @rule(pick=picks, twice=st.booleans())
    def run_task(self, pick: int, twice: bool = False) -> None:
        runnable = self.world.executions.runnable
        self.world.run_task(runnable[pick % len(runnable)], twice=twice)

    @precondition(lambda self: self.world.executions.running)
    @rule(pick=picks)
    def stop_execution(self, pick: int) -> None:
        running = self.world.executions.running
        self.world.executions.stop(running[pick % len(running)])

    @rule(again=st.booleans())
    def deliver_letters(self, again: bool = False) -> None:
        self.world.fetch_letters()
        for body in self.world.delivered if again else list(self.world.letters):
            self.world.deliver_letter(body)

    @rule()
    def follow(self) -> None:
        self.world.follow()

    @rule(hours=hours)
    def strike(self, hours: float) -> None:
        self.world.strike(self.world.now + timedelta(hours=hours))

    # what holds

    @invariant()
    def what_holds(self) -> None:
        if not hasattr(self, "accepted"):
            return
        self.world.look()
        deals = [store.locate(deal_id) for deal_id in self.accepted]
        listed = [
            deal["id"]
            for caller in self.partners
            for deal in store.list_of_partner(caller.partner_id, None, PageRequest(100))["items"]
        ]
        assert sorted(listed) == sorted(self.accepted), "a registration is one deal"
        for deal in deals:
            holding.holds_what_it_claims(deal, self.world.now)
            holding.waits_in_its_queues(deal)
            holding.tells_its_life_without_gaps(deal)
            is_protected_as_it_was_told(deal)
        twice = [letter for letter, times in self.world.mailed.items() if times > 1]
        assert not twice, f"mailed twice: {twice}"

    def teardown(self) -> None:
        """At last every review has ended, or waits for people who are named, and who have been written to."""
        if not hasattr(self, "accepted"):
            return
        self.world.faults.disarm()
        for caller in self.partners:
            partners.change(caller.partner_id, {"status": "active"}, "test")
        self.world.come_to_rest()
        if any(review.state is State.OPEN and not review.pending for review in self.world.watch.reviews.values()):
            self.world.strike(self.world.now + timedelta(hours=1))
            self.world.come_to_rest()
        self.what_holds()
        for deal in (store.locate(deal_id) for deal_id in self.accepted):
            holding.is_found_by_name(deal)
            holding.does_not_wait_in_vain(deal)
            if deal.status == Status.IN_REVIEW:
                self.waits_for_somebody(deal)
        assert rows_of_questions() == {question_id(*one) for one in self.pending()}

    def waits_for_somebody(self, deal: Deal) -> None:
        review = newest_of(deal)
        assert review and review.state is State.OPEN and review.pending, f"{deal.id} waits for nobody"
        for question in review.pending:
            name = question_id(review, question.number)
            assert question.approver and self.world.first_letters[name], f"{question.approver} was not told"

    # how

    def partner(self, pick: int) -> Caller:
        return self.partners[pick % len(self.partners)]

    def deal(self, pick: int) -> Deal:
        return store.locate(self.accepted[pick % len(self.accepted)])

    def pending(self) -> list[tuple[Review, int]]:
        """Open questions, as they were committed."""
        reviews = self.world.watch.reviews.values()
        return [(review, question.number) for review in reviews for question in review.pending]

    def question(self, pick: int) -> tuple[Review, int]:
        pending = self.pending()
        return pending[pick % len(pending)]


def is_protected_as_it_was_told(deal: Deal) -> None:
    """By the days of the program that its review began with, whatever was saved since."""
    for event in store.events_of(deal):
        if event.type == "deal.approved":
            days = program_at(deal.program_version).tier(deal.tier).protection_days
            assert event.data["protected_until"] == times.to_text(event.timestamp + timedelta(days=days))


def rows_of_questions() -> set[str]:
    """The worklist's."""
    rows = aws.client("dynamodb").scan(TableName="Deals", IndexName="by_approver")["Items"]
    return {item_from_wire(row)["approval_id"] for row in rows}


def approved_by_all(life: Reviews) -> None:
    life.register(0, 0)
    life.follow()
    while life.pending():
        life.answer(0)
        life.follow()


def approved_by_one(life: Reviews) -> None:
    life.save_program(1)
    life.register(0, 0)
    life.follow()
    life.answer(0)
    life.follow()


def asked_for_more(life: Reviews) -> None:
    life.register(0, 0)
    life.follow()
    life.answer(0)
    life.follow()
    life.answer(0, "request_info")
    life.follow()
    life.resubmit(0, "90000.00")
    life.follow()


def escalated_and_handed_over(life: Reviews) -> None:
    life.register(0, 0)
    life.follow()
    life.go_away(ADA, LEA)
    life.follow()
    life.strike(24 * 3)
    life.follow()
    life.save_program(3)
    life.follow()
    life.answer(0)
    life.follow()


def left_to_who_approved_before(life: Reviews) -> None:
    """The absence leaves nobody for the second step but who is the last resort, and approved the first."""
    life.save_program(4)
    life.register(0, 0)
    life.follow()
    life.answer(0)
    life.follow()
    life.go_away(FIN, None)
    life.follow()
    life.go_away(LEA, LAST)
    life.follow()
    life.strike(24 * 14)
    life.follow()
    assert [review.question(number).approver for review, number in life.pending()] == [LEA], "two signatures stay two"
    life.answer(0)
    life.follow()
    assert life.deal(0).status == Status.APPROVED


def given_away_and_overridden(life: Reviews) -> None:
    life.register(0, 0)
    life.register(1, 0)
    life.follow()
    life.reassign(0, 1)
    life.follow()
    life.override(0, "reject")
    life.follow()
    life.appeal(0)
    life.follow()
    life.withdraw(1)
    life.follow()


def sold_while_in_review(life: Reviews) -> None:
    life.save_program(1)
    life.register(0, 0)
    life.register(1, 0)
    life.follow()
    life.sell(0)
    life.follow()
    life.answer(0)
    life.follow()


Story = Callable[[Reviews], None]
STORIES: dict[Story, int] = {
    approved_by_one: 1,
    approved_by_all: 6,
    asked_for_more: 7,
    escalated_and_handed_over: 8,
    left_to_who_approved_before: 6,
    given_away_and_overridden: 15,
    sold_while_in_review: 8,
}
"""Each with how many of its writes make one that is broken off: to explore, it is each, in every way."""


@pytest.fixture(autouse=True)
def around(aws: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine needs around it."""

    def call(make: Any, client: Any, operation: str, request: dict[str, Any]) -> Any:
        return Reviews.world.around(make, client, operation, request) if hasattr(Reviews, "world") else make()

    intercept(monkeypatch, call)
    monkeypatch.setenv("STATE_MACHINE_ARN", "the state machine")
    monkeypatch.setattr("tests.integration.roles.running_function", returning(None))
    monkeypatch.setattr(times, "now", lambda: World.now)
    monkeypatch.setattr(time, "sleep", returning(None))


def lived(story: Story, writes: int | None = None, kind: Kind = Kind.ENDS_AFTER) -> Reviews:
    """From its beginning to its rest, with that write broken off; it must hold whatever came of it."""
    life = Reviews()
    life.begin()
    if writes is not None:
        life.world.faults.arm(writes, kind)
    story(life)
    life.what_holds()
    life.teardown()
    return life


def is_explored() -> bool:
    return settings.get_current_profile_name() == "explore"


@pytest.mark.parametrize("story", STORIES)
def test_a_write_that_is_broken_off_changes_nothing_of(story: Story) -> None:
    unbroken = lived(story)
    expected = outcome(unbroken)
    for write in range(0, unbroken.world.faults.made, 1 if is_explored() else STORIES[story]):
        for kind in Kind if is_explored() else [[*Kind][write % len(Kind)]]:
            life = lived(story, write, kind)
            assert outcome(life) == expected, f"write {write} {kind}: {life.world.faults.broken}"


def outcome(life: Reviews) -> list[list[str]]:
    """What happened to each deal."""
    return [[event.type for event in store.events_of(store.locate(deal_id))] for deal_id in life.accepted]


def test_the_invariants_hold() -> None:
    run_state_machine_as_test(
        Reviews,
        settings=settings(
            max_examples=2000 if is_explored() else 8,
            stateful_step_count=40 if is_explored() else 20,
            derandomize=not is_explored(),
            deadline=None,
            phases=[Phase.generate],  # to make an example of so many steps short takes longer than to read it
            report_multiple_bugs=False,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )
