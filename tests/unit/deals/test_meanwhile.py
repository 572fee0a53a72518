"""What somebody is told whose write came second."""

from dataclasses import replace

import pytest

from dealreg.deals import meanwhile
from dealreg.deals.model import Deal, Extension
from dealreg.deals.statuses import Status
from tests.unit.deals.samples import DEAL as READ

DEAL = replace(READ, status=Status.APPROVED, protected_until="2027-01-12T10:00:00.000Z")
ASKED = replace(DEAL, extension=Extension(3, 20, ""))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (ASKED, replace(DEAL, extensions=1), "the protection was extended until 12 Jan 2027."),
        (ASKED, DEAL, "the extension was refused: the protection ends on 12 Jan 2027."),
        (ASKED, replace(DEAL, status=Status.EXPIRED), "the deal has become expired."),
        (DEAL, ASKED, "a longer protection was asked for."),
        (READ, DEAL, "the deal has become approved."),
        (DEAL, replace(DEAL, notes="Another story."), "this changed: the notes."),
        (DEAL, replace(DEAL, stage="proposal"), "something else happened to the deal."),
    ],
)
def test_it_says_what_happened_and_what_to_do(before: Deal, after: Deal, told: str) -> None:
    said = meanwhile.told(before, after)
    assert said.startswith(f"Meanwhile {told} ")
    assert "repeat this if you still want it" in said
