"""From what a person types as a website or an e-mail address to the registrable domain that names the customer."""

import re
from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data"
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_MAX_HOST = 253


@cache
def _table(name: str) -> frozenset[str]:
    return frozenset((_DATA / name).read_text("ascii").split())


def host_of(text: str) -> str | None:
    """The host of a website or an address, in ASCII and lower case, without `www.`; None if there is none."""
    rest = text.strip().lower().partition("://")[2] or text.strip().lower()
    host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].partition(":")[0].rstrip(".")
    host = host.removeprefix("www.")
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            return None
    labels = host.split(".")
    fits = len(host) <= _MAX_HOST and len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels)
    return host if fits and not labels[-1].isdigit() else None


def registrable_domain(host: str) -> str | None:
    """Public suffix and one label (publicsuffix.org/list, Algorithm); None if the host is a public suffix itself."""
    rules = _table("public_suffixes.txt")
    labels = host.split(".")
    for start in range(len(labels)):
        candidate = ".".join(labels[start:])
        parent = ".".join(labels[start + 1 :])
        if f"!{candidate}" in rules:
            return candidate
        if candidate in rules or (parent and f"*.{parent}" in rules):
            return ".".join(labels[start - 1 :]) if start else None
    return ".".join(labels[-2:])


def is_shared(domain: str) -> bool:
    """Whether anybody can have an address or a page there, so that it names nobody."""
    return domain in _table("shared_domains.txt")


def identifying_domain(text: str) -> str | None:
    """The registrable domain of a website or an address, unless it cannot identify anybody."""
    host = host_of(text)
    domain = registrable_domain(host) if host else None
    return domain if domain and not is_shared(domain) and not is_shared(host or "") else None
