"""Every error that Dealreg raises on purpose.

DealregError
├── InvalidInput            a field, or several, cannot be accepted (every one is listed)
├── Malformed               the bytes are not what the content type says
├── TooLarge                over a size cap
├── Unauthenticated         no proof of who calls, or none that holds
│   ├── NoToken             no bearer token was sent
│   └── InvalidToken        one was, that is unknown, expired or revoked
├── Forbidden               a known caller, the wrong right
├── NotFound                absent, or another partner's: the two look the same
├── MethodNotAllowed        the path is there, not with this method
├── Conflict                true, but not now
│   ├── StateConflict       the status does not allow this command
│   ├── StaleVersion        somebody else wrote first
│   ├── AlreadyExists       a unique value is taken
│   └── CapReached          as many are open as may be
├── IdempotencyMismatch     the key was used for another request
├── ExportRefused           a file that another system would not read (every wrong cell is listed)
├── Gone                    a link that was used up, expired or replaced
├── RateLimited             too many, for now
└── Unavailable             ours to fix; worth a retry
    └── ConditionFailed     a conditional write lost (raised by dynamo.py, translated by each store)

Only `http.py` knows which HTTP status each becomes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field's fault, in words for the person who filled it in."""

    field: str
    message: str


class DealregError(Exception):
    code = "internal_error"
    title = "Something went wrong on our side"

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.extra = extra


class InvalidInput(DealregError):
    code = "invalid_input"
    title = "Some fields need your attention"

    def __init__(self, errors: Sequence[FieldError], detail: str = "") -> None:
        super().__init__(detail)
        self.errors = tuple(errors)


class Malformed(DealregError):
    code = "malformed_request"
    title = "The request could not be read"


class TooLarge(DealregError):
    code = "too_large"
    title = "The request is too large"


class Unauthenticated(DealregError):
    code = "unauthenticated"
    title = "Sign in first"


class NoToken(Unauthenticated):
    """Other proofs than a bearer token, such as a signature, mean Unauthenticated itself."""


class InvalidToken(Unauthenticated):
    code = "invalid_token"
    title = "This token does not let you in"


class Forbidden(DealregError):
    code = "forbidden"
    title = "You may not do this"


class StaleForm(Forbidden):
    """The form is of a session that is not the present one."""


class NotFound(DealregError):
    code = "not_found"
    title = "There is nothing here"


class MethodNotAllowed(DealregError):
    code = "method_not_allowed"
    title = "This address does not take that method"

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(f"Use {', '.join(allowed)}.")
        self.allowed = tuple(allowed)


class Conflict(DealregError):
    code = "conflict"
    title = "This cannot be done now"


class StateConflict(Conflict):
    code = "state_conflict"
    title = "The status does not allow this"


class StaleVersion(Conflict):
    code = "stale_version"
    title = "Somebody changed this before you"


class AlreadyExists(Conflict):
    code = "already_exists"
    title = "This value is taken"


class CapReached(Conflict):
    code = "cap_reached"
    title = "You have as many open registrations as you may have"


class IdempotencyMismatch(DealregError):
    code = "idempotency_mismatch"
    title = "This Idempotency-Key was used for another request"


class ExportRefused(DealregError):
    code = "export_refused"
    title = "The file was not written"


class Gone(DealregError):
    code = "gone"
    title = "This link no longer works"


class RateLimited(DealregError):
    code = "rate_limited"
    title = "Too many requests"

    def __init__(self, detail: str = "", *, retry_after: int = 2, headers: Mapping[str, str] | None = None) -> None:
        """`retry_after` in seconds; `headers` say which limit it was."""
        super().__init__(detail, retry_after=retry_after)
        self.headers = {"retry-after": str(retry_after), **(headers or {})}


class Unavailable(DealregError):
    code = "unavailable"
    title = "Please try again in a moment"


class ConditionFailed(Unavailable):
    """A transaction's condition did not hold: `failures` maps the action's place to the item found there."""

    code = "condition_failed"

    def __init__(self, failures: Mapping[int, dict[str, Any]]) -> None:
        super().__init__("a conditional write lost")
        self.failures = dict(failures)
