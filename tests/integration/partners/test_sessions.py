"""Signing in by a mailed link."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from dealreg.partners import credentials, partners, sessions, users
from dealreg.partners.partners import Partner
from dealreg.partners.users import User
from dealreg.platform import aws as clients
from dealreg.platform.errors import Forbidden, Gone, InvalidInput, InvalidToken, NotFound
from dealreg.platform.http import read_request
from tests.integration.aws_calls import lose_race_to
from tests.integration.partners.rows import all_rows, rows_of_kind


def links() -> list[str]:
    """What the relay would mail, oldest first."""
    return [
        sessions.link_token(row["sign_in_id"]) for row in sorted(rows_of_kind("sign_in"), key=lambda row: row["ttl"])
    ]


@pytest.fixture
def link(user: User, now: datetime) -> str:
    sessions.request_sign_in(user.email, now)
    (token,) = links()
    return token


def test_a_link_opens_a_session_for_its_user(user: User, link: str, now: datetime) -> None:
    session = sessions.use_sign_in(link, now)
    caller = credentials.authenticate(session, now)
    assert caller is not None
    assert (caller.principal_type, caller.partner_id, caller.user_id) == ("partner", user.partner_id, user.id)


def test_the_address_may_be_typed_in_any_case(user: User, now: datetime) -> None:
    sessions.request_sign_in("  JANA@Nordlicht.example ", now)
    assert len(links()) == 1


def test_opening_a_link_changes_nothing(user: User, link: str, now: datetime) -> None:
    before = all_rows()
    assert [sessions.open_sign_in(link, now) for _ in range(3)] == [user] * 3
    assert all_rows() == before


def test_a_link_works_once(link: str, now: datetime) -> None:
    sessions.use_sign_in(link, now)
    for context in (sessions.use_sign_in, sessions.open_sign_in):
        with pytest.raises(Gone, match="used already"):
            context(link, now)
    assert len(rows_of_kind("session")) == 1


def test_of_two_uses_at_once_one_opens_a_session(link: str, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    # given: both have read the link before either uses it up
    lose_race_to(monkeypatch, lambda: sessions.use_sign_in(link, now))
    with pytest.raises(Gone):
        sessions.use_sign_in(link, now)
    assert len(rows_of_kind("session")) == 1


def test_a_link_lasts_a_quarter_of_an_hour(link: str, now: datetime) -> None:
    sessions.open_sign_in(link, now + timedelta(minutes=14, seconds=59))
    for context in (sessions.use_sign_in, sessions.open_sign_in):
        with pytest.raises(Gone, match="expired"):
            context(link, now + timedelta(minutes=15))


def test_a_session_lasts_thirty_days(link: str, now: datetime) -> None:
    session = sessions.use_sign_in(link, now)
    assert credentials.authenticate(session, now + timedelta(days=29, hours=23)) is not None
    assert credentials.authenticate(session, now + timedelta(days=30)) is None


def test_signing_out_ends_the_session_and_twice_does_no_harm(link: str, now: datetime) -> None:
    session = sessions.use_sign_in(link, now)
    sessions.end_session(session)
    sessions.end_session(session)
    assert credentials.authenticate(session, now) is None


def test_a_session_ends_as_a_bearer_token_too_and_at_once(link: str, now: datetime) -> None:
    session = sessions.use_sign_in(link, now)
    request = read_request({"headers": {"authorization": f"Bearer {session}"}})
    assert credentials.recognise(request) is not None
    sessions.end_session(session)
    with pytest.raises(InvalidToken):
        credentials.recognise(request)


def test_signing_out_with_a_key_leaves_the_key_alone(key: str, now: datetime) -> None:
    sessions.end_session(key)
    assert credentials.authenticate(key, now) is not None


def test_a_forged_link_is_not_found(link: str, now: datetime) -> None:
    for token in ("", "x", "ä", "A" * 43, link[:-1], link.lower()):
        for context in (sessions.use_sign_in, sessions.open_sign_in):
            with pytest.raises(NotFound):
                context(token, now)


def test_a_link_is_no_key_and_a_key_is_no_link(link: str, key: str, now: datetime) -> None:
    assert credentials.authenticate(link, now) is None
    with pytest.raises(NotFound):
        sessions.use_sign_in(key, now)


def test_a_suspended_partner_signs_nobody_in_and_its_sessions_end(
    partner: Partner, user: User, link: str, now: datetime
) -> None:
    session = sessions.use_sign_in(link, now)
    sessions.request_sign_in(user.email, now + timedelta(minutes=1))
    partners.change(partner.id, {"status": "suspended"}, "test")
    assert credentials.authenticate(session, now) is None
    with pytest.raises(Forbidden, match="suspended"):
        sessions.use_sign_in(links()[-1], now)


def test_who_is_removed_is_out_at_once(partner: Partner, user: User, link: str, now: datetime) -> None:
    session = sessions.use_sign_in(link, now)
    sessions.request_sign_in(user.email, now + timedelta(minutes=1))
    users.remove(partner.id, user.id, "test")
    assert credentials.authenticate(session, now) is None
    with pytest.raises(Forbidden, match="no access any more"):
        sessions.use_sign_in(links()[-1], now + timedelta(minutes=2))
    with pytest.raises(NotFound):
        users.remove(partner.id, user.id, "test")


def test_the_address_of_who_was_removed_is_free_again(partner: Partner, user: User, now: datetime) -> None:
    users.remove(partner.id, user.id, "test")
    again = users.create(partner.id, "Jana", user.email, now, "test")
    assert users.find(user.email) == (partner.id, again.id)


@pytest.fixture
def calls() -> Iterator[list[str]]:
    """The names of the calls to the database, in order."""
    made: list[str] = []

    def note(model: object, **_: object) -> None:
        made.append(getattr(model, "name", ""))

    events = clients.client("dynamodb").meta.events
    events.register("before-call.dynamodb.*", note)
    yield made
    events.unregister("before-call.dynamodb.*", note)


def test_an_unknown_address_gets_the_same_answer_after_the_same_calls(
    user: User, now: datetime, calls: list[str]
) -> None:
    sessions.request_sign_in(user.email, now)
    known = list(calls)
    calls.clear()
    sessions.request_sign_in("nobody@nordlicht.example", now)
    assert calls == known
    assert len(links()) == 1


def test_an_unknown_address_leaves_nothing(aws: None, now: datetime) -> None:
    sessions.request_sign_in("nobody@nordlicht.example", now)
    assert all_rows() == []


def test_whoever_asked_and_was_removed_is_an_unknown_address(user: User, partner: Partner, now: datetime) -> None:
    sessions.request_sign_in(user.email, now)
    users.remove(partner.id, user.id, "test")
    before = all_rows()
    sessions.request_sign_in(user.email, now)
    assert all_rows() == before


def test_an_address_gets_so_many_links_an_hour_and_never_learns_it(user: User, now: datetime) -> None:
    for minutes in range(30):
        sessions.request_sign_in(user.email, now + timedelta(minutes=minutes))
    assert len(links()) == sessions.SIGN_INS_PER_HOUR
    sessions.request_sign_in("another@nordlicht.example", now)
    sessions.request_sign_in(user.email, now + timedelta(hours=1))
    assert len(links()) == sessions.SIGN_INS_PER_HOUR + 1


def test_what_is_no_address_is_said_so(aws: None, now: datetime) -> None:
    with pytest.raises(InvalidInput) as refusal:
        sessions.request_sign_in("jana", now)
    assert [fault.field for fault in refusal.value.errors] == ["email"]
    assert all_rows() == []


def test_of_two_who_remove_a_user_at_once_the_second_finds_nobody(
    partner: Partner, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_race_to(monkeypatch, lambda: users.remove(partner.id, user.id, "test"))
    with pytest.raises(NotFound):
        users.remove(partner.id, user.id, "test")
