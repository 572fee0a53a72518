"""What people write around a name, in many languages, changes nothing about whose it is."""

import importlib
from typing import Any

import pytest

from dealreg.matching.names import remarks
from dealreg.matching.names.align import align
from dealreg.matching.names.lookalikes import Closeness, Entry, Outcome, best, closeness, outcome
from dealreg.matching.names.normalise import normalise
from dealreg.matching.names.remarks import without_remarks

NAMES = [
    "Kranich Anlagenbau GmbH & Co. KG",
    "Silver Otter Freight LLC",
    "Dubreuil Frères SARL",
    "Brunelli Macchine S.r.l.",
]
REMARKS = [
    *("{} (ehem. Wolff)", "{} vormals Wolff", "{} (vormals Wolff & Co.)", "{}, formerly Wolff", "{} fka Wolff Trading"),
    *(
        "{} (f/k/a Wolff)",
        "{} (anciennement Wolff)",
        "{} (già Wolff)",
        "{} dba Wolff Shops",
        "{} t/a Wolff",
        "{} a/k/a Wolff",
    ),
    *(
        "{} i. Gr.",
        "{} i.G.",
        "{} in Gründung",
        "{} i. L.",
        "{} in Liquidation",
        "{} en liquidation",
        "{} (in administration)",
    ),
    *(
        "{} (TEST)",
        "{} *NEU*",
        "{} - DUPLICATE",
        "{} (do not use)",
        "{} (prospect 2026)",
        "{} // Testkunde",
        "[neu] {}",
    ),
    *("{} c/o Jan Wolff", "{} z.Hd. Frau Wolff", "{} Attn: J. Wolff", "{} Inh. Jan Wolff", "{}, Inhaber: Jan Wolff"),
    *("Fa. {}", "Firma {}", "An die Firma {}", "Ditta {}", "Spett.le {}", "M/s {}", "Messrs. {}"),
    *("{} - Niederlassung Hamburg", "{}, Zweigniederlassung Wien", "{} Geschäftsstelle Süd", "{} - succursale de Lyon"),
    *(
        "{} (ehemalige Wolff GmbH)",
        "{} (frueher: Wolff)",
        "{} prev. Wolff",
        "{} ex-Wolff",
        "{} (née Wolff)",
        "{} v/h Wolff",
    ),
    *(
        "{} (antes: Wolff)",
        "{} antes Wolff",
        "{} (tidl. Wolff)",
        "{} (бывш. Wolff)",
        "{}（旧Wolff）",
        "{} 旧社名：Wolff",
    ),
    *("{}, jetzt Wolff", "{} (now Wolff)", "{} n/k/a Wolff", "{} (umbenannt in Wolff)", "{} (ancien nom : Wolff)"),
    *(
        "{} iG",
        "{} i.Liq.",
        "{} under liquidation",
        "{} en liquidation judiciaire",
        "{} i likvidation",
        "{} w upadłości",
    ),
    *("{} in vereffening", "{} in fallimento", "{} en redressement judiciaire", "{} (in provisional liquidation)"),
    *("{} p/a Jan Wolff", "{} zHd Jan Wolff", "{} att: Jan Wolff", "{} t.a.v. Jan Wolff", "{} a la atención de Wolff"),
    *("{} h.o.d.n. Wolff", "{} T/as Wolff", "{} (genannt Wolff)", "{} (nome fantasia Wolff)", "{} conocida como Wolff"),
    *("An Firma {}", "Ets. {}", "Фирма {}", "TEST {}", "TEST - {}", "DO NOT USE - {}", "NEU: {}", "zz_{}"),
    *(
        "{} - HQ",
        "{} (Hamburg Branch)",
        "{} - London office",
        "{} (NL Hamburg)",
        "{} - Filiale Wien",
        "{} odštěpný závod",
    ),
    *("{} - agence de Lyon", "{} bijkantoor Brussel", "{} podružnica Ljubljana", "{} Magyarországi Fióktelepe"),
    *("{} SOLD", "{} DELETED", "{} GELÖSCHT", "{} VERKAUFT", "{} CERRADO", "{} TEST OK"),
    *("{}, Buchhaltung", "{}, head office", "{}, siège Lyon", "{}, Rechnungsstelle", "{} ℅ Jan Wolff"),
    *("{}, auch Wolff", "{}, enseigne Wolff", "{}, ancien nom Wolff", "{}, insegna Wolff", "{} nicht verwenden"),
    *("{} TEST", "{} - TEST", "{} DO NOT USE", "{} (prueba)", "{} (ne pas utiliser)", "{} nicht mehr verwenden!"),
    *(
        "{} (Kd.-Nr. 12345)",
        "{} #12345",
        "{} (Q3 2026)",
        "{} (acquired by Wolff)",
        "{} (a Wolff company)",
        "{} -> Wolff",
    ),
]
BEHIND_A_FORM = ["{} Hamburg", "{} NL Hamburg", "{} London Branch", "{} / Kanada", "{} Duplikat", "{}, Rahway, NJ, USA"]


