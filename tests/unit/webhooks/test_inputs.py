"""What an endpoint may be."""

from typing import Any

import pytest

from dealreg.platform.errors import InvalidInput
from dealreg.platform.validation import parse_values
from dealreg.webhooks.inputs import EndpointChange, NewEndpoint

URL = "https://hooks.example.com/"
CONTEXT = {"allow_loopback": False, "event_types": ("deal.approved",)}
ROLE = "arn:aws:iam::123456789012:role/dealreg/receiver"
QUEUE = "https://sqs.eu-central-1.amazonaws.com/123456789012/deals"
BUS = "arn:aws:events:eu-central-1:123456789012:event-bus/deals"


def new(**values: Any) -> NewEndpoint:
    return parse_values(NewEndpoint, {"url": URL, "event_types": ["deal.*"]} | values, CONTEXT)


def test_all_its_options() -> None:
    made = new(payload="thin", headers={"X-Tenant": "north 1"}, rate_limit=60, ordered="supersede", description="CRM")
    assert (made.payload, made.headers, made.rate_limit, made.ordered) == (
        "thin",
        {"X-Tenant": "north 1"},
        60,
        "supersede",
    )


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "host",
        "Content-Length",
        "Content-Type",
        "Transfer-Encoding",
        "Connection",
        "Cookie",
        "User-Agent",
        "Accept-Encoding",
        "webhook-id",
        "Webhook-Signature",
        "svix-id",
        "X-Amz-Date",
        "x-amzn-trace-id",
        "X-Forwarded-For",
        "Proxy-Authorization",
        "Expect",
        "Upgrade",
        "TE",
        "",
        "X Y",
        "X:Y",
        "X\r\nHost",
        "X\x00",
        "Ü",
        "X" * 65,
    ],
)
def test_headers_that_say_how_a_request_travels_are_ours(name: str) -> None:
    with pytest.raises(InvalidInput):
        new(headers={name: "1"})


@pytest.mark.parametrize("value", ["", " ", "a\r\nX: y", "a\nb", "a\x00b", "ü", "a\x7f", "x" * 257])
def test_a_header_is_one_line_of_ascii(value: str) -> None:
    with pytest.raises(InvalidInput):
        new(headers={"X-Tenant": value})


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer abc"}, {"X-Api-Key": "a b"}, {}])
def test_a_receivers_own_headers_are_sent_along(headers: dict[str, str]) -> None:
    assert new(headers=headers).headers == headers


def test_ten_headers_are_enough() -> None:
    with pytest.raises(InvalidInput):
        new(headers={f"X-{number}": "1" for number in range(11)})


@pytest.mark.parametrize("values", [{"rate_limit": 0}, {"rate_limit": 6001}, {"ordered": "yes"}, {"payload": "fat"}])
def test_anything_else_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        new(**values)


@pytest.mark.parametrize(("sink", "url"), [("sqs", QUEUE), ("eventbridge", BUS)])
def test_a_sink_in_aws_needs_a_role_of_its_own_account(sink: str, url: str) -> None:
    assert new(sink=sink, url=url, role_arn=ROLE).url == url
    for role in ("", ROLE.replace("1234", "4321"), ROLE.replace("/dealreg/", "/"), "arn:aws:iam::123456789012:user/x"):
        with pytest.raises(InvalidInput):
            new(sink=sink, url=url, role_arn=role)


@pytest.mark.parametrize(
    ("sink", "url"),
    [
        ("sqs", URL),
        ("sqs", BUS),
        ("sqs", QUEUE + "?x=1"),
        ("sqs", QUEUE.replace("amazonaws.com", "amazonaws.com.evil.example")),
        ("sqs", "https://sqs.eu-central-1.amazonaws.com@evil.example/123456789012/deals"),
        ("sqs", QUEUE.replace("https", "http")),
        ("eventbridge", QUEUE),
        ("eventbridge", "default"),
        ("http", BUS),
    ],
)
def test_a_sink_leads_where_it_says(sink: str, url: str) -> None:
    with pytest.raises(InvalidInput):
        new(sink=sink, url=url, role_arn=ROLE)


def test_a_change_is_what_was_sent() -> None:
    assert parse_values(EndpointChange, {"rate_limit": None}, CONTEXT).changes() == {"rate_limit": None}
    with pytest.raises(InvalidInput):
        parse_values(EndpointChange, {"sink": "sqs"}, CONTEXT)
