"""Which days an admin asks for."""

from datetime import date, timedelta
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from dealreg.platform.fields import Day
from dealreg.platform.validation import Input

MOST_DAYS = 366


class DaysQuery(Input):
    """Both ends included."""

    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]

    @field_validator("last")
    @classmethod
    def _is_not_before_the_first(cls, last: date, info: ValidationInfo) -> date:
        if "first" in info.data and last < info.data["first"]:
            raise ValueError("Write a day that is not before the first.")
        return last


class YearQuery(DaysQuery):
    @field_validator("last")
    @classmethod
    def _is_a_year_away_at_most(cls, last: date, info: ValidationInfo) -> date:
        if "first" in info.data and last - info.data["first"] >= timedelta(days=MOST_DAYS):
            raise ValueError(f"Ask for {MOST_DAYS} days at most.")
        return last
