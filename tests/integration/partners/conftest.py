from datetime import datetime

import pytest

from dealreg.partners import credentials, partners, users
from dealreg.partners.partners import Partner
from dealreg.partners.users import User


@pytest.fixture
def partner(aws: None, now: datetime) -> Partner:
    return partners.create("Nordlicht", "registered", ["nordlicht.example"], now, "test")


@pytest.fixture
def user(partner: Partner, now: datetime) -> User:
    return users.create(partner.id, "Jana Weiß", "jana@nordlicht.example", now, "test")


@pytest.fixture
def key(partner: Partner, now: datetime) -> str:
    _, token = credentials.create_partner_key(partner.id, "CRM", now, "test")
    return token
