"""The demo receivers go by the clock of the stack: what was signed long ago or long before its time is refused."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from local.billing_system import closed_won
from local.clock import Clock
from local.places import Places
from local.receivers import Receivers

URL, SECRET = "http://127.0.0.1:1/_local/receivers/partner", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places(tmp_path)
    places.state.mkdir()
    places.demo.write_text(json.dumps({"endpoints": [{"id": "wep_1", "url": URL, "secret": SECRET}]}))
    return places


def signed(moment: datetime, body: str = "{}") -> dict[str, str]:
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": "v1,AAAA " + Webhook(SECRET).sign("msg_1", moment, body),
    }


def is_verified(places: Places, headers: dict[str, str], url: str = URL) -> bool:
    return Receivers(places, Clock(places.clock)).receive(url, headers, b"{}").verified


@pytest.mark.parametrize(("minutes", "expected"), [(0, True), (4, True), (-4, True), (6, False), (-6, False)])
@pytest.mark.parametrize("days", [0, 3])
def test_five_minutes_around_the_time_of_the_stack(places: Places, days: int, minutes: int, expected: bool) -> None:
    now = datetime.now(UTC) + timedelta(days=days)
    Clock(places.clock).move_to(now)
    assert is_verified(places, signed(now + timedelta(minutes=minutes))) is expected


@pytest.mark.parametrize(
    "wrong",
    [
        signed(datetime.now(UTC), "{ }"),
        {},
        *({name: text} for name in ("webhook-timestamp", "webhook-signature") for text in ("", "é", "9" * 400)),
    ],
)
def test_what_is_not_signed_is_not_verified(places: Places, wrong: dict[str, str]) -> None:
    assert not is_verified(places, signed(datetime.now(UTC)) | wrong if len(wrong) == 1 else wrong)


def test_what_nobody_has_the_secret_of_is_not_verified(places: Places) -> None:
    assert not is_verified(places, signed(datetime.now(UTC)), URL + "/other")


def test_the_billing_system_signs_by_the_time_it_is_told() -> None:
    now = datetime.now(UTC)
    body, headers = closed_won("D-7K3M-9Q2F", {"amount": "1.00", "currency": "EUR"}, SECRET, now)
    Webhook(SECRET).verify(body, headers)
    assert headers["webhook-timestamp"] == str(int(now.timestamp()))
    assert json.loads(body)["timestamp"] == now.isoformat()
