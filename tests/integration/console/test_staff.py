"""The vendor's people, by the console: who signs in, who is added, changed and removed, and what the log says of it."""

from dealreg.partners import staff
from dealreg.platform.paging import PageRequest
from tests.integration.console.conftest import SignedIn, new_member, visitor_of


def test_an_admin_lets_somebody_sign_in_who_then_sees_what_their_role_shows(signed_in: SignedIn) -> None:
    ada = signed_in()
    ada.get("/admin/staff")
    added = ada.submit("/admin/staff", {"name": "Vera Lind", "email": "vera@kontor.example", "roles": ["viewer"]})
    assert (added.status, added.location) == (303, "/admin/staff?done=added")
    assert "Vera Lind" in ada.follow().html
    (vera,) = [one for one in staff.listing(PageRequest(10))["items"] if one["name"] == "Vera Lind"]
    page = visitor_of(staff.load(vera["id"])).get("/admin/staff")
    assert page.status == 200
    assert "Let somebody sign in" not in page.html
    assert "/admin/money" not in page.html


def test_who_lacks_the_right_is_told_so_on_a_page(signed_in: SignedIn) -> None:
    approver = signed_in("approver")
    refused = approver.get("/admin/staff")
    assert (refused.status, "None of your roles lets you see the program" in refused.html) == (403, True)


def test_what_is_wrong_is_shown_beside_what_was_typed(signed_in: SignedIn) -> None:
    ada = signed_in()
    ada.get("/admin/staff")
    again = ada.submit("/admin/staff", {"name": "Vera", "email": "nobody", "roles": []})
    assert again.status == 422
    assert 'value="nobody"' in again.html
    assert 'id="email-error"' in again.html


def test_the_last_admin_cannot_go(signed_in: SignedIn) -> None:
    ada = signed_in()
    (me,) = staff.listing(PageRequest(10))["items"]
    ada.get(f"/admin/staff/{me['id']}")
    refused = ada.submit(f"/admin/staff/{me['id']}/remove", {})
    assert (refused.status, "make somebody else an admin first" in refused.html) == (409, True)


def test_who_is_removed_is_signed_out_at_once_and_stays_named_in_the_log(signed_in: SignedIn) -> None:
    ada = signed_in()
    ole = new_member("admin", email="ole@kontor.example")
    browser = visitor_of(ole)
    browser.get("/admin/staff")
    browser.submit("/admin/staff", {"name": "Vera", "email": "vera@kontor.example", "roles": ["viewer"]})
    ada.get(f"/admin/staff/{ole.id}")
    assert ada.submit(f"/admin/staff/{ole.id}/remove", {}).status == 303
    assert browser.get("/admin/staff").location == "/sign-in?to=/admin/staff"
