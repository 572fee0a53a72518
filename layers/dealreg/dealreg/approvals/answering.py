"""What counts as an answer to a question. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from dealreg.approvals.model import Answer, Choice
from dealreg.deals.model import REQUESTABLE
from dealreg.deals.statuses import RejectReason
from dealreg.platform.errors import FieldError, InvalidInput

MAX_REASON = 2000


@dataclass(frozen=True, slots=True)
class Said:
    """A choice as it came, from a page or a request."""

    choice: str
    reason: str = ""
    """For the partner."""
    fields: Sequence[str] = ()
    reason_code: str = RejectReason.OTHER
    note: str = ""
    """For the vendor alone."""


def check_answer(said: Said) -> Answer:
    """Raises InvalidInput with every fault: no choice, no reason for a no, nothing asked for, an unknown name."""
    reason, choice = said.reason.strip(), said.choice
    if choice not in list(Choice):
        raise InvalidInput([FieldError("choice", "Choose one: approve, reject or ask for information.")])
    if faults := _faults(choice, reason, said):
        raise InvalidInput(faults)
    return Answer(
        choice=Choice(choice),
        reason=reason,
        reason_code=str(said.reason_code) if choice == Choice.REJECT else "",
        fields=tuple(dict.fromkeys(said.fields)) if choice == Choice.REQUEST_INFO else (),
        note=said.note.strip(),
    )


def _faults(choice: str, reason: str, said: Said) -> list[FieldError]:
    asks, rejects = choice == Choice.REQUEST_INFO, choice == Choice.REJECT
    unknown = [name for name in said.fields if name not in REQUESTABLE]
    checks = [
        ("reason", "Tell the partner why.", rejects and not reason),
        ("reason", "Tell the partner what you need.", asks and not reason),
        ("reason", f"This is too long: at most {MAX_REASON} characters.", len(reason) > MAX_REASON),
        ("note", f"This is too long: at most {MAX_REASON} characters.", len(said.note) > MAX_REASON),
        (
            "reason_code",
            f"Use one of {', '.join(RejectReason)}.",
            rejects and said.reason_code not in list(RejectReason),
        ),
        ("fields", "Choose what the partner is to correct or add.", asks and not said.fields),
        ("fields", f"A reviewer cannot ask for these: {', '.join(unknown)}.", asks and bool(unknown)),
    ]
    return [FieldError(field, message) for field, message, is_fault in checks if is_fault]
