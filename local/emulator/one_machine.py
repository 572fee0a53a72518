"""What makes MiniStack's Lambdas fit one machine, where AWS has many."""

# pyright: basic, reportMissingImports=false

import copy
import hashlib
import marshal
import os
import shutil
import tempfile
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import dynamodb, lambda_svc

_AT_ONCE = max(4, 2 * (os.cpu_count() or 2))
_AT_ONCE_PER_QUEUE = 2
_MAX_READ_RECORDS = 1000
_UNPACKED = Path(tempfile.gettempdir()) / "unpacked"


def fit() -> None:
    _run_few_at_once()
    _unpack_once()
    _forget_changes_that_were_read()
    _copy_items_fast()


def _run_few_at_once() -> None:
    """A burst waits for its turn. Without this it starts a process per message, and all of them run out of time."""
    turns = threading.BoundedSemaphore(_AT_ONCE)
    execute, concurrency = lambda_svc._execute_function_warm, lambda_svc._sqs_esm_concurrency

    def execute_in_turn(*args: Any) -> Any:
        with turns:
            return execute(*args)

    def few(*args: Any) -> int:
        return min(concurrency(*args), _AT_ONCE_PER_QUEUE)

    lambda_svc._execute_function_warm, lambda_svc._sqs_esm_concurrency = execute_in_turn, few


def _unpack_once() -> None:
    """MiniStack unpacks code and layers, thousands of files, for every Lambda process: here, once for all."""
    _UNPACKED.mkdir(parents=True, exist_ok=True)
    names = {name: getattr(zipfile, name) for name in zipfile.__all__}
    lambda_runtime.zipfile = SimpleNamespace(**names | {"ZipFile": _LinkedZipFile})


class _LinkedZipFile(zipfile.ZipFile):
    def extractall(self, path: Any = None, members: Any = None, pwd: Any = None) -> None:
        """Makes `path`, an empty folder, a link to the one unpacked copy; Lambda's code is read-only on AWS too."""
        contents = sorted((file.filename, file.CRC) for file in self.infolist())
        kept = _UNPACKED / hashlib.sha256(repr(contents).encode()).hexdigest()
        if not kept.exists():
            fresh = Path(tempfile.mkdtemp(dir=_UNPACKED))
            super().extractall(fresh, members, pwd)
            try:
                fresh.rename(kept)
            except OSError:  # another process of the function was quicker
                shutil.rmtree(fresh)
        folder = Path(path)
        folder.rmdir()
        folder.symlink_to(kept)


def _forget_changes_that_were_read() -> None:
    """MiniStack keeps a day of them, as AWS does, with both images of each item: gigabytes after an import."""
    poll = lambda_svc._poll_dynamodb_streams

    def poll_and_forget() -> Any:
        went_on = poll()
        for place, position in read_by_all().items():
            read = position - dynamodb._stream_trimmed.get_scoped(*place, 0)
            if read > _MAX_READ_RECORDS:
                del dynamodb._stream_records.get_scoped(*place)[:read]
                dynamodb._stream_trimmed.set_scoped(*place, position)
        return went_on

    lambda_svc._poll_dynamodb_streams = poll_and_forget


def read_by_all() -> dict[tuple[str, str, str], int]:
    """How far the slowest consumer of each table's changes is."""
    slowest: dict[tuple[str, str, str], int] = {}
    for account, region, consumer in lambda_svc._iter_all_esms():
        table = consumer["EventSourceArn"].partition(":table/")[2].partition("/")[0]
        if table:
            place = (account, region, table)
            position = lambda_svc._dynamodb_stream_positions.get_scoped(account, region, consumer["UUID"]) or 0
            slowest[place] = min(position, slowest.get(place, position))
    return slowest


def _copy_items_fast() -> None:
    """Each write copies its item several times: as bytes that takes a tenth of the time."""
    dynamodb.copy = SimpleNamespace(deepcopy=_copy)


def _copy(value: Any) -> Any:
    try:
        return marshal.loads(marshal.dumps(value))  # noqa: S302  # what was dumped just before
    except ValueError:  # no plain dicts, lists and texts
        return copy.deepcopy(value)
