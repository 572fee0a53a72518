"""What people write around a name, in many languages, changes nothing about whose it is."""

import pytest

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
