"""Open questions of somebody who leaves the program, or is away, go to others, and nothing of them is lost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dealreg.approvals import absences, approvers, closed, deciding, leaving, letters, review
from dealreg.approvals.answering import Said
from dealreg.approvals.approvers import ApproverView
from dealreg.approvals.people import Absence
from dealreg.approvals.steps import AUTOMATIC
from dealreg.capability import Change
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.notifications import bounces
from dealreg.notifications.bounces import Bounce
from dealreg.notifications.model import Notice
from dealreg.partners import partners, routing_text, users
from dealreg.partners.program import Program, save_program, stored_program, to_item
from dealreg.partners.routing import MANAGER, Routing, Rule, Step
from dealreg.platform import dynamo, times
from dealreg.platform.errors import Gone
from dealreg.platform.http import Caller
from dealreg.platform.settings import Setting
from tests.integration.moving import registered
from tests.reviews import Put, decide, page_of, question_of, questions_of, review_of, row_of, strike

PEOPLE = ("ada", "bo", "fin", "lea", "leo", "cso", "last", "mara")
ADA, BO, FIN, LEA, LEO, CSO, LAST, MARA = (f"{name}@acme.example" for name in PEOPLE)
Ask = Callable[..., Deal]


@pytest.fixture
def ask(program: Program, new_partner: Callable[[str], Caller], context: CommandContext, now: datetime) -> Ask:
    """A deal whose first step is asked."""

    def put(*steps: Step, groups: dict[str, tuple[str, ...]] | None = None) -> Deal:
        save(program, *steps, groups=groups)
        deal = registered(new_partner("North"), context)
        review.ask(deal.id, 1, "token", now)
        return deal

    return put


def save(program: Program, *steps: Step, groups: dict[str, tuple[str, ...]] | None = None) -> Change:
    """The program with these steps; what the stream tells of it."""
    routing = Routing((Rule("rest", steps=tuple((step,) for step in steps)),), LAST, 2, groups=groups or {})
    before = to_item(stored_program())
    approvers = replace(program.approvers, first=LAST)
    save_program(replace(program, approvers=approvers, worked=routing_text.to_text(routing)), "test")
    return Change(before, to_item(stored_program()))


def open_of(deal: Deal) -> list[str]:
    return [put.approver for put in questions_of(deal) if put.status == "pending"]


class TestWhoLeaves:
    def test_their_questions_go_to_those_who_come_next(self, ask: Ask, program: Program, now: datetime) -> None:
        step = Step("channel", (ADA,), escalate_to=(CSO,))
        deal = ask(step)
        mine = question_of(deal)
        leaving.on_program(save(program, replace(step, ask=(BO,))), now)
        assert open_of(deal) == [CSO]
        assert page_of(mine.link, now).closed == "You no longer decide on registrations."
        with pytest.raises(Gone):
            decide(mine, "approve", now=now)
        assert decide(question_of(deal), "approve", now=now).review.state == "decided"

    def test_an_emptied_group_ends_at_a_person(self, ask: Ask, program: Program, now: datetime) -> None:
        step = Step("channel", ("group:team",))
        deal = ask(step, groups={"team": (ADA, BO)})
        leaving.on_program(save(program, step, groups={"team": ()}), now)
        assert open_of(deal) == [LAST]

    def test_two_signatures_stay_two(self, ask: Ask, program: Program, now: datetime) -> None:
        step = Step("legal", (LEA, LEO), need="all", escalate_to=(CSO, BO))
        deal = ask(step)
        leaving.on_program(save(program, replace(step, ask=(LEA, BO), escalate_to=(CSO,))), now)
        assert open_of(deal) == [LEA, CSO]
        by_lea, by_cso = (put for put in questions_of(deal) if put.status == "pending")
        assert decide(by_lea, "approve", now=now).review.state == "open"
        assert decide(by_cso, "approve", now=now).review.state == "decided"

    def test_who_left_before_the_second_order_is_not_asked_in_it(
        self, ask: Ask, program: Program, now: datetime
    ) -> None:
        deal = ask(Step("channel", (ADA,)), Step("head", (CSO,)))
        leaving.on_program(save(program, Step("channel", (ADA,))), now)
        decide(question_of(deal), "approve", now=now)
        review.ask(deal.id, 1, "token 2", now)
        assert open_of(deal) == [LAST]

    def test_doing_it_again_changes_nothing(self, ask: Ask, program: Program, now: datetime) -> None:
        step = Step("channel", (ADA,), escalate_to=(CSO,))
        deal = ask(step)
        change = save(program, replace(step, ask=(BO,)))
        for _ in range(2):
            leaving.on_program(change, now)
        assert len(questions_of(deal)) == 2

    def test_nobody_new_is_found_in_the_end(self, ask: Ask, program: Program, now: datetime) -> None:
        """The last resort itself was asked, and left: whoever is the last resort now is asked in a while."""
        deal = ask(Step("channel", (LAST,)))
        routing = Routing((Rule("rest", steps=((Step("channel", (LAST,)),),)),), LAST, 2)
        before = to_item(stored_program())
        approvers = replace(program.approvers, first=BO)
        worked = routing_text.to_text(replace(routing, rules=(Rule("rest", steps=((Step("channel", (BO,)),),)),)))
        save_program(replace(program, approvers=approvers, worked=worked), "test")
        leaving.on_program(Change(before, to_item(stored_program())), now)
        strike(review_of(deal), now + timedelta(hours=1))
        assert open_of(deal) == [BO]
        decision = decide(question_of(deal), "approve", now=now).review.decision
        assert decision and decision.by != AUTOMATIC


def away(approver: str, since: datetime, to: str | None, until: datetime | None = None) -> Change:
    """Recorded; what the stream tells of it."""
    absences.record(approver, Absence(since, until, to), "Holiday", "admin_1")
    key = dynamo.Key("Partners", f"APPROVER#{approver}", "AWAY")
    return Change({}, dynamo.get(key.table, key.pk, key.sk) or {})


class TestWhoIsAway:
    def test_a_stand_in_is_asked_with_the_time_that_is_left(self, ask: Ask, now: datetime) -> None:
        deal = ask(Step("channel", (ADA,), escalate_to=(CSO,)))
        mine, later = question_of(deal), now + timedelta(hours=2)
        leaving.on_absence(away(ADA, later, BO), later)
        other = question_of(deal)
        assert (other.approver, other.question.instead_of, other.question.because) == (BO, ADA, "away")
        assert other.escalate_at == mine.escalate_at
        assert page_of(mine.link, later).closed.startswith(f"Passed on to {BO} on 23 Nov 2026, 12:00 UTC")
        decision = decide(other, "approve", now=later).review.decision
        assert decision and (decision.by, decision.on_behalf_of) == (BO, ADA)

    def test_without_a_stand_in_those_who_come_next_are(self, ask: Ask, now: datetime) -> None:
        deal = ask(Step("channel", (ADA,), escalate_to=(CSO,)))
        leaving.on_absence(away(ADA, now, None), now)
        assert open_of(deal) == [CSO]

    def test_a_stand_in_who_signs_anyway_is_no_second_signature(self, ask: Ask, now: datetime) -> None:
        deal = ask(Step("legal", (LEA, LEO), need="all", escalate_to=(CSO,)))
        leaving.on_absence(away(LEO, now, LEA), now)
        assert open_of(deal) == [LEA, CSO]

    def test_from_a_later_day_on_the_clock_sees_to_it(self, ask: Ask, now: datetime) -> None:
        deal, tomorrow = ask(Step("channel", (ADA,))), now + timedelta(days=1)
        leaving.on_absence(away(ADA, tomorrow, BO), now)
        assert open_of(deal) == [ADA]
        key = dynamo.Key("Deals", f"APPROVER#{ADA}", leaving.AWAY)
        assert dynamo.get(key.table, key.pk, key.sk)
        leaving.on_due(key, tomorrow)
        assert open_of(deal) == [BO]
        assert dynamo.get(key.table, key.pk, key.sk) is None

    def test_a_clock_that_was_set_anew_meanwhile_stays(self, ask: Ask, now: datetime) -> None:
        tomorrow, later = now + timedelta(days=1), now + timedelta(days=9)
        leaving.on_absence(away(ADA, later, BO), now)
        key = dynamo.Key("Deals", f"APPROVER#{ADA}", leaving.AWAY)
        leaving.on_due(key, tomorrow)
        row = dynamo.get(key.table, key.pk, key.sk)
        assert row
        assert row["due_at"] == times.to_text(later)

    def test_one_that_was_taken_back_before_it_began_moves_nothing(self, ask: Ask, now: datetime) -> None:
        deal, tomorrow = ask(Step("channel", (ADA,))), now + timedelta(days=1)
        leaving.on_absence(away(ADA, tomorrow, BO), now)
        absences.end(ADA, "admin_1")
        leaving.on_due(dynamo.Key("Deals", f"APPROVER#{ADA}", leaving.AWAY), tomorrow)
        assert open_of(deal) == [ADA]


def bounced(address: str, now: datetime) -> None:
    """No mail reaches it; the stream tells of it."""
    bounces.mark(Bounce(address, "bounce", now, "No such mailbox"), now)
    key = dynamo.Key("Partners", f"ADDRESS#{address}", bounces.KIND)
    leaving.on_bounced(Change({}, dynamo.get(key.table, key.pk, key.sk) or {}), now)


class TestWhoComesToBelongToThePartner:
    """Of its own deals they decide nothing from then on, however they came to be asked."""

    def test_by_the_question_that_they_have(self, ask: Ask, now: datetime) -> None:
        deal = ask(Step("channel", (ADA,), escalate_to=(CSO,)))
        mine, seen = question_of(deal), page_of(question_of(deal).link, now).seen
        users.create(deal.partner_id, "Ada", ADA, now, "test")
        assert page_of(mine.link, now).closed == closed.OWN_SIDE
        with pytest.raises(Gone, match="You belong to this partner"):
            deciding.decide(mine.link, Said("approve"), seen, now)
        with pytest.raises(Gone, match="You belong to this partner"):
            deciding.delegate(mine.link, CSO, seen, now)
        strike(mine, now + timedelta(hours=48))
        assert open_of(deal) == [CSO]

    def test_of_another_partner_s_deals_they_decide(
        self, ask: Ask, new_partner: Callable[[str], Caller], now: datetime
    ) -> None:
        deal = ask(Step("channel", (ADA,)))
        users.create(new_partner("South").partner_id, "Ada", ADA, now, "test")
        assert decide(question_of(deal), "approve", now=now).review.state == "decided"

    def test_as_a_stand_in_who_was_recorded_before(self, ask: Ask, now: datetime) -> None:
        deal = ask(Step("channel", (ADA,), escalate_to=(CSO,)))
        away(ADA, now, BO)
        users.create(deal.partner_id, "Bo", BO, now, "test")
        leaving.hand_over(ADA, now)
        assert open_of(deal) == [CSO]

    def test_as_a_stand_in_who_has_the_question(self, ask: Ask, now: datetime) -> None:
        deal = ask(Step("channel", (ADA,), escalate_to=(CSO,)))
        away(ADA, now, BO)
        leaving.hand_over(ADA, now)
        (theirs,) = [put for put in questions_of(deal) if put.status == "pending"]
        assert theirs.approver == BO
        users.create(deal.partner_id, "Bo", BO, now, "test")
        with pytest.raises(Gone):
            decide(theirs, "approve", now=now)

    def test_as_the_last_resort_while_there_is_somebody_else(self, ask: Ask, now: datetime) -> None:
        deal = ask(Step("channel", (ADA,), escalate_to=(LAST,)), Step("finance", (FIN,)))
        users.create(deal.partner_id, "Last", LAST, now, "test")
        away(ADA, now, None)
        leaving.hand_over(ADA, now)
        assert open_of(deal) == [FIN]


class TestWhomNoMailReaches:
    def test_is_nobody(self, ask: Ask, now: datetime) -> None:
        deal = ask(Step("channel", (ADA,), escalate_to=(CSO,)), Step("head", (ADA, BO)))
        bounced(ADA, now)
        assert open_of(deal) == [CSO]
        decide(question_of(deal), "approve", now=now)
        review.ask(deal.id, 1, "token 2", now)
        assert open_of(deal) == [BO]

    def test_is_nobody_as_the_partners_manager_too(
        self, program: Program, new_partner: Callable[[str], Caller], context: CommandContext, now: datetime
    ) -> None:
        save(program, Step("channel", (MANAGER,), escalate_to=(CSO,)), Step("head", (MANAGER, BO)))
        caller = new_partner("North")
        partners.change(caller.partner_id, {"manager": MARA}, "test")
        deal = registered(caller, context)
        review.ask(deal.id, 1, "token", now)
        assert open_of(deal) == [MARA]
        bounced(MARA, now)
        assert open_of(deal) == [CSO]
        decide(question_of(deal), "approve", now=now)
        review.ask(deal.id, 1, "token 2", now)
        assert open_of(deal) == [BO]

    def test_is_nobody_as_a_stand_in_whom_the_program_does_not_name(self, ask: Ask, now: datetime) -> None:
        deal = ask(Step("channel", (ADA,), escalate_to=(CSO,)), Step("head", (ADA, BO)))
        leaving.on_absence(away(ADA, now, MARA), now)
        assert open_of(deal) == [MARA]
        bounced(MARA, now)
        assert open_of(deal) == [CSO]
        decide(question_of(deal), "approve", now=now)
        review.ask(deal.id, 1, "token 2", now)
        assert open_of(deal) == [BO]

    def test_their_stand_in_is_asked_while_they_are_away(self, ask: Ask, now: datetime) -> None:
        deal = ask(Step("channel", (ADA,), escalate_to=(CSO,)))
        absences.record(ADA, Absence(now, None, BO), "", "admin_1")
        bounced(ADA, now)
        assert open_of(deal) == [BO]

    def test_keeps_a_signature_that_nobody_else_can_give(self, ask: Ask, now: datetime) -> None:
        deal = ask(Step("legal", (LEA, LAST), need="all"))
        bounced(LEA, now)
        assert open_of(deal) == [LEA, LAST]


def test_a_stand_in_who_goes_away_in_turn_is_replaced(ask: Ask, now: datetime) -> None:
    """Whom no program names, and for whom nobody stands in any more."""
    deal = ask(Step("channel", (ADA,), escalate_to=(CSO,)))
    leaving.on_absence(away(ADA, now, MARA), now)
    absences.end(ADA, "admin_1")
    leaving.on_absence(away(MARA, now, BO), now)
    assert open_of(deal) == [BO]


def test_one_whom_only_a_later_program_names_is_replaced(ask: Ask, program: Program, now: datetime) -> None:
    step = Step("channel", (ADA,), escalate_to=(CSO,))
    deal = ask(step)
    save(program, replace(step, ask=(ADA, BO)))
    deciding.delegate_as_admin(deal, ADA, BO, now, "admin_1")
    leaving.on_absence(away(BO, now, LEO), now)
    assert open_of(deal) == [LEO]


@pytest.mark.usefixtures("aws")
class TestTheVendorSees:
    def shown(self, now: datetime) -> dict[str, ApproverView]:
        return {one["approver"]: one for one in approvers.list_all([ADA, BO, CSO], now)}

    def test_what_waits_for_each_and_who_gets_no_mail(self, ask: Ask, now: datetime) -> None:
        ask(Step("channel", (ADA, BO)))
        bounces.mark(Bounce(BO, "bounce", now, "No such mailbox"), now)
        shown = self.shown(now)
        assert [shown[person]["open"] for person in (ADA, BO, CSO)] == [1, 1, 0]
        assert (shown[ADA]["oldest"], shown[CSO]["oldest"]) == (times.to_text(now), None)
        assert shown[ADA]["bounced"] is None
        assert shown[BO]["bounced"]

    def test_who_is_asked_though_nobody_names_them(self, ask: Ask, now: datetime) -> None:
        ask(Step("channel", (LEO,)))
        assert self.shown(now)[LEO]["open"] == 1

    def test_a_stand_in_whom_nobody_names(self, now: datetime) -> None:
        absences.record(ADA, Absence(now, None, MARA), "", "admin_1")
        absences.record(BO, Absence(now - timedelta(days=2), now, LEO), "", "admin_1")
        bounces.mark(Bounce(MARA, "bounce", now, "No such mailbox"), now)
        shown = self.shown(now)
        assert shown[MARA]["bounced"]
        assert LEO not in shown, "that absence is over"

    def test_all_that_waits_however_much(self, ask: Ask, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        ask(Step("channel", (ADA, BO, LEO)))
        monkeypatch.setattr(dynamo, "_MOST_ITEMS", 1)
        assert {person for person, one in self.shown(now).items() if one["open"]} == {ADA, BO, LEO}


def first_words_to(put: Put, now: datetime) -> str:
    """Of the letter that asks them."""
    notice = Notice(letters.DELEGATED, put.id, Setting.DEALS_TABLE, "", "")
    mailing = letters.write(notice, row_of(put), now)
    assert mailing and mailing.addresses == (put.approver,)
    return mailing.letter.paragraphs[0]


class TestWhyTheQuestionComes:
    """The letter to whoever is asked instead, and the page of whoever was asked first, say what is true."""

    STEP = Step("channel", (ADA,), escalate_to=(CSO,))
    UNREACHED = ": you were away, or no mail reached you."

    def test_since_its_owner_is_away(self, ask: Ask, now: datetime) -> None:
        deal = ask(self.STEP)
        leaving.on_absence(away(ADA, now, BO), now)
        assert first_words_to(question_of(deal), now) == f"{ADA} is away, so the question comes to you."

    def test_since_its_owner_is_away_and_nobody_stands_in(self, ask: Ask, now: datetime) -> None:
        deal = ask(self.STEP)
        mine = question_of(deal)
        leaving.on_absence(away(ADA, now, None), now)
        assert first_words_to(question_of(deal), now) == f"{ADA} is away, so the question comes to you."
        assert page_of(mine.link, now).closed.endswith(self.UNREACHED)

    def test_since_its_owner_left(self, ask: Ask, program: Program, now: datetime) -> None:
        deal = ask(self.STEP)
        leaving.on_program(save(program, replace(self.STEP, ask=(BO,))), now)
        told = f"{ADA} no longer decides on registrations, so the question comes to you."
        assert first_words_to(question_of(deal), now) == told

    def test_since_no_mail_reaches_its_owner(self, ask: Ask, now: datetime) -> None:
        deal = ask(self.STEP)
        mine = question_of(deal)
        bounces.mark(Bounce(ADA, "bounce", now, "No such mailbox"), now)
        leaving.hand_over(ADA, now)
        told = f"{ADA} cannot be reached by e-mail, so the question comes to you."
        assert first_words_to(question_of(deal), now) == told
        assert page_of(mine.link, now).closed.endswith(self.UNREACHED)

    def test_by_an_admin(self, ask: Ask, now: datetime) -> None:
        deal = ask(self.STEP)
        deciding.delegate_as_admin(deal, ADA, CSO, now, "key_9")
        assert first_words_to(question_of(deal), now) == f"It was put to {ADA} first, and passed on to you."
