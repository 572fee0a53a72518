"""A statement on pages: which text stands where. Loads ReportLab, for the widths of letters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dealreg.statements.fonts import BOLD, LACKING, REGULAR, width, wrapped, writable
from dealreg.statements.model import Statement, StatementLine

PAGE_WIDTH, PAGE_HEIGHT = 842.0, 595.0
"""Points: A4, landscape."""
MARGIN = 40.0
SIZE, LEADING = 7.5, 10.0
_TITLE = 15.0
_TOP, _BOTTOM = PAGE_HEIGHT - MARGIN, MARGIN + 20
_MAX_LINES = 40
"""Of one text: less than a page."""
NO_INVOICE = "This is not a tax invoice."
_LACKING_NOTE = f"{LACKING} stands for a letter that this file's font lacks; the CSV file has it."


@dataclass(frozen=True, slots=True)
class Placed:
    x: float
    """Where it begins; where it ends, if it is aligned to the right."""
    y: float
    text: str
    font: str = REGULAR
    size: float = SIZE
    to_right: bool = False

    @property
    def left(self) -> float:
        return self.x - width(self.text, self.font, self.size) if self.to_right else self.x


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    width: float
    to_right: bool = False


LINES = (
    Column("No.", 32, to_right=True),
    Column("Date", 50),
    Column("Kind", 70),
    Column("Deal", 66),
    Column("Customer", 116),
    Column("Sale", 80),
    Column("Base", 74, to_right=True),
    Column("Rule", 84),
    Column("Amount", 78, to_right=True),
    Column("Available", 50),
    Column("Status", 50),
)
PAYOUTS = (
    Column("Payout", 90),
    Column("State", 70),
    Column("Paid", 60),
    Column("Reference", 300),
    Column("Amount", 80, to_right=True),
)
_GAP = 1.0
_PADDING = 3.0


def pages(statement: Statement) -> list[list[Placed]]:
    flow = _Flow()
    _head(flow, statement)
    flow.table(LINES, (_row(statement, line) for line in statement.lines))
    if statement.payouts:
        flow.skip(LEADING)
        flow.table(PAYOUTS, ((_payout_row(statement, number), "") for number in range(len(statement.payouts))))
    if flow.is_lacking:
        flow.skip(LEADING)
        flow.text(_LACKING_NOTE)
    return [[*page, *_foot(statement, number, len(flow.pages))] for number, page in enumerate(flow.pages, 1)]


def _head(flow: "_Flow", statement: Statement) -> None:
    flow.text(statement.vendor, BOLD, _TITLE)
    flow.text(f"Commission statement {statement.number}", BOLD, 10)
    state = "closed" if statement.state == "closed" else "open: further lines may come"
    told = [("Partner", statement.partner), ("Period", statement.period), ("Currency", statement.currency)]
    for name, said in [*told, ("State", state)]:
        flow.text(f"{name}: {said}", REGULAR, 9)
    flow.skip(LEADING / 2)
    sums = [("Opening balance", statement.opening), *statement.by_kind.items(), ("Closing balance", statement.closing)]
    sums += [(f"of which held until {held.until.isoformat()}", held.amount) for held in statement.held]
    for name, minor in sums:
        flow.pair(name, f"{statement.amount(minor)} {statement.currency}")
    flow.skip(LEADING)


def _row(statement: Statement, line: StatementLine) -> tuple[Sequence[str], str]:
    """Its cells, and the text below them."""
    version = "" if line.version is None else f" v{line.version}"
    cells = [
        str(line.number),
        line.occurred_on.isoformat(),
        f"{line.kind} {line.reason_code}",
        line.deal_number,
        line.customer_name,
        line.sale_id,
        line.base,
        f"{line.rule}{version}",
        statement.amount(line.amount),
        line.available_on.isoformat(),
        line.status,
    ]
    return cells, line.text


def _payout_row(statement: Statement, number: int) -> list[str]:
    payout = statement.payouts[number]
    paid = payout.paid_on.isoformat() if payout.paid_on else ""
    return [payout.number, payout.state, paid, payout.reference, statement.amount(payout.amount)]


def _foot(statement: Statement, number: int, count: int) -> Iterator[Placed]:
    yield Placed(MARGIN, MARGIN, NO_INVOICE)
    told = writable(f"{statement.number} · page {number} of {count}")
    yield Placed(PAGE_WIDTH - MARGIN, MARGIN, told, to_right=True)


class _Flow:
    """Text from the top of the first page down, and on to further ones."""

    def __init__(self) -> None:
        self.pages: list[list[Placed]] = [[]]
        self.is_lacking = False
        self._y = _TOP

    def skip(self, height: float) -> None:
        self._y -= height

    def text(self, text: str, font: str = REGULAR, size: float = SIZE) -> None:
        for line in wrapped(self._writable(text), font, size, PAGE_WIDTH - 2 * MARGIN, _MAX_LINES):
            self._need(size + 3)
            self._y -= size + 3
            self._place(MARGIN, line, font, size)

    def pair(self, name: str, value: str) -> None:
        self._need(LEADING)
        self._y -= LEADING
        self._place(MARGIN, self._writable(name))
        self._place(MARGIN + 260, value, to_right=True)

    def table(self, columns: Sequence[Column], rows: Iterator[tuple[Sequence[str], str]]) -> None:
        """Its titles stand on each page that it comes to."""
        titles = [[column.title] for column in columns]
        self._need(3 * LEADING)
        self._cells(columns, titles, BOLD)
        for cells, below in rows:
            lines = [self._wrapped(cell, column.width) for cell, column in zip(cells, columns, strict=True)]
            texts = self._wrapped(below, PAGE_WIDTH - 2 * MARGIN - columns[0].width) if below else []
            height = LEADING * (max(map(len, lines)) + len(texts)) + _PADDING
            if self._need(height):
                self._cells(columns, titles, BOLD)
            self._cells(columns, lines, REGULAR)
            for text in texts:
                self._y -= LEADING
                self._place(MARGIN + columns[0].width + 2 * _PADDING, text)
            self._y -= _PADDING

    def _cells(self, columns: Sequence[Column], lines: Sequence[Sequence[str]], font: str) -> None:
        x, top = MARGIN, self._y
        for column, cell in zip(columns, lines, strict=True):
            at = x + column.width if column.to_right else x + 2 * _PADDING
            for number, line in enumerate(cell, 1):
                self._y = top - number * LEADING
                self._place(at, line, font, to_right=column.to_right)
            x += column.width + _GAP
        self._y = top - LEADING * max(map(len, lines))

    def _wrapped(self, text: str, room: float) -> list[str]:
        return wrapped(self._writable(text), REGULAR, SIZE, room - 2 * _PADDING, _MAX_LINES // 2)

    def _writable(self, text: str) -> str:
        shown = writable(text)
        self.is_lacking = self.is_lacking or LACKING in shown
        return shown

    def _need(self, height: float) -> bool:
        """Whether it begins another page."""
        if self._y - height >= _BOTTOM:
            return False
        self.pages.append([])
        self._y = _TOP
        return True

    def _place(self, x: float, text: str, font: str = REGULAR, size: float = SIZE, *, to_right: bool = False) -> None:
        self.pages[-1].append(Placed(x, self._y, text, font, size, to_right))
