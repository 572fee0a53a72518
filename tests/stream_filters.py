"""What a function gets of a stream: the filters of template.yaml, as Lambda applies them.

Of Lambda's filter language only what the template uses: nested names, and lists of the values that match.
"""

import json
from collections.abc import Mapping
from typing import Any, cast

from tests.template import load_template


def filters(function: str, table: str) -> list[dict[str, Any]]:
    """Of the function's source that reads the table's stream; none where it reads no such stream."""
    sources: list[dict[str, Any]] = [
        source["Properties"] for source in load_template()["Resources"][function]["Properties"]["Events"].values()
    ]
    read = [one for one in sources if one.get("Stream") == {"Fn::GetAtt": [table, "StreamArn"]}]
    return [json.loads(one["Pattern"]) for source in read for one in source["FilterCriteria"]["Filters"]]


def reaches(function: str, table: str, record: dict[str, Any]) -> bool:
    return any(_matches(pattern, record) for pattern in filters(function, table))


def _matches(pattern: dict[str, Any], record: Any) -> bool:
    if not isinstance(record, dict):
        return False
    said = cast("Mapping[str, Any]", record)
    return all(
        said.get(name) in wanted if isinstance(wanted, list) else _matches(wanted, said.get(name))
        for name, wanted in pattern.items()
    )
