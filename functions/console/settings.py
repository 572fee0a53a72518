"""The vendor's console for who runs the program: partners, webhooks, accounts, the program, staff, the log."""

from typing import Any

from console import (
    account_pages,
    import_pages,
    key_pages,
    log_pages,
    partner_pages,
    program_pages,
    rule_pages,
    shown,
    staff_pages,
    webhook_pages,
)
from dealreg.pages.sessions import recognise
from dealreg.partners.program import in_its_zone
from dealreg.platform.routes import Routes, serve

ROUTES: Routes = {
    **partner_pages.ROUTES,
    **key_pages.ROUTES,
    **webhook_pages.ROUTES,
    **account_pages.ROUTES,
    **import_pages.ROUTES,
    **program_pages.ROUTES,
    **rule_pages.ROUTES,
    **staff_pages.ROUTES,
    **log_pages.ROUTES,
}
AGAIN: dict[str, shown.Again] = {
    **partner_pages.AGAIN,
    **key_pages.AGAIN,
    **webhook_pages.AGAIN,
    **import_pages.AGAIN,
    **program_pages.AGAIN,
    **rule_pages.AGAIN,
    **staff_pages.AGAIN,
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise, on_error=shown.refused(AGAIN), within=in_its_zone)
