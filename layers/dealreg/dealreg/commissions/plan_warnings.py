"""What a plan may say and surely does not mean. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dealreg.commissions.plans import Days, Months, Rule, When
from dealreg.platform.replies import FaultView

_LISTS = ("tier", "type", "kind", "product", "family")


@dataclass(frozen=True, slots=True)
class Known:
    """What the program has, by the condition that asks for it."""

    tier: frozenset[str]
    type: frozenset[str]
    family: frozenset[str]


def warnings_of(rules: Sequence[Rule], known: Known) -> list[FaultView]:
    if not rules:
        return [{"field": "rules", "message": "Without rules this version pays nothing."}]
    found = [*_hidden(rules), *_gaps(rules), *_unknown(rules, known)]
    return [{"field": f"rules.{rule.place}", "message": f"{rule.id}: {message}"} for rule, message in found]


def _hidden(rules: Sequence[Rule]) -> Iterator[tuple[Rule, str]]:
    ordinary = [rule for rule in rules if not rule.adds]
    for number, rule in enumerate(ordinary):
        earlier = next((one for one in ordinary[:number] if _is_wider(one.when, rule.when)), None)
        if earlier:
            yield rule, f"this rule never pays: {earlier.id} takes all its sales."


def _is_wider(one: When, other: When) -> bool:
    """Whether whatever meets the other's conditions meets this one's."""
    for name in _LISTS:
        wanted: frozenset[str] | None = getattr(one, name)
        narrower: frozenset[str] | None = getattr(other, name)
        if wanted is not None and (narrower is None or not narrower <= wanted):
            return False
    if one.first_sales is not None and (other.first_sales is None or other.first_sales > one.first_sales):
        return False
    return _covers(one.months, other.months) and _covers(one.paid, other.paid)


def _covers(one: Months | Days | None, other: Months | Days | None) -> bool:
    if one is None:
        return True
    start: Any = other.start if other else None  # of the same kind of window
    before: Any = other.before if other else None
    is_from_below = not one.start or (start is not None and one.start <= start)
    return is_from_below and (one.before is None or (before is not None and before <= one.before))


def _gaps(rules: Sequence[Rule]) -> Iterator[tuple[Rule, str]]:
    """Between windows of months of rules that are alike else."""
    windows: dict[tuple[object, ...], list[tuple[Months, Rule]]] = {}
    for rule in rules:
        if rule.when.months:
            alike = (rule.adds, replace(rule.when, months=None))
            windows.setdefault(alike, []).append((rule.when.months, rule))
    for alike in windows.values():
        in_order = sorted(alike, key=lambda one: one[0].start)
        end = in_order[0][0].before
        for months, rule in in_order[1:]:
            if end is not None and months.start > end:
                yield rule, f"no rule like it pays from month {end} to before {months.start}."
            end = None if end is None or months.before is None else max(end, months.before)


def _unknown(rules: Sequence[Rule], known: Known) -> Iterator[tuple[Rule, str]]:
    there: Mapping[str, frozenset[str]] = {"tier": known.tier, "type": known.type, "family": known.family}
    for rule in rules:
        for name, ids in there.items():
            wanted: frozenset[str] = getattr(rule.when, name) or frozenset()
            for one in sorted(wanted - ids):
                yield rule, f"the program has no {name} {one}."
