"""The page that ends an approver's daily list, or has it sent again. Its link stands in each of these mails.

The link is the right: mail programs post to it with one click, without a session or a page (RFC 8058). Opening it, or
sending its form without pressing a button, changes nothing.
"""

import re

from dealreg.approvals import readers
from dealreg.approvals.readers import Reader
from dealreg.pages.form_data import read_form
from dealreg.pages.render import page, redirect
from dealreg.partners.program import current_program
from dealreg.platform import times
from dealreg.platform.http import Reply, Request

_ONE_CLICK = re.compile(rb'(?:^|&)List-Unsubscribe=One-Click(?:&|$)|name="?List-Unsubscribe"?\r?\n\r?\nOne-Click', re.I)
"""As a form or as multipart/form-data: RFC 8058 allows both."""


def show_digest(request: Request) -> Reply:
    return _page(_reader(request))


def change_digest(request: Request) -> Reply:
    reader = _reader(request)
    if _ONE_CLICK.search(request.body.strip()):
        readers.end(reader, times.now())
        return _page(_reader(request))  # no redirect: mail programs do not follow it
    match read_form(request.body).text("digest"):
        case "end":
            readers.end(reader, times.now())
        case "again":
            readers.resume(reader)
        case _:
            pass
    return redirect(f"/approvals/digest/{readers.link_token(reader)}")


def _reader(request: Request) -> Reader:
    return readers.find_by_token(readers.of_link(request.params["token"]))


def _page(reader: Reader) -> Reply:
    return page(200, "digest.html", brand=current_program().name, address=reader.address, has_ended=reader.has_ended)
