"""That an approver is away, as an admin says it."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from dealreg.approvals.people import Absence
from dealreg.platform.errors import FieldError, InvalidInput
from dealreg.platform.fields import Email, Moment, Remark
from dealreg.platform.hosts import normalise_email
from dealreg.platform.validation import Input


class AwayInput(Input):
    since: Annotated[Moment | None, Field(alias="from", description="In the past: now")] = None
    until: Annotated[Moment | None, Field(description="Null: until it is ended")] = None
    to: Annotated[Email | None, Field(description="The stand-in; null: nobody")] = None
    reason: Remark = ""

    def absence(self, email: str, now: datetime) -> Absence:
        """Raises InvalidInput for oneself as the stand-in, and for an end that is not ahead."""
        since = max(self.since or now, now)
        faults: list[FieldError] = []
        if self.to == email:
            faults.append(FieldError("to", "Nobody stands in for themselves."))
        if self.until and self.until <= now:
            faults.append(FieldError("until", "This has passed."))
        elif self.until and self.until <= since:
            faults.append(FieldError("until", "This is not after the beginning."))
        if faults:
            raise InvalidInput(faults)
        return Absence(since, self.until, self.to)


def read_address(text: str) -> str:
    """Of a path. Raises InvalidInput."""
    try:
        return normalise_email(text)
    except ValueError as error:
        raise InvalidInput([FieldError("email", str(error))]) from None
