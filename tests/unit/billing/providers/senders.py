"""A source of each kind, what it sends, and what comes out."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dealreg.billing.facts import Translated
from dealreg.billing.model import Source, SourceKind
from dealreg.billing.providers import translate
from dealreg.platform.foreign_json import parse
from tests.unit.billing.providers.peers import misread

RECEIVED = datetime(2026, 3, 1, 10, 0, 7, tzinfo=UTC)
SAID = "2026-03-01T10:00:05Z"
SAID_UNIX = 1772359205
PAID_UNIX = 1772359200
PAID = "2026-03-01T10:00:00Z"


def source(kind: SourceKind, **fields: Any) -> Source:
    return Source("bsrc_1", kind, "Billing", (), datetime(2026, 1, 1, tzinfo=UTC), **fields)


def translated(of: Source, body: Any, fetched: Mapping[str, Any] | None = None) -> Translated:
    """As it comes over the wire: fractions are read from their text.

    What is understood, the provider's own library must understand too.
    """
    found = translate(of, over_the_wire(body), received_at=RECEIVED, fetched=over_the_wire(fetched or {}))
    if found.facts:
        faults = [fault for path, answer in (fetched or {}).items() for fault in misread(of.kind, path, answer)]
        assert not faults, faults
    return found


def over_the_wire(content: Any) -> Any:
    return parse(json.dumps(content), max_bytes=1_000_000, exact=True)


def only_fact(found: Translated) -> Any:
    assert (found.unreadable, found.ignored, found.needs) == ("", "", ())
    [fact] = found.facts
    return fact
