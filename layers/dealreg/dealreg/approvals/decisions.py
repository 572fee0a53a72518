"""An approver's choice with all it does: to the deal, and to those that have, or may have, its customer too."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dealreg.approvals.answering import Said, check_answer
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


def ruling(deal: Deal, said: Said, match_id: str, pairs: Mapping[str, MatchVerdict]) -> Ruling:
    """`merge`: both are one customer, and the deal ends. `release`: the other's protection ends, and it is approved.

    `match_id` is that other; `pairs` what is said of the matches. Raises InvalidInput, NotFound (no such match) or
    StateConflict.
    """
    match said.choice:
        case "merge":
            if pairs.get(match_id, MatchVerdict.SAME) is not MatchVerdict.SAME:
                raise InvalidInput([FieldError("choice", "Above you say that these are two companies.")])
            return merge(matches.candidate_of(deal, match_id), pairs, said.note)
        case "release":
            if not matches.candidate_of(deal, match_id).release:
                raise StateConflict("The other registration has no protection that could be ended.")
            approved = check_answer(replace(said, choice=Choice.APPROVE))
            return Ruling(approved, {match_id: MatchVerdict.SAME, **pairs}, released=match_id)
        case _ if match_id:
            raise InvalidInput([FieldError("choice", "Only a merger or a release is about a match.")])
        case _:
            return Ruling(check_answer(said), pairs)


def merge(candidate: Candidate, pairs: Mapping[str, MatchVerdict], note: str = "") -> Ruling:
    """Raises StateConflict where the deal would not end by it."""
    if candidate.closes_as is None:
        raise StateConflict("That both are one customer does not decide this deal: approve or reject it.")
    told = REJECTED_BECAUSE[candidate.closes_as]
    rejected = check_answer(Said(Choice.REJECT, told, reason_code=candidate.closes_as, note=note))
    return Ruling(rejected, {**pairs, candidate.id: MatchVerdict.SAME}, merged=candidate.id)
