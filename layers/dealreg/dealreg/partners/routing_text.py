"""A program's routing as its row keeps it, in short: read without holidays, a zone database or pydantic."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from dealreg.partners.routing import LISTS, AmountRange, Rate, Rejection, Routing, Rule, Step, When
from dealreg.platform.working_time import Calendar

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Content = Mapping[str, Any]


def to_text(routing: Routing) -> str:
    """All but what the program's own fields say: the last resort, and the days of the promise."""
    content = {
        "currency": routing.currency,
        "rates": [[rate.currency, rate.since.isoformat(), str(rate.rate)] for rate in routing.rates],
        "groups": {name: list(people) for name, people in routing.groups.items()},
        "calendars": {name: _calendar_content(calendar) for name, calendar in routing.calendars.items()},
        "deal_types": list(routing.deal_types),
        "rules": [_rule_content(rule) for rule in routing.rules],
        "extension_step": _step_content(routing.extension_step) if routing.extension_step else None,
        "appeal_step": _step_content(routing.appeal_step) if routing.appeal_step else None,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=16)
def from_text(text: str, last_resort: str | None, decide_within_days: int) -> Routing:
    content: Content = json.loads(text)
    return Routing(
        rules=tuple(_rule(one) for one in content["rules"]),
        last_resort=last_resort,
        decide_within_days=decide_within_days,
        currency=content["currency"],
        rates=tuple(Rate(one, date.fromisoformat(since), Decimal(rate)) for one, since, rate in content["rates"]),
        groups={name: tuple(people) for name, people in content["groups"].items()},
        calendars={name: _calendar(one) for name, one in content["calendars"].items()},
        deal_types=tuple(content["deal_types"]),
        extension_step=_step(content["extension_step"]) if content["extension_step"] else None,
        appeal_step=_step(content["appeal_step"]) if content["appeal_step"] else None,
    )


# ---- rules ----------------------------------------------------------------------------------------------------------


def _rule_content(rule: Rule) -> Content:
    """What is as it usually is is left out."""
    amount, reject = rule.when.amount, rule.reject
    content = {
        "id": rule.id,
        "when": {name: list(said) for name in LISTS if (said := getattr(rule.when, name)) is not None},
        "amount": [amount.currency, _text(amount.over), _text(amount.up_to)] if amount else None,
        "approve": rule.approve,
        "reject": [reject.reason_code, reject.reason] if reject else None,
        "steps": [[_step_content(step) for step in side_by_side] for side_by_side in rule.steps],
        "decide_within_days": rule.decide_within_days,
    }
    return {name: value for name, value in content.items() if value}


def _rule(content: Content) -> Rule:
    when: dict[str, Any] = {name: tuple(said) for name, said in content.get("when", {}).items()}
    amount: list[Any] | None = content.get("amount")
    return Rule(
        id=content["id"],
        when=When(**when, amount=_range(*amount) if amount else None),
        approve=content.get("approve", False),
        reject=Rejection(*content["reject"]) if "reject" in content else None,
        steps=tuple(tuple(map(_step, side_by_side)) for side_by_side in content.get("steps", ())),
        decide_within_days=content.get("decide_within_days"),
    )


def _range(currency: str, over: str | None, up_to: str | None) -> AmountRange:
    return AmountRange(currency, Decimal(over) if over else None, Decimal(up_to) if up_to else None)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _step_content(step: Step) -> Content:
    return {
        "id": step.id,
        "ask": list(step.ask),
        "title": step.title,
        "need": step.need,
        "escalate_after": step.escalate_after.total_seconds(),
        "remind_after": [wait.total_seconds() for wait in step.remind_after],
        "escalate_to": list(step.escalate_to),
        "calendar": step.calendar,
        "reads": list(step.reads),
    }


def _step(content: Content) -> Step:
    lists: dict[str, Any] = {name: tuple(content[name]) for name in ("ask", "escalate_to", "reads")}
    waits: dict[str, Any] = {
        "escalate_after": timedelta(seconds=content["escalate_after"]),
        "remind_after": tuple(timedelta(seconds=wait) for wait in content["remind_after"]),
    }
    return Step(**{**content, **lists, **waits})


# ---- calendars ------------------------------------------------------------------------------------------------------


def _calendar_content(calendar: Calendar) -> Content:
    return {
        "days": sorted(calendar.days),
        "opens": calendar.opens.total_seconds(),
        "closes": calendar.closes.total_seconds(),
        "zone": calendar.zone,
        "offsets": [[(since - _EPOCH).total_seconds(), offset.total_seconds()] for since, offset in calendar.offsets],
        "closed": {day.isoformat(): why for day, why in sorted(calendar.closed.items())},
        "open": [day.isoformat() for day in sorted(calendar.open)],
    }


def _calendar(content: Content) -> Calendar:
    return Calendar(
        days=frozenset(content["days"]),
        opens=timedelta(seconds=content["opens"]),
        closes=timedelta(seconds=content["closes"]),
        zone=content["zone"],
        offsets=tuple(
            (_EPOCH + timedelta(seconds=since), timedelta(seconds=offset)) for since, offset in content["offsets"]
        ),
        closed={date.fromisoformat(day): why for day, why in content["closed"].items()},
        open=frozenset(map(date.fromisoformat, content["open"])),
    )
