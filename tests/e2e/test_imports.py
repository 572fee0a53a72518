"""A file of accounts through the deployed stack: signed upload, queue, workers, and the check that then knows them."""

import secrets
import time
from typing import Any

import httpx
import pytest

from tests.e2e.test_story import AMOUNT, api
from tests.stack import Stack

pytestmark = pytest.mark.stack
ROWS = 1000
PATIENCE_SECONDS = 240
HEADER = "external_id,name,domains,country,ownership"


def bring_in(stack: Stack, mode: str, lines: list[str], **asked: Any) -> dict[str, Any]:
    """A completed import."""
    admin = stack.demo["admin_key"]
    reply = api(stack, admin, "POST", "/v1/admin/account-imports", json={"mode": mode} | asked)
    assert reply.status_code == 201, reply.text
    upload, place = reply.json()["upload"], f"/v1/admin/account-imports/{reply.json()['id']}"
    sent = httpx.put(upload["url"], content="\n".join([HEADER, *lines]).encode(), timeout=60)
    assert sent.status_code == 200, sent.text
    started = api(stack, admin, "POST", f"{place}/start")
    assert started.status_code == 202, started.text
    shown: dict[str, Any] = {}
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        shown = api(stack, admin, "GET", place).json()
        if shown["finished_at"]:
            return shown
        time.sleep(0.5)
    raise AssertionError(f"the import did not end: {shown}")


def test_a_file_is_taken_over_row_by_row_and_then_known(stack: Stack) -> None:
    mark = secrets.token_hex(3)
    source = f"crm-{mark}"
    lines = [f"A{n},Werk {mark} {n},werk-{mark}-{n}.de,DE,customer" for n in range(ROWS)]
    shown = bring_in(stack, "full", [*lines, "B1,,,DE,friend"], source=source)
    assert (shown["state"], shown["rows"], shown["created"], shown["rejected"]) == ("completed", ROWS + 1, ROWS, 1)
    rejects = f"/v1/admin/account-imports/{shown['id']}/rejects"
    (reject,) = api(stack, stack.demo["admin_key"], "GET", rejects).json()["items"]
    assert (reject["line"], {error["field"] for error in reject["errors"]}) == (ROWS + 2, {"name", "ownership"})
    file = api(stack, stack.demo["admin_key"], "GET", f"{rejects}.csv", follow_redirects=True)
    assert [line.split(",")[:3] for line in file.text.splitlines()] == [
        ["line", "external_id", "field"],
        [str(ROWS + 2), "B1", "name"],
        [str(ROWS + 2), "B1", "ownership"],
    ]
    listed = api(stack, stack.demo["admin_key"], "GET", "/v1/admin/account-imports").json()
    assert listed["items"][0] == shown

    customer = {"name": "Somebody", "domain": f"www.werk-{mark}-{ROWS - 1}.de"}
    partner = stack.demo["partners"][0]["api_key"]
    checked = api(stack, partner, "POST", "/v1/deals/check", json={"customer": customer, "products": ["analytics"]})
    assert checked.json()["conflict"] == {"verdict": "existing_customer", "reason_code": "domain_match"}
    deal = api(
        stack, partner, "POST", "/v1/deals", json={"customer": customer, "products": ["analytics"], "amount": AMOUNT}
    ).json()
    assert deal["conflict"] == checked.json()["conflict"]

    changed = lines[0].replace("Werk", "Fabrik")
    nightly = bring_in(stack, "changes", [changed, *lines[1:4]], source=source, sync_token=shown["sync_token"])
    assert (nightly["updated"], nightly["unchanged"], nightly["removed"]) == (1, 3, 0)
    smaller = bring_in(stack, "full", [changed, *lines[1 : ROWS - 20]], source=source)
    assert (smaller["unchanged"], smaller["removed"]) == (ROWS - 20, 20)
    checked = api(stack, partner, "POST", "/v1/deals/check", json={"customer": customer, "products": ["analytics"]})
    assert checked.json()["conflict"]["verdict"] != "existing_customer"
