"""What was payable of a ledger of one page, so that a worker need not read it again for its claims."""

from collections.abc import Sequence
from dataclasses import dataclass

from dealreg.commissions.ledger import Line
from dealreg.payouts.model import Cursor
from dealreg.platform import dynamo

Payable = Sequence[tuple[dynamo.Item, Line]]


@dataclass(slots=True)
class Summed:
    _of: tuple[str, int] | None = None
    _payable: Payable = ()

    def keep(self, cursor: Cursor, payable: Payable) -> None:
        self._of, self._payable = (cursor.partner_id, cursor.last_line), payable

    def take(self, cursor: Cursor) -> Payable | None:
        """Once: what is claimed is no more as it was read."""
        is_of_it = cursor.line == 0 and self._of == (cursor.partner_id, cursor.last_line)
        self._of = None
        return self._payable if is_of_it else None
