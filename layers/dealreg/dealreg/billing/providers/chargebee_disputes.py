"""Chargebee's disputes: it posts nothing of them, so each state of one is an event of ours, which names it."""

from collections.abc import Mapping
from typing import Literal

from dealreg.billing import facts
from dealreg.billing.facts import Translated, Unreadable
from dealreg.billing.model import Reason
from dealreg.billing.providers.event import Event, read
from dealreg.billing.providers.parts import Currency, NotNegative, Part, Shown, Unix, of_minor, path_of
from dealreg.platform.foreign_json import object_in

_STATES: Mapping[str, Literal["open", "won", "lost"]] = {
    "initiated": "open",
    "funds_withdrawn": "open",
    "in_review": "open",
    "cancelled": "won",
    "won": "won",
    "lost": "lost",
}


class _Dispute(Part):
    id: str
    transaction_id: Shown = None
    amount: NotNegative
    currency_code: Currency
    status: str
    created_at: Unix
    updated_at: Unix | None = None


def disputed(event: Event, dispute_id: str) -> Translated:
    """As its API has it now. Raises Needed."""
    path = path_of("api", "v2", "disputes", dispute_id)
    answer = event.answer(path, lambda content: object_in(content.get("dispute")).get("id") == dispute_id)
    said = read(_Dispute, answer["dispute"], "dispute")
    state = _STATES.get(said.status)
    if state is None:
        raise Unreadable(f"dispute.status: {said.status!r:.60} is not known.")
    if not said.amount:
        return event.ignored(Reason.NO_MONEY)
    at, amount = said.updated_at or said.created_at, of_minor(said.amount, said.currency_code, "dispute.amount")
    closed_at = None if state == "open" else at
    fact = facts.chargeback(at, said.id, said.transaction_id, amount, said.created_at, closed_at, state)
    return Translated(event.type_name, (fact,))
