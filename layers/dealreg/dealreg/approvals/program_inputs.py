"""The whole program as an admin sends it: read as one, so that every fault is said at once, and worked out.

For what saves and tries programs alone: it loads the library of holidays.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, cast

from pydantic import Field, ValidationError
from pydantic_core import from_json

from dealreg.approvals.references import Body, Bounds, faults_of, with_ids
from dealreg.approvals.routing_inputs import MAX_PEOPLE, MAX_STEPS, RoutingInput
from dealreg.approvals.time_inputs import DaysQuery
from dealreg.partners import routing_text
from dealreg.partners.calendars import CalendarInput, known_years
from dealreg.partners.inputs import ProgramInput
from dealreg.partners.program import Program
from dealreg.partners.routing import DEFAULT_CALENDAR
from dealreg.platform.errors import FieldError, InvalidInput
from dealreg.platform.fields import Line, Slug
from dealreg.platform.validation import Input, parse

MAX_BODY = 256 * 1024
_MAX_KEPT = 300_000
"""Bytes of what is kept of rules and calendars; an item of DynamoDB has 400 kB, settings and all."""
_MAX_FAULTS = 50
_YEAR = timedelta(days=365)


class ToldBefore(Input):
    field: Line
    message: Line


class WholeProgram(ProgramInput, RoutingInput):
    """The whole settings: what is left out goes back to its default."""

    warnings: Annotated[list[ToldBefore], Field(max_length=1000, description="Of the last reply: read over")] = Field(
        default_factory=list[ToldBefore]
    )

    def to_whole(self, year: int) -> Program:
        """With holidays from the year before to three ahead. Raises InvalidInput for more than can be kept."""
        settings = self.to_program()
        written = self.model_dump_json(include=set(RoutingInput.model_fields), exclude_unset=True, by_alias=True)
        if written == "{}":
            return settings
        worked = self.to_routing(settings.approvers.first, settings.decide_within_days, year)
        return _kept(settings, written, routing_text.to_text(worked))


class CalendarQuery(DaysQuery):
    """Which days of a calendar are asked for."""

    calendar: Slug = DEFAULT_CALENDAR

    def require_known(self, year: int, calendars: Collection[str]) -> None:
        """Raises InvalidInput for a calendar that is not there, and for years whose holidays are not worked out."""
        known = known_years(year)
        told = f"Holidays are known from {known[0]} to {known[-1]}."
        ends = {"from": self.first, "to": self.last}
        faults = [FieldError(name, told) for name, day in ends.items() if day.year not in known]
        if self.calendar not in calendars:
            faults.append(FieldError("calendar", f"Use one of {', '.join(calendars)}."))
        if faults:
            raise InvalidInput(faults)


def _kept(settings: Program, written: str, worked: str) -> Program:
    size = len(written.encode()) + len(worked.encode())
    if size > _MAX_KEPT:
        told = f"With its holidays this comes to {size // 1000} kB; {_MAX_KEPT // 1000} kB can be kept."
        raise InvalidInput([FieldError("rules", f"{told} Use fewer calendars, holiday codes or conditions.")])
    return replace(settings, written=written, worked=worked)


def read_program(body: bytes) -> WholeProgram:
    """Raises InvalidInput with every fault, or Malformed."""
    try:
        said, faults = parse(WholeProgram, body), ()
    except InvalidInput as refused:
        said, faults = None, refused.errors
    content: Any = from_json(body)
    if isinstance(content, dict):
        sent = cast("Body", content)
        bounds = Bounds(MAX_PEOPLE, MAX_STEPS, _hours_of_a_year(sent))
        known = {fault.field for fault in faults}
        others = [fault for fault in faults_of(sent, bounds) if fault.field not in known]
        faults = [with_ids(fault, sent) for fault in (*faults, *others)]
    if said is None or faults:
        raise InvalidInput(list(faults)[:_MAX_FAULTS])
    return said


def _hours_of_a_year(body: Body) -> dict[str, timedelta]:
    """By calendar, of those that can be read."""
    calendars: Any = body.get("calendars")
    sent = cast("dict[str, Any]", calendars) if isinstance(calendars, dict) else {}
    start = datetime(2026, 1, 1, tzinfo=UTC)
    found: dict[str, timedelta] = {}
    usual: dict[str, Any] = {DEFAULT_CALENDAR: {}}
    for name, content in (usual | sent).items():
        try:
            calendar = CalendarInput.model_validate(content).to_calendar(start.year)
        except ValidationError:
            continue
        found[name.strip()] = calendar.between(start, start + _YEAR)
    return found
