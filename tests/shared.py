"""Files of `../shared`, which the contracts come with and not every checkout has beside it."""

import json
from typing import Any

import pytest

from tests.template import ROOT

SHARED = ROOT.parent / "shared"


def scenarios() -> list[Any]:
    """Of money, as parameters of a test; one that is skipped where the file is not there."""
    file = SHARED / "data" / "money_scenarios.json"
    if not file.exists():
        return [pytest.param({}, id="none", marks=pytest.mark.skip(f"{file.name} is not in ../shared/data"))]
    return [pytest.param(one, id=one["name"]) for one in json.loads(file.read_text("utf-8"))["scenarios"]]
