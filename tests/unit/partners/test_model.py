"""The program as it is stored, shown and, before anybody sets it, assumed."""

import json

from hypothesis import given
from hypothesis import strategies as st

from dealreg.partners.inputs import ProgramInput
from dealreg.partners.program import Approvers, Product, Program, Tier, from_item, to_item
from dealreg.partners.program_views import view
from dealreg.platform import dynamo
from dealreg.platform.money import Money
from dealreg.platform.validation import parse

names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)
slugs = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,39}", fullmatch=True)
limits = st.none() | st.builds(Money, st.integers(0, 10**12), st.sampled_from(["EUR", "JPY", "KWD"]))
tiers = st.lists(
    st.builds(Tier, slugs, names, st.integers(1, 100), limits, st.integers(1, 730)),
    min_size=1,
    max_size=5,
    unique_by=(lambda tier: tier.id, lambda tier: tier.rank),
).map(tuple)
products = st.lists(
    st.builds(Product, slugs, names, slugs), min_size=1, max_size=5, unique_by=lambda product: product.id
).map(tuple)
programs = st.builds(
    Program,
    name=names,
    products=products,
    tiers=tiers,
    approvers=st.just(Approvers("first@example.com", "second@example.com")),
    decide_within_days=st.integers(1, 30),
    remind_after_hours=st.integers(1, 100),
    escalate_after_hours=st.integers(101, 1440),
    partner_emails=st.booleans(),
)


@given(programs)
def test_a_program_comes_back_from_the_table_as_it_was(program: Program) -> None:
    stored = dynamo.item_from_wire(dynamo.item_to_wire(to_item(program)))
    assert from_item(stored) == program


@given(programs)
def test_what_is_shown_can_be_sent_back_unchanged(program: Program) -> None:
    sent = json.dumps(view(program)).encode()
    assert parse(ProgramInput, sent).to_program() == program


def test_a_program_that_nobody_has_set_has_a_tier_and_a_product() -> None:
    program = Program()
    assert program.tier("anything").protection_days == 90
    assert program.product("general") is not None
    assert from_item(dynamo.item_from_wire(dynamo.item_to_wire(to_item(program)))) == program


def test_a_program_stored_before_a_setting_existed_has_its_default() -> None:
    item = to_item(Program(name="Acme Partners"))
    del item["partner_emails"]
    assert from_item(item) == Program(name="Acme Partners")


def test_a_tier_that_the_program_no_longer_has_counts_as_the_lowest() -> None:
    program = Program(tiers=(Tier("gold", "Gold", 3), Tier("basic", "Basic", 1), Tier("silver", "Silver", 2)))
    assert program.tier("gold").id == "gold"
    assert program.tier("platinum").id == "basic"
