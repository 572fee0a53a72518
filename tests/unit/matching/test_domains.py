"""From what people type to the registrable domain that names a customer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from dealreg.matching.domains import identifying_domain, is_shared, registrable_domain
from local import tables

ORACLE = PublicSuffixList()
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


@pytest.mark.parametrize("before", ["", "acme.", "shop.acme.", "a.shop.acme."])
def test_publicsuffixlist_finds_the_same_under_every_rule(before: str) -> None:
    rules = (tables.DATA / "public_suffixes.txt").read_text("ascii").split()
    every = [before + rule.removeprefix("!").replace("*", "any") for rule in [*rules, "unknown-top-level"]]
    hosts = [host for host in every if "." in host]
    assert {host: registrable_domain(host) for host in hosts} == {host: ORACLE.privatesuffix(host) for host in hosts}


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


SHARED = sorted((tables.DATA / "shared_domains.txt").read_text("ascii").split())
TENANT_HOSTS = sorted((tables.DATA / "tenant_hosts.txt").read_text("ascii").split())
PAGE_HOSTS = sorted((tables.DATA / "page_hosts.txt").read_text("ascii").split())


def test_no_address_at_a_shared_domain_or_below_it_names_anybody() -> None:
    """Unless below it each name is somebody's own."""
    named = {name: identifying_domain(f"jane@{host}") for name in SHARED for host in (name, f"mail.{name}")}
    below = {name: domain for name, domain in named.items() if domain}
    assert {name: domain for name, domain in below.items() if domain != f"mail.{name}"} == {}
    assert all(registrable_domain(f"mail.{name}") == f"mail.{name}" for name in below)


@pytest.mark.parametrize("host", TENANT_HOSTS)
def test_below_a_tenant_host_each_name_is_one_customers(host: str) -> None:
    assert identifying_domain(f"jane@acme.{host}") == f"acme.{host}"
    assert identifying_domain(f"https://shop.acme.{host}/en") == f"acme.{host}"
    assert identifying_domain(f"zephyr.{host}") != identifying_domain(f"acme.{host}")


@pytest.mark.parametrize("pattern", PAGE_HOSTS)
def test_a_path_at_a_page_host_names_whose_page_it_is_or_nobody(pattern: str) -> None:
    host = pattern.partition("/")[0].replace("*", "com")
    page = pattern.replace("*", "acme", 9).replace(host.replace("com", "acme"), host, 1) if "/" in pattern else None
    assert identifying_domain(f"https://www.{page or host + '/acme'}/contact?hl=de") == page
    assert identifying_domain(f"{host}/") == identifying_domain(host)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://sites.google.com/view/kornblume/start", "sites.google.com/view/Kornblume", True),
        ("sites.google.com/view/kornblume", "sites.google.com/view/quandt", False),
        ("https://g.page/kornblume", "g.page/quandt", False),
        ("amazon.de/stores/kornblume", "amazon.de/stores/quandt", False),
        ("straßenbau-weiß.de", "xn--straenbau-wei-edbj.de", True),
        ("straßenbau-weiß.de", "strassenbau-weiss.de", False),
        ("ΔΟΚΙΜΗ-σωλις.gr", "δοκιμη-σωλις.gr", True),
        ("jana@kornblume.onmicrosoft.com", "max@quandt.onmicrosoft.com", False),
        ("jana@kornblume.onmicrosoft.com", "kornblume.onmicrosoft.com", True),
    ],
)
def test_two_addresses_are_one_customers(one: str, other: str, same: bool) -> None:
    first, second = identifying_domain(one), identifying_domain(other)
    assert (first is not None and first == second) is same


@pytest.mark.parametrize("name", ["gmail.com", "mailbox.org", "sunrise.ch", "docomo.ne.jp", "riseup.net", "bit.ly"])
def test_mailboxes_and_short_links_are_known(name: str) -> None:
    assert is_shared(name)


def test_a_companys_address_names_it() -> None:
    assert identifying_domain("j.weiss@mail.mueller-maschinenbau.de") == "mueller-maschinenbau.de"
    assert not is_shared("mueller-maschinenbau.de")


@pytest.mark.parametrize("name", sorted(tables.TABLES))
def test_the_lists_are_those_of_the_pinned_packages(name: str) -> None:
    assert (tables.DATA / name).read_text("ascii") == tables.TABLES[name](), "run 'make tables'"
