"""What the parts of a program's body say of each other: names that nothing has, and rules that shut somebody out.

It goes by the body as it came, so that all is said at once, also of one whose fields cannot be read. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from dealreg.partners.routing import DEFAULT_CALENDAR, GROUP
from dealreg.platform.errors import FieldError
from dealreg.platform.foreign_json import list_in, object_in

Body = Mapping[str, Any]
Said = tuple[str, str]
"""A path, and what is wrong there."""
_MAX_ID = 40
_USUAL_HOURS = 16
_SINGLE_STEPS = ("extension_step", "appeal_step")
_REPLACED = "Leave this out: the rules say it."


@dataclass(frozen=True, slots=True)
class Bounds:
    people: int
    """In a step, those of its groups counted."""
    steps: int
    """In a rule, those side by side counted."""
    hours: Mapping[str, timedelta]
    """By calendar: its working time in a year."""


def faults_of(body: Body, bounds: Bounds) -> list[FieldError]:
    rules = list_in(body.get("rules"))
    found = [
        *_doubles("deal_types", map(_text, list_in(body.get("deal_types")))),
        *_of_rates(body),
        *_doubles("rules", [_id(rule) for rule in rules], ".id"),
        *(said for number, rule in enumerate(rules) for said in _of_rule(f"rules.{number}", rule, body, bounds)),
        *(said for name in _SINGLE_STEPS for said in _of_step(name, object_in(body.get(name)), body, bounds)),
        *(_of_what_rules_replace(body) if body.get("rules") is not None else ()),
    ]
    if rules and not _is_for_every_deal(object_in(rules[-1])):
        found.append((f"rules.{len(rules) - 1}", "the last rule has steps and no conditions: every deal needs a rule."))
    return [FieldError(field, message) for field, message in found]


def with_ids(fault: FieldError, body: Body) -> FieldError:
    """Its message begins with the ids of the rule and the step that it is about, or with the name of the one step."""
    first, *parts = fault.field.split(".")
    if first in _SINGLE_STEPS:
        return FieldError(fault.field, f"{first}: {fault.message}")
    if first != "rules":
        return fault
    node: Any = body.get("rules")
    ids: list[str] = []
    for part in parts:
        if isinstance(node, list):
            held = cast("list[Any]", node)
            node = held[int(part)] if part.isdecimal() and int(part) < len(held) else None
        else:
            node = object_in(node).get(part)
        ids += [one] if (one := _id(node)) else []
    return FieldError(fault.field, ": ".join([*ids, fault.message]))


# ---- parts ----------------------------------------------------------------------------------------------------------


def _of_rates(body: Body) -> Iterator[Said]:
    rates = [object_in(rate) for rate in list_in(body.get("rates"))]
    yield from _doubles("rates", [f"{_text(rate.get('currency'))} {_text(rate.get('from'))}" for rate in rates])
    for number, rate in enumerate(rates):
        if rate.get("currency") == body.get("currency", "EUR"):
            yield f"rates.{number}.currency", "This is the program's own currency."


def _of_rule(at: str, rule: Any, body: Body, bounds: Bounds) -> Iterator[Said]:
    when = object_in(object_in(rule).get("when"))
    for condition, known in _known(body).items():
        for place, name in enumerate(map(_text, list_in(when.get(condition)))):
            if name and name not in known:
                yield f"{at}.when.{condition}.{place}", f"there is no {condition} {name[:_MAX_ID]}."
    steps = list(_steps(f"{at}.steps", object_in(rule).get("steps")))
    if len(steps) > bounds.steps:
        yield f"{at}.steps", f"a rule has {bounds.steps} steps at most, those side by side counted."
    ids: set[str] = set()
    for below, step in steps:
        if (one := _id(step)) and one in ids:
            yield f"{below}.id", "another step of this rule has the same id."
        ids.add(one)
        yield from _of_step(below, step, body, bounds)


def _of_step(at: str, step: Body, body: Body, bounds: Bounds) -> Iterator[Said]:
    groups, calendars = object_in(body.get("groups")), object_in(body.get("calendars"))
    name = _text(step.get("calendar")) or DEFAULT_CALENDAR
    if name not in {DEFAULT_CALENDAR, *map(_text, calendars)}:
        yield f"{at}.calendar", f"there is no calendar {name[:_MAX_ID]}."
    elif step and name in bounds.hours and _hours(step) > bounds.hours[name]:
        yield f"{at}.escalate_after_hours", f"the calendar {name} has not so many hours in a year."
    known = {_text(group): [_text(one).lower() for one in list_in(people)] for group, people in groups.items()}
    for field in ("ask", "escalate_to"):
        people: list[str] = []
        for place, person in enumerate(map(_text, list_in(step.get(field)))):
            group = person.removeprefix(GROUP)
            if group != person and group not in known:
                yield f"{at}.{field}.{place}", f"there is no group {group[:_MAX_ID]}."
            people += known.get(group, ()) if group != person else [person.lower()]
        if (count := len(set(people))) > bounds.people:
            yield (
                f"{at}.{field}",
                f"at most {bounds.people} people; with those of its groups this is {count}.",
            )


def _of_what_rules_replace(body: Body) -> Iterator[Said]:
    for name in ("remind_after_hours", "escalate_after_hours"):
        if body.get(name) is not None:
            yield name, _REPLACED
    if object_in(body.get("approvers")).get("escalation") is not None:
        yield "approvers.escalation", _REPLACED
    for number, tier in enumerate(list_in(body.get("tiers"))):
        if object_in(tier).get("auto_approve_limit") is not None:
            yield f"tiers.{number}.auto_approve_limit", _REPLACED


def _is_for_every_deal(rule: Body) -> bool:
    return rule.get("when") is None and rule.get("steps") is not None


def _known(body: Body) -> Mapping[str, set[str]]:
    return {
        "tier": {_id(tier) for tier in list_in(body.get("tiers"))},
        "family": {_text(object_in(product).get("family")) for product in list_in(body.get("products"))},
        "type": {_text(one) for one in list_in(body.get("deal_types"))},
    }


def _steps(at: str, orders: Any) -> Iterator[tuple[str, Body]]:
    for number, order in enumerate(list_in(orders)):
        if isinstance(order, list):
            side_by_side = cast("list[Any]", order)
            yield from ((f"{at}.{number}.{place}", object_in(step)) for place, step in enumerate(side_by_side))
        else:
            yield f"{at}.{number}", object_in(order)


def _doubles(field: str, names: Iterable[str], below: str = "") -> list[Said]:
    told = list(names)
    twice = [number for number, name in enumerate(told) if name and name in told[:number]]
    return [(f"{field}.{number}{below}", "this is there twice.") for number in twice]


# ---- a body is anything ---------------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _id(value: Any) -> str:
    """Of a rule, step or tier; empty where it has none that could be one."""
    text = _text(object_in(value).get("id"))
    return text if len(text) <= _MAX_ID and text.isprintable() else ""


def _hours(step: Body) -> timedelta:
    """None where they could not be read."""
    hours = step.get("escalate_after_hours", _USUAL_HOURS)
    is_number = isinstance(hours, int | float) and 0 < hours < timedelta.max.days
    return timedelta(hours=hours) if is_number else timedelta(0)
