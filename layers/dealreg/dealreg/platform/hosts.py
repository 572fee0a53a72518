"""Hosts and e-mail addresses, read from what a person types."""

import re

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_MAX_HOST = 253  # RFC 1035 §2.3.4, without the root's dot
_EMAIL = re.compile(r"(?P<local>[^@\s<>()\[\]\\,;:\"]+)@(?P<host>[^@]+\.[^@.]{2,})")
_MAX_EMAIL = 254  # RFC 5321 §4.5.3.1.3


def host_of(text: str) -> str | None:
    """The host of a website or an address, in ASCII and lower case, without `www.`; None if there is none."""
    rest = text.strip().lower().partition("://")[2] or text.strip().lower()
    host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].partition(":")[0].rstrip(".")
    return _to_ascii(host.removeprefix("www."))


def normalise_email(text: str) -> str:
    """In lower case, its host in ASCII. Raises ValueError, in words for the person who typed it."""
    email = text.strip().lower()
    parts = _EMAIL.fullmatch(email) if email.isprintable() and len(email) <= _MAX_EMAIL else None
    host = _to_ascii(parts["host"]) if parts else None
    if not parts or not host or len(parts["local"]) + len(host) >= _MAX_EMAIL:
        raise ValueError("Write an e-mail address such as name@example.com.")
    return f"{parts['local']}@{host}"


def _to_ascii(host: str) -> str | None:
    """None for what cannot be a host's name, such as a single label or an IP address."""
    if not host.isascii():
        import idna  # its tables take longer to load than all the rest of a request

        try:
            host = idna.encode(host, uts46=True).decode()  # IDNA 2008 (RFC 5891), in which ß and ς are letters
        except idna.IDNAError:
            return None
    labels = host.split(".")
    fits = len(host) <= _MAX_HOST and len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels)
    return host if fits and not labels[-1].isdigit() else None
