"""The program's settings as forms: which fields each part has, what was typed as the API's JSON, and back.

Names of fields are the API's own paths, such as `tiers.0.name`, so that a fault is shown where it was typed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from console.program_parts import Field, Part, Rows
from dealreg.pages.form_data import Form
from dealreg.pages.typed_amounts import wire_amount
from dealreg.platform.errors import FieldError

Content = dict[str, Any]


def applied(content: Mapping[str, Any], part: Part, form: Form) -> Content:
    """The whole program with the part as it was typed."""
    whole = _copied(content)
    if part.rows:
        whole[part.rows.name] = [row for _, row in _typed_rows(part.rows, form)]
    for field in part.fields:
        _put(whole, field.name.split("."), _read(field, field.name, form))
    return whole


def filled(content: Mapping[str, Any], part: Part) -> Form:
    """The part's form as it would be sent to say what there is."""
    values: dict[str, list[str]] = {}
    for field in part.fields:
        values |= _written(field, field.name, at(content, field.name))
    if part.rows:
        for place, row in enumerate(content[part.rows.name]):
            values |= _written_row(part.rows, place, row)
    return Form(values)


def typed(part: Part, form: Form) -> Form:
    """What was typed, its rows without those left empty, as the API counts them."""
    values = {name: given for field in part.fields for name, given in _given(field, field.name, form)}
    if rows := part.rows:
        for place, (number, _) in enumerate(_typed_rows(rows, form)):
            for field in rows.fields:
                given = _given(field, f"{rows.name}.{number}.{field.name}", form)
                start = len(f"{rows.name}.{number}.")
                values |= {f"{rows.name}.{place}.{name[start:]}": texts for name, texts in given}
    return Form(values)


def count(part: Part, form: Form) -> int:
    """Of rows in a form that was made by `filled` or `typed`."""
    start = f"{part.rows.name}." if part.rows else ""
    return len({name.split(".")[1] for name in form.values if start and name.startswith(start)})


