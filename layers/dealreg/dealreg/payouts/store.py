"""The rows of payout runs in the Ledger table.

`RUNS` / `RUN#<id>`: a run · `RUNS` / `LIVE`: which one is neither exported nor over
· `RUN#<id>` / `DUE#PAYOUT#<partner>#<currency>`, `DUE#WITHOUT#…`: its payouts and who goes without; `EVENT#<sequence>`
· `PARTNER#<id>` / `PAYOUT#<id>`: a payout · `PAYOUT#<last eight letters of its id>` / `PAYOUT`: whose it is
· `PARTNER#<id>` / `LINE#<number>`: has the `payout_id` of the payout that claimed it (`ledger/claimed`).

A run's `step` and a payout's grow with each write, which is conditional on the one that was read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime, timedelta
from typing import Any

from dealreg.ledger import claimed, rows
from dealreg.payouts import export_store
from dealreg.payouts.model import Cursor, Excluded, Payout, Run
from dealreg.platform import due, dynamo, outbox, times
from dealreg.platform.errors import NotFound
from dealreg.platform.ids import deal_locator, is_id

OF_RUN = "DUE#"
PAYOUTS = f"{OF_RUN}PAYOUT#"
WITHOUT = f"{OF_RUN}WITHOUT#"
GRACE = timedelta(minutes=2)
"""After which the clock goes on with work that nobody has gone on with."""


# ---- keys -----------------------------------------------------------------------------------------------------------


def live_key() -> dynamo.Key:
    return dynamo.Key(rows.table(), claimed.RUNS, "LIVE")


def place_key(payout_id: str) -> dynamo.Key:
    return dynamo.Key(rows.table(), f"PAYOUT#{deal_locator(payout_id)}", "PAYOUT")


def payout_of_run_key(run_id: str, partner_id: str, currency: str) -> dynamo.Key:
    return dynamo.Key(rows.table(), f"RUN#{run_id}", f"{PAYOUTS}{partner_id}#{currency}")


def _without_key(run_id: str, partner_id: str, currency: str) -> dynamo.Key:
    return dynamo.Key(rows.table(), f"RUN#{run_id}", f"{WITHOUT}{partner_id}#{currency}")


# ---- runs -----------------------------------------------------------------------------------------------------------


def load_run(run_id: str) -> Run:
    """Raises NotFound."""
    key = claimed.run_key(run_id)
    item = dynamo.get(key.table, key.pk, key.sk) if is_id("run", run_id) else None
    if item is None:
        raise NotFound("There is no such payout run.")
    return run_from_item(item)


def new_run(run: Run, now: datetime) -> list[dynamo.Action]:
    live = live_key()
    lock: dynamo.Item = {"pk": live.pk, "sk": live.sk, "run_id": run.id}
    item = _run_item(run) | outbox.pending(now, run.id)
    return [dynamo.put(live.table, lock, dynamo.ABSENT), dynamo.put(live.table, item, dynamo.ABSENT)]


def changed_run(run: Run, now: datetime, *, goes_on: bool = False, is_woken: bool = False) -> tuple[Run, dynamo.Action]:
    """`goes_on`: the clock finds it should nobody else go on with it; `is_woken`: its stream does, at once."""
    after = replace(run, step=run.step + 1)
    item = _run_item(after)
    item |= due.at(now + GRACE, run.id) if goes_on else {}
    item |= dict(outbox.MARK) if is_woken else {}
    action = dynamo.put(rows.table(), item, "#step = :step", {"step": run.step})
    return after, action


def unlocked(run: Run) -> dynamo.Action:
    """Another run may be made."""
    return dynamo.delete(live_key(), "#run_id = :run", {"run": run.id})


def _run_item(run: Run) -> dynamo.Item:
    key = claimed.run_key(run.id)
    return {"pk": key.pk, "sk": key.sk} | _plain(run)


def run_from_item(item: Mapping[str, Any]) -> Run:
    told = _told(Run, item, ("at", "made_at", "approved_at", "ended_at"))
    told["partner_ids"] = tuple(item["partner_ids"])
    told["cursor"] = Cursor(**item["cursor"])
    if export := item["export"]:
        told["export"] = export_store.from_item(export)
    return Run(**told)


# ---- payouts --------------------------------------------------------------------------------------------------------


def locate(payout_id: str) -> dynamo.Key:
    """Of a payout's row. Raises NotFound."""
    place = place_key(payout_id)
    item = dynamo.get(place.table, place.pk, place.sk) if is_id("pay", payout_id) else None
    if item is None or item["payout_id"] != payout_id:
        raise NotFound("There is no such payout.")
    return claimed.payout_key(item["partner_id"], payout_id)


