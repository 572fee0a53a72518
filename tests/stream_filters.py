"""What reaches the relay: the filters of template.yaml on a table's stream, as Lambda applies them.

Of Lambda's filter language only what the template uses: nested names, and lists of the values that match.
"""

import json
from collections.abc import Mapping
from typing import Any, cast

from tests.template import load_template


def patterns(table: str) -> list[dict[str, Any]]:
    """Of the relay's source that reads the table's stream."""
    sources = load_template()["Resources"]["Relay"]["Properties"]["Events"].values()
    (found,) = [s["Properties"] for s in sources if s["Properties"]["Stream"] == {"Fn::GetAtt": [table, "StreamArn"]}]
    return [json.loads(one["Pattern"]) for one in found["FilterCriteria"]["Filters"]]


def reaches_the_relay(table: str, record: dict[str, Any]) -> bool:
    return any(_matches(pattern, record) for pattern in patterns(table))


def _matches(pattern: dict[str, Any], record: Any) -> bool:
    if not isinstance(record, dict):
        return False
    said = cast("Mapping[str, Any]", record)
    return all(
        said.get(name) in wanted if isinstance(wanted, list) else _matches(wanted, said.get(name))
        for name, wanted in pattern.items()
    )
