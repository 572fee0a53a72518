"""A billing system posts: verified on the raw bytes, kept once, answered at once."""

import base64
import json
import logging
from datetime import datetime, timedelta
from typing import Any

import pytest

from billing import receive
from dealreg.billing import sources, store
from dealreg.billing.model import EventStatus, Secret, Source, SourceKind
from dealreg.platform import dynamo, errors, times
from tests.integration.billing.conftest import GENERIC_SECRET, STRIPE_ID, posted
from tests.samples import content, sample

SAMPLES = [
    "billing-receive/closed-won",
    "billing-receive/checkout-completed",
    "billing-receive/checkout-completed-base64",
]


def post(event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    reply = receive.handler(event, None)
    return reply["statusCode"], content(reply)


def inbox() -> list[dynamo.Item]:
    return dynamo.index_page(store.table(), "by_status", ("status", "received"), limit=100).items


@pytest.mark.parametrize("name", SAMPLES)
def test_a_signed_event_is_kept_as_it_came(name: str, generic: Source, stripe: Source, now: datetime) -> None:
    event = sample(name)
    raw = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()

    assert post(event) == (202, {"status": "accepted"})

    (item,) = inbox()
    kept = store.event(item["id"])
    assert kept.body == raw
    assert kept.status is EventStatus.RECEIVED
    assert kept.received_at == now
    assert kept.source_id == event["rawPath"].rpartition("/")[2]


def test_a_repetition_is_a_quiet_200_and_one_row(generic: Source) -> None:
    assert post(sample("billing-receive/closed-won")) == (202, {"status": "accepted"})
    assert post(sample("billing-receive/closed-won")) == (200, {"status": "duplicate"})
    assert len(inbox()) == 1


def test_a_retry_signed_anew_is_a_repetition(generic: Source, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    event = sample("billing-receive/closed-won")
    post(event)
    later = now + timedelta(hours=5)
    monkeypatch.setattr(times, "now", lambda: later)
    body, message_id = event["body"].encode(), event["headers"]["webhook-id"]
    assert post(posted(event, body, GENERIC_SECRET, later, message_id)) == (200, {"status": "duplicate"})


def test_a_repetition_changes_nothing_of_an_event_that_was_concluded(generic: Source) -> None:
    post(sample("billing-receive/closed-won"))
    (item,) = inbox()
    concluded = store.event(item["id"])
    store.set_aside(concluded, "deal.closed_won", store.Reason.DEAL_UNKNOWN)
    assert post(sample("billing-receive/closed-won"))[0] == 200
    assert store.event(concluded.id).status is EventStatus.UNMATCHED


def test_the_same_event_id_of_two_sources_is_two_events(generic: Source, now: datetime) -> None:
    other = sources.create(generic.kind, "Another", GENERIC_SECRET, now, "key_1")
    event = sample("billing-receive/closed-won")
    assert post(event)[0] == 202
    assert post(event | {"rawPath": f"/webhooks/billing/{other.id}"})[0] == 202


def test_an_unknown_source_is_a_404(aws: None) -> None:
    status, problem = post(sample("billing-receive/closed-won"))
    assert (status, problem["code"]) == (404, "not_found")


def test_a_source_id_of_no_form_is_a_404(generic: Source) -> None:
    for source_id in ("", "x", "bsrc_", "SOURCES", "bsrc_01JD8V4M2T7QK3N5P9XWZRB6Y#", "é" * 3000):
        assert post(sample("billing-receive/closed-won", params={"source_id": source_id}))[0] == 404


@pytest.mark.parametrize("name", SAMPLES)
def test_any_fault_of_the_signature_is_the_one_same_401_and_keeps_nothing(
    name: str, generic: Source, stripe: Source
) -> None:
    event = sample(name)
    header = "stripe-signature" if "stripe-signature" in event["headers"] else "webhook-signature"
    refusals = {json.dumps(post(event | {"headers": changed})) for changed in spoilt(event["headers"], header)}
    (refusal,) = refusals
    status, problem = json.loads(refusal)
    assert (status, problem["code"], problem["detail"]) == (
        401,
        "unauthenticated",
        "The signature could not be verified.",
    )
    assert inbox() == []


def spoilt(headers: dict[str, str], header: str) -> list[dict[str, str]]:
    bad = ["", "garbage", "v1,", "t=1,v1=00", "v1,whsec_", "é", "\x00", "v1," + "A" * 5000, headers[header].upper()]
    without = {name: value for name, value in headers.items() if name != header}
    return [without, *(headers | {header: value} for value in bad)]


def test_a_changed_body_is_a_401(generic: Source) -> None:
    event = sample("billing-receive/closed-won")
    assert post(event | {"body": event["body"].replace("47500.00", "97500.00")})[0] == 401


def test_one_sources_signature_does_not_open_anothers_inbox(generic: Source, stripe: Source) -> None:
    assert post(sample("billing-receive/closed-won", params={"source_id": STRIPE_ID}))[0] == 401


def test_the_body_may_have_256_kb_and_no_more(generic: Source, now: datetime) -> None:
    event = sample("billing-receive/closed-won")
    most, more = b"x" * receive.MAX_BODY, b"x" * (receive.MAX_BODY + 1)
    assert post(posted(event, most, GENERIC_SECRET, now, "msg_most"))[0] == 202
    assert post(posted(event, more, GENERIC_SECRET, now, "msg_more"))[0] == 413


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 50_000])
def test_a_signed_body_that_nobody_can_read_is_kept_too(body: bytes, generic: Source, now: datetime) -> None:
    event = posted(sample("billing-receive/closed-won"), body, GENERIC_SECRET, now, "msg_1")
    assert post(event)[0] == 202
    (item,) = inbox()
    assert store.event(item["id"]).body == body


