"""A program's rules, as somebody reads them aloud."""

from datetime import timedelta
from decimal import Decimal

from dealreg.approvals.rule_words import sentences
from dealreg.partners.program import Program, Tier
from dealreg.partners.routing import AmountRange, Rejection, Rule, Step, When

PROGRAM = Program(tiers=(Tier("gold", "Gold", 1), Tier("platinum", "Platinum", 2)))


def test_conditions_are_joined_as_in_speech() -> None:
    when = When(
        tier=("gold", "platinum"), verdict=("clear",), amount=AmountRange("EUR", Decimal(5000), Decimal("20000.50"))
    )
    told = sentences(Rule("small", when, approve=True), PROGRAM)
    assert told.when == (
        "If the tier is Gold or Platinum, the verdict is clear and the amount is more than EUR 5,000 "
        "and at most EUR 20,000.50:"
    )
    assert told.then == ("It is approved, and nobody is asked, if the conflict check is clear.",)


def test_a_rejection_is_told_with_its_words() -> None:
    rule = Rule("ours", When(verdict=("existing_customer",)), reject=Rejection("existing_customer", "They are ours."))
    told = sentences(rule, PROGRAM)
    assert told.when == "If the verdict is existing customer:"
    assert told.then == ("It is rejected (existing customer): “They are ours.”",)


def test_steps_are_told_in_their_order() -> None:
    desk = Step(
        "desk", ("group:desk",), escalate_after=timedelta(hours=8), remind_after=(), escalate_to=("a@b.example",)
    )
    legal = Step("legal", ("x@b.example", "partner.manager"), title="Legal", need="all", reads=("amount", "notes"))
    told = sentences(Rule("rest", steps=((desk,), (legal,)), decide_within_days=1), PROGRAM)
    assert told.when == "Every deal:"
    assert told.then == (
        "First ask any of the group desk. After 8 working hours ask a@b.example too.",
        "Then ask all of x@b.example and the partner’s manager (Legal). Remind after 8 working hours. "
        "After 16 working hours escalate. They see the amount and the notes.",
        "Decided within 1 working day.",
    )