@pytest.mark.parametrize("remark", REMARKS)
def test_a_name_with_a_remark_is_the_bare_name(remark: str) -> None:
    for name in NAMES:
        typed = normalise(remark.format(name))
        assert typed.words == normalise(name).words
        assert closeness(align(typed, normalise(name))) is Closeness.EQUAL


@pytest.mark.parametrize("remark", BEHIND_A_FORM)
def test_a_legal_form_ends_a_name(remark: str) -> None:
    for name in (*NAMES, "Kranich Anlagenbau GmbH"):
        assert normalise(remark.format(name)).words == normalise(name).words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Heron Fund Management Ltd - Blue Bond Fund", "Heron Fund Management Ltd - Red Bond Fund"),
        ("Kranich GmbH & Co. Objekt Kiel KG", "Kranich GmbH & Co. Objekt Trier KG"),
        ("Heron Acquisition Inc. II", "Heron Acquisition Inc. III"),
        ("Water District #1", "Water District #2"),
    ],
)
def test_unless_what_is_behind_it_names_another(one: str, other: str) -> None:
    assert normalise(one).words != normalise(other).words


@pytest.mark.parametrize(
    "site", ["London Branch", "Branch", "Filiale Wien", "NL Hamburg", "Standort Bremen", "Hauptsitz"]
)
def test_a_branch_is_worth_a_look_where_nothing_sets_it_off(site: str) -> None:
    found = best(normalise(f"Silver Otter Freight {site}"), "DE", [Entry("one", "Silver Otter Freight", "DE")])
    assert outcome(found) is Outcome.POSSIBLE


def test_a_trade_name_behind_a_comma_is_worth_a_look() -> None:
    names = remarks.known_as("Zwack Unicum SA, enseigne Kellermann")
    found = best(normalise("Kellermann"), None, [Entry("one", name, None) for name in names])
    assert outcome(found) is Outcome.POSSIBLE


@pytest.mark.parametrize(
    ("typed", "others"),
    [
        ("Kranich Anlagenbau GmbH (ehem. Wolff)", ("Wolff",)),
        ("Silver Otter Freight fka Grey Badger Haulage LLC", ("Grey Badger Haulage LLC",)),
        ("中村物産株式会社（旧 山川商店）", ("山川商店",)),
        ("Kranich Anlagenbau GmbH (ex Wolff & Sohn)", ("Wolff & Sohn",)),
        ("Silver Otter Freight (now Grey Badger)", ("Grey Badger",)),
        ("Silver Otter Freight d/b/a Badger's", ("Badger's",)),
        ("Silver Otter Freight c/o Jan Wolff", ()),
        ("Kranich Anlagenbau (TEST)", ()),
    ],
)
def test_a_name_within_a_remark_is_told_and_a_person_is_not(typed: str, others: tuple[str, ...]) -> None:
    assert without_remarks(typed).others == others


