"""Billing sources by the console: set up, their secret shown once and replaced with an overlap."""

import re

from billing import receive
from dealreg.billing import sources
from dealreg.billing.model import Source
from dealreg.platform import times
from tests.integration.billing.conftest import GENERIC_ID, GENERIC_SECRET, posted
from tests.integration.console.conftest import SignedIn
from tests.samples import sample

NEW = {"kind": "standard-webhooks", "name": "Polar"}


def test_a_source_is_set_up_and_its_secret_shown_once(signed_in: SignedIn) -> None:
    ada = signed_in()
    assert "No billing system posts here yet" in ada.get("/admin/billing/sources").html
    made = ada.submit("/admin/billing/sources", NEW)
    (source,) = sources.every()
    assert (made.status, source.secrets[0].value in made.html) == (200, True)
    assert f"https://deals.example.com/webhooks/billing/{source.id}" in made.html
    later = ada.get(f"/admin/billing/sources/{source.id}")
    assert (later.status, source.secrets[0].value in later.html) == (200, False)


def test_what_is_wrong_is_told_beside_what_was_typed(signed_in: SignedIn) -> None:
    ada = signed_in()
    ada.get("/admin/billing/sources")
    again = ada.submit("/admin/billing/sources", NEW | {"secret": "sk_live_0123456789abcdef"})
    assert (again.status, 'id="secret-error"' in again.html, 'value="Polar"' in again.html) == (422, True, True)


def test_a_secret_is_replaced_with_an_overlap(signed_in: SignedIn, generic: Source) -> None:
    ada = signed_in()
    ada.get(f"/admin/billing/sources/{GENERIC_ID}")
    page = ada.submit(f"/admin/billing/sources/{GENERIC_ID}/rotate", {})
    renewed = sources.load(GENERIC_ID)
    assert renewed.secrets[0].value in page.html
    assert re.search(r"counts until \d+", page.html)
    assert len(renewed.secrets) == 2


def test_one_that_is_switched_off_is_refused_until_it_is_switched_on(signed_in: SignedIn, generic: Source) -> None:
    ada = signed_in()
    for enabled, status in [("false", 410), ("true", 202)]:
        ada.get(f"/admin/billing/sources/{GENERIC_ID}")
        assert ada.submit(f"/admin/billing/sources/{GENERIC_ID}/switch", {}).status == 303
        assert sources.load(GENERIC_ID).enabled is (enabled == "true")
        sources._cached_in.cache_clear()  # pyright: ignore[reportPrivateUsage]  # as after a minute
        event = posted(sample("billing-receive/closed-won"), b"{}", GENERIC_SECRET, times.now(), "msg_1")
        assert receive.handler(event, None)["statusCode"] == status


def test_it_is_renamed(signed_in: SignedIn, generic: Source) -> None:
    ada = signed_in()
    ada.get(f"/admin/billing/sources/{GENERIC_ID}")
    assert ada.submit(f"/admin/billing/sources/{GENERIC_ID}", {"name": "Billing of the shop"}).status == 303
    assert "Billing of the shop" in ada.follow().html


def test_one_without_a_list_says_why_nothing_can_be_reconciled(signed_in: SignedIn, generic: Source) -> None:
    ada = signed_in()
    page = ada.get(f"/admin/billing/sources/{GENERIC_ID}")
    assert ("has no list of what happened" in page.html, "Reconcile now" in page.html) == (True, False)
    assert ada.submit(f"/admin/billing/sources/{GENERIC_ID}/reconcile", {}).status == 409


def test_sources_are_the_programs_not_the_inboxs(signed_in: SignedIn, generic: Source) -> None:
    viewer = signed_in("viewer")
    page = viewer.get(f"/admin/billing/sources/{GENERIC_ID}")
    assert (page.status, "Replace the secret" in page.html) == (200, False)
    assert viewer.post(f"/admin/billing/sources/{GENERIC_ID}/rotate", {}).status == 403
    assert signed_in("finance").get("/admin/billing/sources").status == 403
    assert viewer.get("/admin/billing/sources/bsrc_0").status == 404
