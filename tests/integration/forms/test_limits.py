"""What the API counts, the pages count too."""

from dataclasses import replace

from dealreg.deals import store
from dealreg.partners.program import Program, save_program
from tests.integration.forms.test_register import register
from tests.integration.forms.visitor import Page, Visitor


def test_one_more_than_the_limit_is_a_page_that_says_when_to_go_on(visitor: Visitor, program: Program) -> None:
    save_program(replace(program, registrations_per_hour=1, comments_per_hour=1, changes_per_hour=1), by="test")
    first, second = (
        register(visitor),
        register(visitor, **{"customer.name": "Kranz", "customer.domain": "kranz.example"}),
    )
    assert first.status == 303
    assert_refused(second, "registrations")
    assert 'value="Kranz"' in second.html
    path = first.location.partition("?")[0]
    for expected in (303, 429):
        visitor.get(path)
        said = visitor.submit(f"{path}/comments", {"text": f"answered {expected}"})
        assert said.status == expected
    assert_refused(said, "comments")
    assert "answered 429" in said.html
    visitor.get(path)
    assert visitor.submit(f"{path}/withdraw", {"reason": ""}).status == 303
    deal = store.locate(path.removeprefix("/deals/"))
    assert [event.type for event in store.events_of(deal)] == ["deal.submitted", "deal.commented", "deal.withdrawn"]


def test_one_more_open_deal_than_the_tier_allows_is_said_above_the_form(visitor: Visitor, program: Program) -> None:
    save_program(replace(program, tiers=(replace(program.tiers[0], open_limit=1),)), by="test")
    register(visitor)
    second = register(visitor, **{"customer.name": "Kranz", "customer.domain": "kranz.example"})
    assert second.status == 409
    assert "Your limit of open registrations is 1, and you have 1." in second.html
    assert 'value="Kranz"' in second.html


def assert_refused(page: Page, name: str) -> None:
    assert page.status == 429
    assert 0 < int(page.headers["retry-after"]) <= 3600
    assert page.headers["ratelimit"].startswith(f'"{name}";r=0;t=')
    assert f"The limit is 1 {name} an hour" in page.html
