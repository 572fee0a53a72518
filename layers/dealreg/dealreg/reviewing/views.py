"""The shapes in which a reviewer is shown whom a deal conflicts with."""

from typing import Annotated, TypedDict

from dealreg.deals.statuses import RejectReason
from dealreg.matching.compare import LineView
from dealreg.matching.names.reasons import Reason
from dealreg.platform.replies import Moment, one_of

VerdictText = Annotated[str, one_of(("same", "related", "different"))]


class LikenessReasonView(TypedDict):
    code: Annotated[str, one_of(Reason)]
    points: float
    text: str


class MatchView(TypedDict):
    id: str
    kind: Annotated[str, one_of(("deal", "account"))]
    reason: Annotated[str, "How it was noticed, in words"]
    likelihood: Annotated[int | None, "Per cent"]
    who: str
    since: Annotated[Moment | None, "When it got the customer"]
    later: Annotated[bool, "Whether it did so after the deal"]
    status: Annotated[str, "Of a deal; the ownership of an account; gone"]
    number: str | None
    lines: list[LineView]
    reasons: Annotated[
        list[LikenessReasonView], "Why the names are alike (points above 0) and why not, the weightiest first"
    ]
    release: Annotated[str | None, "Where its protection can be ended before its time"]
    merge: Annotated[str | None, "Where to say that both are one customer"]
    closes_as: Annotated[Annotated[str, one_of(RejectReason)] | None, "Why the deal ends when both are one customer"]
    verdict: VerdictText | None
    merged: bool


class MatchesView(TypedDict):
    deal_id: str
    items: list[MatchView]


class SavedVerdictView(TypedDict):
    id: str
    verdict: VerdictText
