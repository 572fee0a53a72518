"""Decisions: by an approver from a link, by an admin, of one step or of the whole review. Each is of what was seen."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from dealreg.approvals import closed, decisions, extensions, handing, steps, store
from dealreg.approvals.answering import Said, check_answer
from dealreg.approvals.asked import why_closed
from dealreg.approvals.decisions import Ruling
from dealreg.approvals.model import Decision, Question, Review, State
from dealreg.approvals.people import People
from dealreg.approvals.setting import setting_of
from dealreg.deals import commands, facts
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.words import in_sentence
from dealreg.partners import partners
from dealreg.partners.program import current_program
from dealreg.partners.rules import routing_of
from dealreg.platform import acts, aws, dynamo
from dealreg.platform.errors import (
    ConditionFailed,
    FieldError,
    Gone,
    InvalidInput,
    NotFound,
    StaleVersion,
    StateConflict,
    Unavailable,
)
from dealreg.reviewing import matches, verdicts
from dealreg.reviewing.matches import MatchVerdict

logger = logging.getLogger(__name__)
SUSPENDED, NOT_UNDER_REVIEW, STEP_DECIDED = "partner_suspended", "not_under_review", "step_decided"
"""The `cause` of a refusal."""
_TRIES = 8


Outcome = tuple[Review, Ruling | None]
Decide = Callable[[Deal, Review | None], Outcome]
"""What becomes of the review, and of its deal's matches; raises what is wrong with that."""


def decide(
    token: str,
    said: Said,
    seen: str,
    now: datetime,
    pairs: Mapping[str, MatchVerdict] | None = None,
    match_id: str = "",
) -> Review:
    """`pairs` is what the approver says of the deal's matches, by their ids; for `match_id` see `decisions.ruling`.

    Raises NotFound (a forged link), Gone (its question is closed), InvalidInput, StaleVersion, or StateConflict.
    """
    found, question = store.find_by_token(token, now)
    return _answered(found, question, said, seen, now, pairs or {}, match_id)


def decide_as_asked(deal: Deal, said: Said, now: datetime, person: str, seen: str = "") -> Review:
    """Answers a person's own open question, as by its link; of the deal as it is, unless it is said what was `seen`.

    Raises as `decide`, or StateConflict for who has no open question.
    """
    review = store.newest_of(deal)
    question = next((one for one in review.pending if one.approver == person), None) if review else None
    if review is None or question is None:
        raise StateConflict("You have no open question about this deal.", deal_status=deal.status)
    return _answered(review, question, said, seen or facts.seen(deal), now, {}, "")


def _answered(
    found: Review,
    question: Question,
    said: Said,
    seen: str,
    now: datetime,
    pairs: Mapping[str, MatchVerdict],
    match_id: str,
) -> Review:
    def answer(deal: Deal, review: Review | None) -> Outcome:
        current = review or found
        require_open(current, current.question(question.number), deal)
        _require_active_partner(deal)
        require_seen(seen, deal)
        ruling = _ruling(current, deal, said, match_id, pairs)
        return steps.answered(current, question.number, ruling.answer, setting_of(current, deal, now)), ruling

    return _record(found.deal_id, found.version, answer, question.approver, now)


def decide_as_admin(deal: Deal, said: Said, now: datetime, user_id: str, step: str = "", seen: str = "") -> Review:
    """Decides the whole review, also before anybody was asked, or one step; only what was `seen`, if that is said.

    Raises InvalidInput, StateConflict or StaleVersion.
    """
    if deal.extension:
        extensions.check_choice(said)
    return _as_admin(deal, Ruling(check_answer(said)), now, user_id, step, seen)


def _ruling(review: Review, deal: Deal, said: Said, match_id: str, pairs: Mapping[str, MatchVerdict]) -> Ruling:
    if review.is_extension:
        extensions.check_choice(said)
        return Ruling(check_answer(said))
    return decisions.ruling(deal, said, match_id, pairs)


