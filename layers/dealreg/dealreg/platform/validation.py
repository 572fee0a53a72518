"""pydantic's findings in words for the person who filled the form in, all of them at once."""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from dealreg.platform.errors import FieldError, InvalidInput, Malformed

Model = TypeVar("Model", bound=BaseModel)
_MAX_FAULTS = 50
_MAX_PATH = 120
"""A stranger names the fields: what is said of them is bounded."""
ONE, MANY = "<one>", "<many>"
"""Tags of a union of something and a list of it, told apart by `one_or_many`; no path names them."""
_UNNAMED = (ONE, MANY, "[key]")
_MESSAGES = {
    "missing": "This is required.",
    "extra_forbidden": "This field is not known.",
    "string_type": "Write this as text.",
    "string_too_short": "This is too short: at least {min_length} characters.",
    "string_too_long": "This is too long: at most {max_length} characters.",
    "string_pattern_mismatch": "This is not written in the form that is asked for.",
    "too_short": "This is too short: at least {min_length}.",
    "too_long": "This is too long: at most {max_length}.",
    "date_from_datetime_parsing": "Write the date as YYYY-MM-DD.",
    "date_parsing": "Write the date as YYYY-MM-DD.",
    "date_type": "Write the date as YYYY-MM-DD.",
    "bool_type": "Use true or false.",
    "int_type": "Use a whole number.",
    "int_parsing": "Use a whole number.",
    "greater_than_equal": "Use {ge} or more.",
    "less_than_equal": "Use {le} or less.",
    "list_type": "Give a list.",
    "model_type": "Give an object.",
    "model_attributes_type": "Give an object.",
    "dict_type": "Give an object.",
    "literal_error": "Use one of {expected}.",
    "enum": "Use one of {expected}.",
}


class Input(BaseModel):
    """What comes from outside: unknown fields are refused, nothing is guessed from another type, spaces are trimmed."""

    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True, frozen=True)


def one_or_many(value: object) -> str:
    return MANY if isinstance(value, list) else ONE


def parse(model: type[Model], body: bytes, context: dict[str, Any] | None = None) -> Model:
    """Raises InvalidInput with every field's fault, or Malformed."""
    try:
        return model.model_validate_json(body, context=context)
    except ValidationError as error:
        raise _explain(error) from None


def parse_values(model: type[Model], values: dict[str, Any], context: dict[str, Any] | None = None) -> Model:
    """As `parse`, for values that are already apart, such as a form's."""
    return parse_value(model, values, context)


def parse_value(model: type[Model], value: object, context: dict[str, Any] | None = None) -> Model:
    """As `parse`, for what may be no object at all."""
    try:
        return model.model_validate(value, context=context)
    except ValidationError as error:
        raise _explain(error) from None


def _explain(error: ValidationError) -> InvalidInput | Malformed:
    faults = error.errors(include_url=False, include_input=False)
    if any(fault["type"] == "json_invalid" for fault in faults):
        return Malformed("The body is not valid JSON.")
    return InvalidInput([FieldError(_path(fault), _message(fault)) for fault in faults[:_MAX_FAULTS]])


def _path(fault: ErrorDetails) -> str:
    path = ".".join(str(part) for part in fault["loc"] if part not in _UNNAMED) or "body"
    return path if len(path) <= _MAX_PATH else f"{path[:_MAX_PATH]}…"


def _message(fault: ErrorDetails) -> str:
    if fault["type"] == "value_error":
        return str(fault.get("ctx", {}).get("error", fault["msg"]))
    template = _MESSAGES.get(fault["type"])
    return template.format(**fault.get("ctx", {})) if template else fault["msg"] + "."
