"""Which URLs may be saved, and which addresses may be dialled."""

import json
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.webhooks.transport.addresses import Target, is_allowed, parse_url

CASES = Path(__file__).parents[4] / "shared" / "data" / "ssrf_cases.json"
# An oracle: what the standards set aside, written down apart from the product's own tables. A network that is lost
# there, or that its rule for IPv6 lets through, is still asked for here.
DENIED_IPV4 = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
]
DENIED_IPV6 = [
    "::/128",
    "::1/128",
    "::/96",
    "::ffff:0:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "2620:4f:8000::/48",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
]


@pytest.mark.skipif(not CASES.exists(), reason="the shared cases are not on this machine")
@pytest.mark.parametrize("verdict", ["deny", "allow"])
def test_every_shared_case(verdict: str) -> None:
    groups = json.loads(CASES.read_text())[verdict]
    wrong = [
        case for group in groups.values() for case in group if is_allowed(case, loopback=False) != (verdict == "allow")
    ]
    assert groups
    assert not wrong


@pytest.mark.parametrize("network", DENIED_IPV4)
def test_both_ends_of_each_special_network_are_refused(network: str) -> None:
    for address in (IPv4Network(network)[0], IPv4Network(network)[-1]):
        assert not is_allowed(str(address), loopback=False)
        assert not is_allowed(f"::ffff:{address}", loopback=False), "nor dressed up as IPv6"
        assert not is_allowed(f"::{address}", loopback=False)
        assert not is_allowed(f"64:ff9b::{address}", loopback=False), "nor through NAT64"


@pytest.mark.parametrize("network", DENIED_IPV6)
def test_both_ends_of_each_special_ipv6_network_are_refused(network: str) -> None:
    assert not is_allowed(str(IPv6Network(network)[0]), loopback=False)
    assert not is_allowed(str(IPv6Network(network)[-1]), loopback=False)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "169.254.169.253",
        "169.254.169.123",
        "169.254.79.129",
        "169.254.100.1",
        "127.0.0.1",
        "fd00:ec2::254",
        "fd00:ec2::253",
        "fd00:ec2::23",
    ],
)
def test_the_inside_of_aws_is_out_of_reach(address: str) -> None:
    assert not is_allowed(address, loopback=False)


@pytest.mark.parametrize(
    "text", ["", "1.1.1.1/16", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "2001:4860::1%eth0", "a"]
)
def test_only_plain_addresses_count(text: str) -> None:
    assert not is_allowed(text, loopback=False)


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_ipv4_is_allowed_unless_a_special_network_holds_it(address: IPv4Address) -> None:
    special = any(address in IPv4Network(network) for network in DENIED_IPV4)
    assert is_allowed(str(address), loopback=False) is not special


@given(st.integers(0, 2**128 - 1).map(IPv6Address))
def test_ipv6_is_refused_outside_of_the_space_in_use(address: IPv6Address) -> None:
    if is_allowed(str(address), loopback=False):
        assert address in IPv6Network("2000::/3") or address.ipv4_mapped


@pytest.mark.parametrize(
    ("address", "allowed"), [("127.0.0.1", True), ("::1", True), ("8.8.8.8", False), ("10.0.0.1", False)]
)
def test_a_loopback_target_reaches_this_machine_only(address: str, allowed: bool) -> None:
    assert is_allowed(address, loopback=True) is allowed


def parse(url: str, *, allow_loopback: bool = False) -> Target:
    return parse_url(url, allow_loopback=allow_loopback, own_host="deals.example.com")


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://hooks.example.com", Target("https", "hooks.example.com", 443, "/", False)),
        ("https://hooks.example.com/a?b=c", Target("https", "hooks.example.com", 443, "/a?b=c", False)),
        ("https://hooks.example.com?b=c", Target("https", "hooks.example.com", 443, "/?b=c", False)),
        ("https://hooks.example.com:8443/", Target("https", "hooks.example.com", 8443, "/", False)),
        ("HTTPS://Hooks.Example.COM/Path", Target("https", "hooks.example.com", 443, "/Path", False)),
        ("https://xn--mller-kva.de/", Target("https", "xn--mller-kva.de", 443, "/", False)),
        ("https://1password.com/", Target("https", "1password.com", 443, "/", False)),
    ],
)
def test_a_public_https_url_is_taken_apart(url: str, target: Target) -> None:
    assert parse(url) == target


REFUSED = [
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "https:hooks.example.com",
    "//hooks.example.com",
    "https://user@hooks.example.com/",
    "https://user:pass@hooks.example.com/",
    "https://hooks.example.com@10.0.0.1/",
    "https://hooks.example.com/#part",
    "https://hooks.example.com:80/",
    "https://hooks.example.com:22/",
    "https://hooks.example.com:99999/",
    "https://hooks.example.com:/",
    "https://hooks.example.com:443:443/",
    "https://hooks.example.com\\@evil.example",
    "https://hooks.example.com/%00",
    "https://hooks.example.com./",
    "https://.example.com/",
    "https://hooks..example.com/",
    "https://-hooks.example.com/",
    "https://hooks/",
    "https://localhost/",
    "https://app.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://box.lan/",
    "https://127.0.0.1/",
    "https://8.8.8.8/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://example.0x7f/",
    "https://[::1]/",
    "https://[2001:4860:4860::8888]/",
    "https://[fe80::1%25eth0]/",
    "https://deals.example.com/",
    "https://müller.de/",
    "https://ｅxample.com/",
    "https://example。com/",
    "https://",
]


@pytest.mark.parametrize("url", [*REFUSED, "", "https://hooks.example.com/a b", "https://hooks.example.com/\r\nX: y"])
def test_anything_else_is_refused_in_words(url: str) -> None:
    with pytest.raises(ValueError, match=r"[A-Z].+\."):
        parse(url)


def test_a_url_may_not_be_endless() -> None:
    assert parse("https://hooks.example.com/".ljust(2048, "a"))
    with pytest.raises(ValueError, match="Write a URL"):
        parse("https://hooks.example.com/".ljust(2049, "a"))


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/hook", "http://localhost/", "http://localhost:8080"])
def test_loopback_needs_the_setting(url: str) -> None:
    assert parse(url, allow_loopback=True).loopback
    with pytest.raises(ValueError, match="https"):
        parse(url)


@pytest.mark.parametrize(
    "url", ["http://hooks.example.com/", "http://127.0.0.2/", "https://localhost/", "http://10.0.0.1/"]
)
def test_the_setting_opens_nothing_else(url: str) -> None:
    with pytest.raises(ValueError, match=r"[A-Z].+\."):
        parse(url, allow_loopback=True)


@given(st.text(st.characters(), max_size=80) | st.text("htps:/.@#?[]%0123456789abcxloh-\\ ", max_size=80))
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    for url in (text, f"https://{text}", f"https://hooks.example.com{text}"):
        try:
            target = parse(url)
        except ValueError:
            continue
        assert target.scheme == "https"
        assert target.path.isascii()
        assert target.path.isprintable()
        assert " " not in target.path
