"""Messages of queues, and how far the readers of streams are, kept as they change (keeping.py)."""

# pyright: basic, reportMissingImports=false

import json
from typing import Any

from kept import Kept, text_of
from ministack.core import persistence
from ministack.core.responses import AccountRegionScopedDict
from ministack.services import lambda_svc, sqs
from one_machine import read_by_all


def keep_readers(kept: Kept) -> None:
    """After each round. What all have read is forgotten, but for the last record, which says how far the stream is."""
    poll, restore = lambda_svc._poll_dynamodb_streams, lambda_svc.load_persisted_state
    known: dict[str, int] = {}

    def poll_and_keep() -> Any:
        went_on = poll()
        positions = {"\x00".join(place): at for place, at in lambda_svc._dynamodb_stream_positions.all_items()}
        if positions != known:
            known.update(positions)
            with kept as database:
                database.executemany("REPLACE INTO readers VALUES (?, ?)", positions.items())
                for (account, region, table), position in read_by_all().items():
                    stream = "\x00".join((account, region, table))
                    database.execute("DELETE FROM records WHERE stream = ? AND position < ?", (stream, position - 1))
        return went_on

    def restore_with_readers(data: dict[str, Any]) -> None:
        positions = AccountRegionScopedDict()
        for reader, position in kept.read("SELECT reader, position FROM readers"):
            positions.set_scoped(*reader.split("\x00"), position)
        restore(data | {"dynamodb_stream_positions": positions})

    lambda_svc._poll_dynamodb_streams, lambda_svc.load_persisted_state = poll_and_keep, restore_with_readers


def keep_messages(kept: Kept) -> None:
    """After each request, and after what a function is done with; one that was being handled is due again at once."""
    handle, delete = sqs.handle_request, sqs._delete_messages_for_esm
    state, restore = sqs.get_state, sqs.load_persisted_state
    known: set[tuple[str, str]] = set()

    def commit() -> None:
        with kept as database:
            queues = sqs._queues.all_items()
            messages = {(url, one["id"]): one for (*_, url), queue in queues for one in list(queue["messages"])}
            if known == messages.keys():
                return
            database.executemany("DELETE FROM messages WHERE queue = ? AND id = ?", known - messages.keys())
            new = [(*place, text_of("sqs", messages[place])) for place in messages.keys() - known]
            database.executemany("REPLACE INTO messages VALUES (?, ?, ?)", new)
            known.clear()
            known.update(messages)

    async def handle_and_commit(*args: Any) -> Any:
        reply = await handle(*args)
        commit()
        return reply

    def delete_and_commit(*args: Any) -> None:
        delete(*args)
        commit()

    def state_without_messages() -> dict[str, Any]:
        said = state()
        for queue in said["queues"].all_values():
            queue["messages"] = []
        return said

    def restore_with_messages(data: dict[str, Any]) -> None:
        restore(data)
        queues = {place[-1]: queue for place, queue in sqs._queues.all_items()}
        for url, text in kept.read("SELECT queue, message FROM messages"):
            message = json.loads(text, object_hook=persistence._json_object_hook)
            if url in queues:
                queues[url]["messages"].append(message)
                known.add((url, message["id"]))

    sqs.handle_request, sqs._delete_messages_for_esm = handle_and_commit, delete_and_commit
    sqs.get_state, sqs.load_persisted_state = state_without_messages, restore_with_messages
