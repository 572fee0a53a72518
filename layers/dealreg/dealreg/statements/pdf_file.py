"""A statement as PDF by ReportLab, with text that can be selected: the same statement is the same bytes."""

from collections.abc import Sequence
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from dealreg.statements.fonts import register, writable
from dealreg.statements.layout import PAGE_HEIGHT, PAGE_WIDTH, Placed, pages
from dealreg.statements.model import Statement


def render(statement: Statement) -> bytes:
    register()
    file = BytesIO()
    canvas = Canvas(file, pagesize=(PAGE_WIDTH, PAGE_HEIGHT), invariant=1, pageCompression=1, lang="en")
    canvas.setTitle(writable(f"{statement.number} {statement.partner} {statement.period}"))
    canvas.setAuthor(writable(statement.vendor))
    for page in pages(statement):
        _draw(canvas, page)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _draw(canvas: Canvas, page: Sequence[Placed]) -> None:
    """In one text object: several times as quick as one for each text."""
    text, font = canvas.beginText(), ("", 0.0)
    for placed in page:
        if font != (placed.font, placed.size):
            font = placed.font, placed.size
            text.setFont(*font)
        text.setTextOrigin(placed.left, placed.y)
        text.textLine(placed.text)
    canvas.drawText(text)
