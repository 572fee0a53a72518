"""An approver's choice with all it does: to the deal, and to those that have, or may have, its customer too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dealreg.approvals import rules
from dealreg.approvals.model import Answer, Choice
from dealreg.deals.model import Deal
from dealreg.deals.words import REJECTED_BECAUSE
from dealreg.platform.errors import FieldError, InvalidInput, StateConflict
from dealreg.reviewing import matches
from dealreg.reviewing.matches import Candidate, MatchVerdict


@dataclass(frozen=True, slots=True)
class Ruling:
    answer: Answer
    verdicts: Mapping[str, MatchVerdict] = field(default_factory=dict[str, MatchVerdict])
    """What is said of the deal's matches, by their ids."""
    merged: str = ""
    """A match that is one customer with the deal's from now on."""
    released: str = ""
    """A match, another deal, that is to make way."""


def ruling(
    deal: Deal,
    choice: str,
    match_id: str,
    reason: str,
    fields: Sequence[str],
    reason_code: str,
    said: Mapping[str, MatchVerdict],
) -> Ruling:
    """`merge`: both are one customer, and the deal ends. `release`: the other's protection ends, and it is approved.

    `match_id` is that other. Raises InvalidInput, NotFound (no such match) or StateConflict.
    """
    match choice:
        case "merge":
            if said.get(match_id, MatchVerdict.SAME) is not MatchVerdict.SAME:
                raise InvalidInput([FieldError("choice", "Above you say that these are two companies.")])
            return merge(matches.candidate_of(deal, match_id), said)
        case "release":
            if not matches.candidate_of(deal, match_id).release:
                raise StateConflict("The other registration has no protection that could be ended.")
            approved = rules.check_answer(Choice.APPROVE, reason, ())
            return Ruling(approved, {match_id: MatchVerdict.SAME, **said}, released=match_id)
        case _ if match_id:
            raise InvalidInput([FieldError("choice", "Only a merger or a release is about a match.")])
        case _:
            return Ruling(rules.check_answer(choice, reason, fields, reason_code), said)


def merge(candidate: Candidate, said: Mapping[str, MatchVerdict]) -> Ruling:
    """Raises StateConflict where the deal would not end by it."""
    if candidate.closes_as is None:
        raise StateConflict("That both are one customer does not decide this deal: approve or reject it.")
    told = REJECTED_BECAUSE[candidate.closes_as]
    rejected = rules.check_answer(Choice.REJECT, told, (), candidate.closes_as)
    return Ruling(rejected, {**said, candidate.id: MatchVerdict.SAME}, merged=candidate.id)
