"""Moves the clock of the running stack from one due moment to the next, so that all in between happens in its order."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import httpx

from local.clock import Clock, written
from local.places import Places

_LATENESS = timedelta(minutes=5)
"""How long after its due minute a row may still be written (dealreg/clock.py)."""
_PASS_EVERY = timedelta(days=1)
"""The pass over all open deals (dealreg/reviewing/full_recheck.py)."""
_PARKED = "PARKED"
_PATIENCE_SECONDS = 60
"""For what is under way at a stop: something that fails over and over does not hold the clock up for ever."""
_LOOK_EVERY_SECONDS = 0.05
_LEAST_LOOKS = 2
"""In a row at which nothing is under way: between two steps of an execution, say, nothing seems to be."""


@dataclass(frozen=True, slots=True)
class DueRow:
    table: str
    pk: str
    bucket: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Sweep:
    function: str
    table: str


def next_stop(rows: Iterable[DueRow], last: datetime, to: datetime) -> datetime | None:
    """The end of the first minute in which a row is due that was not at the last stop, `to` at the latest.

    What is due in one minute is handled together, as by the sweep of each minute on AWS. A row that was left where it
    was is no reason to stop.
    """
    first = min((row.due_at for row in rows if last < row.due_at <= to), default=None)
    return first and min(_minute(first + timedelta(minutes=1) - timedelta.resolution), to)


def progress(rows: Iterable[DueRow], moment: datetime) -> tuple[str, list[str]]:
    """What the clock of a table remembers just before `moment`: where it is, and older buckets that have rows."""
    swept_to = written(_minute(moment))
    return swept_to, sorted({row.bucket for row in rows if row.bucket[:16] < swept_to[:16]})


def without_looks(row: DueRow, begun_at: datetime | None) -> DueRow:
    """The row of the pass looks each five minutes whether one is to begin: only that it does is worth a stop.

    `begun_at` of the last one is None while that is under way.
    """
    return replace(row, due_at=max(row.due_at, begun_at + _PASS_EVERY)) if begun_at else row


def _minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


class Mover:
    def __init__(self, places: Places, clock: Clock) -> None:
        self._places = places
        self._clock = clock

    async def move(self, to: datetime) -> int:
        """Returns at how many due moments it stopped."""
        await self._come_to_rest()
        stops, last = 0, datetime.min.replace(tzinfo=UTC)
        while stop := next_stop(rows := await self._due_rows(), last, to):
            last = await self._stop_at(stop, rows)
            stops += 1
        await self._stop_at(to, rows)
        # on its own the clock looks back as far as ever, and for the rows of requests that came in between
        await asyncio.to_thread(self._set_clocks, await self._due_rows(), self._clock.now() - _LATENESS)
        return stops

    async def _stop_at(self, moment: datetime, rows: Sequence[DueRow]) -> datetime:
        """Returns the moment up to which rows were handled: a later one, if time has passed it already."""
        moment = max(moment, self._clock.now())
        self._clock.move_to(moment)  # first: a clock of a table that is ahead of time would miss rows
        await asyncio.to_thread(self._set_clocks, rows, moment)
        tables = {row.table for row in rows if row.due_at <= moment}
        due = [sweep for sweep in self._sweeps if sweep.table in tables]
        await asyncio.gather(*(asyncio.to_thread(self._run, sweep) for sweep in due))
        await self._come_to_rest()
        return moment

    async def _due_rows(self) -> list[DueRow]:
        found = await asyncio.gather(*(asyncio.to_thread(self._due_in, sweep.table) for sweep in self._sweeps))
        return [row for of_table in found for row in of_table]

    def _due_in(self, table: str) -> list[DueRow]:
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=table, IndexName="due")
        items = [{name: value["S"] for name, value in item.items()} for page in pages for item in page["Items"]]
        rows = [
            DueRow(table, item["pk"], item["due_bucket"], datetime.fromisoformat(item["due_at"]))
            for item in items
            if item["due_bucket"] != _PARKED
        ]
        return [without_looks(row, self._last_pass(table)) if row.pk == "PASS" else row for row in rows]

    def _last_pass(self, table: str) -> datetime | None:
        key = {"pk": {"S": "PASS"}, "sk": {"S": "PASS"}}
        row = self._dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
        return datetime.fromisoformat(row["begun_at"]["S"]) if "NULL" in row["at"] else None

    def _set_clocks(self, rows: Sequence[DueRow], moment: datetime) -> None:
        for sweep in self._sweeps:
            swept_to, unfinished = progress([row for row in rows if row.table == sweep.table], moment)
            own = {"pk": {"S": "CLOCK"}, "sk": {"S": "CLOCK"}, "swept_to": {"S": swept_to}}
            listed = {"L": [{"S": bucket} for bucket in unfinished]}
            self._dynamodb.put_item(TableName=sweep.table, Item={**own, "unfinished": listed})

    def _run(self, sweep: Sweep) -> None:
        self._lambda.invoke(FunctionName=sweep.function, Payload=b"{}")

    async def _come_to_rest(self) -> None:
        deadline, quiet = time.monotonic() + _PATIENCE_SECONDS, 0
        while quiet < _LEAST_LOOKS and time.monotonic() < deadline:
            quiet = 0 if await asyncio.to_thread(self._is_busy) else quiet + 1
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    def _is_busy(self) -> bool:
        return bool(self._http.get("/_dealreg/busy").raise_for_status().json())

    @cached_property
    def _sweeps(self) -> list[Sweep]:
        """Each says in its environment which table it sweeps."""
        pages = self._lambda.get_paginator("list_functions").paginate()
        functions: list[dict[str, Any]] = [function for page in pages for function in page["Functions"]]
        environments = {one["FunctionName"]: one.get("Environment", {}).get("Variables", {}) for one in functions}
        return [
            Sweep(name, variables[variables["SWEPT_TABLE"]])
            for name, variables in environments.items()
            if "SWEPT_TABLE" in variables
        ]

    @cached_property
    def _dynamodb(self) -> Any:
        return self._places.aws("dynamodb")

    @cached_property
    def _lambda(self) -> Any:
        return self._places.aws("lambda")

    @cached_property
    def _http(self) -> httpx.Client:
        return httpx.Client(base_url=self._places.endpoint)
