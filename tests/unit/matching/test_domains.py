"""From what people type to the registrable domain that names a customer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.matching.domains import identifying_domain, is_shared, registrable_domain
from local import tables

labels = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
hosts = st.tuples(labels.filter(lambda label: label != "www"), st.sampled_from(["com", "de", "co.uk", "com.br"])).map(
    ".".join
)


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
