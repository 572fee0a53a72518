"""MiniStack saves its state when it is told to stop, so that `kill -9` loses all of it: here it is kept as it goes.

One SQLite file has it. Items of tables with the records of their streams, messages of queues, executions and mails are
written before the request that made them is answered, those of a transaction in one transaction. Everything else is a
snapshot, all of it in one transaction: when a deployment is done, and when MiniStack stops. S3's objects are files,
which MiniStack writes at once.
"""

# pyright: basic, reportMissingImports=false

import copy
import json
import os
import sqlite3
import threading
from pathlib import Path
from typing import Any

import ministack.app as app
from keeping_messages import keep_messages, keep_readers
from kept import Kept, text_of
from ministack.core import persistence
from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region
from ministack.services import cloudformation, dynamodb, lambda_svc, ses, stepfunctions
from moved_clock import offset

SAVE_PATH = "/_dealreg/save"
_ACCOUNT = "000000000000"
_OF_TABLES = (
    "tags",
    "ttl_settings",
    "pitr_settings",
    "kinesis_destinations",
    "contributor_insights",
    "backups",
    "resource_policies",
    "exports",
    "imports",
)


def keep() -> None:
    kept = Kept(Path(persistence.STATE_DIR) / "kept.sqlite")
    _keep_items(kept)
    keep_readers(kept)
    keep_messages(kept)
    _keep_executions(kept)
    _keep_mails(kept)
    _keep_snapshots(kept)


# --- items of tables -------------------------------------------------------------------------------------------------


def _keep_items(kept: Kept) -> None:
    changed = _Changed(kept)
    set_item, remove_item, handle = dynamodb._set_item, dynamodb._remove_item, dynamodb.handle_request
    emit, restore = dynamodb._emit_stream_event, dynamodb.load_persisted_state

    def set_and_keep(table: Any, pk: Any, sk: Any, item: Any) -> Any:
        old = set_item(table, pk, sk, item)
        changed.add(table, pk, sk)
        return old

    def remove_and_keep(table: Any, pk: Any, sk: Any) -> Any:
        old = remove_item(table, pk, sk)
        changed.add(table, pk, sk)
        return old

    async def handle_and_commit(*args: Any) -> Any:
        with changed:
            return await handle(*args)

    def emit_and_keep(table_name: str, *args: Any) -> None:
        before = dynamodb.stream_end_position(table_name)
        emit(table_name, *args)
        changed.add_record(table_name, before)

    def restore_with_items(data: dict[str, Any]) -> None:
        restore(data)
        _load_items(kept)
        _load_records(kept)

    dynamodb._set_item, dynamodb._remove_item = set_and_keep, remove_and_keep
    dynamodb._emit_stream_event, dynamodb.handle_request = emit_and_keep, handle_and_commit
    dynamodb.get_state, dynamodb.load_persisted_state = _tables_without_items, restore_with_items


class _Changed(threading.local):
    """What a request changed in tables, committed before it is answered; what no request changes is committed at once.

    A handler of MiniStack does not wait in between, so that a thread has one request at a time.
    """

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._in_request = False
        self._items: dict[tuple[str, str, str], tuple[Any, Any, Any]] = {}
        self._records: list[tuple[str, int, str]] = []

    def add(self, table: Any, pk: Any, sk: Any) -> None:
        self._items[table["TableArn"], str(pk), str(sk)] = (table, pk, sk)
        self._commit_outside()

    def add_record(self, table_name: str, position: int) -> None:
        stream = "\x00".join((get_account_id(), get_region(), table_name))
        records = dynamodb.stream_records_since(table_name, position, 10)
        self._records += [(stream, position + i, json.dumps(record)) for i, record in enumerate(records)]
        self._commit_outside()

    def __enter__(self) -> None:
        self._in_request = True

    def __exit__(self, *_: object) -> None:
        self._in_request = False
        self._commit_outside()

    def _commit_outside(self) -> None:
        """Reads the items as they are by then: whoever changes one at the same time commits the same."""
        if self._in_request or not (self._items or self._records):
            return
        items, self._items = self._items, {}
        records, self._records = self._records, []
        with self._kept as database:
            database.executemany("REPLACE INTO records VALUES (?, ?, ?)", records)
            for key, (table, pk, sk) in items.items():
                item = table["items"].get(pk, {}).get(sk)
                if item is None:
                    database.execute("DELETE FROM items WHERE place = ? AND pk = ? AND sk = ?", key)
                else:
                    database.execute("REPLACE INTO items VALUES (?, ?, ?, ?)", (*key, json.dumps(item)))


def _tables_without_items() -> dict[str, Any]:
    tables = AccountRegionScopedDict()
    for place, table in dynamodb._tables.all_items():
        left_out = ("items", dynamodb._INDEX_MEMBERS)
        slim = {name: value for name, value in table.items() if name not in left_out}
        tables.set_scoped(*place, copy.deepcopy(slim) | {"items": {}})
    return {"tables": tables} | {name: getattr(dynamodb, f"_{name}") for name in _OF_TABLES}


