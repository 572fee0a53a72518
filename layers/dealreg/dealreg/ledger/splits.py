"""Who shares in a deal from when on, as an admin says. What was counted keeps the shares that it was counted by."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated, TypedDict

from pydantic import Field, field_validator

from dealreg.commissions.history import ShareInput
from dealreg.commissions.plan_inputs import exact
from dealreg.commissions.splits import Share, Split
from dealreg.commissions.words import number
from dealreg.deals import store
from dealreg.ledger import rows, terms
from dealreg.partners.rows import partner_key, user_key
from dealreg.platform import dynamo, times
from dealreg.platform.errors import ConditionFailed, FieldError, InvalidInput, StaleVersion, StateConflict
from dealreg.platform.fields import Moment
from dealreg.platform.replies import Moment as ShownMoment
from dealreg.platform.validation import Input

logger = logging.getLogger(__name__)
_MOST_SPLITS = 100


class SplitsInput(Input):
    start: Annotated[Moment | None, Field(alias="from", description="Null: from the beginning")]
    shares: Annotated[list[ShareInput], Field(min_length=1, max_length=10)]

    @field_validator("shares")
    @classmethod
    def _come_to_all(cls, shares: list[ShareInput]) -> list[ShareInput]:
        if sum(exact(share.percent) for share in shares) != 100:
            raise ValueError("Shares sum to 100.")
        if any(not exact(share.percent) for share in shares):
            raise ValueError("A share is more than 0.")
        if len({share.partner_id for share in shares}) < len(shares):
            raise ValueError("A partner has two shares.")
        return shares


class ShareView(TypedDict):
    partner_id: str
    percent: str
    user_id: str | None


SplitView = TypedDict("SplitView", {"from": ShownMoment | None, "shares": list[ShareView]})


class SplitsView(TypedDict):
    deal_id: str
    splits: list[SplitView]


def save(reference: str, said: SplitsInput, by: str, now: datetime) -> SplitsView:
    """Raises NotFound, InvalidInput, StateConflict once something of the deal was paid, or StaleVersion."""
    deal = store.locate(reference)
    _require_partners(said, now)
    key = rows.money_key(deal.id)
    if key is None:
        raise StateConflict
    item = dynamo.get(key.table, key.pk, key.sk)
    known = terms.from_item(item) if item else None
    money = known if known and known.is_paid else replace(terms.of_registration(deal, known), is_paid=False)
    if said.start is None and money.is_paid:
        raise StateConflict("Something of this deal was paid: name a time from now on.")
    splits = terms.in_order([*_kept(money.deal.splits, said), Split(said.start, _shares(said))])
    if len(splits) > _MOST_SPLITS:
        raise StateConflict(f"The shares of a deal may change {_MOST_SPLITS} times at most.")
    changed = replace(money, deal=replace(money.deal, splits=splits))
    when, values = ("#revision = :revision", {"revision": money.revision}) if item else (dynamo.ABSENT, {})
    row = {"pk": key.pk, "sk": key.sk, "revision": money.revision + 1} | terms.to_item(changed)
    try:
        dynamo.write(dynamo.put(key.table, row, when, values))
    except ConditionFailed:
        raise StaleVersion("Something of this deal was paid, or its shares changed, at this moment.") from None
    logger.info("splits saved", extra={"deal_id": deal.id, "user_id": by})
    return {"deal_id": deal.id, "splits": [_view(split) for split in splits]}


def _kept(splits: tuple[Split, ...], said: SplitsInput) -> Iterator[Split]:
    """Those before it; what was planned for later is replaced."""
    start = said.start
    if start is not None:
        yield from (split for split in splits if split.start is None or split.start < start)


def _shares(said: SplitsInput) -> tuple[Share, ...]:
    return tuple(Share(share.partner_id, exact(share.percent), share.user_id) for share in said.shares)


def _require_partners(said: SplitsInput, now: datetime) -> None:
    faults = [FieldError("from", "Name a time from now on.")] if said.start and said.start < now else []
    people = {
        place: user_key(share.partner_id, share.user_id) for place, share in enumerate(said.shares) if share.user_id
    }
    found = dynamo.batch_get([*(partner_key(share.partner_id) for share in said.shares), *people.values()])
    faults += [
        FieldError(f"shares.{place}.partner_id", "There is no such partner.")
        for place, share in enumerate(said.shares)
        if partner_key(share.partner_id) not in found
    ]
    faults += [
        FieldError(f"shares.{place}.user_id", "The partner has no such person.")
        for place, key in people.items()
        if key not in found
    ]
    if faults:
        raise InvalidInput(faults)


def _view(split: Split) -> SplitView:
    shares: list[ShareView] = [
        {"partner_id": share.partner_id, "percent": number(share.percent), "user_id": share.user_id}
        for share in split.shares
    ]
    return {"from": times.to_text(split.start) if split.start else None, "shares": shares}
