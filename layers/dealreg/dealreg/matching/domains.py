"""The registrable domain of a website or an e-mail address, which names the customer unless anybody can use it."""

from functools import cache
from pathlib import Path

from dealreg.platform.hosts import host_of

_DATA = Path(__file__).parent / "data"


@cache
def _table(name: str) -> frozenset[str]:
    return frozenset((_DATA / name).read_text("ascii").split())


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
