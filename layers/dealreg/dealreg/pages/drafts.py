"""What somebody typed whose session ended meanwhile: kept for a day, to be there again after signing in.

`USER#<id>` / `DRAFT` holds one form of each person, whoever's browser sent it: only a form that we made for that person
is kept, and nobody else is shown it.
"""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from dealreg.pages.form_data import Form, read_form
from dealreg.partners.rows import table
from dealreg.platform import dynamo, times

_KEPT = timedelta(days=1)


def keep(user_id: str, page: str, form: Form, now: datetime) -> None:
    """`page` is the path of the page that has the form."""
    typed = {name: values for name, values in form.values.items() if name != "csrf"}
    ends = now + _KEPT
    row = {"pk": f"USER#{user_id}", "sk": "DRAFT", "page": page, "typed": urlencode(typed, doseq=True)}
    row |= {"expires_at": times.to_text(ends), "ttl": int(ends.timestamp())}
    dynamo.write(dynamo.put(table(), row))


def read(user_id: str, page: str, now: datetime) -> Form | None:
    row = dynamo.get(table(), f"USER#{user_id}", "DRAFT")
    if not row or row["page"] != page or row["expires_at"] <= times.to_text(now):
        return None
    return read_form(row["typed"].encode())