def _load_items(kept: Kept) -> None:
    for table in dynamodb._tables.all_values():
        for (text,) in kept.read("SELECT item FROM items WHERE place = ?", table["TableArn"]):
            item = json.loads(text)
            table["items"][_key(item, table["pk_name"])][_key(item, table["sk_name"])] = item
        dynamodb._items_replaced(table)


def _key(item: Any, name: str | None) -> Any:
    return dynamodb._extract_key_val(item[name]) if name else "__no_sort__"


def _rewrite_tables_that_differ(database: sqlite3.Connection) -> None:
    """A deployment may have made a table anew under its old name, or dropped it."""
    counts = dict(database.execute("SELECT place, count(*) FROM items GROUP BY place"))
    tables = {table["TableArn"]: table for table in dynamodb._tables.all_values()}
    for place in counts.keys() | tables.keys():
        partitions = tables[place]["items"] if place in tables else {}
        if counts.get(place, 0) == sum(map(len, partitions.values())):
            continue
        database.execute("DELETE FROM items WHERE place = ?", (place,))
        for pk, partition in partitions.items():
            rows = [(place, str(pk), str(sk), json.dumps(item)) for sk, item in partition.items()]
            database.executemany("INSERT INTO items VALUES (?, ?, ?, ?)", rows)


def _load_records(kept: Kept) -> None:
    for stream, position, text in kept.read("SELECT stream, position, record FROM records ORDER BY position"):
        place = stream.split("\x00")
        if not dynamodb._stream_records.contains_scoped(*place):
            dynamodb._stream_records.set_scoped(*place, [])
            dynamodb._stream_trimmed.set_scoped(*place, position)
        dynamodb._stream_records.get_scoped(*place).append(json.loads(text))


# --- executions, mails -----------------------------------------------------------------------------------------------


def _keep_executions(kept: Kept) -> None:
    """When they start and when they end; in between MiniStack could not go on with them anyway."""
    tell, state, restore = (
        stepfunctions._emit_execution_status_event,
        stepfunctions.get_state,
        stepfunctions.load_persisted_state,
    )

    def keep_and_tell(execution: dict[str, Any]) -> None:
        with kept as database:
            row = (execution["executionArn"], json.dumps(execution, default=str))
            database.execute("REPLACE INTO executions VALUES (?, ?)", row)
        tell(execution)

    def state_without_executions() -> dict[str, Any]:
        return state() | {"executions": {}}

    def restore_with_executions(data: dict[str, Any]) -> None:
        executions = AccountRegionScopedDict()
        for arn, text in kept.read("SELECT arn, execution FROM executions"):
            _, _, _, region, account, *_ = arn.split(":")
            executions.set_scoped(account, region, arn, json.loads(text))
        restore(data | {"executions": executions})

    stepfunctions._emit_execution_status_event = keep_and_tell
    stepfunctions.get_state, stepfunctions.load_persisted_state = state_without_executions, restore_with_executions


class _Mails(list[Any]):
    def __init__(self, kept: Kept) -> None:
        super().__init__(json.loads(mail) for (mail,) in kept.read("SELECT mail FROM mails ORDER BY number"))
        self._kept = kept

    def append(self, mail: Any) -> None:
        mail = mail | {"Timestamp": mail["Timestamp"] + offset().total_seconds()}
        with self._kept as database:
            database.execute("INSERT INTO mails (mail) VALUES (?)", (json.dumps(mail),))
        super().append(mail)


def _keep_mails(kept: Kept) -> None:
    ses._sent_emails.set_scoped(_ACCOUNT, ses.REGION, "entries", _Mails(kept))


# --- all else --------------------------------------------------------------------------------------------------------


def _keep_snapshots(kept: Kept) -> None:
    prune, serve = lambda_svc._prune_orphan_code_blobs, app.app

    def save_all(services: dict[str, Any]) -> None:
        if any(stack.get("StackStatus", "").endswith("IN_PROGRESS") for stack in cloudformation._stacks.all_values()):
            return  # half a deployment; the next one begins at what was before it
        used: list[set[str]] = []
        lambda_svc._prune_orphan_code_blobs = used.append
        states = {service: state for service, get_state in services.items() if (state := get_state()) is not None}
        with kept as database:
            database.executemany("REPLACE INTO snapshots VALUES (?, ?)", ((s, text_of(s, states[s])) for s in states))
            _rewrite_tables_that_differ(database)
        for blobs in used:
            prune(blobs)

    def load_state(service: str) -> Any:
        for (text,) in kept.read("SELECT state FROM snapshots WHERE service = ?", service):
            return json.loads(text, object_hook=persistence._json_object_hook)
        return None

    async def serve_and_save(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != SAVE_PATH:
            await serve(scope, receive, send)
        else:
            save_all(app._build_persistence_save_dict())
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})

    def save_all_and_end(services: dict[str, Any]) -> None:
        save_all(services)
        os._exit(0)  # Python would wait for each thread that waits for an answer to a task

    app.save_all, app.load_state, app.app = save_all_and_end, load_state, serve_and_save
