"""What people call the fields of a deal, by their paths in the API."""

LABELS = {
    "customer.name": "Customer’s company",
    "customer.domain": "Their website or e-mail",
    "customer.country": "Country",
    "customer.tax_id": "VAT or tax number",
    "customer.lei": "LEI",
    "customer.duns": "DUNS number",
    "customer.contact": "Contact",
    "customer.contact.name": "Contact’s name",
    "customer.contact.email": "Contact’s e-mail",
    "customer.contact.phone": "Contact’s phone",
    "products": "Products",
    "amount": "Deal value",
    "amount.amount": "Deal value",
    "amount.currency": "Currency",
    "expected_close_date": "Expected to close",
    "notes": "Notes for the reviewer",
    "partner_reference": "Your own reference",
}
REQUESTABLE = (
    "customer.name",
    "customer.domain",
    "customer.country",
    "customer.tax_id",
    "customer.contact",
    "products",
    "amount",
    "expected_close_date",
    "notes",
)
"""Those that a reviewer may ask for."""
