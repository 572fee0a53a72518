"""Keys and what they open."""

from datetime import datetime, timedelta

import pytest

from dealreg.partners import credentials, partners, sessions
from dealreg.partners.partners import Partner
from dealreg.partners.users import User
from dealreg.platform import times
from dealreg.platform.errors import NotFound
from dealreg.platform.paging import PageRequest
from tests.integration.aws_calls import lose_race_to
from tests.integration.partners.rows import all_rows, rows_of_kind


def test_a_partner_key_speaks_for_its_partner(partner: Partner, key: str, now: datetime) -> None:
    caller = credentials.authenticate(key, now)
    assert caller is not None
    assert (caller.principal_type, caller.partner_id, caller.user_id) == ("partner", partner.id, "")


def test_an_admin_key_speaks_for_the_vendor_under_its_own_id(aws: None, now: datetime) -> None:
    key, token = credentials.create_admin_key("operations", now, "test")
    caller = credentials.authenticate(token, now)
    assert caller is not None
    assert (caller.principal_type, caller.partner_id, caller.user_id) == ("admin", "", key.id)


def test_an_unknown_token_is_nobody(key: str, now: datetime) -> None:
    for token in ("", "drk_", "drk_unknown", key[:-1], key.upper(), f" {key}", "dra_" + "x" * 5000, "drk_ü", "\ud800"):
        assert credentials.authenticate(token, now) is None


def test_the_hash_of_a_key_is_no_key(key: str, now: datetime) -> None:
    (row,) = rows_of_kind("partner_key")
    token_hash = row["pk"].removeprefix("CREDENTIAL#")
    assert credentials.authenticate(token_hash, now) is None
    assert credentials.authenticate(f"drk_{token_hash}", now) is None


def test_no_row_holds_a_token(partner: Partner, user: User, key: str, now: datetime) -> None:
    _, admin_key = credentials.create_admin_key("operations", now, "test")
    sessions.request_sign_in(user.email, now)
    (sign_in,) = rows_of_kind("sign_in")
    link = sessions.link_token(sign_in["sign_in_id"])
    session = sessions.use_sign_in(link, now)
    stored = repr(all_rows())
    assert not [token for token in (key, admin_key, link, session) if token in stored]


def test_a_suspended_partner_is_refused_at_once_and_let_in_again(partner: Partner, key: str, now: datetime) -> None:
    partners.change(partner.id, {"status": "suspended"}, "test")
    assert credentials.authenticate(key, now) is None
    partners.change(partner.id, {"status": "active"}, "test")
    assert credentials.authenticate(key, now) is not None


def test_a_revoked_key_is_nobody_and_the_other_keys_stay(partner: Partner, key: str, now: datetime) -> None:
    other, other_token = credentials.create_partner_key(partner.id, "old CRM", now, "test")
    credentials.revoke_key(partner.id, other.id, "test")
    assert credentials.authenticate(other_token, now) is None
    assert credentials.authenticate(key, now) is not None
    assert [row["name"] for row in rows_of_kind("partner_key")] == ["CRM"]


def test_a_key_revoked_while_it_is_used_is_nobody(
    partner: Partner, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, token = credentials.create_partner_key(partner.id, "CRM", now, "test")
    lose_race_to(monkeypatch, lambda: credentials.revoke_key(partner.id, key.id, "test"))
    assert credentials.authenticate(token, now) is None
    assert rows_of_kind("partner_key") == [], "its use did not bring it back"


def test_a_key_is_revoked_only_under_its_own_partner(partner: Partner, now: datetime) -> None:
    key, token = credentials.create_partner_key(partner.id, "CRM", now, "test")
    stranger = partners.create("Other", "registered", [], now, "test")
    for wrong in (stranger.id, "part_unknown", ""):
        with pytest.raises(NotFound):
            credentials.revoke_key(wrong, key.id, "test")
    assert credentials.authenticate(token, now) is not None


def test_a_use_is_recorded_at_most_once_an_hour(partner: Partner, key: str, now: datetime) -> None:
    page = PageRequest(10)
    recorded: list[str | None] = [credentials.list_keys(partner.id, page)["items"][0]["last_used_at"]]
    for minutes in (0, 59, 60, 61):
        credentials.authenticate(key, now + timedelta(minutes=minutes))
        recorded.append(credentials.list_keys(partner.id, page)["items"][0]["last_used_at"])
    first, second = times.to_text(now), times.to_text(now + timedelta(hours=1))
    assert recorded == [None, first, first, second, second]


def test_a_key_for_an_unknown_partner_is_not_made(aws: None, now: datetime) -> None:
    with pytest.raises(NotFound):
        credentials.create_partner_key("part_unknown", "CRM", now, "test")
    assert all_rows() == []


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer drk_1", "drk_1"),
        ("bearer  drk_1 ", "drk_1"),
        ("Basic drk_1", ""),
        ("drk_1", ""),
        ("", ""),
    ],
)
def test_only_a_bearer_token_is_read(header: str, token: str) -> None:
    assert credentials.bearer_token(header) == token
