"""Gathers `local/words/listed_domains.txt`: free mail, links in profiles and short links, from lists that are kept up.

`python -m local.listed_domains DIR`, DIR with what `npm pack email-providers@2.26.0 free-email-domains@1.12.6
free-email-domains-list@1.0.16 freemail@1.7.0` and `pip download --no-deps pymispwarninglists==1.7.0` write. The
packages are read, never installed.
"""

import json
import re
import sys
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from local.tables import WORDS, ascii_name

LISTED = WORDS / "listed_domains.txt"
_COMMON = ("email-providers-2.26.0.tgz", "package/common.json")
_FREE_MAIL = (
    ("email-providers-2.26.0.tgz", "package/all.json"),
    ("free-email-domains-1.12.6.tgz", "package/domains.json"),
    ("free-email-domains-list-1.0.16.tgz", "package/build/src/constants.js"),
    ("freemail-1.7.0.tgz", "package/data/free.txt"),
)
_LINKS = ("pymispwarninglists-1.7.0-py3-none-any.whl", "pymispwarninglists/data/misp-warninglists/lists/{}/list.json")
ARCHIVES = frozenset([_COMMON[0], _LINKS[0], *(archive for archive, _ in _FREE_MAIL)])
_LISTS = 2
"""So many of the lists must agree: each has companies in it that only once gave out mailboxes, or never did."""
_NOBODYS = ("example.com", "example.net", "example.org")
"""Reserved for examples (RFC 2606), which are to work like anybody's."""
_NAME = re.compile(r"(?<![\w.@-])(?:[\w-]+\.)+[\w-]+(?![\w-])")


def listed(folder: Path) -> set[str]:
    """Domains where anybody can have a mailbox or a page."""
    counts = Counter(name for source in _FREE_MAIL for name in set(_names(_member(folder, *source))))
    archive, member = _LINKS
    links = (_member(folder, archive, member.format(name)) for name in ("link-in-bio", "url-shortener"))
    found = {
        *(name for name, count in counts.items() if count >= _LISTS),
        *_names(_member(folder, *_COMMON)),
        *(name for text in links for name in map(ascii_name, json.loads(text)["list"])),
    }
    return found.difference(_NOBODYS)


def _names(text: str) -> Iterable[str]:
    return (ascii_name(name) for name in _NAME.findall(text) if not name.endswith((".js", ".json")))


def _member(folder: Path, archive: str, member: str) -> str:
    path = folder / archive
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as packed:
            return packed.read(member).decode()
    with tarfile.open(path) as packed:
        file = packed.extractfile(member)
        return file.read().decode() if file else ""


def main() -> None:
    LISTED.write_text("".join(f"{name}\n" for name in sorted(listed(Path(sys.argv[1])))), "ascii")


if __name__ == "__main__":
    main()
