"""What people write around a name, in many languages, changes nothing about whose it is."""

import pytest

from dealreg.matching.names.align import align
from dealreg.matching.names.lookalikes import Closeness, closeness
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
]


@pytest.mark.parametrize("remark", REMARKS)
@pytest.mark.parametrize("name", NAMES)
def test_a_name_with_a_remark_is_the_bare_name(remark: str, name: str) -> None:
    typed = normalise(remark.format(name))
    assert typed.words == normalise(name).words
    assert closeness(align(typed, normalise(name))) is Closeness.EQUAL


@pytest.mark.parametrize(
    ("typed", "others"),
    [
        ("Kranich Anlagenbau GmbH (ehem. Wolff)", ("Wolff",)),
        ("Silver Otter Freight fka Grey Badger Haulage LLC", ("Grey Badger Haulage LLC",)),
        ("中村物産株式会社（旧 山川商店）", ("山川商店",)),
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
        *("West Coast University (WCU)", "FA Foundation", "Bhoj (Open) University"),
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