def test_a_fault_of_ours_is_a_503_that_asks_for_another_try(
    generic: Source, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BILLING_INBOX_TABLE", "Gone")
    with caplog.at_level(logging.CRITICAL):
        reply = receive.handler(sample("billing-receive/closed-won"), None)
    assert reply["statusCode"] == 503
    assert reply["headers"]["retry-after"]


def test_both_secrets_count_while_one_is_replaced(
    generic: Source, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed = sources.rotate(generic.id, None, now, "key_1").secrets[0].value
    event = sample("billing-receive/closed-won")
    day = timedelta(hours=24)

    def status(secret: str, at: datetime, message_id: str) -> int:
        monkeypatch.setattr(times, "now", lambda: at)
        return post(posted(event, b"{}", secret, at, message_id))[0]

    assert status(GENERIC_SECRET, now, "msg_1") == 202
    assert status(renewed, now, "msg_2") == 202
    assert status(GENERIC_SECRET, now + day, "msg_3") == 401
    assert status(renewed, now + day, "msg_4") == 202


def test_at_most_three_secrets_are_live(generic: Source, now: datetime) -> None:
    for _ in range(5):
        sources.rotate(generic.id, None, now, "key_1")
    secrets = sources.load(generic.id).secrets
    assert len(secrets) == 3
    assert [secret.expires_at is None for secret in secrets] == [True, False, False]


def test_two_who_replace_a_secret_at_once_do_not_undo_each_other(generic: Source, now: datetime) -> None:
    sources.rotate(generic.id, None, now, "key_1")
    with pytest.raises(errors.StaleVersion):
        sources.replace_secrets(generic, generic.secrets)


def test_the_log_names_ids_and_nothing_of_the_body(generic: Source, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "dealreg"):
        post(sample("billing-receive/closed-won"))
    written = json.dumps([record.__dict__ for record in caplog.records], default=str)
    assert generic.id in written
    for private in ("Müller", "47500", GENERIC_SECRET, "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"):
        assert private not in written


def test_a_401_asks_for_the_password_that_zuora_keeps_until_then(aws: None, now: datetime) -> None:
    secret = Secret("of the sample events only")
    source = Source("bsrc_01JD8V4M2T7QK3N5P9XWZRB6YE", SourceKind.ZUORA, "Zuora", (secret,), now, username="billing")
    sources.put(source)
    asked = sample("billing-receive/closed-won", params={"source_id": source.id})
    asked |= {"body": '{"eventId": "ev_1"}', "headers": {"content-type": "application/json"}}

    refused = receive.handler(asked, None)
    assert (refused["statusCode"], refused["headers"]["www-authenticate"]) == (401, 'Basic realm="billing"')

    password = base64.b64encode(b"billing:of the sample events only").decode()
    assert post(asked | {"headers": {"authorization": f"Basic {password}"}}) == (202, {"status": "accepted"})
