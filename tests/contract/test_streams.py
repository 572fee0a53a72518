"""What a stream brings, what its filter lets through, and what the rows of the product look like, are the same."""

from typing import Any

import pytest

from tests.samples import cases, read_sample
from tests.stream_filters import reaches
from tests.template import load_template, resources

READERS = {"relay": "Relay", "billing-apply": "BillingApply"}
"""Functions that read streams, by the folder of their sample events."""
SAMPLES = [(folder, case) for folder in READERS for case in cases(folder)]


def test_every_reader_of_a_stream_has_samples() -> None:
    functions = resources(load_template(), "AWS::Serverless::Function")
    reading = {
        name
        for name, body in functions.items()
        for event in body["Properties"].get("Events", {}).values()
        if event["Type"] == "DynamoDB"
    }
    assert reading == set(READERS.values())


@pytest.mark.parametrize(("folder", "case"), SAMPLES)
def test_a_sample_passes_the_filter_of_its_stream(folder: str, case: str) -> None:
    for record in read_sample(f"{folder}/{case}")["Records"]:
        assert reaches(READERS[folder], _table(record), _as_streamed(record))


def _table(record: dict[str, Any]) -> str:
    return record["eventSourceARN"].split("/")[1]


def _as_streamed(record: dict[str, Any]) -> dict[str, Any]:
    """Of the images no more than the table's stream has."""
    view = load_template()["Resources"][_table(record)]["Properties"]["StreamSpecification"]["StreamViewType"]
    hidden = {"KEYS_ONLY": {"OldImage", "NewImage"}, "NEW_IMAGE": {"OldImage"}}.get(view, set[str]())
    return record | {"dynamodb": {name: value for name, value in record["dynamodb"].items() if name not in hidden}}
