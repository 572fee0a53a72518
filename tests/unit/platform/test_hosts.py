"""Hosts and e-mail addresses as people type them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform.hosts import host_of, normalise_email

labels = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True).filter(lambda label: label != "www")
hosts = st.builds("{}.{}".format, labels, st.sampled_from(["com", "de", "co.uk"]))


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("acme.com", "acme.com"),
        ("  HTTPS://www.Acme.com:8443/about?x=1#y ", "acme.com"),
        ("jane@sales.acme.com", "sales.acme.com"),
        ("https://user:password@acme.com/", "acme.com"),
        ("www.müller.de", "xn--mller-kva.de"),
        ("straße.de", "xn--strae-oqa.de"),  # IDNA 2008, as browsers and registries have it: no double s
        ("ΔΟΚΙΜΗ-ΣΩΛΙΣ.gr", "xn----4lbjhcckfy9bc3e.gr"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("☃.de", None),
        ("acme.com.", "acme.com"),
        ("acme", None),
        ("", None),
        ("127.0.0.1", None),
        ("a b.com", None),
        ("-acme.com", None),
        ("acme..com", None),
        ("x" * 300 + ".com", None),
    ],
)
def test_hosts(typed: str, host: str | None) -> None:
    assert host_of(typed) == host


@given(st.text(max_size=80))
def test_any_text_has_a_clean_host_or_none(text: str) -> None:
    host = host_of(text)
    assert host is None or re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host)


@given(hosts)
def test_the_way_it_is_typed_does_not_matter(host: str) -> None:
    typed = [f"https://www.{host}/", host.upper(), f"someone@{host}", f"http://{host}:80/a?b"]
    assert {host_of(text) for text in typed} == {host}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Jana.Weiss@Example.COM", "jana.weiss@example.com"),
        ("  j@example.co.uk ", "j@example.co.uk"),
        ("j+deals@example.com", "j+deals@example.com"),
        ("jürgen@müller.example", "jürgen@xn--mller-kva.example"),
    ],
)
def test_an_address_is_kept_in_lower_case(typed: str, kept: str) -> None:
    assert normalise_email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "jana",
        "jana@example",
        "@example.com",
        "jana@@example.com",
        "jana@example..com",
        "jana weiss@example.com",
        "Jana <jana@example.com>",
        "jana@example.com,max@example.com",
        "jana@example.com\nBcc: max@example.com",
        "jana\u200b@example.com",
        "a" * 250 + "@example.com",
        "jana@-example.com",
        "jana@exa_mple.com",
        "jana@example.com:25",
        "jana@[127.0.0.1]",
        "jana@127.0.0.1",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="e-mail address"):
        normalise_email(typed)


@given(st.text(max_size=300))
def test_normalising_an_address_twice_changes_nothing(text: str) -> None:
    try:
        email = normalise_email(text)
    except ValueError:
        return
    assert normalise_email(email) == email


def test_an_address_is_one_however_its_host_is_written() -> None:
    assert normalise_email("Jana@Müller-Test.de") == normalise_email("jana@xn--mller-test-9db.de")
    assert normalise_email("jana@müller-test.de").partition("@")[2].isascii()
