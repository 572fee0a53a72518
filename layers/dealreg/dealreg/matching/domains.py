"""The registrable domain of a website or an e-mail address, which names the customer unless anybody can use it."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from dealreg.platform.hosts import host_of

_DATA = Path(__file__).parent / "data"
_ANY_SUFFIX = "*"
_PATH = re.compile(r"^(?:[^:/?#]+://)?[^/?#]*([^?#]*)")


def registrable_domain(host: str) -> str | None:
    """Public suffix and one label (publicsuffix.org/list, Algorithm); None if the host is a public suffix itself.

    Below a host where each name is one customer's account or site, that host and one label.
    """
    rules, tenants = _table("public_suffixes.txt"), _table("tenant_hosts.txt")
    labels = host.split(".")
    for start in range(len(labels)):
        candidate = ".".join(labels[start:])
        parent = ".".join(labels[start + 1 :])
        if f"!{candidate}" in rules:
            return candidate
        if candidate in rules or (parent and f"*.{parent}" in rules):
            return ".".join(labels[start - 1 :]) if start else None
        if start and candidate in tenants:
            return ".".join(labels[start - 1 :])
    return ".".join(labels[-2:])


def is_shared(domain: str) -> bool:
    """Whether anybody can have an address or a page there, so that it names nobody."""
    return domain in _table("shared_domains.txt")


def identifying_domain(text: str) -> str | None:
    """What of a website or an address only one customer has, unless it cannot identify anybody.

    Mostly the registrable domain; of a page at a site builder its host and path, such as `sites.google.com/view/acme`.
    """
    host = host_of(text)
    domain = registrable_domain(host) if host else None
    if not host or not domain:
        return None
    patterns, path = _patterns(host, domain), _path(text)
    if path and patterns:
        return max(filter(None, (_page(host, path, pattern) for pattern in patterns)), key=len, default=None)
    return None if any(map(is_shared, _up_to(host, domain))) else domain


def known_label(text: str) -> str | None:
    """What somebody has chosen of a domain under a suffix that exists: `acme` of `www.acme.co.uk`."""
    host = host_of(text)
    if not host or host.rpartition(".")[2] not in _table("public_suffixes.txt"):
        return None
    return (registrable_domain(host) or "").partition(".")[0] or None


def is_own(domain: str) -> bool:
    """Whether it is registered by the customer itself, rather than a name or a page at somebody's service."""
    return "/" not in domain and domain.partition(".")[2] not in _table("tenant_hosts.txt")


@cache
def _table(name: str) -> frozenset[str]:
    return frozenset((_DATA / name).read_text("ascii").split())


@cache
def _pages() -> dict[str, list[tuple[str, ...]]]:
    """By host, the paths below which each name is one customer's page."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for line in (_DATA / "page_hosts.txt").read_text("ascii").split():
        host, *path = line.split("/")
        found.setdefault(host, []).append(tuple(path))
    return found


def _patterns(host: str, domain: str) -> list[tuple[str, ...]]:
    known = _pages()
    places = [*_up_to(host, domain), f"{domain.partition('.')[0]}.{_ANY_SUFFIX}"]
    return next((known[place] for place in places if place in known), list[tuple[str, ...]]())


def _up_to(host: str, domain: str) -> list[str]:
    """The host and those above it, as far as the registrable domain."""
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - domain.count("."))]


def _path(text: str) -> list[str]:
    found = _PATH.match(text.strip().lower())
    return [part for part in unquote(found[1]).split("/") if part] if found else []


def _page(host: str, path: list[str], pattern: tuple[str, ...]) -> str | None:
    """Of a path, what the pattern says is the customer's."""
    own = path[: len(pattern)]
    fits = bool(pattern) and len(own) == len(pattern) and all(map(_fits, own, pattern))
    return "/".join([host, *own]) if fits else None


def _fits(part: str, wanted: str) -> bool:
    return wanted in ("*", part)
