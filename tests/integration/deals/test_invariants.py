"""What holds after whatever happens to deals, in whatever order, with lost races between: checked on the real store."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from dealreg.approvals import deciding
from dealreg.approvals.answering import Said
from dealreg.approvals.model import Choice
from dealreg.approvals.store import every_of as reviews_of
from dealreg.deals import commands, edits, open_deals, queue, register, rules, store
from dealreg.deals.model import Deal, NewDeal
from dealreg.deals.rules import CommandContext
from dealreg.deals.statuses import OPEN, Status
from dealreg.partners import partners, routing_text
from dealreg.partners.program import Program, save_program
from dealreg.partners.routing import Routing, Step
from dealreg.platform import aws, dynamo, times
from dealreg.platform.errors import CapReached, InvalidInput, NotFound, StaleVersion, StateConflict, Unavailable
from dealreg.platform.http import Caller
from dealreg.platform.paging import PageRequest
from dealreg.platform.validation import parse
from relay import app
from reviewing import recheck
from tests.integration import holding
from tests.integration.aws_calls import lose_race_to
from tests.integration.moving import create_state_machine, sample, stream, waiting_in
from tests.stand_ins import returning
from tests.template import load_template, tables

REFUSALS = (StateConflict, StaleVersion, NotFound, Unavailable, InvalidInput, CapReached)
"""What a caller may be told, and try again."""
EMPTIED = ("Deals", "Matching", "Idempotency", "Webhooks")
CUSTOMERS: tuple[dict[str, str], ...] = (
    {"domain": "kranz.example"},
    {"domain": "kranz-werke.example", "tax_id": "DE136695976"},
    {"domain": "kranz.example", "tax_id": "DE136695976"},
    {"domain": "kranz-werke.example", "lei": "529900T8BM49AURSDO55"},
)
"""One company as partners know it: of these some share an identity, and some do not."""
LIMIT = 3
"""Of the open deals of each partner."""
picks = st.integers(0, 9)
RIVALS = st.sampled_from(
    ["", "", "withdraw", "register", "decide", "relay", "reassign", "suspend", "appeal", "extend", "answer"]
)
"""What another does between what a step reads and what it writes."""


class Life(RuleBasedStateMachine):
    partners: tuple[Caller, ...]
    """Set by the test, which has made them."""
    moment: datetime

    @initialize()
    def empty_tables(self) -> None:
        for name, properties in tables(load_template()).items():
            if name in EMPTIED:
                aws.client("dynamodb").delete_table(TableName=name)
                aws.client("dynamodb").create_table(TableName=name, **properties)
        waiting_in("RECHECK_QUEUE_URL")
        self.accepted: list[str] = []
        self.relayed = 0
        self.steps = 0

    # what is done

    @rule(partner=picks, customer=picks, rival=RIVALS, pick=picks)
    def register(self, partner: int, customer: int, rival: str = "", pick: int = 0) -> None:
        said = {"name": "Kranz Maschinen AG", "country": "DE"} | CUSTOMERS[customer % len(CUSTOMERS)]
        sent = {"customer": said, "products": ["analytics"], "amount": {"amount": "5.00", "currency": "EUR"}}
        new = parse(NewDeal, json.dumps(sent).encode(), register.validation_context())
        caller = self.partners[partner % len(self.partners)]
        with self.race(rival, pick):
            reply = register.register(caller, new, f"key-{self.steps}", self.context())
            self.accepted.append(json.loads(reply.body)["id"])
            assert self.open_of(caller) <= LIMIT

    @precondition(lambda self: self.accepted)
    @rule(pick=picks, decision=st.sampled_from(["approve", "reject", "request_info"]), rival=RIVALS)
    def decide(self, pick: int, decision: str = "approve", rival: str = "") -> None:
        deal = self.deal(pick)
        said: dict[str, Any] = {"reason": "so it is", "fields": ["customer.domain"]}
        with self.race(rival, pick):
            commands.apply_decision(deal, deal.review_version, decision, self.context(), "user_1", **said)

    @precondition(lambda self: self.accepted)
    @rule(pick=picks, rival=RIVALS)
    def withdraw(self, pick: int, rival: str = "") -> None:
        context = self.context()
        with self.race(rival, pick):
            commands.apply(self.deal(pick), lambda deal: rules.withdraw(deal, context, "moved on"))

    @precondition(lambda self: self.accepted)
    @rule(pick=picks, rival=RIVALS)
    def appeal(self, pick: int, rival: str = "") -> None:
        with self.race(rival, pick):
            commands.appeal(self.deal(pick), self.context(), "look again")

    @precondition(lambda self: self.accepted)
    @rule(pick=picks, rival=RIVALS)
    def extend(self, pick: int, rival: str = "") -> None:
        with self.race(rival, pick):
            commands.extend(self.deal(pick), self.context(), "it takes longer")

    @precondition(lambda self: any(deal.extension for deal in self.deals()))
    @rule(pick=picks, choice=st.sampled_from(["approve", "reject"]), rival=RIVALS)
    def answer(self, pick: int, choice: str = "approve", rival: str = "") -> None:
        waiting = [deal for deal in self.deals() if deal.extension]
        if waiting:
            deal, now = waiting[pick % len(waiting)], self.context().now
            with self.race(rival, pick):
                deciding.decide_as_admin(deal, Said(choice, "so it is"), now, "key_1")

    @precondition(lambda self: self.accepted)
    @rule(pick=picks, domain=st.sampled_from(["", "kranz.example", "crane.example"]), rival=RIVALS)
    def resubmit(self, pick: int, domain: str, rival: str) -> None:
        with self.race(rival, pick):
            edits.resubmit(self.deal(pick), {"customer": {"domain": domain}} if domain else {}, self.context())

    @precondition(lambda self: self.accepted)
    @rule(pick=picks, partner=picks, rival=RIVALS)
    def reassign(self, pick: int, partner: int, rival: str = "") -> None:
        deal, to = self.deal(pick), self.partners[partner % len(self.partners)].partner_id
        if deal.partner_id != to:
            with self.race(rival, pick):
                commands.reassign(deal, to, self.context(), "user_1")

    @precondition(lambda self: self.accepted)
    @rule(pick=picks, rival=RIVALS)
    def release_claim(self, pick: int, rival: str) -> None:
        with self.race(rival, pick):
            commands.release_claim(self.deal(pick), self.context(), "user_1")

    @precondition(lambda self: self.accepted)
    @rule(pick=picks, rival=RIVALS)
    def win(self, pick: int, rival: str) -> None:
        with self.race(rival, pick):
            commands.win(self.deal(pick), None, self.context(), "src_1")

    @precondition(lambda self: self.accepted)
    @rule(days=st.sampled_from([1, 80, 95]), rival=RIVALS, pick=picks)
    def let_time_pass(self, days: int, rival: str, pick: int) -> None:
        """The clock strikes for all that is due by then."""
        Life.moment += timedelta(days=days)
        for deal_id in self.accepted:
            key = store.deal_key(store.locate(deal_id).partner_id, deal_id)
            with self.race(rival, pick):
                commands.on_due(key, self.moment)

    @rule(rival=RIVALS, pick=picks, twice=st.booleans())
    def relay(self, rival: str = "", pick: int = 0, twice: bool = False) -> None:
        """All that follows from what happened until now, in order; the stream may hand it out twice."""
        queued = [deal for deal in self.deals() if deal.status == Status.QUEUED]
        first = [deal for deal in queued if not any(holding.holders_of(deal))]
        records = stream("Deals")[self.relayed :]
        with self.race(rival, pick):
            self.follow(records)
        self.relayed += len(records)
        if twice:
            self.follow(records)
        if not rival:
            self.moved_in_order(first)

    @rule(partner=picks)
    def suspend(self, partner: int) -> None:
        """Or let in again; what follows from that, follows at once."""
        partner_id = self.partners[partner % len(self.partners)].partner_id
        if partners.load(partner_id).is_active:
            partners.change(partner_id, {"status": "suspended"}, "test")
        else:
            self.let_in(partner_id)

    @precondition(lambda self: self.accepted)
    @rule()
    def judge_again(self) -> None:
        for message in waiting_in("RECHECK_QUEUE_URL"):
            event = sample("reviewing-recheck/account.json")
            event["Records"][0]["body"] = json.dumps(message)
            assert recheck.handler(event, None) == {"batchItemFailures": []}

    def teardown(self) -> None:
        """At last everything follows, and nobody waits for a customer that nobody has, or somebody for good."""
        if not hasattr(self, "accepted"):
            return
        for caller in self.partners:
            self.let_in(caller.partner_id)
        while len(stream("Deals")) > self.relayed:
            self.relay()
        for deal in self.deals():
            self.is_asked_about_what_waits(deal)
            holding.is_found_by_name(deal)
            holding.does_not_wait_in_vain(deal)

    # what holds

    @invariant()
    def what_holds(self) -> None:
        deals = self.deals()
        listed = [
            deal["id"]
            for caller in self.partners
            for deal in store.list_of_partner(caller.partner_id, None, PageRequest(100))["items"]
        ]
        assert sorted(listed) == sorted(self.known()) == sorted(deal.id for deal in deals), (
            "every registration is reachable"
        )
        for deal in deals:
            holding.holds_what_it_claims(deal, self.moment)
            holding.waits_in_its_queues(deal)
            holding.tells_its_life_without_gaps(deal)
            self.is_longer_by_what_was_granted(deal)
        for caller in self.partners:
            self.counts_what_is_open(caller)

    def is_longer_by_what_was_granted(self, deal: Deal) -> None:
        """And nothing waits that has been answered, or is about a deal that has ended."""
        granted = [event for event in store.events_of(deal) if event.type == "deal.extended"]
        assert len(granted) == deal.extensions <= 1
        reviews = [review for review in reviews_of(deal.id) if review.is_extension]
        assert [review.decision.answer.choice for review in reviews if review.decision].count(Choice.APPROVE) == len(
            granted
        )
        if deal.extension:
            assert deal.status == Status.APPROVED
            waiting = [review for review in reviews if review.version == deal.asked_version]
            assert not any(review.decision for review in waiting)

    def is_asked_about_what_waits(self, deal: Deal) -> None:
        """Once all has followed: one question about each extension that waits, and none about another."""
        open_ = [review.version for review in reviews_of(deal.id) if review.is_extension and review.pending]
        assert open_ == ([deal.asked_version] if deal.extension else [])

    def counts_what_is_open(self, caller: Caller) -> None:
        key = open_deals.row_key(caller.partner_id)
        row = dynamo.get(key.table, key.pk, key.sk)
        if row and "version" in row:
            assert row["open"] == self.open_of(caller)

    def moved_in_order(self, first: list[Deal]) -> None:
        """Of those that could have moved up, none was passed by a later one that now has its customer."""
        left = [deal for deal in map(self.again, first) if deal.status == Status.QUEUED]
        left = [deal for deal in left if partners.load(deal.partner_id).is_active]
        for deal in left:
            assert [holder for holder in holding.holders_of(deal) if holder > deal.id] == [], f"{deal.id} was passed"

    # how

    def deals(self) -> list[Deal]:
        return [store.locate(deal_id) for deal_id in self.known()]

    def known(self) -> list[str]:
        """Of what was accepted; nothing before the first step."""
        return getattr(self, "accepted", [])

    def deal(self, pick: int) -> Deal:
        return store.locate(self.accepted[pick % len(self.accepted)])

    def again(self, deal: Deal) -> Deal:
        return store.locate(deal.id)

    def open_of(self, caller: Caller) -> int:
        return sum(deal.status in OPEN for deal in store.every_of_partner(caller.partner_id))

    def context(self) -> CommandContext:
        Life.moment += timedelta(seconds=1)
        self.steps += 1
        return CommandContext(self.moment, self.steps * 1000)

    def let_in(self, partner_id: str) -> None:
        partners.change(partner_id, {"status": "active"}, "test")
        queue.resume(partner_id, self.context())

    def follow(self, records: list[dict[str, Any]]) -> None:
        if not records:
            return
        for _ in range(3):
            failed = app.handler({"Records": records}, None)["batchItemFailures"]
            if not failed:
                return
            numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
            records = records[numbers.index(failed[0]["itemIdentifier"]) :]
        raise AssertionError("the relay does not get on")

    @contextmanager
    def race(self, rival: str, pick: int) -> Generator[None]:
        """Within, `rival` is faster once; either may be refused, and what holds must hold all the same."""
        doing: dict[str, Callable[[], None]] = {
            "withdraw": lambda: self.withdraw(pick),
            "register": lambda: self.register(pick, pick),
            "decide": lambda: self.decide(pick),
            "relay": lambda: self.follow(stream("Deals")[self.relayed :]),
            "reassign": lambda: self.reassign(pick, pick),
            "suspend": lambda: self.suspend(pick),
            "appeal": lambda: self.appeal(pick),
            "extend": lambda: self.extend(pick),
            "answer": lambda: self.answer(pick),
        }
        with pytest.MonkeyPatch.context() as patch, suppress(*REFUSALS):
            if rival and self.accepted:
                lose_race_to(patch, doing[rival])
            yield


STORIES: dict[str, list[Callable[[Life], None]]] = {
    "three want one customer, and move up in their order": [
        lambda life: life.register(0, 0),
        lambda life: life.register(1, 0),
        lambda life: life.register(2, 0),
        lambda life: life.withdraw(0),
        lambda life: life.relay(),
    ],
    "of two who register at once one has the customer": [
        lambda life: life.register(0, 3),
        lambda life: life.register(1, 0, "register", 0),
    ],
    "who is suspended is passed over, and moves up when it is no longer": [
        lambda life: life.register(0, 0),
        lambda life: life.register(1, 0),
        lambda life: life.suspend(1),
        lambda life: life.withdraw(0),
        lambda life: life.relay(),
        lambda life: life.suspend(1),
    ],
    "who waits behind a deal that is won does not wait for ever": [
        lambda life: life.register(0, 0),
        lambda life: life.register(1, 0),
        lambda life: life.decide(0),
        lambda life: life.win(0, ""),
        lambda life: life.register(2, 0),
        lambda life: life.relay(),
    ],
    "who appeals has the customer again, or waits for it": [
        lambda life: life.register(0, 0),
        lambda life: life.register(1, 0),
        lambda life: life.decide(0, "reject"),
        lambda life: life.appeal(0),
        lambda life: life.relay(),
        lambda life: life.decide(0, "reject"),
        lambda life: life.relay("appeal", 1),
        lambda life: life.decide(1, "reject", "appeal"),
    ],
    "an appeal is faster than what follows from the rejection": [
        lambda life: life.register(0, 0),
        lambda life: life.decide(0, "reject"),
        lambda life: life.relay("appeal", 0),
        lambda life: life.register(1, 0),
    ],
    "an extension waits for its answer, and ends with the deal": [
        lambda life: life.register(0, 0),
        lambda life: life.decide(0),
        lambda life: life.extend(0, "extend"),
        lambda life: life.relay(),
        lambda life: life.answer(0, "reject", "withdraw"),
        lambda life: life.relay(),
        lambda life: life.register(1, 0),
        lambda life: life.decide(1),
        lambda life: life.extend(1),
        lambda life: life.answer(0),
        lambda life: life.extend(1),
    ],
    "who holds a customer by asking holds it no longer than was promised": [
        lambda life: life.register(0, 0),
        lambda life: life.decide(0),
        lambda life: life.let_time_pass(89, "", 0),
        lambda life: life.extend(0),
        lambda life: life.relay(),
        lambda life: life.let_time_pass(2, "answer", 0),
        lambda life: life.let_time_pass(80, "", 0),
        lambda life: life.relay(),
    ],
    # who waits for two identities, of which nobody has one and the other was just let go, still waits for the relay
    "nobody moves up by resubmitting": [
        lambda life: life.register(0, 0),
        lambda life: life.register(1, 2),
        lambda life: life.register(2, 1),
        lambda life: life.withdraw(0),
        lambda life: life.relay(),
        lambda life: life.withdraw(2),
        lambda life: life.resubmit(1, "", ""),
    ],
}
"""What chance seldom finds."""


@pytest.fixture
def life(
    program: Program, new_partner: Callable[[str], Caller], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the machine needs around it."""
    step = Step("extension", ("ada@acme.example",), escalate_to=("cso@acme.example",))
    worked = routing_text.to_text(Routing((), program.approvers.first, 2, extension_step=step))
    tiers = (replace(program.tiers[0], open_limit=LIMIT),)
    save_program(replace(program, tiers=tiers, worked=worked), "test")
    create_state_machine(monkeypatch)
    monkeypatch.setattr("tests.integration.roles.running_function", returning(None))  # a rival acts within the relay
    monkeypatch.setattr(
        Life, "partners", tuple(new_partner(name) for name in ("North", "South", "West")), raising=False
    )
    monkeypatch.setattr(Life, "moment", now, raising=False)
    monkeypatch.setattr(times, "now", lambda: Life.moment)


@pytest.mark.usefixtures("life")
@pytest.mark.parametrize("steps", STORIES.values(), ids=STORIES.keys())
def test_the_invariants_hold_in(steps: list[Callable[[Life], None]]) -> None:
    machine = Life()
    machine.empty_tables()
    for step in steps:
        step(machine)
        machine.what_holds()
    machine.teardown()


@pytest.mark.usefixtures("life")
def test_the_invariants_hold() -> None:
    exploring = settings.get_current_profile_name() == "explore"
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=500 if exploring else 20,
            stateful_step_count=30 if exploring else 15,
            derandomize=not exploring,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )
