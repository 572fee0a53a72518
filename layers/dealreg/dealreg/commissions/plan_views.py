"""The shapes in which commission plans are shown."""

from typing import Annotated, Any, TypedDict

from dealreg.platform.replies import Day, FaultView, Moment


class VersionView(TypedDict):
    plan: str
    version: int
    effective_from: Day
    applies_to: str
    currency: Annotated[str | None, "Null pays in the sale's own"]
    hold_days: int
    rules: list[dict[str, Any]]
    created_at: Moment
    in_force: Annotated[bool, "From its day on; until then it may be deleted"]


class NewVersionView(VersionView):
    warnings: Annotated[list[FaultView], "What is allowed but surely not meant"]


class PlanView(TypedDict):
    id: str
    versions: list[VersionView]


class PlanSummaryView(TypedDict):
    id: str
    versions: Annotated[list[int], "Their numbers"]
