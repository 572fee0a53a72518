"""A statement's lines for a spreadsheet: UTF-8, LF, no cell of which is a formula. Pure."""

from dealreg.platform import cells
from dealreg.statements.model import Statement, StatementLine

HEADER = "number,date,kind,deal,customer,sale,base,currency,rule,version,amount,available,status,reason,text"


def render(statement: Statement) -> bytes:
    rows = (cells.row(_cells(statement, line)) for line in statement.lines)
    return "".join(f"{row}\n" for row in [HEADER, *rows]).encode()


def _cells(statement: Statement, line: StatementLine) -> list[str]:
    return [
        str(line.number),
        line.occurred_on.isoformat(),
        cells.safe(line.kind),
        cells.safe(line.deal_number),
        cells.safe(line.customer_name),
        cells.safe(line.sale_id),
        line.base,
        statement.currency,
        cells.safe(line.rule),
        "" if line.version is None else str(line.version),
        statement.amount(line.amount),
        line.available_on.isoformat(),
        cells.safe(line.status),
        cells.safe(line.reason_code),
        cells.safe(line.text),
    ]