def load_payout(key: dynamo.Key) -> Payout:
    """Raises NotFound."""
    item = dynamo.get(key.table, key.pk, key.sk)
    if item is None:
        raise NotFound("There is no such payout.")
    return payout_from_item(item)


def new_payout(payout: Payout) -> list[dynamo.Action]:
    """Fails where another payout has its number."""
    of_run = payout_of_run_key(payout.run_id, payout.partner_id, payout.currency)
    place = place_key(payout.id)
    name = {"payout_id": payout.id, "partner_id": payout.partner_id}
    return [
        dynamo.put(rows.table(), _payout_item(payout), dynamo.ABSENT),
        dynamo.put(of_run.table, {"pk": of_run.pk, "sk": of_run.sk} | name, dynamo.ABSENT),
        dynamo.put(place.table, {"pk": place.pk, "sk": place.sk} | name, dynamo.ABSENT),
    ]


def without_payout(payout: Payout) -> list[dynamo.Action]:
    """Its lines are free: they name a payout that is not there."""
    of_run = payout_of_run_key(payout.run_id, payout.partner_id, payout.currency)
    own = claimed.payout_key(payout.partner_id, payout.id)
    return [dynamo.delete(own, "#step = :step", {"step": payout.step}), dynamo.delete(of_run)]


def changed_payout(payout: Payout, seen: int) -> dynamo.Action:
    """`seen`: its step as it was read."""
    return dynamo.put(rows.table(), _payout_item(payout), "#step = :seen", {"seen": seen})


def with_lines(payout: dynamo.Key, minor: int, lines: int) -> dynamo.Action:
    return dynamo.update(payout, add={"minor": minor, "lines": lines}, when=dynamo.PRESENT)


def claim(line: Mapping[str, Any], payout_id: str) -> dynamo.Action:
    """As it was read: of no payout, or of one that was cancelled."""
    key = dynamo.Key(rows.table(), line["pk"], line["sk"])
    if "payout_id" in line:
        return dynamo.update(
            key, change={"payout_id": payout_id}, when="#payout_id = :seen", values={"seen": line["payout_id"]}
        )
    when = "attribute_exists(pk) AND attribute_not_exists(#payout_id)"
    return dynamo.update(key, change={"payout_id": payout_id}, when=when)


def excluded(run_id: str, one: Excluded) -> dynamo.Action:
    key = _without_key(run_id, one.partner_id, one.currency)
    return dynamo.put(key.table, {"pk": key.pk, "sk": key.sk} | _plain(one))


def excluded_from_item(item: Mapping[str, Any]) -> Excluded:
    return Excluded(**_told(Excluded, item, ()))


def payouts_named(items: Iterable[Mapping[str, Any]]) -> list[Payout]:
    """Of rows of a run, in their order."""
    keys = [claimed.payout_key(item["partner_id"], item["payout_id"]) for item in items]
    found = dynamo.batch_get(keys)
    return [payout_from_item(found[key]) for key in keys if key in found]


def runs_of(payouts: Sequence[Payout]) -> Mapping[str, Run]:
    found = dynamo.batch_get({claimed.run_key(payout.run_id) for payout in payouts})
    return {run.id: run for run in map(run_from_item, found.values())}


def _payout_item(payout: Payout) -> dynamo.Item:
    key = claimed.payout_key(payout.partner_id, payout.id)
    return {"pk": key.pk, "sk": key.sk} | _plain(payout)


def payout_from_item(item: Mapping[str, Any]) -> Payout:
    return Payout(**_told(Payout, item, ("at", "paid_at", "returned_at")))


# ---- values ---------------------------------------------------------------------------------------------------------


def _plain(one: Run | Payout | Excluded) -> dict[str, Any]:
    plain: dict[str, Any] = _with_texts(asdict(one))
    return plain


def _with_texts(value: Any) -> Any:
    match value:
        case datetime():
            return times.to_text(value)
        case dict():
            return {name: _with_texts(one) for name, one in value.items()}  # pyright: ignore[reportUnknownVariableType]  # of asdict
        case tuple():
            return list(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # of asdict
        case _:
            return value


def _told(kind: type[Run | Payout | Excluded], item: Mapping[str, Any], moments: Sequence[str]) -> dict[str, Any]:
    told = {field.name: item[field.name] for field in fields(kind) if field.name in item}
    return told | {name: times.from_text(told[name]) for name in moments if told.get(name)}
