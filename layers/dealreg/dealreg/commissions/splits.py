"""Who shares in a deal, and from when. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

ALL = Fraction(100)


@dataclass(frozen=True, slots=True)
class Share:
    partner_id: str
    percent: Fraction
    """Of up to two decimals; those of a split sum to 100."""
    user_id: str | None = field(default=None, compare=False)
    """Whose at the partner."""


@dataclass(frozen=True, slots=True)
class Split:
    start: datetime | None
    """None: from the beginning."""
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Deal:
    """What of a deal its money goes by. Plan and tier are those of the registering partner at that time."""

    id: str
    partner_id: str
    plan: str
    tier: str | None
    type: str | None
    registered_at: datetime
    splits: tuple[Split, ...] = ()
    """In the order of their start."""

    def shares_at(self, moment: datetime) -> tuple[int, tuple[Share, ...]]:
        """Those in force, and how often the deal's shares had changed by then."""
        changes, shares = 0, (Share(self.partner_id, ALL),)
        for split in self.splits:
            if split.start is not None and split.start > moment:
                break
            changes += split.shares != shares and split.start is not None
            shares = split.shares
        return changes, shares
