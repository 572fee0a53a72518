"""Partners, by the console: who sees which, what is changed and refused, people and keys that come and go."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from dealreg.deals.rules import CommandContext
from dealreg.partners import credentials, partners, users
from dealreg.partners.partners import Partner
from dealreg.partners.program import Program
from dealreg.platform import times
from dealreg.platform.http import Caller
from tests.integration.aws_calls import intercept
from tests.integration.console.conftest import SignedIn, new_member, visitor_of
from tests.integration.forms.visitor import Visitor
from tests.integration.moving import registered

MARA = "mara@kontor.example"
ODD_TEXTS = ["x" * 4096, "\"'<b>%_*", "שלום \u202eabc", "🦊🏳️‍🌈"]


@pytest.fixture
def nordlicht(program: Program, now: datetime) -> Partner:
    return partners.create("Nordlicht <GmbH>", "registered", ["nordlicht.example"], now, "test", MARA)


@pytest.fixture
def suedwind(program: Program, now: datetime) -> Partner:
    return partners.create("Südwind", "gold", [], now, "test", "otto@kontor.example")


@pytest.fixture
def mara(signed_in: SignedIn) -> Visitor:
    return signed_in("partner_manager", email=MARA)


def at(partner: Partner, place: str = "") -> str:
    return f"/admin/partners/{partner.id}{place}"


class TestTheList:
    def test_shows_each_partner_with_tier_status_and_manager(
        self, signed_in: SignedIn, nordlicht: Partner, suedwind: Partner
    ) -> None:
        new_member("partner_manager", email=MARA)
        html = signed_in().get("/admin/partners").html
        assert "Nordlicht &lt;GmbH&gt;" in html
        assert f'href="{at(suedwind)}"' in html
        assert ">Mara<" in html
        assert ">otto@kontor.example<" in html

    @pytest.mark.parametrize("query", ["q=süd", "tier=gold", "manager=OTTO@kontor.example", "status=suspended"])
    def test_is_narrowed(self, signed_in: SignedIn, nordlicht: Partner, suedwind: Partner, query: str) -> None:
        partners.change(suedwind.id, {"status": "suspended"}, "test")
        html = signed_in().get(f"/admin/partners?{query}").html
        assert "Südwind" in html
        assert "Nordlicht" not in html

    def test_goes_on_page_by_page(self, signed_in: SignedIn, program: Program, now: datetime) -> None:
        for number in range(51):
            partners.create(f"Partner {number:02}", "registered", [], now, "test")
        ada = signed_in()
        first = ada.get("/admin/partners?tier=registered")
        assert len(first.html) < 40_000
        (more,) = re.findall(r'href="(/admin/partners\?tier=registered&(?:amp;)?cursor=[^"]+)"', first.html)
        second = ada.get(more.replace("&amp;", "&"))
        names = re.findall(r">(Partner \d\d)<", first.html + second.html)
        assert sorted(names) == [f"Partner {number:02}" for number in range(51)]

    @pytest.mark.parametrize("name", ["q", "tier", "manager", "status"])
    @pytest.mark.parametrize("text", ODD_TEXTS)
    def test_takes_whatever_is_looked_for(self, signed_in: SignedIn, nordlicht: Partner, name: str, text: str) -> None:
        page = signed_in().get(f"/admin/partners?{urlencode({name: text})}")
        assert page.status == 200
        assert "No partner fits" in page.html

    def test_says_what_to_do_while_it_is_empty(self, signed_in: SignedIn) -> None:
        assert "Make the first one" in signed_in().get("/admin/partners").html

    def test_of_a_manager_is_that_of_their_own(self, mara: Visitor, nordlicht: Partner, suedwind: Partner) -> None:
        html = mara.get("/admin/partners").html
        assert "Nordlicht" in html
        assert "Südwind" not in html
        assert "No partner fits" in mara.get("/admin/partners?manager=otto@kontor.example").html

    def test_is_not_for_an_approver(self, signed_in: SignedIn) -> None:
        assert signed_in("approver").get("/admin/partners").status == 403


class TestANewPartner:
    def test_is_made_and_then_asks_for_its_first_person(self, signed_in: SignedIn, program: Program) -> None:
        ada = signed_in()
        ada.get("/admin/partners/new")
        typed = {"name": "Westend", "tier": "gold", "manager": MARA, "plan": "standard", "own_domains": "a.example"}
        made = ada.submit("/admin/partners/new", typed)
        assert made.status == 303
        html = ada.follow().html
        assert "Westend" in html
        assert "Invite its first person below" in html

    def test_of_a_manager_is_theirs(self, mara: Visitor, program: Program) -> None:
        assert mara.get("/admin/partners/new").value("manager") == MARA
        mara.submit("/admin/partners/new", {"name": "Westend", "tier": "gold", "manager": "", "plan": "standard"})
        assert "Westend" in mara.get("/admin/partners").html

    def test_that_is_not_right_is_shown_again(self, signed_in: SignedIn, program: Program) -> None:
        ada = signed_in()
        ada.get("/admin/partners/new")
        typed = {"name": "Westend", "tier": "bronze", "plan": "standard", "manager": "nobody"}
        again = ada.submit("/admin/partners/new", typed)
        assert (again.status, again.value("name"), again.value("manager")) == (422, "Westend", "nobody")
        assert 'id="manager-error"' in again.html


class TestOnePartner:
    def test_shows_its_newest_deals_and_its_people(
        self, signed_in: SignedIn, new_partner: Callable[[str], Caller], context: CommandContext
    ) -> None:
        caller, ada = new_partner("North"), signed_in()
        assert "It has registered no deal yet" in ada.get(f"/admin/partners/{caller.partner_id}").html
        deal = registered(caller, context)
        page = ada.get(f"/admin/partners/{caller.partner_id}")
        assert f'href="/admin/deals/{deal.id}"' in page.html
        assert deal.number in page.html
        assert "north@partner.example" in page.html
        assert f"/admin/deals?partner_id={caller.partner_id}" in page.html

    @pytest.mark.parametrize("place", ["", "/settings", "/suspend", "/keys", "/people/user_1"])
    def test_of_another_manager_is_not_there(self, mara: Visitor, suedwind: Partner, place: str) -> None:
        assert mara.get(at(suedwind, place)).status == 404

    @pytest.mark.parametrize("place", ["/settings", "/suspend", "/resume", "/people", "/people/user_1/remove"])
    def test_of_another_manager_is_not_changed(
        self, mara: Visitor, nordlicht: Partner, suedwind: Partner, place: str
    ) -> None:
        mara.get(at(nordlicht))
        sent = {"name": "X", "email": "x@suedwind.example", "tier": "gold", "plan": "standard"}
        assert mara.submit(at(suedwind, place), sent).status == 404
        assert partners.load(suedwind.id) == suedwind
        assert users.of_partner(suedwind.id) == []

    @pytest.mark.parametrize("role", ["viewer", "finance"])
    def test_is_seen_but_not_changed_by(self, signed_in: SignedIn, nordlicht: Partner, role: str) -> None:
        visitor = signed_in(role)
        page = visitor.get(at(nordlicht))
        assert page.status == 200
        assert "Invite somebody" not in page.html
        assert visitor.get(at(nordlicht, "/settings")).status == 403


class TestSettings:
    def test_are_saved(self, signed_in: SignedIn, nordlicht: Partner) -> None:
        ada = signed_in()
        ada.get(at(nordlicht, "/settings"))
        typed = {
            "name": "Nordlicht AG",
            "tier": "gold",
            "manager": "",
            "plan": "standard",
            "own_domains": "nordlicht.example\nlicht.example",
            "payout.block.reason_code": "paperwork",
            "payout.block.text": "The tax form is missing.",
            "payout.erp_reference": "K-77",
            "payout.tax_percent": "19",
        }
        saved = ada.submit(at(nordlicht, "/settings"), typed)
        assert (saved.status, saved.location) == (303, f"{at(nordlicht)}?done=saved")
        after = partners.load(nordlicht.id)
        assert (after.name, after.tier, after.manager) == ("Nordlicht AG", "gold", None)
        assert after.own_domains == ("nordlicht.example", "licht.example")
        assert (after.payout.erp_reference, after.payout.tax_percent) == ("K-77", "19")
        assert "The tax form is missing." in ada.follow().html

    def test_of_payouts_are_not_a_managers(self, mara: Visitor, nordlicht: Partner) -> None:
        assert "payout." not in mara.get(at(nordlicht, "/settings")).html
        sent = {"name": "N", "tier": "gold", "manager": MARA, "plan": "standard", "payout.erp_reference": "K-1"}
        assert mara.submit(at(nordlicht, "/settings"), sent).status == 303
        assert partners.load(nordlicht.id).payout == nordlicht.payout

    def test_that_somebody_else_changed_meanwhile_are_not_overwritten(
        self, signed_in: SignedIn, nordlicht: Partner
    ) -> None:
        ada = signed_in()
        ada.get(at(nordlicht, "/settings"))
        partners.change(nordlicht.id, {"tier": "gold"}, "somebody else")
        typed = {"name": "Typed", "tier": "registered", "plan": "standard", "payout.tax_percent": "0"}
        refused = ada.submit(at(nordlicht, "/settings"), typed)
        assert (refused.status, refused.value("name")) == (409, "Typed")
        assert "Somebody changed this partner since" in refused.html
        assert partners.load(nordlicht.id).tier == "gold"

    def test_that_are_not_right_are_shown_again(self, signed_in: SignedIn, nordlicht: Partner) -> None:
        ada = signed_in()
        ada.get(at(nordlicht, "/settings"))
        typed = {"name": "N", "tier": "gold", "plan": "standard", "payout.tax_percent": "lots", "own_domains": "x"}
        again = ada.submit(at(nordlicht, "/settings"), typed)
        assert again.status == 422
        assert again.value("payout.tax_percent") == "lots"
        assert 'id="payout.tax_percent-error"' in again.html
        assert 'id="own_domains-error"' in again.html


def test_who_suspends_is_first_told_what_stops(signed_in: SignedIn, nordlicht: Partner) -> None:
    ada = signed_in()
    page = ada.get(at(nordlicht, "/suspend"))
    assert "Nothing is decided about its deals" in page.html
    assert partners.load(nordlicht.id).is_active
    ada.submit(at(nordlicht, "/suspend"), {})
    assert "nothing is paid out" in ada.follow().html
    assert not partners.load(nordlicht.id).is_active
    ada.submit(at(nordlicht, "/resume"), {})
    assert partners.load(nordlicht.id).is_active


class TestPeople:
    def test_are_invited_and_removed(self, signed_in: SignedIn, nordlicht: Partner) -> None:
        ada = signed_in()
        ada.get(at(nordlicht))
        invited = ada.submit(at(nordlicht, "/people"), {"name": "Jana", "email": "jana@nordlicht.example"})
        assert invited.location == f"{at(nordlicht)}?done=invited"
        assert "jana@nordlicht.example" in ada.follow().html
        (jana,) = users.of_partner(nordlicht.id)
        assert "Remove Jana" in ada.get(at(nordlicht, f"/people/{jana.id}")).html
        assert ada.submit(at(nordlicht, f"/people/{jana.id}/remove"), {}).status == 303
        assert users.of_partner(nordlicht.id) == []

    def test_whose_address_another_has_are_refused_in_words(self, signed_in: SignedIn, nordlicht: Partner) -> None:
        ada = signed_in()
        ada.get(at(nordlicht))
        refused = ada.submit(at(nordlicht, "/people"), {"name": "Ada", "email": "admin@kontor.example"})
        assert (refused.status, refused.value("email")) == (409, "admin@kontor.example")
        assert "has this e-mail address already" in refused.html

    def test_of_another_partner_are_not_there(
        self, signed_in: SignedIn, nordlicht: Partner, suedwind: Partner, now: datetime
    ) -> None:
        jana = users.create(nordlicht.id, "Jana", "jana@nordlicht.example", now, "test")
        assert signed_in().get(at(suedwind, f"/people/{jana.id}")).status == 404


class TestKeys:
    def test_are_shown_once_and_revoked(self, signed_in: SignedIn, nordlicht: Partner) -> None:
        ada = signed_in()
        ada.get(at(nordlicht, "/keys"))
        made = ada.submit(at(nordlicht, "/keys"), {"name": "CRM"})
        assert made.status == 201
        (token,) = re.findall(r"drk_[\w-]{20,}", made.html)
        assert credentials.authenticate(token, times.now()) is not None
        again = ada.get(at(nordlicht, "/keys"))
        assert token not in again.html
        (revoke,) = set(re.findall(rf"{at(nordlicht)}/keys/key_\w+", again.html))
        assert "Revoke CRM" in ada.get(revoke).html
        assert ada.submit(f"{revoke}/revoke", {}).status == 303
        assert credentials.authenticate(token, times.now()) is None
        assert ada.get(revoke).status == 404

    def test_are_seen_but_not_made_by_a_manager(self, mara: Visitor, nordlicht: Partner) -> None:
        page = mara.get(at(nordlicht, "/keys"))
        assert page.status == 200
        assert "New key" not in page.html
        assert mara.submit(at(nordlicht, "/keys"), {"name": "CRM"}).status == 403

    def test_need_a_name(self, signed_in: SignedIn, nordlicht: Partner) -> None:
        ada = signed_in()
        ada.get(at(nordlicht, "/keys"))
        refused = ada.submit(at(nordlicht, "/keys"), {"name": ""})
        assert (refused.status, 'id="name-error"' in refused.html) == (422, True)


def test_a_form_of_another_session_changes_nothing(signed_in: SignedIn, nordlicht: Partner) -> None:
    ada, ole = signed_in(), visitor_of(new_member("admin", email="ole@kontor.example"))
    ole.get(at(nordlicht, "/suspend"))
    assert ada.post(at(nordlicht, "/suspend"), ole.page.hidden).status == 403
    assert partners.load(nordlicht.id).is_active


@pytest.mark.parametrize("place", ["", "/{id}", "/{id}/settings", "/{id}/keys", "/new"])
def test_a_page_is_few_reads(
    mara: Visitor, nordlicht: Partner, now: datetime, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    users.create(nordlicht.id, "Jana", "jana@nordlicht.example", now, "test")
    credentials.create_partner_key(nordlicht.id, "CRM", now, "test")
    made: list[str] = []

    def counted(make: Callable[[], Any], _client: Any, operation: str, _request: dict[str, Any]) -> Any:
        made.append(operation)
        return make()

    intercept(monkeypatch, counted)
    assert mara.get(f"/admin/partners{place.format(id=nordlicht.id)}").status == 200
    assert "Scan" not in made
    assert len(made) <= 8, made
