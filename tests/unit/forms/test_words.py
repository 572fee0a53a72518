"""Colours that can be read, and choices that can be made."""

import re
from itertools import product

import pytest

from dealreg.deals.statuses import Status
from dealreg.matching.rules import Verdict
from dealreg.pages import words
from dealreg.platform.countries import countries
from tests.template import ROOT

STYLE = (ROOT / "layers/dealreg/dealreg/pages/templates/style.css").read_text()
TEXT_ON = {
    "ink": ["paper", "card", "wait-bg", "good-bg", "ask-bg", "stop-bg"],
    "soft": ["paper", "card", "line"],
    "accent": ["paper", "card"],
    "on-accent": ["accent"],
    "good": ["good-bg"],
    "wait": ["wait-bg"],
    "ask": ["ask-bg"],
    "stop": ["stop-bg", "paper", "card"],
}


@pytest.mark.parametrize("name", [*Status, *Verdict])
def test_every_status_and_verdict_has_a_tone(name: str) -> None:
    assert words.tone(name)


def test_a_chosen_currency_is_always_among_those_to_choose_from() -> None:
    assert words.currencies("EUR").count("EUR") == 1
    assert words.currencies("ISK")[0] == "ISK"


def test_countries_have_two_letters_and_a_name() -> None:
    assert len(countries()) == 249
    assert all(re.fullmatch("[A-Z]{2}", code) and name for code, name in countries().items())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_the_contrast_that_wcag_asks_for(scheme: str) -> None:
    """WCAG 2.2, 1.4.3 level AA: 4.5 to 1; and 3 to 1 for the edges of controls (1.4.11)."""
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", light if scheme == "light" else dark))
    for text, grounds in TEXT_ON.items():
        for ground in grounds:
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for edge, ground in product(["edge", "accent", "stop"], ["paper", "card"]):
        assert contrast(colours[edge], colours[ground]) >= 3, (edge, ground)


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
