"""Deals and their matches as an admin has them from the API."""

import json
from collections.abc import Callable
from typing import Any

from dealreg.accounts import store as accounts
from dealreg.platform.http import Caller
from deals.admin_api import handler
from tests.conftest import NOW
from tests.samples import sample

ADMIN = Caller("admin", "", "key_1", frozenset(["admin"]))
ACCOUNT = {
    "name": "Mueller Maschinenbau Holding",
    "domains": ["mueller.example", "mueller-maschinenbau.de"],
    "country": "DE",
    "ownership": "former_customer",
}
Registered = Callable[..., dict[str, Any]]


def call(case: str, deal_id: str = "", match_id: str = "", **changes: Any) -> dict[str, Any]:
    params = {"id": deal_id} | ({"match_id": match_id} if match_id else {}) if deal_id else None
    return handler(sample(f"deals-admin-api/{case}", caller=ADMIN, params=params, **changes), None)


def given_account(**changes: Any) -> str:
    """Its id."""
    saved = accounts.create(json.dumps(ACCOUNT | changes).encode(), NOW, "test")
    assert "id" in saved
    return saved["id"]
