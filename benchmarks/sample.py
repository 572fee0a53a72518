"""A registration as API Gateway hands it over, and the rows that its two calls to DynamoDB meet."""

import json
from typing import Any

from dealreg.matching.identifiers import tax_id

PARTNER = "part_01JD8V4M2T7QK3N5P9XWZRB6YC"
TOKEN = "drk_of_the_benchmarks"  # noqa: S105  # nobody's key


def body(number: int, product: str = "general") -> dict[str, Any]:
    """Of a usual size; each number is another customer."""
    return {
        "customer": {
            "name": f"Müller Maschinenbau {number} GmbH",
            "domain": f"mueller-{number}.de",
            "country": "DE",
            "tax_id": _vat_id(number),
            "contact": {"name": "Jana Weiß", "email": f"j.weiss@mueller-{number}.de", "phone": "+49 30 1234567"},
        },
        "products": [product],
        "amount": {"amount": "48000.00", "currency": "EUR"},
        "expected_close_date": "2027-02-28",
        "notes": "Met at the fair",
        "partner_reference": f"CRM-{number}",
    }


def _vat_id(number: int) -> str:
    """The one whose check digit is right."""
    return next(typed for digit in range(10) if not tax_id(typed := f"DE{10_000_000 + number}{digit}", None).problem)


def event(number: int, product: str = "general", token: str = TOKEN) -> dict[str, Any]:
    return {
        "version": "2.0",
        "rawPath": "/v1/deals",
        "headers": {
            "authorization": f"Bearer {token}",
            "content-type": "application/json",
            "idempotency-key": f"bench-{number}",
        },
        "requestContext": {
            "requestId": f"bench-{number}",
            "http": {"method": "POST", "sourceIp": "192.0.2.10"},
        },
        "body": json.dumps(body(number, product)),
        "isBase64Encoded": False,
    }
