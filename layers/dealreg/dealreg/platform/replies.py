"""What replies are made of: TypedDicts are the shapes of JSON, checked where they are made, free at start-up.

The API's description is made from them. In an `Annotated` type a text describes it and a mapping adds to its schema.
"""

from collections.abc import Iterable
from typing import Annotated, NotRequired, TypedDict


def one_of(values: Iterable[str]) -> dict[str, list[str]]:
    """For a text that is one of these."""
    return {"enum": [str(value) for value in values]}


Moment = Annotated[str, {"format": "date-time"}]
Day = Annotated[str, {"format": "date"}]
Uri = Annotated[str, {"format": "uri"}]


class MoneyView(TypedDict):
    amount: str
    currency: str


class FaultView(TypedDict):
    field: str
    message: str


class CellProblemView(TypedDict):
    payout: Annotated[str, "Its number"]
    payout_id: str
    column: Annotated[str | None, "Null if it is about the payout"]
    code: Annotated[str, one_of(["missing", "too_long", "not_encodable", "several_currencies", "unbalanced"])]


class Problem(TypedDict):
    type: Uri
    title: str
    status: int
    code: Annotated[str, "Stable; for programs"]
    cause: NotRequired[Annotated[str, "Why, for a state_conflict where a program needs to know: see the README"]]
    detail: NotRequired[str]
    request_id: str
    errors: NotRequired[Annotated[list[FaultView], "Every field's fault, for invalid_input"]]
    problems: NotRequired[Annotated[list[CellProblemView], "Every wrong cell, for export_refused"]]
