"""The keys of a name, of each kind and in their order: those it is written under and those that a check reads."""

import pytest

from dealreg.matching.names.keys import read_keys, read_keys_of, written_keys
from dealreg.matching.names.normalise import Name
from tests.unit.matching.names import named

MILLS = named("Kestrel Mills Bank", 15, 10, 7)


def test_a_name_is_written_under_its_most_telling_keys_first() -> None:
    assert written_keys(MILLS, "DE") == [
        "jkestrelmillsbank",
        "tkstrl",
        "pkestr",
        ">strel",
        "cDEmill",
        "cDEbank",
        "vkes|mi",
        "oklms",
        "2bank|mill",
        "akmb",
        "tkstrlmls",
    ]


def test_a_check_of_three_words_reads_no_joined_name_and_no_initials() -> None:
    assert read_keys(MILLS, "DE") == [
        "tkstrl",
        "pkestr",
        "vkes|mi",
        "cDEmill",
        "cDEbank",
        "oklms",
        ">strel",
        "2bank|mill",
    ]


def test_without_a_country_there_is_no_key_of_one() -> None:
    for keys in (written_keys(MILLS), read_keys(MILLS)):
        assert [key for key in keys if key.startswith("c")] == []


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        pytest.param(
            named("Zwack"),
            ["tzwack", "pzwack", "azwack", "dzwack", "dwack", "dzack", "dzwck", "dzwak"],
            id="five letters: initials, and with each letter left out, as far as there is room",
        ),
        pytest.param(named("Zwak"), ["tzwak", "azwak", "dzwak", "jzwak"], id="four: no letter is left out"),
        pytest.param(named("Zwk"), ["tzwk", "azwk", "jzwk"], id="three: they may be initials only"),
        pytest.param(named("Z"), ["jz"], id="one: it says nothing but itself"),
        pytest.param(
            named("Fluqor"),
            ["tflkr", "pfluqo", "dfluqor", "dluqor", "dfuqor", "dflqor", "dfluor", "dfluqr"],
            id="six: too long for initials, long enough to be heard",
        ),
        pytest.param(
            named("Nordlicht"),
            ["jnordlicht", "tnrdlst", "pnordl", "onoht", "pnordlich", ">licht"],
            id="nine: beginning and end, with and without the middle",
        ),
        pytest.param(
            named("Fluqoru"),
            ["jfluqoru", "tflkr", "pfluqo", "oflru", "pfluqoru", ">uqoru"],
            id="seven: long",
        ),
        pytest.param(
            named("Nordlichter"),
            ["jnordlichter", "tnrdlstr", "pnordl", "pnordlich", ">chter"],
            id="eleven: the middle is not left out",
        ),
        pytest.param(named("Bank", 7), ["abank", "jbank", "cDEbank"], id="a common word, in its country"),
        pytest.param(
            named("International", 6),
            ["jinternational", "pinternat", "cDEinternational", ">ional"],
            id="a long common word",
        ),
    ],
)
def test_a_check_of_one_word_reads_by_its_length(name: Name, keys: list[str]) -> None:
    assert read_keys(name, "DE") == keys


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        pytest.param(
            named("Zwack"),
            ["jzwack", "tzwack", "pzwack", "dzwack", "azwack", "dwack", "dzack", "dzwck", "dzwak", "dzwac"],
            id="short: under each letter left out",
        ),
        pytest.param(
            named("Fluqor"),
            [
                *("jfluqor", "tflkr", "pfluqo", "oflor", "dfluqor", "afluqor"),
                *("dluqor", "dfuqor", "dflqor", "dfluor", "dfluqr", "dfluqo"),
            ],
            id="six letters: there may be twelve keys",
        ),
        pytest.param(
            named("Fluqoru"), ["jfluqoru", "tflkr", "pfluqo", ">uqoru", "oflru"], id="seven: too many for initials"
        ),
        pytest.param(named("Zw"), ["jzw", "tzw", "azw"], id="two: initials"),
        pytest.param(named("Z"), ["jz"], id="one: none"),
        pytest.param(
            named("Nordlicht"), ["jnordlicht", "tnrdlst", "pnordl", ">licht", "onoht"], id="long: none of these"
        ),
    ],
)
def test_a_name_of_one_word_is_written_by_its_length(name: Name, keys: list[str]) -> None:
    assert written_keys(name, "DE") == keys


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [
        pytest.param(
            named("Zwack Igel"),
            [
                *("jzwackigel", "tzwack", "tigel", "pzwack", "vzwa|ig", "ozkil", "dzwack"),
                *("tsvkgl", "dwack", "dzack", "dzwck", "dzwak"),
            ],
            ["jzwackigel", "tzwack", "tigel", "pzwack", "vzwa|ig", "ozkil", "dzwack", "dwack"],
            id="two rare words: the longer one with each letter left out",
        ),
        pytest.param(
            named("Kestrels Igel"),
            ["jkestrelsigel", "tkstrl", "tigel", "pkestr", ">trels", "vkes|ig", "oksil", "tkstrlsgl"],
            ["jkestrelsigel", "tkstrl", "tigel", "pkestr", "vkes|ig", "oksil", ">trels"],
            id="beside a long word no short one needs that; what is heard is the singular",
        ),
        pytest.param(
            named("Lake View Farms", 9, 12, 12),
            [
                *("jlakeviewfarms", "tfarm", "tview", "pviewf", "cDElake", "vvie|fa", "ovwfs", "dfarms", "plakeview"),
                *("alvf", "tlkv", "darms"),
            ],
            ["tfarm", "tview", "pviewf", "vvie|fa", "cDElake", "ovwfs", "dfarms", "darms"],
            id="a common first word: it begins with the next, and as its domain would",
        ),
        pytest.param(
            named("Lakes Inn", 9, 12),
            ["jlakesinn", "tinn", "plakesinn", "cDElake", "vlak|in", "olsin", "tlksn"],
            ["jlakesinn", "tinn", "plakesinn", "vlak|in", "cDElake", "olsin"],
            id="too little behind it: eight letters of the whole",
        ),
        pytest.param(
            named("Lake Inn", 9, 12),
            ["jlakeinn", "tinn", "cDElake", "vlak|in", "olein", "plakeinn", "tlkn"],
            ["jlakeinn", "tinn", "vlak|in", "cDElake", "olein"],
            id="fewer than eight are only written",
        ),
        pytest.param(
            named("Lakesee Rosinante", 9, 12),
            ["jlakeseerosinante", "trsnt", "prosin", ">nante", "cDElakesee", "vlak|ro", "olere", "tlksrsnt"],
            ["jlakeseerosinante", "trsnt", "prosin", "vlak|ro", "cDElakesee", "olere", ">nante"],
            id="a common first word of seven letters is not joined",
        ),
        pytest.param(
            named("Lakers Rosinante", 9, 12),
            [
                *("jlakersrosinante", "trsnt", "prosin", ">nante", "cDElaker", "vlak|ro", "olsre", "plakersro"),
                "tlkrsrsnt",
            ],
            ["jlakersrosinante", "trsnt", "prosin", "vlak|ro", "cDElaker", "olsre", ">nante"],
            id="one of six letters is",
        ),
        pytest.param(
            named("Group Lakesee Rosinante", 5, 10, 12),
            [
                *("jgrouplakeseerosinante", "trsnt", "plakes", ">nante", "cDElakesee", "cDEgroup", "vlak|ro", "olere"),
                *("pgrouplak", "2group|lakesee", "aglr", "tgrplks"),
            ],
            ["trsnt", "plakes", "vlak|ro", "cDElakesee", "cDEgroup", "olere", ">nante", "2group|lakesee"],
            id="two words behind it that count stand for the name",
        ),
        pytest.param(
            named("Lakesee Rosinante", 12, 10),
            ["jlakeseerosinante", "tlks", "plakes", ">kesee", "cDErosinante", "vlak|ro", "olere", "tlksrsnt"],
            ["jlakeseerosinante", "tlks", "plakes", "vlak|ro", "cDErosinante", "olere", ">kesee", ">nante"],
            id="two long words that count: a check reads the ends of both",
        ),
        pytest.param(
            named("Zwack Rosinante", 15, 10),
            [
                *("jzwackrosinante", "tzwack", "pzwack", ">nante", "cDErosinante", "vzwa|ro", "ozkre", "dzwack"),
                *("tsvkrsnt", "dwack", "dzack", "dzwck"),
            ],
            ["jzwackrosinante", "tzwack", "pzwack", "vzwa|ro", "cDErosinante", "ozkre", "dzwack", ">nante"],
            id="an end says more than a letter left out",
        ),
        pytest.param(
            named("Lakers Rosinante", 10, 12),
            [
                *("jlakersrosinante", "trsnt", "plaker", ">nante", "cDElaker", "vlak|ro", "olsre", "tlkrsrsnt"),
            ],
            ["jlakersrosinante", "trsnt", "plaker", "vlak|ro", "cDElaker", "olsre", ">nante"],
            id="of ten bits a word counts, but has no block of its own",
        ),
        pytest.param(
            named("Lakers Rosinante", 11, 9),
            [
                *("jlakersrosinante", "tlaker", "plaker", "cDErosinante", "vlak|ro", "olsre", "dlakers", "tlkrsrsnt"),
                *("dakers", "dlkers", "dlaers", "dlakrs"),
            ],
            [
                *("jlakersrosinante", "tlaker", "plaker", "vlak|ro", "cDErosinante", "olsre", "dlakers", "dakers"),
            ],
            id="of eleven it has; and the end of a common word says nothing",
        ),
        pytest.param(
            named("Kestrel Mills (Otter)"),
            [
                *("jkestrelmillsotter", "tkstrl", "tmill", "pkestr", ">strel", "vkes|mi", "oklms", "totter", "akmo"),
                *("aotter", "tkstrlmls"),
            ],
            ["tkstrl", "tmill", "pkestr", "vkes|mi", "oklms", ">strel", "totter"],
            id="what is in brackets may be its initials",
        ),
        pytest.param(
            named("Zwack Kestrel Igelwerk Otters Badger"),
            [
                *("jzwackkestreligelwerkotte", "tiglvrk", "tkstrl", "pzwack", ">lwerk", "vzwa|ke", "ozkkl", "tbdgr"),
                *("azkiob", "tsvkstrl"),
            ],
            ["tiglvrk", "tkstrl", "pzwack", "vzwa|ke", "ozkkl", ">lwerk", "tbdgr", ">strel"],
            id="five rare words: the three longest, first those that come first in the alphabet",
        ),
        pytest.param(
            named("Data Bank Group International Energy", 10, 7, 5, 6, 7),
            [
                *("jdatabankgroupinternation", "pdatab", "cDEdata", "cDEenergy", "vdat|ba", "odabk", "2data|energy"),
                *("adbgie", "tdtbnk"),
            ],
            [
                *("pdatab", "vdat|ba", "cDEdata", "cDEenergy", "odabk", "2data|energy", "2bank|data"),
                "2data|international",
            ],
            id="common words: in pairs, the rarest first",
        ),
        pytest.param(
            named("Cd Kestrel"),
            ["jcdkestrel", "tkstrl", "tcd", "pcdkes", ">strel", "ocdkl", "tkdkstrl"],
            ["jcdkestrel", "tkstrl", "tcd", "pcdkes", "ocdkl", ">strel"],
            id="two letters are no beginning of a word",
        ),
        pytest.param(
            named("Q Xyz Zwk"),
            ["jqxyzzwk", "txyz", "tzwk", "pqxyzz", "oqqxz", "aqxz", "txsvk"],
            ["txyz", "tzwk", "pqxyzz", "oqqxz"],
            id="short words: one letter has no block, nor have two words of fewer than five in a row",
        ),
        pytest.param(
            named("Adl Bib Dax Elk Fuc Gem Hec Ibi Kro"),
            [
                *("jadlbibdaxelkfucgemhecibi", "tadl", "tbib", "padlbi", "vadl|bi", "oalbb", "tdax", "aabdefghi"),
                "tadlb",
            ],
            ["tadl", "tbib", "padlbi", "vadl|bi", "oalbb", "tdax"],
            id="nine words: eight initials",
        ),
    ],
)
def test_a_name_of_several_words(name: Name, written: list[str], read: list[str]) -> None:
    assert written_keys(name, "DE") == written
    assert read_keys(name, "DE") == read


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        pytest.param(
            named("Data Bank Group Energy", 10, 7, 5, 7),
            ["pdatab", "vdat|ba", "odabk", "2data|energy", "2bank|data", "2data|group"],
            id="three pairs of common words at most",
        ),
        pytest.param(
            named("Zwack Data Bank Group", 15, 10, 7, 5),
            ["tzwack", "pzwack", "vzwa|da", "ozkda", "dzwack", "2bank|data", "dwack", "dzack"],
            id="one pair, then letters left out",
        ),
        pytest.param(
            named("Kestrel Lakesee Rosinante", 15, 10, 10),
            ["tkstrl", "pkestr", "vkes|la", "oklle", ">strel", "2lakesee|rosinante", ">nante"],
            id="the ends of two words",
        ),
    ],
)
def test_a_check_without_a_country_has_room_for_more(name: Name, keys: list[str]) -> None:
    assert read_keys(name) == keys


@pytest.mark.parametrize(
    ("brackets", "keys"),
    [("Ot", ["akmo", "aot"]), ("Badgers", ["akmb"]), ("Q", ["akmq"]), ("Otter Igel", ["akmoi", "aotter"])],
)
def test_one_word_of_two_to_six_letters_in_brackets_may_be_initials(brackets: str, keys: list[str]) -> None:
    written = written_keys(named(f"Kestrel Mills ({brackets})"))
    assert [key for key in written if key.startswith("a")] == keys


def test_two_names_are_read_in_turn() -> None:
    assert read_keys_of([named("Zwk"), named("Nordlicht")]) == [
        *("tzwk", "jnordlicht", "azwk", "tnrdlst", "jzwk", "pnordl", "onoht", "pnordlich"),
    ]
    assert read_keys_of([named("Bank", 7)], "DE") == read_keys(named("Bank", 7), "DE")
    assert "cDEbank" in read_keys_of([named("Bank", 7), named("Zwk")], "DE")
