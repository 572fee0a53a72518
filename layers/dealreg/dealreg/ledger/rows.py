"""The Ledger table: its keys, and how the engine's values are kept in it.

`SALE#<source>#<sale>` / `SALE`: a sale's facts (`facts_text`), the deal and the stamp that it was last priced by, its
place among the deal's sales then, and the buckets that are the sale's own, which nobody else moves
· `PAYMENT#<source>#<name>` / `PAYMENT`: the sales of the payments that have this name, and what went back of it before
any came · `CLAIM#<source>#<kind>#<id>` / `CLAIM`: what a refund or chargeback names
· `DEAL#<locator>` / `MONEY`: what a deal's money goes by; `PLACE#<first paid at>#<sale>`: see `places`;
`SUBSCRIPTION#<source>#<id>`: see `subscriptions`
· `BUCKET#<plan>#<version>#<name>#<currency>#<split>#<partner>#<rule>` / `BUCKET`
· `PARTNER#<id>` / `LEDGER`: number of the last line, sequence of the last event, end of the first hold
· `PARTNER#<id>` / `LINE#<number>`: see `lines`; `EVENT#<sequence>`; `DISPUTE#<source>#<sale>`: those of a sale
with chargebacks that it has a part in
· `NAME#<source>#<subscription or customer>#<id>` / `NAME`: whose it is; `WAITS#<sale>`: who asks
· `RATES` / `DAY#<from>#<to>#<day>`: a rate; `PAIR#<from>#<to>`: the newest day of a sale that was converted, and
how often rates were saved
· `RATE#<from>#<to>` / `WAITS#<sale>`: a sale that waits for one · `PERIODS` / `PERIODS`: the last closed month.

Every row that changes has a `revision`, and is written on the condition of the one that was read.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from dealreg.commissions.buckets import Bucket, BucketKey, Content
from dealreg.commissions.plans import Plan
from dealreg.commissions.pricing import Place, Stamp
from dealreg.commissions.splits import Share, Split
from dealreg.ledger.ids import provider_id_of, source_of
from dealreg.platform import dynamo
from dealreg.platform.ids import deal_locator, is_id, locator_of_number
from dealreg.platform.settings import Setting, read

NUMBER_DIGITS = 10
LINE = "LINE#"
PLACE = "PLACE#"
DISPUTE = "DISPUTE#"
RATES = "RATES"
DAY = "DAY#"
WAITS = "WAITS#"


def table() -> str:
    return read(Setting.LEDGER_TABLE)


# ---- keys -----------------------------------------------------------------------------------------------------------


def sale_key(sale_id: str) -> dynamo.Key:
    """This id and the next are qualified ones (`ids`)."""
    return dynamo.Key(table(), f"SALE#{source_of(sale_id)}#{provider_id_of(sale_id)}", "SALE")


def payment_key(name: str) -> dynamo.Key:
    return dynamo.Key(table(), f"PAYMENT#{source_of(name)}#{provider_id_of(name)}", "PAYMENT")


def claim_key(kind: str, claim_id: str) -> dynamo.Key:
    return dynamo.Key(table(), f"CLAIM#{source_of(claim_id)}#{kind}#{provider_id_of(claim_id)}", "CLAIM")


def name_key(kind: str, name: str) -> dynamo.Key:
    """Of a subscription or a customer."""
    return dynamo.Key(table(), f"NAME#{source_of(name)}#{kind}#{provider_id_of(name)}", "NAME")


def waits_key(kind: str, name: str, sale_id: str) -> dynamo.Key:
    return dynamo.Key(table(), name_key(kind, name).pk, f"{WAITS}{provider_id_of(sale_id)}")


def money_key(reference: str) -> dynamo.Key | None:
    """Of a deal by its id or number; None for what is neither."""
    locator = deal_locator(reference) if is_id("deal", reference) else locator_of_number(reference)
    return dynamo.Key(table(), f"DEAL#{locator}", "MONEY") if locator else None


def place_key(deal_id: str, paid_at: datetime, sale_id: str) -> dynamo.Key:
    stamp = f"{paid_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    return dynamo.Key(table(), f"DEAL#{deal_locator(deal_id)}", f"{PLACE}{stamp}#{sale_id}")


def place_of(sort_key: str) -> tuple[str, datetime]:
    """The sale, and when it was first paid."""
    stamp, _, sale_id = sort_key.removeprefix(PLACE).partition("#")
    return sale_id, datetime.fromisoformat(stamp)


def bucket_key(key: BucketKey) -> dynamo.Key:
    parts = (key.plan, key.version, key.name, key.currency, key.split, key.partner_id, key.rule)
    return dynamo.Key(table(), "BUCKET#" + "#".join(map(str, parts)), "BUCKET")


def head_key(partner_id: str) -> dynamo.Key:
    return dynamo.Key(table(), f"PARTNER#{partner_id}", "LEDGER")


def line_key(partner_id: str, number: int) -> dynamo.Key:
    return dynamo.Key(table(), f"PARTNER#{partner_id}", f"{LINE}{number:0{NUMBER_DIGITS}}")


def dispute_key(partner_id: str, sale_id: str) -> dynamo.Key:
    return dynamo.Key(table(), f"PARTNER#{partner_id}", f"{DISPUTE}{source_of(sale_id)}#{provider_id_of(sale_id)}")


def periods_key() -> dynamo.Key:
    return dynamo.Key(table(), "PERIODS", "PERIODS")


def rate_key(source: str, into: str, day: date) -> dynamo.Key:
    return dynamo.Key(table(), RATES, f"{DAY}{source}#{into}#{day.isoformat()}")


def pair_key(source: str, into: str) -> dynamo.Key:
    return dynamo.Key(table(), RATES, f"PAIR#{source}#{into}")


def rate_waits_key(source: str, into: str, sale_id: str) -> dynamo.Key:
    return dynamo.Key(table(), f"RATE#{source}#{into}", f"{WAITS}{sale_id}")


# ---- values ---------------------------------------------------------------------------------------------------------


def written(exact: Fraction) -> str:
    return str(exact)


def shares_to_item(shares: Sequence[Share]) -> list[dict[str, Any]]:
    return [
        {"partner_id": share.partner_id, "percent": written(share.percent)}
        | ({"user_id": share.user_id} if share.user_id else {})
        for share in shares
    ]


def shares_from_item(items: Sequence[Mapping[str, Any]]) -> tuple[Share, ...]:
    return tuple(Share(item["partner_id"], Fraction(item["percent"]), item.get("user_id")) for item in items)


def splits_to_item(splits: Sequence[Split]) -> list[dict[str, Any]]:
    return [
        {"from": split.start.isoformat() if split.start else None, "shares": shares_to_item(split.shares)}
        for split in splits
    ]


def splits_from_item(items: Sequence[Mapping[str, Any]]) -> tuple[Split, ...]:
    return tuple(
        Split(datetime.fromisoformat(item["from"]) if item["from"] else None, shares_from_item(item["shares"]))
        for item in items
    )


def stamp_to_item(stamp: Stamp, place: Place) -> dict[str, Any]:
    return {
        "paid_at": stamp.paid_at.isoformat(),
        "day": stamp.day.isoformat(),
        "version": stamp.version.number if stamp.version else None,
        "currency": stamp.currency,
        "rate": None if stamp.rate is None else written(stamp.rate),
        "split": stamp.split,
        "shares": shares_to_item(stamp.shares),
        "start": place.start.isoformat(),
        "earlier": place.earlier,
    }


def stamp_from_item(item: Mapping[str, Any], plan: Plan | None) -> tuple[Stamp, Place]:
    """By the version that it was priced by, withdrawn or not."""
    number: int | None = item["version"]
    versions = {version.number: version for version in plan.of_sales} if plan else {}
    stamp = Stamp(
        paid_at=datetime.fromisoformat(item["paid_at"]),
        day=date.fromisoformat(item["day"]),
        version=None if number is None else versions[number],
        currency=item["currency"],
        rate=None if item["rate"] is None else Fraction(item["rate"]),
        split=item["split"],
        shares=shares_from_item(item["shares"]),
    )
    return stamp, Place(date.fromisoformat(item["start"]), item["earlier"])


def bucket_of(item: Mapping[str, Any]) -> BucketKey:
    return BucketKey(**{name: item[name] for name in BucketKey._fields})


def shared_bucket_to_item(key: BucketKey, bucket: Bucket) -> dict[str, Any]:
    return key._asdict() | bucket_to_item(bucket)


def bucket_to_item(bucket: Bucket) -> dict[str, Any]:
    posted = {partner: amount for partner, amount in sorted(bucket.posted.items()) if amount}
    return {"base": bucket.content.base, "sales": bucket.content.sales, "posted": posted}


def bucket_from_item(item: Mapping[str, Any]) -> Bucket:
    return Bucket(Content(item["base"], item["sales"]), dict(item["posted"]))


def own_buckets_to_item(buckets: Mapping[BucketKey, Bucket]) -> list[dict[str, Any]]:
    """Of one sale; those that hold nothing any more are as if they had never been."""
    return [
        {"plan": key.plan, "version": key.version, "rule": key.rule, "currency": key.currency} | bucket_to_item(bucket)
        for key, bucket in sorted(buckets.items())
        if bucket.content != Content() or any(bucket.posted.values())
    ]


def own_buckets_from_item(sale_id: str, items: Sequence[Mapping[str, Any]]) -> dict[BucketKey, Bucket]:
    return {
        BucketKey(item["plan"], item["version"], item["rule"], own_bucket_name(sale_id), item["currency"]):
            bucket_from_item(item)
        for item in items
    }  # fmt: skip


def own_bucket_name(sale_id: str) -> str:
    return f"sale:{sale_id}"


def is_own(key: BucketKey) -> bool:
    """Of one sale, in whose row it lies."""
    return key.name.startswith(own_bucket_name(""))
