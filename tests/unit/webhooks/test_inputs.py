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
        "Content_Length",
        "content.length",
        "CONTENT_TYPE",
        "Transfer_Encoding",
        "X-Original-URL",
        "X_Original_Host",
        "X-Rewrite-URL",
        "X-HTTP-Method-Override",
        "X-Method-Override",
        "Range",
        "If-Range",
        "If-None-Match",
        "Accept",
        "Max-Forwards",
        "True-Client-IP",
        "CF-Connecting-IP",
        "X-Forwarded_For",
        "Webhook_Signature",
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


@pytest.mark.parametrize("other", ["x-tenant", "X_TENANT", "x.tenant"])
def test_no_two_names_are_one_to_a_receiver(other: str) -> None:
    with pytest.raises(InvalidInput):
        new(headers={"X-Tenant": "1", other: "2"})


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


@pytest.mark.parametrize("region", ["eu-central-9", "xx-north-1", "us-gov-west-1", "cn-north-1", "eu-central-1a", ""])
@pytest.mark.parametrize(("sink", "url"), [("sqs", QUEUE), ("eventbridge", BUS)])
def test_a_sink_lies_in_a_region_that_there_is(sink: str, url: str, region: str) -> None:
    with pytest.raises(InvalidInput):
        new(sink=sink, url=url.replace("eu-central-1", region), role_arn=ROLE)


@pytest.mark.parametrize("region", sorted(["us-east-1", "eu-west-3", "ap-southeast-2", "il-central-1", "mx-central-1"]))
def test_in_any_of_them(region: str) -> None:
    assert new(sink="sqs", url=QUEUE.replace("eu-central-1", region), role_arn=ROLE).sink == "sqs"


def test_a_role_is_for_sinks_in_aws_alone() -> None:
    with pytest.raises(InvalidInput) as refused:
        new(role_arn=ROLE)
    assert [fault.field for fault in refused.value.errors] == ["role_arn"]


@pytest.mark.parametrize(("port", "is_one"), [(1, True), (65535, True), (0, False), (65536, False), (99999, False)])
def test_a_port_of_this_machine_is_one_that_there_is(port: int, is_one: bool) -> None:
    context = CONTEXT | {"allow_loopback": True}
    for model in (NewEndpoint, EndpointChange):
        values: dict[str, Any] = {"url": f"http://127.0.0.1:{port}/"}
        values |= {"event_types": ["deal.*"]} if model is NewEndpoint else {}
        if is_one:
            assert parse_values(model, values, context)
        else:
            with pytest.raises(InvalidInput):
                parse_values(model, values, context)


def test_a_change_is_what_was_sent() -> None:
    assert parse_values(EndpointChange, {"rate_limit": None}, CONTEXT).changes() == {"rate_limit": None}
    with pytest.raises(InvalidInput):
        parse_values(EndpointChange, {"sink": "sqs"}, CONTEXT)
