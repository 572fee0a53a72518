"""Who stands in for an approver: nobody of a partner's side, and a stranger not without a word about it."""

from typing import Annotated

from dealreg.approvals.absences import AwayView
from dealreg.partners import users
from dealreg.partners.program import stored_program
from dealreg.partners.rules import routing_of
from dealreg.platform.errors import FieldError, InvalidInput
from dealreg.platform.replies import FaultView


class RecordedAwayView(AwayView):
    warnings: Annotated[list[FaultView], "What is allowed and perhaps not meant"]


def warnings_of(person: str | None) -> list[FaultView]:
    """Raises InvalidInput for a user of any partner: they would read what others register."""
    if person is None:
        return []
    partner_id, _ = users.find(person) or ("", "")
    if partner_id:
        raise InvalidInput([FieldError("to", "This is a user of a partner: choose somebody of your own.")])
    if person in routing_of(stored_program()).people:
        return []
    told = f"The program does not name {person}, who now gets the questions, and reads the deals that they are about."
    return [{"field": "to", "message": told}]