def delegate(token: str, to: str, seen: str, now: datetime, note: str = "") -> Review:
    """An approver passes the question on. Raises NotFound, Gone, StaleVersion or InvalidInput."""
    found, question = store.find_by_token(token, now)

    def pass_on(deal: Deal, review: Review | None) -> Outcome:
        current = review or found
        require_open(current, current.question(question.number), deal)
        require_seen(seen, deal)
        after = _passed_on(current, deal, question.number, to, now)
        return steps.with_question(after, replace(after.question(question.number), note=note)), None

    return _record(found.deal_id, found.version, pass_on, question.approver, now)


def delegate_as_admin(deal: Deal, one: str, to: str, now: datetime, user_id: str) -> Review:
    """One person's open question goes to another. Raises InvalidInput or StateConflict."""

    def pass_on(current: Deal, review: Review | None) -> Outcome:
        _require_under_review(current, deal.asked_version, review)
        known = review or _not_begun(current, now)
        open_ = next((question for question in known.pending if question.approver == one), None)
        if open_ is None:
            raise InvalidInput([FieldError("from", "This person has no open question about the deal.")])
        return _passed_on(known, current, open_.number, to, now), None

    return _record(deal.id, deal.asked_version, pass_on, user_id, now)


def _passed_on(review: Review, deal: Deal, number: int, to: str, now: datetime) -> Review:
    """To a person whom the program names, who is there, and has no part in this review yet."""
    _require_active_partner(deal)
    people = setting_of(review, deal, now).people
    if to not in _unasked(review, people):
        told = "Choose somebody whom the program names, who was not asked yet, and who may decide on this deal."
        raise InvalidInput([FieldError("to", told)])
    if not people.is_there(to, now):
        raise InvalidInput([FieldError("to", f"{to} is away, or not reached by mail: choose somebody else.")])
    return handing.passed_on(review, number, to, steps.DELEGATED, now)


def candidates(review: Review, deal: Deal, now: datetime) -> list[str]:
    """Whom a question may be passed on to."""
    people = setting_of(review, deal, now).people
    return [person for person in _unasked(review, people) if people.is_there(person, now)]


def _unasked(review: Review, people: People) -> list[str]:
    excluded = people.own_side.union(question.approver for question in review.questions)
    return [person for person in routing_of(current_program()).people if person not in excluded]


def merge_as_admin(deal: Deal, match_id: str, now: datetime, user_id: str) -> None:
    """Both are one customer: known by both names and domains, and the deal ends where `merging.closes_as` says so.

    Doing it again changes nothing. Raises NotFound (no such match, or nobody is there any more) or StateConflict.
    """
    candidate = matches.candidate_of(deal, match_id)
    if candidate.merged:
        return
    if candidate.party is None:
        raise NotFound("This match is no longer there.")
    if candidate.closes_as is None:
        verdicts.record(deal, match_id, MatchVerdict.SAME, user_id, now, merged=True)
    else:
        _as_admin(deal, decisions.merge(candidate, {}), now, user_id)


def _as_admin(deal: Deal, ruling: Ruling, now: datetime, user_id: str, step: str = "", seen: str = "") -> Review:
    def answer(current: Deal, review: Review | None) -> Outcome:
        _require_under_review(current, deal.asked_version, review)
        _require_active_partner(current)
        if seen:
            require_seen(seen, current)
        known = review or _not_begun(current, now)
        if not step:
            return steps.ended(known, Decision(ruling.answer, user_id, now), user_id), ruling
        _require_asked(known, step)
        return steps.signed(known, step, ruling.answer, user_id, setting_of(known, current, now)), ruling

    return _record(deal.id, deal.asked_version, answer, user_id, now)


def _not_begun(deal: Deal, now: datetime) -> Review:
    """Nobody was asked yet."""
    if deal.extension:
        return extensions.review_of(deal, now)
    return Review(deal.id, deal.review_version, deal.program_version)


