"""A plan's rules as sentences, from the form in which they are written. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dealreg.platform.text import day, money

_OF = {
    "sale": "of each sale",
    "deal": "of all sales of a deal together",
    "month": "of all that a partner sells in a month",
    "quarter": "of all that a partner sells in a quarter",
    "year": "of all that a partner sells in a year",
}
_FOR = {
    "sale": "for each sale",
    "deal": "for each sale, counted by deal",
    "month": "for each sale, counted by month",
    "quarter": "for each sale, counted by quarter",
    "year": "for each sale, counted by year",
}
_KINDS = {"new": "first sales", "renewal": "renewals", "change": "changes", "one_off": "single sales"}
_LISTS = (("tier", "tier"), ("type", "deals of type"), ("product", "product"), ("family", "family"))


def of_rule(rule: Mapping[str, Any], currency: str | None) -> str:
    """One paragraph; `currency` is the plan's, None where it pays in the sale's own."""
    per = rule.get("per", "sale")
    sentences = [f"{_rate(rule['rate'], per, currency)}{_when(rule.get('when') or {})}."]
    if floor := rule.get("floor"):
        sentences.append(f"At least {_money(floor, currency)}.")
    if ceiling := rule.get("ceiling"):
        sentences.append(f"At most {_money(ceiling, currency)}.")
    if rule.get("adds"):
        sentences.append("On top of what other rules pay.")
    return " ".join(sentences)


def of_version(version: Mapping[str, Any]) -> str:
    """What holds for all of its rules."""
    whose = "deals registered" if version["applies_to"] == "new_deals" else "sales first paid"
    held = f"for {version['hold_days']} days after the payment" if version["hold_days"] else "not at all"
    into = version["currency"] or "the currency of each sale"
    return f"For {whose} from {day(version['effective_from'])} on, in {into}; commission is held {held}."


def _rate(rate: Mapping[str, Any], per: str, currency: str | None) -> str:
    if percent := rate.get("percent"):
        return f"{percent} % {_OF[per]}"
    if flat := rate.get("flat"):
        return f"{_money(flat, currency)} {_FOR[per]}"
    steps: Sequence[Mapping[str, Any]] = rate.get("marginal") or rate.get("whole") or ()
    counts = any(step.get("flat") for step in steps)
    each = ", ".join(_step(step, currency, counts=counts) for step in steps)
    how = "the highest step reached counts for all" if rate.get("whole") else "each step counts for its own part"
    return f"{each} {(_FOR if counts else _OF)[per]}; {how}"


def _step(step: Mapping[str, Any], currency: str | None, *, counts: bool) -> str:
    start = str(step["from"])
    earns = _money(step["flat"], currency) if counts else f"{step['percent']} %"
    if not start.strip("0."):
        return earns
    return f"{earns} from {f'{start} sales' if counts else _money(start, currency)} on"


def _when(when: Mapping[str, Any]) -> str:
    found = [*_parts(when)]
    return f", for {'; '.join(found)}" if found else ""


def _parts(when: Mapping[str, Any]) -> Iterator[str]:
    if kinds := when.get("kind"):
        yield " and ".join(_KINDS[kind] for kind in kinds)
    for name, words in _LISTS:
        if listed := when.get(name):
            yield f"{words} {' or '.join(listed)}"
    if months := when.get("months"):
        yield _months(months.get("from", 0), months.get("before"))
    if first := when.get("first_sales"):
        yield f"the first {first} sales of a deal" if first > 1 else "the first sale of a deal"
    if paid := when.get("paid"):
        after = f"from {day(paid['from'])} on" if paid.get("from") else ""
        before = f"before {day(paid['before'])}" if paid.get("before") else ""
        yield f"what is paid {' and '.join(filter(None, (after, before)))}"


def _months(start: int, before: int | None) -> str:
    if before is None:
        return f"what is sold {start} months or more after the deal’s first sale"
    if not start:
        return f"the first {before} months from the deal’s first sale"
    return f"months {start + 1} to {before} from the deal’s first sale"


def _money(amount: str, currency: str | None) -> str:
    return money({"amount": amount, "currency": currency}) if currency else str(amount)
