"""Which words of two names belong together: by what, how closely, and how much that says."""

import pytest

from dealreg.matching.names.align import Alignment, Kind, align
from dealreg.matching.names.normalise import Name
from tests.unit.matching.names import named

Said = tuple[Kind, str, str, float]
"""How words belong together, those of one name, those of the other, and how close they are."""


def words(name: Name, places: tuple[int, ...] | list[int]) -> str:
    return " ".join(name.written[place] for place in places)


def said(found: Alignment) -> list[Said]:
    left, right = found.left, found.right
    return [
        (link.kind, words(left, link.left), words(right, link.right), round(link.closeness, 3)) for link in found.links
    ]


def alone(found: Alignment) -> tuple[str, str]:
    return words(found.left, found.left_rest), words(found.right, found.right_rest)


def turned(links: list[Said]) -> list[Said]:
    return [(kind, other, one, closeness) for kind, one, other, closeness in links]


@pytest.mark.parametrize(
    ("one", "other", "link"),
    [
        pytest.param("Kestrel", "KESTREL", (Kind.SAME, "kestrel", "kestrel", 1), id="the same word"),
        pytest.param("Otters", "Otter", (Kind.SAME, "otters", "otter", 1), id="the same but for a plural"),
        pytest.param("Bank", "Banque", (Kind.SAME, "bank", "banque", 1), id="the same in another language"),
        pytest.param("Software", "Soft Ware", (Kind.JOINED, "software", "soft ware", 1), id="two words joined"),
        pytest.param("Bluetigerpaw", "Blue Tiger Paw", (Kind.JOINED, "bluetigerpaw", "blue tiger paw", 1), id="three"),
        pytest.param("Seagulls", "Sea Gull", (Kind.JOINED, "seagulls", "sea gull", 1), id="a plural when joined"),
        pytest.param("Seagull", "Sea Gulls", (Kind.JOINED, "seagull", "sea gulls", 1), id="a plural when apart"),
        pytest.param("Badgerxy", "Badger Xy", (Kind.JOINED, "badgerxy", "badger xy", 1), id="a last part of two"),
        pytest.param("Zwak", "Zwik", (Kind.SLIP, "zwak", "zwik", 0.75), id="a slip in four letters"),
        pytest.param("Zwicks", "Zwack", (Kind.SLIP, "zwicks", "zwack", 0.8), id="a plural is no second slip"),
        pytest.param("Velmadon", "Velnadom", (Kind.SLIP, "velmadon", "velnadom", 0.75), id="two slips in eight"),
        pytest.param("Velmadon", "Velmadonn", (Kind.SLIP, "velmadon", "velmadonn", 0.889), id="a slip, not a part"),
        pytest.param("Kelmadon", "Velmadot", (Kind.SLIP, "kelmadon", "velmadot", 0.75), id="a first letter, and more"),
        pytest.param("Abrimton", "Eprimton", (Kind.SLIP, "abrimton", "eprimton", 0.75), id="both first letters"),
        pytest.param("Philipp", "Filip", (Kind.SPELLING, "philipp", "filip", 0.7), id="what sounds alike"),
        pytest.param("Philippson", "Phil", (Kind.PART, "philippson", "phil", 0.4), id="four letters, cut short"),
        pytest.param("Telson", "Tel", (Kind.PART, "telson", "tel", 0.5), id="three letters, cut short"),
        pytest.param("Grauwulf", "Wulf", (Kind.PART, "grauwulf", "wulf", 0.5), id="the end of a compound"),
        pytest.param("Kestromil", "Kestravon", (Kind.PART, "kestromil", "kestravon", 0.389), id="of one root"),
        pytest.param("KOB", "Kestrel Otter Badger", (Kind.ACRONYM, "kob", "kestrel otter badger", 0.5), id="initials"),
        pytest.param("KO", "Kestrel Otter", (Kind.ACRONYM, "ko", "kestrel otter", 0.5), id="two initials"),
        pytest.param("HoZ", "House of Zwack", (Kind.ACRONYM, "hoz", "house zwack", 0.5), id="initials, of included"),
        pytest.param(
            "KOBZABIR",
            "Kestrel Otter Badger Zwack Adler Biber Igel Rabe",
            (Kind.ACRONYM, "kobzabir", "kestrel otter badger zwack adler biber igel rabe", 0.5),
            id="eight initials",
        ),
    ],
)
def test_words_belong_together_whichever_name_comes_first(one: str, other: str, link: Said) -> None:
    found, back = align(named(one), named(other)), align(named(other), named(one))
    assert said(found) == [link]
    assert said(back) == turned([link])
    assert alone(found) == alone(back) == ("", "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Kestrel", "Otter", id="nothing in common"),
        pytest.param("12345", "12346", id="numbers a digit apart"),
        pytest.param("12345", "1234x", id="a number and what is none"),
        pytest.param("Zwk", "Zwq", id="a slip in three letters"),
        pytest.param("Zwacks", "Zwi", id="two letters in common"),
        pytest.param("Te", "Telson", id="two letters are no beginning"),
        pytest.param("Wulf", "Grauwulfen", id="in the middle of a compound"),
        pytest.param("Kar", "Zwakar", id="an end of three letters"),
        pytest.param("Abrimton", "Barimtom", id="a slip at either end"),
        pytest.param("Kestomil", "Kestravona", id="of ten letters four begin alike"),
        pytest.param("Kestromilberghafdorn", "Kestromilavunzitepla", id="and of twenty nine"),
        pytest.param("K", "Kestrel Otter", id="one letter is no initials"),
        pytest.param("KO", "Kestrel", id="more initials than words"),
        pytest.param("OK", "Kestrel Otter", id="initials in another order"),
        pytest.param("KOBZABIRD", "Kiel Ofen Bad Zoo Arm Berg Inn Rad Dorf", id="nine initials"),
    ],
)
def test_words_do_not_belong_together(one: str, other: str) -> None:
    found = align(named(one), named(other))
    assert found.links == align(named(other), named(one)).links == []
    assert found.left_rest == list(range(len(found.left.words)))
    assert found.right_rest == list(range(len(found.right.words)))


