"""One rule as a form: what was typed as the API's JSON, and back.

Names of fields are the API's paths below the rule, such as `when.tier` and `steps.0.ask`; steps with the same number
in `order` are side by side.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from console.program_form import number_of, words_of
from dealreg.pages.form_data import Form
from dealreg.pages.typed_amounts import wire_amount
from dealreg.partners.routing import LISTS, READABLE

Content = dict[str, Any]
_PEOPLE = ("ask", "escalate_to")
_HOURS = "remind_after_hours"
STEPS = 6
"""As many as a rule may have."""


def rule_of(form: Form) -> Content:
    """The rule; what was left empty is left out."""
    rule: Content = {"id": form.text("id"), "when": _when(form) or None}
    match form.text("outcome"):
        case "approve":
            rule["approve"] = True
        case "reject":
            rule["reject"] = _given(
                {"reason_code": form.text("reject.reason_code"), "reason": form.text("reject.reason")}
            )
        case _:
            rule["steps"] = [steps if len(steps) > 1 else steps[0] for steps in _orders(form)]
    days = form.text("decide_within_days")
    return _given(rule | {"decide_within_days": number_of(days) if days else None})


def place_of(form: Form, most: int) -> int:
    """Where it stands among the others, from 0; at the end for what is no place."""
    place = number_of(form.text("place"))
    return min(max(place - 1, 0), most) if isinstance(place, int) else most


def form_of(rule: Mapping[str, Any], place: int) -> Form:
    when: Content = rule.get("when") or {}
    values: dict[str, list[str]] = {"id": [rule.get("id", "")], "place": [str(place + 1)]}
    values |= {f"when.{name}": _listed(name, when[name]) for name in LISTS if when.get(name)}
    amount: dict[str, str | None] = when.get("amount") or {}
    reject: dict[str, str] = rule.get("reject") or {}
    values |= {f"when.amount.{name}": [text] for name, text in amount.items() if text}
    values["outcome"] = ["approve" if rule.get("approve") else "reject" if rule.get("reject") else "steps"]
    values |= {f"reject.{name}": [text] for name, text in reject.items()}
    values["decide_within_days"] = [str(rule.get("decide_within_days") or "")]
    number = 0
    orders: list[Any] = rule.get("steps") or []
    for order, held in enumerate(orders):
        for step in cast("list[Content]", held if isinstance(held, list) else [held]):
            values |= _step_values(f"steps.{number}", step, order)
            number += 1
    return Form(values)


def placed(field: str, rule: Mapping[str, Any]) -> str:
    """The form's field for a path below the rule, where steps side by side are counted apart."""
    name, _, below = field.partition(".")
    if name != "steps" or not below:
        return "outcome" if field == "" else field
    order, _, rest = below.partition(".")
    held: list[Any] = rule.get("steps") or []
    number = int(order) if order.isdecimal() else 0
    before = sum(len(cast("list[Any]", one)) if isinstance(one, list) else 1 for one in held[:number])
    if number < len(held) and isinstance(held[number], list):
        inner, _, rest = rest.partition(".")
        before += int(inner) if inner.isdecimal() else 0
    return f"steps.{before}.{rest.partition('.')[0]}"


def names() -> list[str]:
    """Of all fields at which something can be wrong."""
    conditions = [f"when.{name}" for name in (*LISTS, "amount.currency", "amount.over", "amount.up_to", "amount")]
    own = ["id", "outcome", "reject.reason_code", "reject.reason", "decide_within_days"]
    fields = ("id", "title", "ask", "need", "escalate_after_hours", _HOURS, "escalate_to", "calendar", "reads")
    return [*conditions, *own, *(f"steps.{number}.{name}" for number in range(STEPS) for name in fields)]


# ---- parts ----------------------------------------------------------------------------------------------------------


def _when(form: Form) -> Content:
    found: Content = {}
    for name in LISTS:
        chosen = [word for text in form.every(f"when.{name}") for word in words_of(text)]
        if chosen:
            found[name] = [one.upper() for one in chosen] if name == "country" else chosen
    currency = form.text("when.amount.currency").upper()
    limits = {
        one: wire_amount(text, currency) for one in ("over", "up_to") if (text := form.text(f"when.amount.{one}"))
    }
    return found | ({"amount": {"currency": currency, **limits}} if limits else {})


def _orders(form: Form) -> list[list[Content]]:
    """By their number; without one, each in its place."""
    found: dict[int, list[Content]] = {}
    for place, (order, step) in enumerate(_steps(form)):
        found.setdefault(order if isinstance(order, int) else place + 1, []).append(step)
    return [found[order] for order in sorted(found)]


def _steps(form: Form) -> Iterator[tuple[int | str, Content]]:
    for number in range(STEPS):
        at = f"steps.{number}"
        if not any(form.text(f"{at}.{name}") for name in ("id", "ask")):
            continue
        reads = form.every(f"{at}.reads")
        hours = form.text(f"{at}.escalate_after_hours")
        reminders = words_of(form.text(f"{at}.{_HOURS}"))
        step = {
            **{name: form.text(f"{at}.{name}") for name in ("id", "title", "need", "calendar")},
            **{name: words_of(form.text(f"{at}.{name}")) for name in _PEOPLE},
            "escalate_after_hours": _hours(hours) if hours else None,
            "reads": reads if set(reads) != set(READABLE) else None,
        }
        yield number_of(form.text(f"{at}.order")), _given(step) | {_HOURS: [_hours(one) for one in reminders]}


def _step_values(at: str, step: Content, order: int) -> dict[str, list[str]]:
    values = {f"{at}.{name}": [step.get(name) or ""] for name in ("id", "title", "need", "calendar")}
    values |= {f"{at}.{name}": ["\n".join(step.get(name) or ())] for name in _PEOPLE}
    reminders = step.get(_HOURS)
    values[f"{at}.{_HOURS}"] = [", ".join(map(str, reminders if reminders is not None else _usual(step)))]
    values[f"{at}.escalate_after_hours"] = [str(step.get("escalate_after_hours") or 16)]
    values[f"{at}.reads"] = list(step.get("reads") or READABLE)
    return values | {f"{at}.order": [str(order + 1)]}


def _usual(step: Content) -> list[int]:
    """As the API has it for a step that says nothing of reminders."""
    return [8] if (step.get("escalate_after_hours") or 16) > 8 else []


def _hours(text: str) -> float | str:
    whole, _, part = text.partition(".")
    is_number = f"{whole}{part}".isascii() and f"{whole}{part}".isdecimal() and len(text) <= 9
    return float(text) if is_number and part else number_of(text)


def _listed(name: str, wanted: list[str]) -> list[str]:
    """Boxes that are checked, or what is typed with commas between."""
    return [", ".join(wanted)] if name in ("country", "partner") else list(wanted)


def _given(content: Mapping[str, Any]) -> Content:
    return {name: value for name, value in content.items() if value not in (None, "", [])}
