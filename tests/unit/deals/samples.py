"""A deal to begin with."""

from datetime import UTC, datetime

from dealreg.deals.model import Deal
from dealreg.deals.rules import Author, Side
from dealreg.platform.money import Money

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
DEAL = Deal(
    id="deal_01JD5Y2Q3R7K3M9Q2F0000000A",
    partner_id="part_1",
    status="in_review",
    sequence=1,
    customer={"name": "Müller Maschinenbau GmbH", "domain": "mueller-maschinenbau.de"},
    products=["analytics"],
    families=["data"],
    identities=["domain#mueller-maschinenbau.de"],
    amount=Money(4_800_000, "EUR"),
    verdict="clear",
    matches=[],
    editable=[],
    created_at="2026-11-23T10:00:00.000Z",
    updated_at="2026-11-23T10:00:00.000Z",
)
JANA = Author("user_1", "Jana Weiß", Side.PARTNER)