@pytest.mark.parametrize(
    ("one", "other", "links", "rest"),
    [
        pytest.param(
            *("Kestrel Otter", "Otter Kestrel"),
            [(Kind.SAME, "kestrel", "kestrel", 1), (Kind.SAME, "otter", "otter", 1)],
            ("", ""),
            id="the order does not matter",
        ),
        pytest.param(
            *("Kestrel Kestrel", "Kestrel"),
            [(Kind.SAME, "kestrel", "kestrel", 1)],
            ("kestrel", ""),
            id="a word twice is linked once",
        ),
        pytest.param(
            *("Otter Software", "Kestrel Soft Ware Otter"),
            [(Kind.SAME, "otter", "otter", 1), (Kind.JOINED, "software", "soft ware", 1)],
            ("", "kestrel"),
            id="joined words may be in the middle",
        ),
        pytest.param(
            *("Seagulls", "Sea Gull Igel"),
            [(Kind.JOINED, "seagulls", "sea gull", 1)],
            ("", "igel"),
            id="what is behind joined words is not drawn in",
        ),
        pytest.param(
            *("Bluetigerpaw", "Blue Tiger Kiel"),
            [(Kind.PART, "bluetigerpaw", "blue", 0.333)],
            ("", "tiger kiel"),
            id="joined words make the whole word",
        ),
        pytest.param(
            *("Bluetigers", "Blue Tig"),
            [(Kind.PART, "bluetigers", "blue", 0.444)],
            ("", "tig"),
            id="all of it",
        ),
        pytest.param(
            *("Bluetiger", "Blue Kestrel Tiger"),
            [(Kind.PART, "bluetiger", "tiger", 0.556)],
            ("", "blue kestrel"),
            id="joined words are in a row",
        ),
        pytest.param(
            *("Bluetiger Tiger", "Blue Tiger"),
            [(Kind.SAME, "tiger", "tiger", 1), (Kind.PART, "bluetiger", "blue", 0.444)],
            ("", ""),
            id="each word belongs to one word only",
        ),
        pytest.param(
            *("Nordlichtwerk", "Nord Nordlicht"),
            [(Kind.PART, "nordlichtwerk", "nordlicht", 0.692)],
            ("", "nord"),
            id="to the nearest",
        ),
        pytest.param(
            *("Velmadon", "Velmadot Velmadok"),
            [(Kind.SLIP, "velmadon", "velmadot", 0.875)],
            ("", "velmadok"),
            id="of two as near, to the first",
        ),
        pytest.param(
            *("Zwack BM", "Zwack International Berg Machines"),
            [(Kind.SAME, "zwack", "zwack", 1), (Kind.ACRONYM, "bm", "berg machines", 0.5)],
            ("", "international"),
            id="initials of some words beside others that are the same",
        ),
        pytest.param(
            *("Zwack KOB", "Zwack International Kestrel Otter Badger"),
            [(Kind.SAME, "zwack", "zwack", 1), (Kind.ACRONYM, "kob", "kestrel otter badger", 0.5)],
            ("", "international"),
            id="three initials",
        ),
        pytest.param(
            *("KMX Zwack", "Otter Kestrel Zwack Mills"),
            [(Kind.SAME, "zwack", "zwack", 1)],
            ("kmx", "otter kestrel mills"),
            id="every letter stands for a word",
        ),
        pytest.param(
            *("KM Zwack", "Kestrel Zwack Mills"),
            [(Kind.SAME, "zwack", "zwack", 1)],
            ("km", "kestrel mills"),
            id="those words are in a row",
        ),
        pytest.param(
            *("KZM Zwack", "Kestrel Zwack Mills"),
            [(Kind.SAME, "zwack", "zwack", 1)],
            ("kzm", "kestrel mills"),
            id="and none of them belongs to another",
        ),
    ],
)
def test_of_several_words_each_finds_its_own(one: str, other: str, links: list[Said], rest: tuple[str, str]) -> None:
    found, back = align(named(one), named(other)), align(named(other), named(one))
    assert (said(found), alone(found)) == (links, rest)
    assert sorted(said(back)) == sorted(turned(links))
    assert alone(back) == rest[::-1]


@pytest.mark.parametrize(
    ("one", "other", "bits"),
    [
        pytest.param(named("Kestrel", 9), named("Kestrel", 9), 9, id="of the same word its own"),
        pytest.param(named("Software", 5), named("Soft Ware", 12, 13), 13, id="of joined words the rarest part's"),
        pytest.param(named("Velmadon", 15), named("Velmadan", 8), 8, id="of two spellings the less rare one's"),
        pytest.param(named("KOB", 14), named("Kestrel Otter Badger"), 9.0, id="of initials three each"),
    ],
)
def test_a_link_says_as_much_as_what_it_links_is_rare(one: Name, other: Name, bits: float) -> None:
    assert [link.bits for link in align(one, other).links] == [bits]
    assert [link.bits for link in align(other, one).links] == [bits]


def test_a_rare_word_two_slips_away_counts_more_than_a_common_one_a_slip_away() -> None:
    found = align(named("Velmadon"), named("Velmadot Velmadir", 5, 15))
    assert said(found) == [(Kind.SLIP, "velmadon", "velmadir", 0.75)]
