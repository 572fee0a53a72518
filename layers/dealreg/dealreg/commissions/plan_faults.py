"""What the parts of a plan's version say of each other and cannot be computed.

It goes by the body as it came, so that all is said at once, also of one whose fields cannot be read. Pure.
"""

import itertools
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from dealreg.platform.errors import FieldError
from dealreg.platform.foreign_json import list_in, object_in
from dealreg.platform.money import CURRENCIES, parse_money

Body = Mapping[str, Any]
Said = tuple[str, str]
"""A path, and what is wrong there."""
_RATES = ("percent", "flat", "marginal", "whole")


def faults_of(body: Any) -> list[FieldError]:
    rules = list_in(object_in(body).get("rules"))
    currency = object_in(body).get("currency")
    found = [*_doubles(rules)]
    for number, rule in enumerate(rules):
        found += [(f"rules.{number}{at}", message) for at, message in _of_rule(object_in(rule), currency)]
    return [FieldError(at, message) for at, message in found]


def with_rule_id(fault: FieldError, body: Any) -> FieldError:
    """Its message begins with the id of the rule that it is about."""
    first, _, rest = fault.field.partition(".")
    rules, number = list_in(object_in(body).get("rules")), rest.partition(".")[0]
    if first != "rules" or not number.isdecimal() or int(number) >= len(rules):
        return fault
    name = object_in(rules[int(number)]).get("id")
    told = isinstance(name, str) and name.isprintable() and 0 < len(name) <= 60
    return FieldError(fault.field, f"{name}: {fault.message}") if told else fault


def _doubles(rules: list[Any]) -> Iterator[Said]:
    seen: set[str] = set()
    for number, rule in enumerate(rules):
        name = object_in(rule).get("id")
        if isinstance(name, str):
            if name.strip() in seen:
                yield f"rules.{number}.id", "Another rule has this id."
            seen.add(name.strip())


def _of_rule(rule: Body, currency: Any) -> Iterator[Said]:
    if isinstance(rule.get("rate"), dict):
        yield from _of_rate(object_in(rule.get("rate")), currency)
    for name in ("floor", "ceiling"):
        yield from _of_money(f".{name}", rule.get(name), currency)
    floor, ceiling = _number(rule.get("floor")), _number(rule.get("ceiling"))
    if floor is not None and ceiling is not None and floor > ceiling:
        yield ".floor", "The floor is above the ceiling."
    when = object_in(rule.get("when"))
    months, paid = object_in(when.get("months")), object_in(when.get("paid"))
    if _is_empty(months.get("from", 0), months.get("before"), int):
        yield ".when.months", "No month is from this one on and before that one."
    if _is_empty(paid.get("from"), paid.get("before"), str):
        yield ".when.paid", "No day is from this one on and before that one."


def _of_rate(rate: Body, currency: Any) -> Iterator[Said]:
    given = [name for name in _RATES if rate.get(name) is not None]
    if len(given) != 1:
        yield ".rate", "Give one of percent, flat, marginal and whole."
    yield from _of_money(".rate.flat", rate.get("flat"), currency)
    for name in ("marginal", "whole"):
        steps = [object_in(step) for step in list_in(rate.get(name))]
        yield from ((f".rate.{name}{at}", message) for at, message in _of_steps(steps, currency))


def _of_steps(steps: list[Body], currency: Any) -> Iterator[Said]:
    for number, step in enumerate(steps):
        given = [name for name in ("percent", "flat") if step.get(name) is not None]
        if len(given) != 1:
            yield f".{number}", "Give either percent or flat."
        elif steps[0].get(given[0]) is None:
            yield f".{number}", "All steps have percents, or all have flat amounts."
        start = _number(step.get("from"))
        if step.get("flat") is not None:
            yield from _of_money(f".{number}.flat", step.get("flat"), currency)
            if start is not None and start != int(start):
                yield f".{number}.from", "This is a number of sales."
        elif start:
            yield from _of_money(f".{number}.from", step.get("from"), currency)
    starts = [_number(step.get("from")) for step in steps]
    if starts and starts[0] is not None and starts[0] != 0:
        yield ".0.from", "The first step is from 0."
    for number, (one, following) in enumerate(itertools.pairwise(starts), 1):
        if one is not None and following is not None and one >= following:
            yield f".{number}.from", "Steps rise."


def _of_money(at: str, amount: Any, currency: Any) -> Iterator[Said]:
    if amount is None or (currency is not None and currency not in CURRENCIES):
        return
    if currency is None:
        yield at, "A plan without a currency has percents alone: an amount would have none."
    elif isinstance(amount, str) and _number(amount) is not None:
        try:
            parse_money(amount.strip(), currency)
        except ValueError as fault:
            yield at, str(fault)


def _is_empty(start: Any, before: Any, kind: type) -> bool:
    return type(start) is kind and type(before) is kind and start >= before


def _number(value: Any) -> Decimal | None:
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        number = Decimal(value.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 40 else None
