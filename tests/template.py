"""template.yaml as plain data, so that tests use what is deployed and not a copy of it."""

from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml
from samcli import yamlhelper

ROOT = Path(__file__).parent.parent
_TABLE_PROPERTIES = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")


@cache
def load_template() -> dict[str, Any]:
    """Intrinsics in their long form ({"Ref": …}), as SAM's own parser reads them."""
    return cast("Any", yamlhelper).yaml_parse((ROOT / "template.yaml").read_text())


def resources(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: body for name, body in template["Resources"].items() if body["Type"] == kind}


def tables(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What CreateTable takes, by the table's logical name."""
    found: dict[str, dict[str, Any]] = {}
    for name, body in resources(template, "AWS::DynamoDB::Table").items():
        properties = body["Properties"]
        found[name] = {key: properties[key] for key in _TABLE_PROPERTIES if key in properties}
        if stream := properties.get("StreamSpecification"):
            found[name]["StreamSpecification"] = {"StreamEnabled": True, **stream}
    return found


def load_asl(path: str) -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load((ROOT / path).read_text()))
