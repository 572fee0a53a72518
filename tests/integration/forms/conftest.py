from collections.abc import Callable
from datetime import datetime

import pytest

from dealreg.pages.sessions import COOKIE
from dealreg.partners import sessions, users
from dealreg.partners.program import Program
from dealreg.partners.staff import Member
from dealreg.partners.users import User
from dealreg.platform import times
from dealreg.platform.http import Caller
from forms.pages import handler
from tests.integration.forms.visitor import Visitor
from tests.integration.partners.rows import rows_of_kind


@pytest.fixture
def today() -> datetime:
    """The pages look at the clock themselves."""
    return times.now()


@pytest.fixture
def user(new_partner: Callable[[str], Caller]) -> User:
    return _user(new_partner("Nordlicht"))


@pytest.fixture
def stranger(program: Program) -> Visitor:
    return Visitor(handler)


@pytest.fixture
def visitor(user: User, today: datetime) -> Visitor:
    """The user, signed in."""
    return signed_in(user, today)


@pytest.fixture
def competitor(new_partner: Callable[[str], Caller], today: datetime) -> Visitor:
    """Somebody of another partner, signed in."""
    return signed_in(_user(new_partner("Alpenrand")), today)


def _user(caller: Caller) -> User:
    return users.load(caller.partner_id, caller.user_id)


def signed_in(user: User, now: datetime) -> Visitor:
    sessions.request_sign_in(user.email, now)
    return Visitor(handler, {COOKIE: sessions.use_sign_in(sign_in_token(user), now)})


def sign_in_token(user: User | Member) -> str:
    """What the newest mailed link that is not used ends with."""
    rows = [row for row in rows_of_kind("sign_in") if row["user_id"] == user.id and "used_at" not in row]
    return sessions.link_token(max(row["sign_in_id"] for row in rows))
