"""Everything in the Partners table, which only a test may read whole."""

from dealreg.platform import aws, dynamo


def all_rows() -> list[dynamo.Item]:
    pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName="Partners")
    rows = [dynamo.item_from_wire(item) for page in pages for item in page["Items"]]
    return [row for row in rows if "of_a_test" not in row]  # the tests' own callers'


def rows_of_kind(kind: str) -> list[dynamo.Item]:
    return [row for row in all_rows() if row.get("kind") == kind]
