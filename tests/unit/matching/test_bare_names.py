"""What is left of a name without its remarks, to the letter, and which names stand in them."""

import pytest

from dealreg.matching.names.remarks import known_as, without_remarks


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        pytest.param("Kestrel Mills - DUPLICATE", "Kestrel Mills", id="shouted behind a dash"),
        pytest.param("Kestrel Mills - old", "Kestrel Mills", id="said behind a dash"),
        pytest.param("Kestrel Mills - TEST", "Kestrel Mills", id="a word that must be shouted there"),
        pytest.param("Kestrel Mills // closed 2026", "Kestrel Mills", id="with a year, behind slashes"),
        pytest.param("Kestrel SOLD", "Kestrel", id="shouted at the end"),
        pytest.param("Kestrel  Mills OLD GESPERRT", "Kestrel Mills", id="of several words"),
        pytest.param("Kestrel Mills TEST OK", "Kestrel Mills", id="of which one alone is none"),
        pytest.param("TEST Kestrel", "Kestrel", id="shouted ahead"),
        pytest.param("Neu: Kestrel", "Kestrel", id="ahead, with a colon"),
        pytest.param("zz_Kestrel", "Kestrel", id="with an underscore"),
        pytest.param("old - Kestrel Mills", "Kestrel Mills", id="with a dash"),
        pytest.param("HP *NEW*", "HP", id="of two letters there is enough left"),
        pytest.param("東京電力 大阪支店 (TEST)", "東京電力", id="before it a branch, in Han"),
        pytest.param("Fa. Kestrel", "Kestrel", id="a word for a firm ahead"),
    ],
)
def test_a_remark_is_taken_off(typed: str, name: str) -> None:
    assert without_remarks(typed).name.strip() == name


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Kestrel Mills - Partner", id="a word of names behind a dash"),
        pytest.param("Kestrel Mills - PARTNER", id="even shouted"),
        pytest.param("Kestrel Mills - Test", id="a word that is not shouted"),
        pytest.param("Kestrel Mills - Otter old", id="another word with a remark behind a dash"),
        pytest.param("KESTREL SOLD", id="nothing is shouted where all is"),
        pytest.param("TEST KESTREL", id="nor ahead"),
        pytest.param("Kestrel Mills ACCOUNT", id="a word of names at the end"),
        pytest.param("OLD Kestrel", id="a word of names ahead"),
        pytest.param("Kestrel: Mills", id="another word with a colon"),
        pytest.param("Z *NEW*", id="of one letter there is too little left"),
        pytest.param("*NEW* Pty Ltd", id="and of a legal form alone, of however many words"),
        pytest.param("(ehem. Wolff)", id="and of nothing"),
        pytest.param("", id="nothing at all"),
        pytest.param("   ", id="spaces"),
    ],
)
def test_what_may_be_part_of_a_name_stays(name: str) -> None:
    assert without_remarks(name) == (name, ())


@pytest.mark.parametrize(
    ("typed", "name", "others"),
    [
        pytest.param("Kestrel (ehem. Wolff)", "Kestrel", ("Wolff",), id="in brackets"),
        pytest.param("Kestrel (ehem. Xerox)", "Kestrel", ("Xerox",), id="with the letters it begins and ends with"),
        pytest.param("Kestrel formerly Wolff (", "Kestrel", ("Wolff",), id="at the end, without signs around it"),
        pytest.param("Kestrel (ehem. Wolff) dba Otter", "Kestrel", ("Wolff", "Otter"), id="one here and one there"),
        pytest.param("Kestrel (ex W)", "Kestrel", (), id="one letter is no name"),
        pytest.param("Kestrel (ex GmbH)", "Kestrel", (), id="nor is a legal form"),
    ],
)
def test_another_name_in_a_remark_is_told(typed: str, name: str, others: tuple[str, ...]) -> None:
    bare = without_remarks(typed)
    assert (bare.name.strip(), bare.others) == (name, others)


def test_whose_names_are_known_has_each_once_first_as_they_are_written() -> None:
    assert known_as("Kestrel (ehem. Wolff)", "Otter", "Wolff", "Igel dba Adler") == (
        *("Kestrel (ehem. Wolff)", "Otter", "Wolff", "Igel dba Adler", "Adler"),
    )