def require_open(review: Review, question: Question, deal: Deal) -> None:
    """Raises Gone with what holds instead."""
    if told := why_closed(review, question, deal):
        raise Gone(told, question_status=question.status)


def require_seen(seen: str, deal: Deal) -> None:
    """A decision is of what its page showed. Raises InvalidInput, or StaleVersion with what is not so any more."""
    if not seen:
        raise InvalidInput([FieldError("seen", "Open the page again: it says which state of the deal you have seen.")])
    if changed := facts.changed(seen, facts.seen(deal)):
        what = ", ".join(facts.WORDS[part] for part in changed)
        raise StaleVersion(f"The deal changed since you opened this page: {what}. Please look again.", changed=changed)


def _require_active_partner(deal: Deal) -> None:
    if held := closed.why_held(partners.load(deal.partner_id)):
        raise StateConflict(held, deal_status=deal.status, cause=SUSPENDED)


def _require_under_review(deal: Deal, version: int, review: Review | None) -> None:
    if not deal.is_waiting:
        told = f"This deal is {in_sentence(deal.status)}, not under review."
        raise StateConflict(told, deal_status=deal.status, cause=NOT_UNDER_REVIEW)
    if deal.asked_version != version:
        raise StaleVersion("Another review of this deal has begun: read it again.")
    if review and review.state in (State.DECIDED, State.SUPERSEDED):
        raise StateConflict("This was decided a moment ago.", deal_status=deal.status, cause=STEP_DECIDED)


def _require_asked(review: Review, step: str) -> None:
    asked = review.step(step)
    if asked and asked.agreed:
        raise StateConflict("This step is decided already.", cause=STEP_DECIDED)
    if asked is None or asked.order != review.order or review.state is not State.OPEN:
        open_ = [one.id for one in review.steps if one.order == review.order and not one.agreed]
        raise InvalidInput([FieldError("step", f"The steps that wait now: {', '.join(open_) or 'none'}.")])


def _record(deal_id: str, version: int, decide: Decide, by: str, now: datetime) -> Review:
    """The decision, what was said of the matches, and the end of a protection in its way, in one transaction.

    On the deal and the review that it was decided on, and while the partner is active; else it is decided again, on
    what won.
    """
    for attempt in range(_TRIES):
        deal, before = deals.locate(deal_id), store.load(deal_id, version)
        after, ruling = decide(deal, before)
        acts.about(deal_id=deal.id, partner_id=deal.partner_id)
        try:
            _write(before, after, deal, ruling, by, now)
        except (ConditionFailed, StaleVersion):
            aws.pause(attempt)
        else:
            choice = ruling.answer.choice.value if ruling else "delegate"
            logger.info("decided", extra={"deal_id": deal_id, "version": version, "choice": choice})
            return after
    raise Unavailable("too much happens to this deal at once")


def _write(before: Review | None, after: Review, deal: Deal, ruling: Ruling | None, by: str, now: datetime) -> None:
    """Raises ConditionFailed or StaleVersion."""
    if after.is_extension:
        after = extensions.asked_on(after, deal, now)
    own = store.write(before, after, deal, now)
    if after.is_extension and after.decision:
        extensions.settle(deal, after, [*own, partners.still_active(deal.partner_id)], now)
        return
    checks = store.of_what_was_read(before, after, deal)
    actions = [*own, *checks, *(_said(deal, ruling, by, now) if ruling else ())]
    if ruling and ruling.released:
        commands.release_claim(deals.locate(ruling.released), commands.context_at(now), by, actions)
    else:
        store.commit(actions)


def _said(deal: Deal, ruling: Ruling, by: str, now: datetime) -> list[dynamo.Action]:
    return [
        verdicts.action(deal, matches.candidate_of(deal, match_id), verdict, by, now, merged=match_id == ruling.merged)
        for match_id, verdict in ruling.verdicts.items()
    ]
