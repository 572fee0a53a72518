"""What a program may say and surely does not mean. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from dealreg.partners.routing import LISTS, AmountRange, Routing, Rule, Step, When
from dealreg.partners.rules import rates_on
from dealreg.platform.replies import FaultView


def warnings_of(routing: Routing, on: date) -> list[FaultView]:
    """Of rules as an admin wrote them; none of a program without."""
    found = [
        *_of_rules(routing),
        *_of_promises(routing),
        *_of_groups(routing.groups),
        *_of_rates(routing, on),
    ]
    return [{"field": field, "message": message} for field, message in found]


def _of_rules(routing: Routing) -> Iterator[tuple[str, str]]:
    for number, rule in enumerate(routing.rules):
        for earlier in routing.rules[:number]:
            if takes_all_of(earlier, rule):
                yield f"rules.{number}", f"{rule.id}: this rule is never reached: {earlier.id} takes all its deals."
                break


def takes_all_of(earlier: Rule, rule: Rule) -> bool:
    """Whether whatever matches a rule matches the earlier one; an approval takes clear deals only."""
    if earlier.approve and not rule.approve:
        return False
    return _is_wider(earlier.when, rule.when)


def _is_wider(one: When, other: When) -> bool:
    for name in LISTS:
        wanted: tuple[str, ...] | None = getattr(one, name)
        narrower: tuple[str, ...] | None = getattr(other, name)
        if wanted is not None and (narrower is None or not set(narrower) <= set(wanted)):
            return False
    return one.amount is None or (other.amount is not None and _covers(one.amount, other.amount))


def _covers(one: AmountRange, other: AmountRange) -> bool:
    if one.currency != other.currency:
        return False
    from_below = one.over is None or (other.over is not None and other.over >= one.over)
    return from_below and (one.up_to is None or (other.up_to is not None and other.up_to <= one.up_to))


def _of_promises(routing: Routing) -> Iterator[tuple[str, str]]:
    """In days of each step's own calendar, until the last is answered or escalated."""
    for number, rule in enumerate(routing.rules):
        days = sum((max(_days(step, routing) for step in side_by_side) for side_by_side in rule.steps), Decimal(0))
        promised = rule.decide_within_days or routing.decide_within_days
        if days > promised:
            told = f"{rule.id}: its steps may last {days.normalize():f} working days; {promised} are promised."
            yield f"rules.{number}.steps", told
    step, promised = routing.extension_step, routing.decide_within_days
    if step and (days := _days(step, routing)) > promised:
        told = f"extension_step: it may last {days.normalize():f} working days; {promised} are promised."
        yield "extension_step", told


def _days(step: Step, routing: Routing) -> Decimal:
    calendar = routing.calendars[step.calendar]
    return round(Decimal(step.escalate_after / (calendar.closes - calendar.opens)), 2)


def _of_groups(groups: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    yield from ((f"groups.{name}", f"There is nobody in {name}.") for name, people in groups.items() if not people)


def _of_rates(routing: Routing, on: date) -> Iterator[tuple[str, str]]:
    known = {routing.currency, *rates_on(routing.rates, on)}
    for number, rule in enumerate(routing.rules):
        amount = rule.when.amount
        if amount and amount.currency not in known:
            told = f"{rule.id}: there is no rate for {amount.currency}, so only deals in {amount.currency} can match."
            yield f"rules.{number}.when.amount.currency", told
