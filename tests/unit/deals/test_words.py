"""Words for everything that can occur."""

from dealreg.deals import words
from dealreg.deals.model import REQUESTABLE
from dealreg.deals.statuses import RejectReason, Status
from dealreg.event_types import CATALOGUE
from dealreg.matching.rules import Verdict
from dealreg.reviewing.matches import MatchVerdict
from dealreg.reviewing.words import RELATIONS


def test_every_status_has_a_name_and_a_next_step() -> None:
    assert set(words.STATUSES) == set(words.NEXT_STEPS) == set(Status)


def test_every_verdict_and_every_reason_has_words() -> None:
    assert set(words.VERDICTS) == set(Verdict)
    assert set(words.REJECT_REASONS) == set(RejectReason)
    assert set(words.REJECTED_BECAUSE) <= set(RejectReason)
    assert set(RELATIONS) == set(MatchVerdict)


def test_every_event_of_a_deal_that_partners_are_sent_is_in_their_timeline() -> None:
    assert set(words.EVENTS) == {name for name in CATALOGUE if name.startswith("deal.")}
    assert set(words.CONFIRMATIONS) <= set(words.EVENTS)


def test_whatever_a_reviewer_asks_for_has_a_name() -> None:
    assert set(REQUESTABLE) <= set(words.FIELDS)
