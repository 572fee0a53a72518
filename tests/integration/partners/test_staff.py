"""The vendor's people: an address is one person's, and somebody who may everything is always left."""

from datetime import datetime

import pytest

from dealreg.partners import credentials, partners, sessions, staff, users
from dealreg.partners.program import Program
from dealreg.partners.staff import Member
from dealreg.platform import dynamo
from dealreg.platform.errors import AlreadyExists, NotFound, StaleVersion, StateConflict
from dealreg.platform.paging import PageRequest
from dealreg.platform.rights import Role
from tests.integration.aws_calls import lose_race_to
from tests.integration.partners.rows import all_rows, rows_of_kind


@pytest.fixture
def ada(aws: None, now: datetime) -> Member:
    return staff.create("Ada", "ada@kontor.example", ["admin"], now, "test")


@pytest.fixture
def ole(aws: None, now: datetime) -> Member:
    return staff.create("Ole", "ole@kontor.example", ["admin"], now, "test")


def admins() -> list[str]:
    return [one["name"] for one in staff.listing(PageRequest(100))["items"] if Role.ADMIN in one["roles"]]


def session_of(member: Member, now: datetime) -> str:
    sessions.request_sign_in(member.email, now)
    (row,) = [row for row in rows_of_kind("sign_in") if row["user_id"] == member.id]
    return sessions.use_sign_in(sessions.link_token(row["sign_in_id"]), now)


class TestAnAddress:
    def test_is_one_persons(self, ada: Member, now: datetime) -> None:
        before = all_rows()
        with pytest.raises(AlreadyExists):
            staff.create("Another", ada.email, ["viewer"], now, "test")
        assert all_rows() == before

    def test_of_staff_cannot_become_a_partners(self, ada: Member, program: Program, now: datetime) -> None:
        partner = partners.create("Nordlicht", "registered", [], now, "test")
        with pytest.raises(AlreadyExists):
            users.create(partner.id, "Ada", ada.email, now, "test")
        assert users.of_partner(partner.id) == []

    def test_of_a_partners_person_cannot_become_staffs(self, program: Program, now: datetime) -> None:
        partner = partners.create("Nordlicht", "registered", [], now, "test")
        jana = users.create(partner.id, "Jana", "jana@nordlicht.example", now, "test")
        with pytest.raises(AlreadyExists):
            staff.create("Jana", jana.email, ["viewer"], now, "test")
        assert users.find(jana.email) == (partner.id, jana.id)

    def test_that_both_want_at_once_is_the_first_ones(
        self, program: Program, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        partner = partners.create("Nordlicht", "registered", [], now, "test")
        lose_race_to(monkeypatch, lambda: users.create(partner.id, "Jana", "jana@both.example", now, "test"))
        with pytest.raises(AlreadyExists):
            staff.create("Jana", "jana@both.example", ["viewer"], now, "test")
        assert staff.listing(PageRequest(10))["items"] == []

    def test_is_free_again_when_its_person_is_removed(self, ada: Member, ole: Member, now: datetime) -> None:
        staff.remove(ole.id, now, "test")
        assert staff.create("Ole again", ole.email, ["viewer"], now, "test").id != ole.id


class TestTheLastAdmin:
    def test_cannot_be_removed(self, ada: Member, now: datetime) -> None:
        staff.create("Vera", "vera@kontor.example", ["viewer"], now, "test")
        with pytest.raises(StateConflict):
            staff.remove(ada.id, now, "test")
        assert staff.load(ada.id) == ada

    def test_cannot_lose_the_role(self, ada: Member) -> None:
        with pytest.raises(StateConflict):
            staff.change(ada.id, {"roles": ["viewer"]}, "test")
        assert staff.load(ada.id) == ada

    def test_can_change_name_and_further_roles(self, ada: Member) -> None:
        changed = staff.change(ada.id, {"name": "Ada L.", "roles": ["finance", "admin"]}, "test")
        assert (changed.name, changed.roles) == ("Ada L.", ("admin", "finance"))

    def test_stays_when_two_remove_each_other_at_once(
        self, ada: Member, ole: Member, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lose_race_to(monkeypatch, lambda: staff.remove(ada.id, now, "Ole"))
        with pytest.raises(StaleVersion):
            staff.remove(ole.id, now, "Ada")
        assert admins() == ["Ole"]

    def test_stays_when_two_take_the_role_from_each_other_at_once(
        self, ada: Member, ole: Member, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lose_race_to(monkeypatch, lambda: staff.change(ada.id, {"roles": ["viewer"]}, "Ole"))
        with pytest.raises(StaleVersion):
            staff.change(ole.id, {"roles": ["viewer"]}, "Ada")
        assert admins() == ["Ole"]

    def test_stays_when_one_leaves_while_the_other_loses_the_role(
        self, ada: Member, ole: Member, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lose_race_to(monkeypatch, lambda: staff.remove(ada.id, now, "Ole"))
        with pytest.raises(StaleVersion):
            staff.change(ole.id, {"roles": ["viewer"]}, "Ada")
        assert admins() == ["Ole"]


def test_of_two_changes_at_once_the_second_is_told(ada: Member, ole: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_race_to(monkeypatch, lambda: staff.change(ole.id, {"name": "First"}, "Ada"))
    with pytest.raises(StaleVersion):
        staff.change(ole.id, {"name": "Second"}, "Ada")
    assert staff.load(ole.id).name == "First"


def test_who_is_removed_is_signed_out_at_once(ada: Member, ole: Member, now: datetime) -> None:
    session = session_of(ole, now)
    assert credentials.authenticate(session, now) is not None
    staff.remove(ole.id, now, "Ada")
    assert credentials.authenticate(session, now) is None


def test_what_somebody_may_follows_their_roles_at_once(ada: Member, ole: Member, now: datetime) -> None:
    session = session_of(ole, now)
    staff.change(ole.id, {"roles": ["viewer"]}, "Ada")
    caller = credentials.authenticate(session, now)
    assert caller is not None
    assert (caller.may("see_deals"), caller.may("change_program")) == (True, False)


def test_who_is_not_there_is_not_found(ada: Member, now: datetime) -> None:
    for act in (
        lambda: staff.load("stf_1"),
        lambda: staff.change("stf_1", {"name": "X"}, "test"),
        lambda: staff.remove("stf_1", now, "test"),
    ):
        with pytest.raises(NotFound):
            act()


def test_the_row_that_names_who_left_ends_with_the_log(ada: Member, ole: Member, now: datetime) -> None:
    staff.remove(ole.id, now, "Ada")
    (row,) = [row for row in all_rows() if row["sk"] == f"LEFT#{ole.id}"]
    assert row["ttl"] - now.timestamp() == 400 * 24 * 3600
    assert set(row) == {"pk", "sk", "name", "ttl"}, "the address is forgotten at once"
    staff.forget(ole.id, "Ada")
    assert dynamo.get("Partners", row["pk"], row["sk"]) is None
