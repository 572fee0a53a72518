from dataclasses import replace
from datetime import datetime

import pytest

from dealreg import times
from dealreg.partners import sessions, store
from dealreg.partners.model import Partner, Product, Program, User
from forms.pages import handler
from forms.sessions import COOKIE
from tests.integration.forms.visitor import Visitor

PRODUCTS = (
    Product("analytics", "Analytics", "data"),
    Product("reporting", "Reporting", "data"),
    Product("payments", "Payments", "payments"),
)


@pytest.fixture
def program(aws: None) -> Program:
    return store.save_program(replace(Program(), name="Aurora Partners", products=PRODUCTS), "test")


@pytest.fixture
def today() -> datetime:
    """The pages look at the clock themselves."""
    return times.now()


@pytest.fixture
def partner(program: Program, today: datetime) -> Partner:
    return store.create_partner("Nordlicht", "registered", [], today, "test")


@pytest.fixture
def user(partner: Partner, today: datetime) -> User:
    return store.create_user(partner.id, "Jana Weiß", "jana@nordlicht.example", today, "test")


@pytest.fixture
def stranger(program: Program) -> Visitor:
    return Visitor(handler, "forms-pages")


@pytest.fixture
def visitor(user: User, today: datetime) -> Visitor:
    """Jana, signed in."""
    return signed_in(user, today)


@pytest.fixture
def competitor(program: Program, today: datetime) -> Visitor:
    """Somebody of another partner, signed in."""
    partner = store.create_partner("Alpenrand", "registered", [], today, "test")
    return signed_in(store.create_user(partner.id, "Sepp Huber", "sepp@alpenrand.example", today, "test"), today)


def signed_in(user: User, now: datetime) -> Visitor:
    sessions.request_sign_in(user.email, now)
    return Visitor(handler, "forms-pages", {COOKIE: sessions.use_sign_in(sign_in_token(user), now)})


def sign_in_token(user: User) -> str:
    """What the newest mailed link that is not used ends with."""
    from tests.integration.partners.rows import rows_of_kind

    rows = [row for row in rows_of_kind("sign_in") if row["user_id"] == user.id and "used_at" not in row]
    return sessions.link_token(max(row["sign_in_id"] for row in rows))