def placed(faults: Sequence[FieldError], names: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Faults by the field of the form where they are shown, and those of what the form does not have."""
    found: dict[str, str] = {}
    others: list[str] = []
    for fault in faults:
        fitting = [name for name in names if f"{fault.field}.".startswith(f"{name}.")]
        if fitting:
            found.setdefault(max(fitting, key=len), fault.message)
        else:
            others.append(fault.message if ":" in fault.message else f"{fault.field}: {fault.message}")
    return found, others


def names_of(part: Part, rows: int) -> list[str]:
    """Of all fields that are shown for so many rows."""
    fields = list(part.fields)
    if part.rows:
        fields += [part.rows.field(number, field) for number in range(rows) for field in part.rows.fields]
    return [name for field in fields for name in _names(field, field.name)]


def labels(part: Part, rows: int) -> dict[str, str]:
    """Of all fields, by name."""
    found = {name: field.label for field in part.fields for name in _names(field, field.name)}
    if listed := part.rows:
        for number in range(rows):
            for field in listed.fields:
                label = f"{listed.one} {number + 1}: {field.label}"
                found |= dict.fromkeys(_names(field, listed.field(number, field).name), label)
    return found


# ---- one field ------------------------------------------------------------------------------------------------------


def _read(field: Field, name: str, form: Form) -> Any:
    """As JSON; None for nothing. What is no number stays text, for the API's own rules to refuse."""
    text = form.text(name)
    match field.kind:
        case "flag":
            return bool(text)
        case "amount":
            amount, currency = form.text(f"{name}.amount"), form.text(f"{name}.currency")
            return {"amount": wire_amount(amount, currency), "currency": currency} if amount else None
        case "list":
            return words_of(text) or None
        case "groups":
            return {name.strip(): words_of(people) for name, people in _lines(text, ":")} or None
        case "rates":
            return [_rate(line) for line in text.splitlines() if line.strip()] or None
        case "numbers":
            return [number_of(word) for word in words_of(text)]
        case "amounts":
            return {code.upper(): wire_amount(amount, code.upper()) for code, amount in _lines(text, " ")} or None
        case "number":
            return number_of(text) if text else None
        case _:
            return text or None


def words_of(text: str) -> list[str]:
    """One a line, or with commas between."""
    return [word for line in text.splitlines() for part in line.split(",") if (word := part.strip())]


def number_of(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else text


def _lines(text: str, mark: str) -> Iterator[tuple[str, str]]:
    """Each that is not empty, before and after its first mark."""
    for line in text.splitlines():
        before, _, after = line.strip().partition(mark)
        if before:
            yield before, after.strip()


def _rate(line: str) -> Content:
    """Such as USD 0.92 2026-01-01."""
    parts = [*line.split(), "", ""][:3]
    return dict(zip(("currency", "rate", "from"), parts, strict=True))


def _written(field: Field, name: str, value: Any) -> dict[str, list[str]]:
    match field.kind:
        case "amount":
            amount: Mapping[str, str] = value or {"amount": "", "currency": ""}
            return {f"{name}.{part}": [amount[part]] for part in ("amount", "currency")}
        case "flag":
            return {name: ["yes"]} if value else {}
        case "list":
            return {name: ["\n".join(value or ())]}
        case "groups":
            groups: Mapping[str, list[str]] = value or {}
            return {name: ["\n".join(f"{group}: {', '.join(people)}" for group, people in groups.items())]}
        case "rates":
            rates: Sequence[Mapping[str, str]] = value or ()
            return {name: ["\n".join(f"{one['currency']} {one['rate']} {one['from']}" for one in rates)]}
        case "numbers":
            return {name: [", ".join(map(str, value))]}
        case "amounts":
            return {name: ["\n".join(f"{currency} {amount}" for currency, amount in value.items())]}
        case _:
            return {name: ["" if value is None else str(value)]}


def _names(field: Field, name: str) -> list[str]:
    return [f"{name}.amount", f"{name}.currency", name] if field.kind == "amount" else [name]


def _given(field: Field, name: str, form: Form) -> list[tuple[str, list[str]]]:
    return [(one, form.every(one)) for one in _names(field, name) if form.every(one)]


# ---- rows and paths -------------------------------------------------------------------------------------------------


def _typed_rows(rows: Rows, form: Form) -> list[tuple[int, Content]]:
    """With their numbers in the form, those in which anything was typed."""
    start = f"{rows.name}."
    numbers = {name.split(".")[1] for name in form.values if name.startswith(start)}
    found: list[tuple[int, Content]] = []
    for number in sorted(int(one) for one in numbers if one.isascii() and one.isdecimal() and len(one) <= 4):
        if any(form.text(f"{start}{number}.{field.name}") for field in rows.fields if field.kind == "text"):
            read = {field.name: _read(field, f"{start}{number}.{field.name}", form) for field in rows.fields}
            found.append((number, {name: value for name, value in read.items() if value is not None}))
    return found


def _written_row(rows: Rows, place: int, row: Mapping[str, Any]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for field in rows.fields:
        values |= _written(field, f"{rows.name}.{place}.{field.name}", row.get(field.name))
    return values


def _copied(content: Mapping[str, Any]) -> Content:
    return {
        name: dict(cast("Content", value)) if isinstance(value, dict) else value
        for name, value in content.items()
        if name not in ("version", "warnings")
    }


def _put(content: Content, path: Sequence[str], value: Any) -> None:
    """None: it is left out, and so goes back to its default."""
    *outer, last = path
    for name in outer:
        content = content.setdefault(name, {})
    content.pop(last, None)
    if value is not None:
        content[last] = value


def at(content: Mapping[str, Any], path: str) -> Any:
    """None where the program has nothing there."""
    value: Any = content
    for name in path.split("."):
        value = value.get(name) if value else None
    return value
