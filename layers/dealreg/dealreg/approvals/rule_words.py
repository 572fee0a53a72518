"""A program's rules as sentences. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from dealreg.partners.program import Program
from dealreg.partners.routing import DEFAULT_CALENDAR, GROUP, LISTS, MANAGER, READABLE, AmountRange, Rule, Step, When
from dealreg.platform.text import money

_NAMES = {"type": "type of deal"}
_SEEN = {"expected_close_date": "expected close", "type": "type of deal"}


@dataclass(frozen=True, slots=True)
class Sentences:
    id: str
    when: str
    then: tuple[str, ...]
    """What happens: one sentence, or one for each step in order."""


def sentences(rule: Rule, program: Program) -> Sentences:
    promised = (f"Decided within {_count(rule.decide_within_days, 'working day')}.",) if rule.decide_within_days else ()
    return Sentences(rule.id, when(rule.when, program), (*_then(rule), *promised))


def when(condition: When, program: Program) -> str:
    tiers = {tier.id: tier.name for tier in program.tiers}
    told: list[str] = []
    for name in LISTS:
        wanted: Sequence[str] | None = getattr(condition, name)
        if wanted is not None:
            words = [tiers.get(one, one) if name == "tier" else one.replace("_", " ") for one in wanted]
            told.append(f"the {_NAMES.get(name, name)} is {_or(words) or 'none of any'}")
    told += [f"the amount is {_amount(condition.amount)}"] if condition.amount else []
    return f"If {_and(told)}:" if told else "Every deal:"


def _amount(limits: AmountRange) -> str:
    over = [f"more than {_money(limits.over, limits.currency)}"] if limits.over is not None else []
    up_to = [f"at most {_money(limits.up_to, limits.currency)}"] if limits.up_to is not None else []
    return _and([*over, *up_to])


def _money(amount: Decimal, currency: str) -> str:
    return money({"amount": f"{amount:f}", "currency": currency})


def _then(rule: Rule) -> Iterator[str]:
    if rule.approve:
        yield "It is approved, and nobody is asked, if the conflict check is clear."
    elif rule.reject:
        yield f"It is rejected ({rule.reject.reason_code.replace('_', ' ')}): “{rule.reject.reason}”"
    for place, side_by_side in enumerate(rule.steps):
        told = " At the same time: ".join(step_words(step) for step in side_by_side)
        yield f"Then {told}" if place else f"First {told}" if len(rule.steps) > 1 else told[0].upper() + told[1:]


def step_words(step: Step) -> str:
    """Whom a step asks, how long they have, and who comes after them."""
    people = _people(step.ask, "or" if step.need == "any" else "and")
    both = f" {'any' if step.need == 'any' else 'all'} of" if len(step.ask) > 1 or _is_group(step.ask) else ""
    title = f" ({step.title})" if step.title and step.title != step.id else ""
    told = [f"ask{both} {people}{title}."]
    if step.remind_after:
        told.append(f"Remind after {_and([_hours(wait) for wait in step.remind_after])}.")
    after = f"After {_hours(step.escalate_after)}"
    told.append(f"{after} ask {_people(step.escalate_to, 'and')} too." if step.escalate_to else f"{after} escalate.")
    if step.calendar != DEFAULT_CALENDAR:
        told.append(f"Hours are those of the calendar {step.calendar}.")
    if step.reads != READABLE:
        seen = [f"the {_SEEN.get(one, one)}" for one in step.reads]
        told.append(f"They see {_and(seen) or 'nothing of the deal'}.")
    return " ".join(told)


def _is_group(asked: Sequence[str]) -> bool:
    return any(one.startswith(GROUP) for one in asked)


def _people(asked: Sequence[str], word: str) -> str:
    named = [
        "the partner’s manager" if one == MANAGER else f"the group {one.removeprefix(GROUP)}" if GROUP in one else one
        for one in asked
    ]
    return _joined(named, word) or "nobody"


def _hours(wait: timedelta) -> str:
    hours = round(wait / timedelta(hours=1), 2)
    return _count(int(hours) if hours == int(hours) else hours, "working hour")


def _count(number: float, word: str) -> str:
    return f"{number:g} {word}{'' if number == 1 else 's'}"


def _and(told: Sequence[str]) -> str:
    return _joined(told, "and")


def _or(told: Sequence[str]) -> str:
    return _joined(told, "or")


def _joined(told: Sequence[str], word: str) -> str:
    return f" {word} ".join(filter(None, [", ".join(told[:-1]), *told[-1:]]))
