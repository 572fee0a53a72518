"""The one file of what MiniStack keeps (keeping.py)."""

# pyright: basic, reportMissingImports=false

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

from ministack.core import persistence

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS snapshots (service TEXT PRIMARY KEY, state TEXT);
CREATE TABLE IF NOT EXISTS items (place TEXT, pk TEXT, sk TEXT, item TEXT, PRIMARY KEY (place, pk, sk)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records (stream TEXT, position INTEGER, record TEXT, PRIMARY KEY (stream, position));
CREATE TABLE IF NOT EXISTS readers (reader TEXT PRIMARY KEY, position INTEGER);
CREATE TABLE IF NOT EXISTS messages (queue TEXT, id TEXT, message TEXT, PRIMARY KEY (queue, id));
CREATE TABLE IF NOT EXISTS executions (arn TEXT PRIMARY KEY, execution TEXT);
CREATE TABLE IF NOT EXISTS mails (number INTEGER PRIMARY KEY, mail TEXT);
"""


class Kept:
    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(file, check_same_thread=False)
        self._database.executescript(_SCHEMA)
        self._lock = threading.RLock()

    def __enter__(self) -> sqlite3.Connection:
        """A transaction: committed at the end, rolled back on an exception."""
        self._lock.acquire()
        return self._database.__enter__()

    def __exit__(self, *raised: Any) -> None:
        try:
            self._database.__exit__(*raised)
        finally:
            self._lock.release()

    def read(self, query: str, *values: str) -> list[Any]:
        with self._lock:
            return self._database.execute(query, values).fetchall()


def text_of(service: str, state: Any) -> str:
    return json.dumps(state, default=persistence._json_default)
