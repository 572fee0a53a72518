"""Who decides, in the console, and one's own absence."""

from datetime import datetime, timedelta

from dealreg.approvals import absences
from tests.integration.console.conftest import SignedIn
from tests.integration.console.test_deals import APPROVER, HEAD, clock

__all__ = ["clock"]


def test_an_approver_is_away_and_comes_back(signed_in: SignedIn, now: datetime) -> None:
    approver = signed_in("approver", email=APPROVER)
    assert HEAD in approver.get("/admin/approvals").html
    last = now + timedelta(days=7)
    sent = approver.submit("/admin/approvals/away", {"until": f"{last:%Y-%m-%d}", "to": HEAD, "reason": "Holiday"})
    assert (sent.status, sent.location) == (303, "/admin/approvals?done=away")
    (absence,) = absences.views_of([APPROVER], now).values()
    assert (absence["to"], absence["reason"]) == (HEAD, "Holiday")
    assert "You are away until" in approver.follow().html
    assert approver.submit("/admin/approvals/back", {}).status == 303
    assert absences.views_of([APPROVER], now) == {}


def test_what_is_wrong_is_said_at_its_field(signed_in: SignedIn) -> None:
    approver = signed_in("approver", email=APPROVER)
    approver.get("/admin/approvals")
    again = approver.submit("/admin/approvals/away", {"until": "2020-01-01", "reason": "Holiday"})
    assert (again.status, 'id="until-error"' in again.html, "Holiday" in again.html) == (422, True, True)


def test_who_only_looks_records_nothing(signed_in: SignedIn) -> None:
    vera = signed_in("viewer")
    assert "I am away" not in vera.get("/admin/approvals").html
    assert vera.submit("/admin/approvals/away", {}).status == 403
