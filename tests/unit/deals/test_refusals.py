"""What a deal refuses, and why: in a sentence for a person, and by its status for a program."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from dealreg.deals import appeals, extensions, reassignment, rules
from dealreg.deals.model import Deal
from dealreg.deals.rules import Change, CommandContext
from dealreg.deals.statuses import TERMINAL, TRANSITIONS, LostReason, Stage, Status
from dealreg.deals.words import in_sentence
from dealreg.partners.program import Program
from dealreg.platform import times
from dealreg.platform.errors import InvalidInput, StateConflict
from tests.unit.deals.samples import DEAL, NOW
from tests.unit.sentences import is_sentence

CONTEXT = CommandContext(NOW, 7)
Command = Callable[[Deal], Change]
PROTECTED = replace(DEAL, status=Status.APPROVED, protected_until=times.to_text(NOW + timedelta(days=1)))
COMMANDS: dict[str, tuple[Command, frozenset[Status]]] = {
    "approve": (
        lambda deal: rules.approve(deal, CONTEXT, 90, "user_1"),
        frozenset([Status.SUBMITTED, Status.IN_REVIEW]),
    ),
    "win": (lambda deal: rules.win(deal, CONTEXT, None, "src_1"), frozenset([Status.APPROVED])),
    "lose": (lambda deal: rules.lose(deal, CONTEXT, LostReason.PRICE, ""), frozenset([Status.APPROVED])),
    "resubmit": (lambda deal: rules.resubmit(deal, CONTEXT, NOW), frozenset([Status.ACTION_REQUIRED])),
    "promote": (lambda deal: rules.promote(deal, CONTEXT, Program()), frozenset([Status.QUEUED])),
    "extend": (lambda deal: extensions.extend(deal, CONTEXT, 30, "unlimited"), frozenset([Status.APPROVED])),
    "confirm": (lambda deal: rules.confirm(deal, CONTEXT), frozenset([Status.APPROVED])),
    "appeal": (
        lambda deal: appeals.appeal(deal, CONTEXT, "No", Program(), is_held=False),
        frozenset([Status.REJECTED]),
    ),
    "set_stage": (lambda deal: rules.set_stage(deal, CONTEXT, Stage.VERBAL), frozenset(Status) - TERMINAL),
    "reassign": (lambda deal: reassignment.reassign(deal, deal, CONTEXT, "user_1"), frozenset(Status) - TERMINAL),
}
"""Each with the statuses in which it is taken."""


@pytest.mark.parametrize(
    ("name", "status"),
    [(name, status) for name, (_, taken) in COMMANDS.items() for status in Status if status not in taken],
)
def test_a_refusal_is_a_sentence_and_says_how_the_deal_stands(name: str, status: Status) -> None:
    command, _ = COMMANDS[name]
    with pytest.raises(StateConflict) as refused:
        command(replace(PROTECTED, status=status))
    assert is_sentence(refused.value.detail)
    assert refused.value.extra == {"deal_status": status}


@pytest.mark.parametrize("status", Status)
def test_a_move_that_the_table_lacks_is_refused_by_both_names(status: Status) -> None:
    for following in set(Status) - TRANSITIONS[status]:
        with pytest.raises(StateConflict) as refused:
            rules.require_status(replace(DEAL, status=status), following)
        assert in_sentence(status) in refused.value.detail
        assert in_sentence(following) in refused.value.detail


@pytest.mark.parametrize(
    ("deal", "allowed", "why", "cause"),
    [
        (PROTECTED, "off", "be extended here", {"cause": "extensions_off"}),
        (replace(PROTECTED, extensions=1), "once", "extended again", {"cause": "extensions_used_up"}),
        (
            replace(PROTECTED, extensions=1, extended_from=times.to_text(NOW + timedelta(seconds=1))),
            "unlimited",
            "extended already",
            {"cause": "extension_too_early"},
        ),
        (replace(PROTECTED, protected_until=times.to_text(NOW)), "unlimited", "has ended", {}),
    ],
)
def test_a_protection_that_may_not_grow_says_why(deal: Deal, allowed: str, why: str, cause: dict[str, str]) -> None:
    with pytest.raises(StateConflict, match=why) as refused:
        extensions.extend(deal, CONTEXT, 30, allowed)
    assert is_sentence(refused.value.detail)
    assert refused.value.extra == {"deal_status": Status.APPROVED, **cause}


def test_each_field_that_no_deal_has_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        rules.request_info(DEAL, CONTEXT, ["shoe_size", "notes", "sign"], "more", "user_1")
    assert [fault.message.split()[0] for fault in refused.value.errors] == ["shoe_size", "sign"]
