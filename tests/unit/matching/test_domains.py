"""From what people type to the registrable domain that names a customer."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.matching.domains import host_of, identifying_domain, is_shared, registrable_domain
from local import tables

labels = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
hosts = st.tuples(labels.filter(lambda label: label != "www"), st.sampled_from(["com", "de", "co.uk", "com.br"])).map(
    ".".join
)


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("acme.com", "acme.com"),
        ("  HTTPS://www.Acme.com:8443/about?x=1#y ", "acme.com"),
        ("jane@sales.acme.com", "sales.acme.com"),
        ("https://user:password@acme.com/", "acme.com"),
        ("www.müller.de", "xn--mller-kva.de"),
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
    ("host", "domain"),
    [
        ("acme.com", "acme.com"),
        ("shop.eu.acme.com", "acme.com"),
        ("acme.co.uk", "acme.co.uk"),
        ("shop.acme.co.uk", "acme.co.uk"),
        ("co.uk", None),
        ("com", None),
        ("foo.ck", None),  # *.ck
        ("acme.foo.ck", "acme.foo.ck"),
        ("www.ck", "www.ck"),  # !www.ck
        ("city.kawasaki.jp", "city.kawasaki.jp"),
        ("acme.github.io", "acme.github.io"),  # the list's private part
    ],
)
def test_registrable_domains(host: str, domain: str | None) -> None:
    assert registrable_domain(host) == domain


@given(labels, hosts)
def test_every_part_of_a_customers_site_is_the_customers(label: str, host: str) -> None:
    assert registrable_domain(f"{label}.{host}") in (registrable_domain(host), f"{label}.{host}")


@pytest.mark.parametrize(
    "address",
    [
        "a@gmail.com",
        "a@mail.gmail.com",
        "a@web.de",
        "a@mailinator.com",
        "a@co.uk",
        "acme.business.site",
        "linkedin.com/company/acme",
    ],
)
def test_an_address_that_anybody_can_have_names_nobody(address: str) -> None:
    assert identifying_domain(address) is None


def test_a_companys_address_names_it() -> None:
    assert identifying_domain("j.weiss@mail.mueller-maschinenbau.de") == "mueller-maschinenbau.de"
    assert not is_shared("mueller-maschinenbau.de")


@pytest.mark.parametrize(
    ("name", "made"), [("public_suffixes.txt", tables.public_suffixes), ("shared_domains.txt", tables.shared_domains)]
)
def test_the_lists_are_those_of_the_pinned_packages(name: str, made: object) -> None:
    assert callable(made)
    assert (tables.DATA / name).read_text("ascii") == made(), "run 'make tables'"
