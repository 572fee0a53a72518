"""What the `data` of a closed statement's event holds.

Readers should accept fields they do not know: new ones may come with any release.
"""

from collections.abc import Mapping

from pydantic import BaseModel, Field


class ClosedStatement(BaseModel):
    """The whole of it is at GET /v1/statements/{period}?currency=…"""

    number: str = Field(examples=["S-2026-03-EUR-7K3M-9Q2F"])
    currency: str = Field(description="ISO 4217", examples=["EUR"])
    opening: str
    closing: str = Field(description="Opening and lines together")
    lines: int = Field(ge=1)


class StatementClosed(BaseModel):
    """A month of the partner's ledger was closed: nothing in its statements changes any more."""

    period: str = Field(examples=["2026-03"])
    statements: list[ClosedStatement] = Field(description="One for each currency")


EVENT_TYPES: Mapping[str, type[BaseModel]] = {"statement.closed": StatementClosed}