@pytest.mark.parametrize(
    "name",
    [
        *("Intel 471", "Bank of the East", "Nordwind Solarpark IV GmbH", "Test Rite International", "New Look"),
        *("Firma", "(TEST)", "Alias", "Branch Basics", "MediLink Therapeutics (Suzhou) Co., Ltd.", "Open Text"),
        *(
            "West Coast University (WCU)",
            "FA Foundation",
            "Bhoj (Open) University",
            "Do It Now Foods",
            "Smith (1983) Ltd",
        ),
        *("An Gia Real Estate", "Bank of Antigua", "Olive Branch", "New York Test Systems", "ALT Energy", "IG Group"),
        *("City of Tahlequah OK", "Estudos do Século XX", "Dr. P. A. Rao University", "Custer County, OK"),
        *("Zero 100 % Pure", "Fundación Otero - Agencia de Ciencia", "Deutsches Institut, Abteilung Rom", "Speed Test"),
    ],
)
def test_what_is_part_of_a_name_stays(name: str) -> None:
    assert without_remarks(name).name == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("www.silverotter.com", "Silverotter"),
        ("https://silver-otter.co.uk/", "Silver Otter"),
        ("Silverotter.DE", "SilverOtter"),
    ],
)
def test_a_domain_that_stands_for_a_name_is_the_name_in_it(typed: str, name: str) -> None:
    assert normalise(typed).joined == normalise(name).joined


@pytest.mark.parametrize("name", ["S.p.A", "node.nosuchsuffix", "A.B. Volvo"])
def test_a_dot_alone_makes_no_domain(name: str) -> None:
    assert normalise(name).joined == normalise(name.replace(".", " ")).joined


_AROUND = ["Muster {} Wolff", "Muster, {} Wolff", "Muster, {}", "Muster {}", "Muster 東京{}", "{} Muster"]
_TABLES = ["FORMER", "ALSO", "SET_OFF", "PERSON", "BRANCH", "SITE", "STATE", "CASED", "NOTE", "FIRST", "HAN_SITE"]
_WORDS = sorted(remarks._REMARKS | remarks._AHEAD_ALONE)  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("table", _TABLES)
def test_the_quick_check_sees_every_alternative(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = _examples(getattr(remarks, f"_{table}"))
    typed = {
        form: [around.format(form).strip() for around in _AROUND]
        for example in examples
        for form in (example, example.upper(), example.capitalize())
    }
    quick = {text: without_remarks(text) for texts in typed.values() for text in texts}
    monkeypatch.setattr(remarks, "_may_have_remarks", bool)
    assert [text for text, bare in quick.items() if without_remarks(text) != bare] == []
    seen = [example for example in examples if any(quick[text].name != text for text in typed[example])]
    assert len(seen) > 0.9 * len(examples)


@pytest.mark.parametrize("word", _WORDS)
def test_the_quick_check_sees_every_word(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = ["Muster - {}", "Muster {}", "Muster ({})", "{}: Muster", "{} Muster", "Muster {} 1", "Muster TEST {}"]
    texts = [text.format(form) for text in typed for form in (word, word.upper())]
    quick = [without_remarks(text) for text in texts]
    monkeypatch.setattr(remarks, "_may_have_remarks", bool)
    assert quick == [without_remarks(text) for text in texts]


def _examples(pattern: str) -> list[str]:
    """What the pattern may match, so that each alternative and each optional part is in one of them."""
    return list(dict.fromkeys(_strings(importlib.import_module("re._parser").parse(pattern))))


def _strings(parts: Any) -> list[str]:
    choices = [_of_part(str(kind), value) for kind, value in parts]
    first = [choice[0] for choice in choices]
    others = ([*first[:at], one, *first[at + 1 :]] for at, choice in enumerate(choices) for one in choice[1:])
    return ["".join(texts) for texts in (first, *others)]


def _of_part(kind: str, value: Any) -> list[str]:
    match kind:
        case "LITERAL":
            return [chr(value)]
        case "IN":
            return _of_set(value)
        case "BRANCH":
            return [text for part in value[1] for text in _strings(part)]
        case "SUBPATTERN":
            return _strings(value[3])
        case "MAX_REPEAT":
            some = [text * max(value[0], 1) for text in _strings(value[2])]
            return some if value[0] else ["", *some]
        case "AT" | "ASSERT" | "ASSERT_NOT":
            return [""]
        case _:
            raise NotImplementedError(kind)


def _of_set(members: Any) -> list[str]:
    classes = {"CATEGORY_SPACE": " ", "CATEGORY_WORD": "a", "CATEGORY_DIGIT": "7"}
    if str(members[0][0]) == "NEGATE":
        return ["a"]
    return [chr(value) if str(kind) == "LITERAL" else classes[str(value)] for kind, value in members]
