"""Who may post: signatures of billing systems over raw bytes."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.billing.model import Secret, Source, SourceKind
from dealreg.billing.verify import verify as verify_for
from dealreg.platform.errors import Unauthenticated
from dealreg.webhooks.transport import signing

VECTORS = Path(__file__).parents[4] / "shared" / "data" / "webhook_vectors.json"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
STRIPE = SourceKind.STRIPE
SECRET = "whsec_of_the_tests_only"
PUBLIC_KEY = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
USER = "billing"
BODY = b'{"id":"evt_1","type":"checkout.session.completed"}'


def source_of(kind: SourceKind, secrets: Sequence[str], **proof: Any) -> Source:
    return Source("bsrc_1", kind, "Billing", tuple(map(Secret, secrets)), NOW, **proof)


def verify(kind: SourceKind, headers: dict[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> str:
    return verify_for(source_of(kind, secrets, username=USER), headers, body, now)


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
    headers = (
        stripe_headers(BODY, "")
        | paddle_headers(BODY, "")
        | recurly_headers(BODY, "")
        | basic(f"{USER}:")
        | {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(AT),
            "webhook-signature": "v1,",
            "x-dealreg-signature": hmac.digest(b"", BODY, "sha256").hex(),
        }
    )
    with pytest.raises(Unauthenticated):
        verify(kind, headers, BODY, secrets, NOW)


_HEADER_NAMES = [
    "stripe-signature",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "svix-id",
    "svix-timestamp",
    "svix-signature",
    "paddle-signature",
    "recurly-signature",
    "authorization",
    "x-dealreg-signature",
]
_HEADER_PARTS = st.sampled_from(
    [
        *("t=", "v1=", "v1,", "v1a,", "ts=", "h1=", "whsec_", "Basic ", ";", ",", "=", " ", ".", ":", "\x00", "é"),
        *(str(AT), f"{AT}000", GOOD, "msg_1", base64.b64encode(b"billing:").decode()),
    ]
)
_HEADER_VALUES = st.one_of(st.text(st.characters(codec=None)), st.lists(_HEADER_PARTS, max_size=40).map("".join))


@given(
    kind=st.sampled_from(SourceKind),
    headers=st.dictionaries(st.sampled_from(_HEADER_NAMES), _HEADER_VALUES),
    body=st.binary(max_size=200),
)
def test_no_request_makes_it_fail_in_any_other_way(kind: SourceKind, headers: dict[str, str], body: bytes) -> None:
    secret = signing.make_secret(b"k" * 24) if kind is SourceKind.STANDARD_WEBHOOKS else SECRET
    source = source_of(kind, [secret], username=USER, public_key=PUBLIC_KEY)
    with pytest.raises(Unauthenticated, match=r"^The signature could not be verified\.$"):
        verify_for(source, headers, body, NOW)


@given(body=st.binary(max_size=500), at=st.integers(AT - 300, AT + 300))
def test_whatever_the_sender_signed_is_verified(body: bytes, at: int) -> None:
    assert verify(STRIPE, stripe_headers(body, at=at), body, [SECRET], NOW)


# ---- Standard Webhooks with a public key ----------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["webhook", "svix"])
def test_a_public_key_proves_what_its_owner_signed(prefix: str) -> None:
    for vector in vectors("standard-webhooks v1a"):
        source = source_of(SourceKind.STANDARD_WEBHOOKS, [], public_key=vector["public_key"])
        at = datetime.fromtimestamp(vector["ts"], UTC)
        headers = {
            f"{prefix}-id": vector["id"],
            f"{prefix}-timestamp": str(vector["ts"]),
            f"{prefix}-signature": f"v1,AAAA v1a,AAAA {vector['signature']}",
        }
        body = vector["body"].encode()
        assert verify_for(source, headers, body, at) == vector["id"]
        for spoilt in (headers | {f"{prefix}-id": "msg_2"}, headers | {f"{prefix}-signature": "v1a,"}):
            with pytest.raises(Unauthenticated):
                verify_for(source, spoilt, body, at)
        with pytest.raises(Unauthenticated):
            verify_for(source, headers, body, at + timedelta(seconds=301))


def test_a_signature_v1_still_counts_beside_a_public_key() -> None:
    secret = signing.make_secret(b"k" * 24)
    source = source_of(SourceKind.STANDARD_WEBHOOKS, [secret], public_key=PUBLIC_KEY)
    assert verify_for(source, signing.sign("msg_1", NOW, BODY, [secret]), BODY, NOW) == "msg_1"


# ---- Paddle and Recurly ---------------------------------------------------------------------------------------------

PADDLE_BODY = b'{"event_id":"evt_01","event_type":"transaction.completed"}'
RECURLY_BODY = b'{"id":"re1","event_type":"paid","event_time":"2026-11-23T10:00:00Z"}'


def paddle_headers(body: bytes, secret: str = SECRET, at: int = AT, before: str = "") -> dict[str, str]:
    signature = hmac.digest(secret.encode(), f"{at}:".encode() + body, "sha256").hex()
    return {"paddle-signature": f"ts={at};{before}h1={signature}"}


def recurly_headers(body: bytes, secret: str = SECRET, at: int = AT, before: str = "") -> dict[str, str]:
    signature = hmac.digest(secret.encode(), f"{at}004.".encode() + body, "sha256").hex()
    return {"recurly-signature": f"{at}004,{before}{signature}"}


Headers = Callable[..., dict[str, str]]
STAMPED = pytest.mark.parametrize(
    ("kind", "sign", "body", "event_id", "other"),
    [
        (STRIPE, stripe_headers, BODY, "evt_1", ""),
        (SourceKind.PADDLE, paddle_headers, PADDLE_BODY, "evt_01", "h1=dummy;"),
        (SourceKind.RECURLY, recurly_headers, RECURLY_BODY, "re1:paid:2026-11-23T10:00:00Z", "dummy,"),
    ],
)


@pytest.mark.parametrize(
    ("kind", "header"), [(SourceKind.PADDLE, "paddle-signature"), (SourceKind.RECURLY, "recurly-signature")]
)
def test_published_vectors_hold(kind: SourceKind, header: str) -> None:
    for vector in vectors(kind.value):
        at = datetime.fromtimestamp(vector["ts"] / (1000 if kind is SourceKind.RECURLY else 1), UTC)
        body, headers = vector["body"].encode(), {header: vector["signature"]}
        content: dict[str, str] = json.loads(body) if body.startswith(b"{") else {}
        names = ("id", "event_type", "event_time") if kind is SourceKind.RECURLY else ("event_id",)
        named = ":".join(content.get(name, "") for name in names) or hashlib.sha256(body).hexdigest()
        assert verify(kind, headers, body, ["another", vector["secret"]], at) == named
        with pytest.raises(Unauthenticated):
            verify(kind, headers, body + b" ", [vector["secret"]], at)


@STAMPED
def test_five_minutes_either_way_are_tolerated_and_no_more(
    kind: SourceKind, sign: Headers, body: bytes, event_id: str, other: str
) -> None:
    for seconds in (-299, 0, 300):
        assert verify(kind, sign(body), body, [SECRET], NOW + timedelta(seconds=seconds)) == event_id
    for seconds in (-301, 301):
        with pytest.raises(Unauthenticated):
            verify(kind, sign(body), body, [SECRET], NOW + timedelta(seconds=seconds))


@STAMPED
def test_several_signatures_and_several_secrets_are_tried(
    kind: SourceKind, sign: Headers, body: bytes, event_id: str, other: str
) -> None:
    headers = sign(body, before=other) if other else sign(body)
    assert verify(kind, headers, body, ["the one after it", SECRET], NOW) == event_id
    with pytest.raises(Unauthenticated):
        verify(kind, headers, body, ["the one after it"], NOW)


@pytest.mark.parametrize(
    ("kind", "header"),
    [
        (SourceKind.PADDLE, "ts={at};h1="),
        (SourceKind.PADDLE, "ts={at};h2={good}"),
        (SourceKind.PADDLE, "h1={good}"),
        (SourceKind.PADDLE, "ts={at};ts={at};h1={good}"),
        (SourceKind.PADDLE, "ts={at},h1={good}"),
        (SourceKind.PADDLE, "ts={at};" + "h1=0;" * 16 + "h1={good}"),
        (SourceKind.RECURLY, "{good}"),
        (SourceKind.RECURLY, "{at}004"),
        (SourceKind.RECURLY, "{at}004;{good}"),
        (SourceKind.RECURLY, "{at},{good}"),
        (SourceKind.RECURLY, "{at}004," + "0," * 16 + "{good}"),
    ],
)
def test_a_malformed_header_is_the_one_same_refusal(kind: SourceKind, header: str) -> None:
    sign = paddle_headers if kind is SourceKind.PADDLE else recurly_headers
    ((name, value),) = sign(PADDLE_BODY).items()
    good = value[-64:]
    with pytest.raises(Unauthenticated, match="could not be verified"):
        verify(kind, {name: header.format(at=AT, good=good)}, PADDLE_BODY, [SECRET], NOW)


def test_of_a_recurly_event_all_three_names_count() -> None:
    again = RECURLY_BODY.replace(b"paid", b"past_due")
    found = {verify(SourceKind.RECURLY, recurly_headers(body), body, [SECRET], NOW) for body in (RECURLY_BODY, again)}
    assert len(found) == 2


# ---- Chargebee and Zuora --------------------------------------------------------------------------------------------


def basic(user_and_password: str, scheme: str = "Basic") -> dict[str, str]:
    return {"authorization": f"{scheme} {base64.b64encode(user_and_password.encode()).decode()}"}


BASIC = pytest.mark.parametrize("kind", [SourceKind.CHARGEBEE, SourceKind.ZUORA])
PASSWORD = "pass:word of the tests: é"
BASIC_BODY = b'{"id":"ev_1","eventId":"ev_1"}'


@BASIC
@pytest.mark.parametrize("scheme", ["Basic", "basic"])
def test_the_first_colon_parts_user_and_password(kind: SourceKind, scheme: str) -> None:
    headers = basic(f"{USER}:{PASSWORD}", scheme)
    assert verify(kind, headers, BASIC_BODY, ["another", PASSWORD], NOW) == "ev_1"


@BASIC
@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic(USER),
        basic(f"{USER}:"),
        basic(f"{USER}:{PASSWORD} "),
        basic(f"{USER.upper()}:{PASSWORD}"),
        basic(f"another:{PASSWORD}"),
        basic(f":{PASSWORD}"),
        basic(f"{USER}:{PASSWORD}", "Bearer"),
        {"authorization": "Basic"},
        {"authorization": f"Basic {USER}:{PASSWORD}"},
        {"authorization": "Basic " + "A" * 100_000},
        {"authorization": basic(f"{USER}:{PASSWORD}")["authorization"] + "!"},
    ],
)
def test_any_other_user_or_password_is_refused(kind: SourceKind, headers: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated, match="could not be verified"):
        verify(kind, headers, BASIC_BODY, [PASSWORD], NOW)


@pytest.mark.parametrize("is_hex", [True, False])
def test_zuora_may_sign_the_body_instead(is_hex: bool) -> None:
    def headers(secret: str) -> dict[str, str]:
        digest = hmac.digest(secret.encode(), BASIC_BODY, "sha256")
        return {"x-dealreg-signature": digest.hex() if is_hex else base64.b64encode(digest).decode()}

    assert verify(SourceKind.ZUORA, headers(SECRET), BASIC_BODY, ["another", SECRET], NOW) == "ev_1"
    with pytest.raises(Unauthenticated):
        verify(SourceKind.ZUORA, headers("another"), BASIC_BODY, [SECRET], NOW)
    with pytest.raises(Unauthenticated):
        verify(SourceKind.ZUORA, headers(SECRET), BASIC_BODY + b" ", [SECRET], NOW)
    with pytest.raises(Unauthenticated):
        verify(SourceKind.CHARGEBEE, headers(SECRET), BASIC_BODY, [SECRET], NOW)


# ---- all of them ----------------------------------------------------------------------------------------------------


def signed_by(kind: SourceKind, secret: str) -> dict[str, str]:
    match kind:
        case SourceKind.STRIPE:
            return stripe_headers(BODY, secret)
        case SourceKind.PADDLE:
            return paddle_headers(BODY, secret)
        case SourceKind.RECURLY:
            return recurly_headers(BODY, secret)
        case SourceKind.STANDARD_WEBHOOKS:
            return signing.sign("msg_1", NOW, BODY, [secret])
        case _:
            return basic(f"{USER}:{secret}")


@pytest.mark.parametrize("kind", SourceKind)
def test_every_live_secret_is_compared_in_constant_time_whichever_fits(
    kind: SourceKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = [signing.make_secret(letter * 24) for letter in (b"a", b"b", b"c")]
    compared: list[int] = []
    compare = hmac.compare_digest

    def counted(one: Any, other: Any) -> bool:
        compared[-1] += 1
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    for secret in (*live, signing.make_secret(b"d" * 24)):
        compared.append(0)
        try:
            verify(kind, signed_by(kind, secret), BODY, live, NOW)
        except Unauthenticated:
            assert secret not in live
        else:
            assert secret in live
    assert len(set(compared)) == 1
    assert compared[0] >= len(live)


# ---- the providers' own libraries -----------------------------------------------------------------------------------


def test_what_stripes_library_signs_is_verified() -> None:
    stripe = pytest.importorskip("stripe")
    signature = stripe.WebhookSignature._compute_signature(f"{AT}.{BODY.decode()}", SECRET)
    assert verify(STRIPE, {"stripe-signature": f"t={AT},v1={signature}"}, BODY, [SECRET], NOW) == "evt_1"


@pytest.mark.parametrize("prefix", ["webhook", "svix"])
@pytest.mark.parametrize(("library", "name"), [("standardwebhooks", "Webhook"), ("svix.webhooks", "Webhook")])
def test_what_the_libraries_of_standard_webhooks_sign_is_verified(prefix: str, library: str, name: str) -> None:
    webhook = getattr(pytest.importorskip(library), name)(signing.make_secret(b"k" * 24))
    headers = {
        f"{prefix}-id": "msg_1",
        f"{prefix}-timestamp": str(AT),
        f"{prefix}-signature": webhook.sign("msg_1", NOW, BODY.decode()),
    }
    assert verify(SourceKind.STANDARD_WEBHOOKS, headers, BODY, [signing.make_secret(b"k" * 24)], NOW) == "msg_1"


def test_what_paddles_library_signs_is_verified() -> None:
    paddle = pytest.importorskip("paddle_billing.Notifications.PaddleSignature")
    signature = paddle.PaddleSignature.calculate_hmac(SECRET, f"{AT}:{PADDLE_BODY.decode()}".encode())
    headers = {"paddle-signature": f"ts={AT};h1={signature.hexdigest()}"}
    assert verify(SourceKind.PADDLE, headers, PADDLE_BODY, [SECRET], NOW) == "evt_01"
