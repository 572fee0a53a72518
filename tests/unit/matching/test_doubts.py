"""What speaks against one company behind one identity, and how a match is put to the reviewer."""

from dataclasses import replace

import pytest

from dealreg.matching import doubts
from dealreg.matching.index import Prospect
from dealreg.matching.names import score
from dealreg.matching.rules import Certainty, Match, Ownership, explain
from dealreg.platform import dynamo

DOMAIN = "domain#campus.example"
MINE = Prospect("deal_2", "part_1", "Zwack Brewery", None, (DOMAIN,), ("data",))
STRANGER: dynamo.Item = {"name": "Institut Kepler"}
NAMES_DIFFER = "but the names have nothing in common"


class TestOneCompany:
    @pytest.mark.parametrize(
        ("scheme", "words"),
        [("vat/DE", "VAT ids"), ("national/US", "tax ids"), ("lei/", "LEIs"), ("duns/", "DUNS numbers")],
    )
    def test_numbers_of_one_kind_that_differ_speak_against_it(self, scheme: str, words: str) -> None:
        mine = replace(MINE, numbers={scheme: "1"})
        assert doubts.doubt_of_company(mine, DOMAIN, {"name": MINE.name, "numbers": {scheme: "2"}}) == (
            f"but their {words} differ"
        )
        assert doubts.doubt_of_company(mine, DOMAIN, {"name": MINE.name, "numbers": {scheme: "1"}}) == ""
        assert doubts.doubt_of_company(mine, DOMAIN, {"name": MINE.name, "numbers": {"other/": "2"}}) == ""

    def test_who_has_given_no_number_is_not_contradicted(self) -> None:
        assert doubts.doubt_of_company(replace(MINE, numbers={"lei/": "1"}), DOMAIN, {"name": MINE.name}) == ""

    def test_names_speak_against_a_domain_and_against_nothing_else(self) -> None:
        assert doubts.doubt_of_company(MINE, DOMAIN, STRANGER) == NAMES_DIFFER
        assert doubts.doubt_of_company(MINE, "lei#529900T8BM49AURSDO55", STRANGER) == ""

    def test_a_name_in_common_on_either_side_is_enough(self) -> None:
        assert doubts.doubt_of_company(MINE, DOMAIN, STRANGER | {"aliases": ["Zwack"]}) == ""
        assert doubts.doubt_of_company(replace(MINE, aliases=("Kepler Institut",)), DOMAIN, STRANGER) == ""

    def test_the_vendor_knows_which_domains_its_accounts_have(self) -> None:
        assert doubts.doubt_of_company(MINE, DOMAIN, STRANGER | {"ownership": Ownership.CUSTOMER}) == ""


class TestNames:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Nordic Fund II", "Nordic Fund III"),
            ("KLM", "Koninklijke Luchtvaart Maatschappij"),
            ("BK", "Brauhaus Kepler"),
            ("Систем 3", "Zwack Brewery"),
            ("永和", "Zwack Brewery"),
        ],
        ids=["numbers alone", "initials", "two initials", "cyrillic with a digit", "han"],
    )
    def test_may_be_one_companys(self, one: str, other: str) -> None:
        assert not doubts.names_contradict([one], [other])
        assert not doubts.names_contradict([other], [one])

    @pytest.mark.parametrize(
        ("one", "other"),
        [("Nordic Fund II", "Zwack Fund III"), ("Z", "Zwack")],
        ids=["words and numbers", "one letter abbreviates nothing"],
    )
    def test_have_nothing_in_common(self, one: str, other: str) -> None:
        assert doubts.names_contradict([one], [other])
        assert doubts.names_contradict([other], [one])

    def test_what_verdicts_taught_does_not_move_the_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        learned = score.as_learned()
        monkeypatch.setattr(score, "weights", lambda: replace(learned, shift=20.0))
        assert doubts.names_contradict(["Zwack Brewery"], ["Institut Kepler"])


FOUND = Match("deal", "deal_1", "part_2", "Zwack", "", DOMAIN, Certainty.EXACT, 100)


@pytest.mark.parametrize(
    ("match", "words"),
    [
        (FOUND, "Zwack: registered before, same domain campus.example"),
        (replace(FOUND, identity="tax#a#b", why="but why"), "Zwack: registered before, same tax id a#b, but why"),
        (replace(FOUND, identity="lei#1"), "Zwack: registered before, same LEI 1"),
        (replace(FOUND, identity="duns#1"), "Zwack: registered before, same DUNS number 1"),
        (
            replace(FOUND, identity="name", likelihood=97, why="rare word zwack in both"),
            "Zwack: registered before, name alike (97 %: rare word zwack in both)",
        ),
        (
            replace(FOUND, kind="account", ownership="customer"),
            "Zwack: our own customer, same domain campus.example",
        ),
    ],
)
def test_a_match_in_words(match: Match, words: str) -> None:
    assert explain(match) == words
