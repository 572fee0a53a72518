"""Standard Webhooks v1: whoever holds a secret is believed, and everybody else gets the one same refusal."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform.errors import Unauthenticated
from dealreg.webhooks.transport import signing

# the example of the reference libraries' own tests
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
MESSAGE_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
MOMENT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
VECTORS = Path(__file__).parents[4] / "shared" / "data" / "webhook_vectors.json"

HEADERS = {"webhook-id": MESSAGE_ID, "webhook-timestamp": "1614265330", "webhook-signature": SIGNATURE}


def verify(headers: dict[str, str], body: bytes = BODY, secrets: tuple[str, ...] = (SECRET,)) -> str:
    return signing.verify(headers, body, secrets, MOMENT)


def test_the_reference_example_is_signed_to_the_letter() -> None:
    assert signing.sign(MESSAGE_ID, MOMENT, BODY, [SECRET]) == HEADERS


def test_the_reference_example_is_verified() -> None:
    assert verify(HEADERS) == MESSAGE_ID


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not on this machine")
def test_every_shared_vector() -> None:
    vectors = [vector for vector in json.loads(VECTORS.read_text()) if vector["scheme"] == "standard-webhooks v1"]
    assert vectors
    for vector in vectors:
        moment = datetime.fromtimestamp(vector["ts"], UTC)
        headers = signing.sign(vector["id"], moment, vector["body"].encode(), [vector["secret"]])
        assert headers["webhook-signature"] == vector["signature"]
        assert signing.verify(headers, vector["body"].encode(), [vector["secret"]], moment) == vector["id"]


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not on this machine")
def test_every_shared_vector_of_ed25519() -> None:
    vectors = [vector for vector in json.loads(VECTORS.read_text()) if vector["scheme"] == "standard-webhooks v1a"]
    assert vectors
    for vector in vectors:
        moment = datetime.fromtimestamp(vector["ts"], UTC)
        headers = signing.sign(vector["id"], moment, vector["body"].encode(), [], [vector["private_key"]])
        assert headers["webhook-signature"] == vector["signature"]
        assert signing.write_public_key(signing.public_key(vector["private_key"])) == vector["public_key"]


def test_what_we_sign_the_reference_library_verifies() -> None:
    standardwebhooks = pytest.importorskip("standardwebhooks")
    secret = signing.make_secret(bytes(range(32)))
    now = datetime.now(UTC)
    headers = signing.sign("evt_1", now, BODY, [OTHER_SECRET, secret])
    assert standardwebhooks.Webhook(secret).verify(BODY.decode(), headers) == {"test": 2432232314}


def test_during_a_rotation_either_secret_verifies() -> None:
    headers = signing.sign(MESSAGE_ID, MOMENT, BODY, [OTHER_SECRET, SECRET])
    assert verify(headers, secrets=(SECRET,)) == MESSAGE_ID
    assert verify(headers, secrets=(OTHER_SECRET,)) == MESSAGE_ID


def test_the_receiver_may_hold_several_secrets() -> None:
    assert verify(HEADERS, secrets=(OTHER_SECRET, SECRET)) == MESSAGE_ID


def test_one_unusable_secret_does_not_shut_out_the_good_one() -> None:
    assert verify(HEADERS, secrets=("whsec_", "no base64!", SECRET)) == MESSAGE_ID


def test_signatures_of_other_schemes_are_passed_over() -> None:
    mixed = f"v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,Ceo5 {SIGNATURE} v1a,AAAA"
    assert verify(HEADERS | {"webhook-signature": mixed}) == MESSAGE_ID


@pytest.mark.parametrize("secret", [SECRET.removeprefix("whsec_"), SECRET + "=="], ids=["no prefix", "odd padding"])
def test_secrets_may_be_written_in_several_ways(secret: str) -> None:
    assert verify(HEADERS, secrets=(secret,)) == MESSAGE_ID


def test_svix_sends_the_same_under_its_own_names() -> None:
    assert verify({name.replace("webhook", "svix"): value for name, value in HEADERS.items()}) == MESSAGE_ID


def test_names_that_disagree_prove_nothing() -> None:
    with pytest.raises(Unauthenticated):
        verify(HEADERS | {"svix-id": "msg_other"})


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_clocks_may_differ_by_five_minutes(seconds: int) -> None:
    assert signing.verify(HEADERS, BODY, [SECRET], MOMENT + timedelta(seconds=seconds)) == MESSAGE_ID


@pytest.mark.parametrize("seconds", [-301, 301])
def test_older_or_newer_is_refused(seconds: int) -> None:
    with pytest.raises(Unauthenticated):
        signing.verify(HEADERS, BODY, [SECRET], MOMENT + timedelta(seconds=seconds))


BAD_HEADERS: dict[str, dict[str, str]] = {
    "no id": {"webhook-id": ""},
    "a point in the id": {"webhook-id": "msg.1"},
    "a line break in the id": {"webhook-id": MESSAGE_ID + "\n"},
    "an id that is not ASCII": {"webhook-id": "msg_ä"},
    "another id": {"webhook-id": "msg_other"},
    "a word as the time": {"webhook-timestamp": "hello"},
    "a time with a fraction": {"webhook-timestamp": "1614265330.0"},
    "a time before 1970": {"webhook-timestamp": "-1614265330"},
    "a time with a space": {"webhook-timestamp": " 1614265330"},
    "a time in other digits": {"webhook-timestamp": "١٦١٤٢٦٥٣٣٠"},
    "a time of twenty digits": {"webhook-timestamp": "1" * 20},
    "an exponent": {"webhook-timestamp": "1e9"},
    "no signature": {"webhook-signature": ""},
    "a signature without a scheme": {"webhook-signature": SIGNATURE.removeprefix("v1,")},
    "an empty signature": {"webhook-signature": "v1,"},
    "a broken signature": {"webhook-signature": "v1,dawfeoifkpqwoekfpqoekf"},
    "a signature that is not ASCII": {"webhook-signature": "v1,äöü\udcff"},
    "only another scheme": {"webhook-signature": SIGNATURE.replace("v1", "v2")},
    "signatures glued by a proxy": {"webhook-signature": f"v1,AAAA,{SIGNATURE}"},
    "the good one after sixteen others": {"webhook-signature": "v1,AAAA " * 16 + SIGNATURE},
    "a header of over 4 kB": {"webhook-signature": SIGNATURE + " v1,AAAA" * 600},
}


@pytest.mark.parametrize("change", BAD_HEADERS.values(), ids=BAD_HEADERS.keys())
def test_every_fault_is_the_one_same_refusal(change: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        verify(HEADERS | change)
    assert str(refusal.value) == "The signature could not be verified."


@pytest.mark.parametrize("name", HEADERS)
def test_all_three_headers_are_needed(name: str) -> None:
    with pytest.raises(Unauthenticated):
        verify({header: value for header, value in HEADERS.items() if header != name})


@pytest.mark.parametrize("body", [b"", BODY + b" ", b"\xff\xfe"], ids=["empty", "one more byte", "not text"])
def test_another_body_is_refused(body: bytes) -> None:
    with pytest.raises(Unauthenticated):
        verify(HEADERS, body)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_===", "no base64!", OTHER_SECRET])
def test_another_secret_or_none_is_refused(secret: str) -> None:
    with pytest.raises(Unauthenticated):
        verify(HEADERS, secrets=(secret,))


def test_nobody_is_believed_without_secrets() -> None:
    with pytest.raises(Unauthenticated):
        verify(HEADERS, secrets=())


@pytest.mark.parametrize("secret", ["", "whsec_", "no base64!"])
def test_nothing_is_signed_with_a_secret_that_is_none(secret: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        signing.sign(MESSAGE_ID, MOMENT, BODY, [secret])


ANY_TEXT = st.text(st.characters(), max_size=60)
ANY_SIGNATURE = ANY_TEXT | st.lists(st.sampled_from(["v1,", "v1a,", "v1", SIGNATURE, "=", ","]) | ANY_TEXT).map(
    " ".join
)
ANY_HEADERS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "webhook-id": ANY_TEXT | st.just(MESSAGE_ID),
        "webhook-timestamp": ANY_TEXT | st.integers().map(str) | st.just("1614265330"),
        "webhook-signature": ANY_SIGNATURE,
        "svix-signature": ANY_SIGNATURE,
    },
)


@given(headers=ANY_HEADERS, body=st.binary(max_size=40), secret=ANY_TEXT | st.just(SECRET))
def test_nothing_makes_it_raise_anything_else(headers: dict[str, str], body: bytes, secret: str) -> None:
    with pytest.raises(Unauthenticated):
        signing.verify(headers, body, [secret], MOMENT)


@given(key=st.binary(min_size=24, max_size=64), body=st.binary(), seconds=st.integers(-300, 300))
def test_what_is_signed_is_verified(key: bytes, body: bytes, seconds: int) -> None:
    secret = signing.make_secret(key)
    headers = signing.sign("evt_1", MOMENT, body, [secret])
    assert signing.verify(headers, body, [secret], MOMENT + timedelta(seconds=seconds)) == "evt_1"
