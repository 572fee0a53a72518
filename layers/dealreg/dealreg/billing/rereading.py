"""Events that an earlier release ignored are read again once a release handles their type: a page each minute."""

from datetime import datetime

from dealreg.billing import providers, store
from dealreg.billing.model import EventStatus, Reason, SourceKind
from dealreg.platform import dynamo

_ROW = "HANDLED_TYPES"
_PAGE = 100


def each_minute(now: datetime) -> None:
    """Remembers the types for which all was read, and on the way there how far."""
    types = providers.handled_types()
    row = dynamo.get(store.table(), _ROW, _ROW) or {}
    is_same = row.get("types") == types
    if is_same and row["start"] is None:
        return
    page = store.page_of(EventStatus.IGNORED, _PAGE, row["start"] if is_same else None)
    for item in page.items:
        kind, reason = SourceKind(item["kind"]), item.get("reason_code")
        if reason == Reason.TYPE_NOT_HANDLED and providers.handles(kind, item["type"]):
            store.receive_again(item["id"], now)
    dynamo.write(dynamo.put(store.table(), {"pk": _ROW, "sk": _ROW, "types": types, "start": page.next_key}))
