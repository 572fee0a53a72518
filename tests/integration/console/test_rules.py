"""Who must agree, by the console: read as sentences, changed as a form, tried on a would-be deal."""

from typing import Any

from dealreg.partners.program import stored_program
from dealreg.partners.rules import routing_of
from tests.integration.console.conftest import SignedIn
from tests.integration.console.forms import untouched
from tests.integration.forms.visitor import Page, Visitor

RULES = "/admin/program/rules"
BIG: dict[str, Any] = {
    "id": "big",
    "place": "1",
    "when.tier": ["gold"],
    "when.amount.over": "50.000",
    "when.amount.currency": "EUR",
    "outcome": "steps",
    "steps.0.id": "desk",
    "steps.0.ask": "desk@acme.example",
    "steps.0.need": "any",
    "steps.0.order": "1",
    "steps.0.remind_after_hours": "4",
    "steps.0.escalate_after_hours": "8",
    "steps.0.escalate_to": "head@acme.example",
    "steps.1.id": "legal",
    "steps.1.ask": "legal@acme.example\nlaw@acme.example",
    "steps.1.need": "all",
    "steps.1.order": "1",
    "steps.1.remind_after_hours": "",
    "steps.1.escalate_after_hours": "16",
}
DEAL = {
    "try.amount": "60000",
    "try.currency": "EUR",
    "try.tier": "gold",
    "try.products": ["analytics"],
    "try.verdict": "clear",
}


def add(visitor: Visitor, typed: dict[str, Any] = BIG) -> None:
    visitor.get("/admin/program/rule")
    review = visitor.submit("/admin/program/rule", typed)
    assert review.status == 200, review.html
    saved = visitor.submit("/admin/program/rule", {**typed, "act": "save"})
    assert saved.location == f"{RULES}?done=saved", saved.html


def ids() -> list[str]:
    return [rule.id for rule in routing_of(stored_program()).rules]


def test_without_own_rules_the_page_says_what_the_settings_come_to(signed_in: SignedIn) -> None:
    page = signed_in("viewer").get(RULES)
    assert page.status == 200
    assert "If the tier is Gold and the amount is at most EUR 10,000:" in page.html
    assert "Ask approver@acme.example." in page.html
    assert "Add a rule" not in page.html


def test_the_first_own_rule_comes_with_one_for_every_other_deal(signed_in: SignedIn) -> None:
    ada = signed_in()
    add(ada)
    assert ids() == ["big", "everything-else"]
    (side_by_side,) = routing_of(stored_program()).rules[0].steps
    assert [(step.id, step.need) for step in side_by_side] == [("desk", "any"), ("legal", "all")]
    page = ada.get(RULES)
    assert "If the tier is Gold and the amount is more than EUR 50,000:" in page.html
    assert "Remind after 4 working hours. After 8 working hours ask head@acme.example too." in page.html
    assert len(page.html.encode()) < 40_000


def test_a_rule_is_tried_on_a_would_be_deal_before_it_is_saved(signed_in: SignedIn) -> None:
    ada = signed_in()
    ada.get("/admin/program/rule")
    ada.submit("/admin/program/rule", BIG)
    tried = ada.submit("/admin/program/rule", {**BIG, **DEAL, "act": "try"})
    assert (tried.status, stored_program().version) == (200, 1)
    assert "By the rule big: somebody is asked" in tried.html
    assert "desk@acme.example" in tried.html
    smaller = ada.submit("/admin/program/rule", {**BIG, **DEAL, "try.amount": "500", "act": "try"})
    assert "By the rule everything-else" in smaller.html


def test_what_cannot_be_tried_is_told(signed_in: SignedIn) -> None:
    ada = signed_in()
    ada.get(RULES)
    refused = ada.submit(RULES, {**DEAL, "try.amount": "much", "act": "try"})
    assert (refused.status, "This deal cannot be tried" in refused.html) == (200, True)


def test_the_rules_in_force_can_be_tried_by_who_may_only_look(signed_in: SignedIn) -> None:
    vera = signed_in("viewer")
    vera.get(RULES)
    tried = vera.submit(RULES, {**DEAL, "try.amount": "9000", "act": "try"})
    assert "By the rule auto-gold: approved at once" in tried.html
    assert vera.get("/admin/program/rule").status == 403


def test_a_rule_is_shown_in_its_form_as_it_was_written(signed_in: SignedIn) -> None:
    ada = signed_in()
    add(ada)
    page = ada.get(f"{RULES}/big")
    again = ada.submit(f"{RULES}/big", untouched(page.html))
    assert (again.status, again.location) == (303, f"{RULES}?done=same")


def test_what_is_wrong_with_a_rule_is_told_where_it_was_typed(signed_in: SignedIn) -> None:
    ada = signed_in()
    ada.get("/admin/program/rule")
    refused = ada.submit("/admin/program/rule", {**BIG, "steps.1.ask": "nobody"})
    assert (refused.status, 'id="steps.1.ask-error"' in refused.html) == (422, True)
    assert "desk@acme.example" in refused.html


def test_a_rule_that_would_shut_other_deals_out_is_refused_in_words(signed_in: SignedIn) -> None:
    ada = signed_in()
    add(ada)
    last = removed(ada, "everything-else")
    assert (last.status, ids()) == (422, ["big", "everything-else"])
    assert "every deal needs a rule" in last.html


def test_a_rule_is_moved_and_removed(signed_in: SignedIn) -> None:
    ada = signed_in()
    add(ada)
    add(ada, {"id": "small", "place": "1", "when.tier": ["registered"], "outcome": "approve"})
    assert ids() == ["small", "big", "everything-else"]
    typed = untouched(ada.get(f"{RULES}/small").html)
    ada.submit(f"{RULES}/small", {**typed, "place": "2"})
    ada.submit(f"{RULES}/small", {**typed, "place": "2", "act": "save"})
    assert ids() == ["big", "small", "everything-else"]
    assert removed(ada, "small").status == 303
    assert ids() == ["big", "everything-else"]


def removed(visitor: Visitor, rule: str) -> Page:
    """After the page that asks."""
    visitor.get(f"{RULES}/{rule}")
    asked = visitor.submit(f"{RULES}/{rule}/remove", {})
    return visitor.submit(f"{RULES}/{rule}/remove", {"act": "save"}) if asked.status == 200 else asked


def test_a_rule_that_is_not_there_is_nowhere(signed_in: SignedIn) -> None:
    assert signed_in().get(f"{RULES}/nothing").status == 404
