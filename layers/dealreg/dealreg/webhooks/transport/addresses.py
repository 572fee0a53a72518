"""Where webhooks may go: rules for URLs when they are saved, and for addresses at every connect.

The standard library's `is_global` and its like are no policy: their answers change between Python versions and let
multicast, 6to4 and NAT64 addresses through. So the networks are listed here.
"""

import ipaddress
import re
from dataclasses import dataclass

_DENIED_IPV4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
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
    )
)
_ALLOWED_IPV6 = ipaddress.IPv6Network("2000::/3")
"""The only unicast space in use; all that is outside of it, NAT64 and unique local addresses too, is refused."""
_DENIED_IPV6 = tuple(
    ipaddress.IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)

_LONGEST_URL = 2048
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]{1,253})(?::(?P<port>[0-9]{1,5}))?(?P<path>(?:[/?][!\"$-\[\]-~]*)?)",
    re.IGNORECASE,
)
"""Printable ASCII without user, fragment and backslash; an IPv6 literal has no place in it either."""
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)+(?!\d)(?!0x){_LABEL}")
"""Two labels at least; the last is no number, so no notation of an IPv4 address passes."""
_PRIVATE_SUFFIXES = (
    ".localhost",
    ".local",
    ".internal",
    ".intranet",
    ".lan",
    ".home.arpa",
    ".test",
    ".invalid",
    ".onion",
)
_PORTS = (443, 8443)
_LAST_PORT = 65535
_LOOPBACK_HOSTS = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart, once: the request is built from these parts."""

    scheme: str
    host: str
    port: int
    path: str
    """With the query; begins with a slash."""
    loopback: bool
    """Goes to this very machine, and nowhere else."""

    @property
    def authority(self) -> str:
        """The Host header."""
        default = 443 if self.scheme == "https" else 80
        return self.host if self.port == default else f"{self.host}:{self.port}"


class RefusedUrl(ValueError):
    """In words for the person who typed it."""


def parse_url(url: str, *, allow_loopback: bool, own_host: str = "") -> Target:
    """Raises RefusedUrl."""
    match = _URL.fullmatch(url) if len(url) <= _LONGEST_URL else None
    if not match or "%00" in url:
        raise RefusedUrl("Write a URL such as https://hooks.example.com/deals, without user, password and fragment.")
    scheme, host = match["scheme"].lower(), match["host"].lower()
    path = match["path"] if match["path"].startswith("/") else f"/{match['path']}"
    if allow_loopback and scheme == "http" and host in _LOOPBACK_HOSTS:
        port = int(match["port"] or 80)
        if not 1 <= port <= _LAST_PORT:
            raise RefusedUrl(f"Use a port from 1 to {_LAST_PORT}.")
        return Target(scheme, host, port, path, loopback=True)
    if scheme != "https":
        raise RefusedUrl("Use https: what is sent is for the receiver alone.")
    port = int(match["port"] or 443)
    if port not in _PORTS:
        raise RefusedUrl("Use port 443 or 8443.")
    if not _NAME.fullmatch(host) or host.endswith(_PRIVATE_SUFFIXES) or host == own_host:
        raise RefusedUrl("Use a public host name that is your own, not an IP address.")
    return Target(scheme, host, port, path, loopback=False)


def is_allowed(address: str, *, loopback: bool) -> bool:
    """Whether a connection to this address may be opened; `loopback`: to this machine, and nowhere else."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    if loopback:
        return parsed.is_loopback
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in _DENIED_IPV4)
    denied = parsed.scope_id is not None or any(parsed in network for network in _DENIED_IPV6)
    return parsed in _ALLOWED_IPV6 and not denied
