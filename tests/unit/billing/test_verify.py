"""Who may post: signatures of billing systems over raw bytes."""

import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.billing.model import SourceKind
from dealreg.billing.verify import verify
from dealreg.platform.errors import Unauthenticated
from dealreg.webhooks.transport import signing

VECTORS = Path(__file__).parents[4] / "shared" / "data" / "webhook_vectors.json"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
STRIPE = SourceKind.STRIPE
SECRET = "whsec_of_the_tests_only"
BODY = b'{"id":"evt_1","type":"checkout.session.completed"}'


def stripe_signature(body: bytes, secret: str = SECRET, at: int = AT) -> str:
    return hmac.digest(secret.encode(), f"{at}.".encode() + body, "sha256").hex()


def stripe_headers(body: bytes, secret: str = SECRET, at: int = AT) -> dict[str, str]:
    return {"stripe-signature": f"t={at},v1={stripe_signature(body, secret, at)}"}


def vectors(scheme: str) -> list[dict[str, Any]]:
    if not VECTORS.exists():
        pytest.skip(f"the public test vectors are not at {VECTORS.parent.name}/{VECTORS.name}")
    return [vector for vector in json.loads(VECTORS.read_text()) if vector["scheme"] == scheme]


def test_published_stripe_vectors_hold() -> None:
    for vector in vectors("stripe v1"):
        at = datetime.fromtimestamp(vector["ts"], UTC)
        headers = {"stripe-signature": vector["signature"]}
        assert verify(STRIPE, headers, vector["body"].encode(), [vector["secret"]], at) == "evt_test_webhook"


def test_published_standard_webhooks_vectors_hold() -> None:
    for vector in vectors("standard-webhooks v1"):
        headers = {
            "webhook-id": vector["id"],
            "webhook-timestamp": str(vector["ts"]),
            "webhook-signature": vector["signature"],
        }
        at = datetime.fromtimestamp(vector["ts"], UTC)
        found = verify(SourceKind.STANDARD_WEBHOOKS, headers, vector["body"].encode(), [vector["secret"]], at)
        assert found == vector["id"]


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_stripe_tolerates_five_minutes_either_way(seconds: int) -> None:
    assert verify(STRIPE, stripe_headers(BODY), BODY, [SECRET], NOW + timedelta(seconds=seconds)) == "evt_1"


@pytest.mark.parametrize("seconds", [-301, 301])
def test_stripe_refuses_more_than_five_minutes_either_way(seconds: int) -> None:
    with pytest.raises(Unauthenticated):
        verify(STRIPE, stripe_headers(BODY), BODY, [SECRET], NOW + timedelta(seconds=seconds))


def test_one_good_signature_among_several_is_enough_while_stripe_rolls_a_secret() -> None:
    header = f"t={AT},v1={'0' * 64},v1={stripe_signature(BODY)},v0=old"
    assert verify(STRIPE, {"stripe-signature": header}, BODY, [SECRET], NOW) == "evt_1"


def test_one_live_secret_that_fits_is_enough() -> None:
    old = stripe_headers(BODY, "whsec_the_one_before_it")
    assert verify(STRIPE, old, BODY, [SECRET, "whsec_the_one_before_it"], NOW) == "evt_1"


def test_another_sources_secret_does_not_fit() -> None:
    with pytest.raises(Unauthenticated):
        verify(STRIPE, stripe_headers(BODY, "whsec_of_another_source"), BODY, [SECRET], NOW)


def test_the_prefix_is_part_of_stripes_key() -> None:
    with pytest.raises(Unauthenticated):
        verify(STRIPE, stripe_headers(BODY, SECRET.removeprefix("whsec_")), BODY, [SECRET], NOW)


def test_a_changed_byte_does_not_pass() -> None:
    with pytest.raises(Unauthenticated):
        verify(STRIPE, stripe_headers(BODY), BODY + b" ", [SECRET], NOW)


def test_bytes_that_are_no_text_are_verified_as_they_are() -> None:
    body = b"\xff\xfe\x00"
    assert len(verify(STRIPE, stripe_headers(body), body, [SECRET], NOW)) == 64


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"id":1}',
        b'{"id":""}',
        b'{"id":"\\ud800"}',
        b"[" * 100_000,
        b'{"id":' + b"9" * 5000 + b"}",
    ],
)
def test_a_signed_body_that_names_no_event_is_known_by_its_content(body: bytes) -> None:
    first = verify(STRIPE, stripe_headers(body), body, [SECRET], NOW)
    again = verify(STRIPE, stripe_headers(body, at=AT + 9), body, [SECRET], NOW)
    assert first == again
    assert len(first) == 64


GOOD = stripe_signature(BODY)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=",
        f"t={AT}",
        f"v1={GOOD}",
        f"v1,t={AT}",
        f"t=,v1={GOOD}",
        f"t={AT},v0={GOOD}",
        f"t={AT},v1=",
        f"t={AT},v1={GOOD.upper()}",
        f"t={AT},v1={GOOD}=",
        f"t={AT},t={AT},v1={GOOD}",
        f"t={AT}, v1={GOOD}",
        f"t= {AT},v1={GOOD}",
        f"t=-{AT},v1={GOOD}",
        f"t={AT}.0,v1={GOOD}",
        f"t={AT:020d},v1={GOOD}",
        f"t=1e9,v1={GOOD}",
        f"t={'9' * 5000},v1={GOOD}",
        f"t={AT},v1={GOOD},v1=é",
        f"t=٣٣٣,v1={GOOD}",
        f"t={AT},v1={GOOD}\n",
        f"t={AT}," + ",".join(f"v1={place:064x}" for place in range(1000)) + f",v1={GOOD}",
        "\ud800",
    ],
)
def test_a_malformed_stripe_header_is_the_one_same_refusal(header: str) -> None:
    with pytest.raises(Unauthenticated, match="could not be verified"):
        verify(STRIPE, {"stripe-signature": header}, BODY, [SECRET], NOW)


@pytest.mark.parametrize("kind", SourceKind)
@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_a_secret_nothing_is_verified(kind: SourceKind, secrets: list[str]) -> None:
    headers = stripe_headers(BODY, "") | {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(AT),
        "webhook-signature": "v1,",
    }
    with pytest.raises(Unauthenticated):
        verify(kind, headers, BODY, secrets, NOW)


_HEADER_NAMES = [
    "stripe-signature",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "svix-id",
    "svix-timestamp",
]
_HEADER_PARTS = st.sampled_from(["t=", "v1=", "v1,", ",", "=", " ", str(AT), GOOD, "msg_1", "\x00", "é", "whsec_", "."])
_HEADER_VALUES = st.one_of(st.text(st.characters(codec=None)), st.lists(_HEADER_PARTS, max_size=40).map("".join))


@given(
    kind=st.sampled_from(SourceKind),
    headers=st.dictionaries(st.sampled_from(_HEADER_NAMES), _HEADER_VALUES),
    body=st.binary(max_size=200),
)
def test_no_request_makes_it_fail_in_any_other_way(kind: SourceKind, headers: dict[str, str], body: bytes) -> None:
    secrets = {SourceKind.STRIPE: SECRET, SourceKind.STANDARD_WEBHOOKS: signing.make_secret(b"k" * 24)}
    with pytest.raises(Unauthenticated):
        verify(kind, headers, body, [secrets[kind]], NOW)


@given(body=st.binary(max_size=500), at=st.integers(AT - 300, AT + 300))
def test_whatever_the_sender_signed_is_verified(body: bytes, at: int) -> None:
    assert verify(STRIPE, stripe_headers(body, at=at), body, [SECRET], NOW)
