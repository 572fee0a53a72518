from datetime import datetime

import pytest

from dealreg.partners import credentials, store
from dealreg.partners.model import Partner, User


@pytest.fixture
def partner(aws: None, now: datetime) -> Partner:
    return store.create_partner("Nordlicht", "registered", ["nordlicht.example"], now, "test")


@pytest.fixture
def user(partner: Partner, now: datetime) -> User:
    return store.create_user(partner.id, "Jana Weiß", "jana@nordlicht.example", now, "test")


@pytest.fixture
def key(partner: Partner, now: datetime) -> str:
    _, token = credentials.create_partner_key(partner.id, "CRM", now, "test")
    return token
