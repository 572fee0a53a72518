"""Every version of the program that was saved: who did, and when."""

from collections.abc import Mapping
from typing import Any

from dealreg.partners import program, staff
from dealreg.partners.rows import table
from dealreg.partners.views import ProgramVersionView
from dealreg.platform import dynamo
from dealreg.platform.errors import NotFound
from dealreg.platform.paging import Listing, PageRequest


def listing(page: PageRequest) -> Listing[ProgramVersionView]:
    """The newest first. What was saved before this was written down is not in it."""
    found = dynamo.page(table(), program.KIND, program.SAVED, limit=page.size, forward=False, start=page.start)
    names = staff.names_of({row["saved_by"] for row in found.items})
    shown = [_view(row, names) for row in found.items]
    return page.listing(shown, found.next_key)


def _view(row: Mapping[str, Any], names: Mapping[str, str]) -> ProgramVersionView:
    by: str = row["saved_by"]
    return {"version": row["version"], "saved_at": row["saved_at"], "saved_by": names.get(by, by)}


def load(number: str) -> program.Program:
    """As it was saved under a number that somebody wrote. Raises NotFound."""
    if not (number.isascii() and number.isdecimal() and len(number) <= program.VERSION_DIGITS):
        raise NotFound
    return program.load_version(int(number))
