"""What systems and spreadsheets write is read as what it is; what is damaged loses no account unseen."""

import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.accounts.imports.lines import BadFile
from dealreg.accounts.imports.table import Plan, Row, plan, read_rows
from tests.exports import DAMAGED, NAMES, PLAIN, READ_WHOLE, ROWS, export

NOT_FOR_PEOPLE = (
    "Input should",
    "codec",
    "surrogate",
    "ordinal",
    "Error",
    "csv",
    "None",
    "Traceback",
    "\\x",
    "expected",
)
CELL = st.text(st.characters(codec="utf-8", exclude_characters='\0"\r\n,;\t|', exclude_categories=["C"]), max_size=8)


def read(
    content: bytes, encoding: str | None = None, size: int = 1 << 20, piece: int = 1 << 22
) -> tuple[Plan, list[Row]]:
    made = plan((content[at : at + piece] for at in range(0, len(content), piece)), encoding, size, 500)
    found = [
        row
        for chunk in made.chunks
        for row in read_rows(content[chunk.start : chunk.end], made.layout, chunk.first_line, "crm")
    ]
    return made, found


@pytest.mark.parametrize("size", [1, 200, 1 << 20])
@pytest.mark.parametrize("piece", [7, 1 << 22])
@pytest.mark.parametrize("form", sorted(READ_WHOLE))
def test_what_systems_write_is_read_whole(form: str, size: int, piece: int) -> None:
    made, rows = read(READ_WHOLE[form], size=size, piece=piece)
    assert [row.faults for row in rows] == [()] * 10
    assert [row.external_id for row in rows] == [row[0] for row in ROWS]
    names = [row.account.name.replace('"', "") for row in rows if row.account]
    assert (names, made.is_cut) == (list(NAMES), False)


@pytest.mark.parametrize("size", [1, 100])
@pytest.mark.parametrize("damage", sorted(DAMAGED))
def test_chunks_are_read_as_the_whole_is(damage: str, size: int) -> None:
    _, whole = read(DAMAGED[damage])
    _, pieces = read(DAMAGED[damage], size=size)
    assert pieces == whole


def test_a_byte_of_another_encoding_is_the_fault_of_its_row() -> None:
    _, rows = read(DAMAGED["letters of another encoding in one row"])
    assert [(row.line, row.external_id) for row in rows if row.faults] == [(8, "C7")]


@given(st.binary(max_size=400), st.integers(1, 200))
def test_any_bytes_are_rows_or_a_bad_file(content: bytes, size: int) -> None:
    header = b"external_id,name,ownership,aliases,domains,deleted\r\n"
    for file in (content, header + content, b"\xff\xfe" + (header.decode().encode("utf-16-le")) + content):
        try:
            made, rows = read(file, size=size)
        except BadFile as fault:
            said = [str(fault)]
        else:
            assert all(one.end == other.start for one, other in zip(made.chunks, made.chunks[1:], strict=False))
            assert len({row.line for row in rows}) == len(rows)
            assert sum(chunk.rows for chunk in made.chunks) == len(rows)
            said = [fault.message for row in rows for fault in row.faults]
        assert not [words for words in said if any(foreign in words for foreign in NOT_FOR_PEOPLE)]


def _closing(text: str, at: int) -> str:
    return text[:at] + '"' + text[at:]


DAMAGES: dict[str, Callable[[str, int], str]] = {
    "a quote put in": _closing,
    "a comma put in": lambda text, at: f"{text[:at]},{text[at:]}",
    "a letter left out": lambda text, at: text[:at] + text[at + 1 :] if text[at] not in "\r\n" else text,
    "a carriage return put in": lambda text, at: f"{text[:at]}\r{text[at:]}",
    "a zero put in": lambda text, at: f"{text[:at]}\0{text[at:]}",
    "a line break put in": lambda text, at: f"{text[:at]}\r\n{text[at:]}",
}


@given(
    st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8),
    st.lists(st.tuples(st.sampled_from(sorted(DAMAGES)), st.integers(0, 1 << 20)), max_size=3),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 300),
)
def test_whatever_is_damaged_no_line_is_lost_without_a_word(
    cells: list[tuple[str, str]], damages: list[tuple[str, int]], delimiter: str, end: str, size: int
) -> None:
    """Each line is of a row that is read, or that is rejected; none stands within another's cell."""
    rows = [[f"C{n}", f"N{name}", "customer", "", "DE", alias] for n, (name, alias) in enumerate(cells)]
    text = export(delimiter, end, rows)
    above = text.index(end) + len(end)
    for damage, at in damages:
        text = DAMAGES[damage](text, above + at % (len(text) - above))
    try:
        _, found = read(text.encode(), size=size)
    except BadFile:  # then nothing is done at all
        return
    spoken = [cell for row in found for cell in (row.external_id, *row.cells)]
    accepted = " ".join(row.account.name for row in found if row.account)
    for number in range(len(rows)):
        marker = f"\nC{number}{delimiter}"
        if marker in text:
            assert f"C{number}" in spoken or any(f"C{number}" in cell for cell in spoken), (text, found)
            assert f"C{number}{delimiter}" not in accepted


def test_a_large_file_is_cut_in_bounded_memory() -> None:
    row = "C{0},Müller und Söhne {0} GmbH,customer,kunde-{0}.example,DE,\r\n"
    total = 100_000

    def pieces() -> Iterator[bytes]:
        yield PLAIN[: PLAIN.index("\r\n") + 2].encode()
        for begin in range(0, total, 10_000):
            yield "".join(row.format(n) for n in range(begin, begin + 10_000)).encode()

    tracemalloc.start()
    made = plan(pieces(), None, 64 * 1024, 500)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(chunk.rows for chunk in made.chunks) == total
    assert peak < 20_000_000
