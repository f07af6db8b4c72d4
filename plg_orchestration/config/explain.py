"""Turning what pydantic finds wrong with a value into problems that name file, line, place, value and remedy.

Validators of the models say both the fault and the remedy in one ValueError, `"fault; remedy"`; here the rest is worded.
"""

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Union, cast, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails

from plg_orchestration.config.problems import Problem, choose, place
from plg_orchestration.config.strict_yaml import Document, Path

LIST, MAPPING = ("a list belongs here", "write [a, b]"), ("keys and values belong here", "write them below it")
WORDING: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), LIST),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), MAPPING),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), ("a whole number belongs here", "write one, such as 7")),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), ("a finite number belongs here", "write one, such as 0.5")),
    **dict.fromkeys(("bool_type", "bool_parsing"), ("a truth value belongs here", "write true or false")),
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        ("a calendar date belongs here", "write it as YYYY-MM-DD"),
    ),
    **dict.fromkeys(("time_type", "time_parsing"), ("a time of day belongs here", "write it as HH:MM")),
    "string_type": ("a text belongs here", "write one"),
    "string_too_short": ("the text is too short", "write a longer one"),
    "string_too_long": ("the text is too long", "shorten it"),
    "too_short": ("there are too few entries", "add some, or remove the key"),
    "too_long": ("there are too many entries", "remove some"),
}
"""What is said for pydantic's kinds of error: the fault, and the remedy."""


def explain(error: ValidationError, document: Document, model: object, *, at: Path = ()) -> list[Problem]:
    """The problems behind a validation error of the value that stands at path `at` of the document, validated as `model`."""
    return [_problem(detail, document, model, at) for detail in error.errors(include_url=False)]


def _problem(detail: ErrorDetails, document: Document, model: object, at: Path) -> Problem:
    kind, ends_in_key = detail["type"], detail["loc"][-1:] == ("[key]",)
    absent = kind in ("missing", "extra_forbidden")
    path = _existing(document.data, (*at, *(detail["loc"][:-1] if absent or ends_in_key else detail["loc"])))
    name = str(detail["loc"][-1]) if absent else ""
    mark = document.mark((*path, name) if kind == "extra_forbidden" else path)
    if kind == "missing":
        message, remedy = f"{name!r} is missing", f"add `{name}: ...`"
    elif kind == "extra_forbidden":
        message = f"unknown key {name!r}"
        remedy = choose(name, _keys(model, detail["loc"][:-1]), what="keys")
        path = (*path, name)
    else:
        message, remedy = _wording(detail)
    return Problem(mark.file, mark.line, place(path), message, remedy)


def _wording(detail: ErrorDetails) -> tuple[str, str]:
    value = detail["input"]
    if detail["type"] == "value_error":
        fault, _, remedy = str(detail.get("ctx", {}).get("error", detail["msg"])).partition("; ")
        return fault, remedy or "correct it"
    if detail["type"] == "string_type" and isinstance(value, bool | int | float):
        kind = "truth value" if isinstance(value, bool) else "number"
        return f"{_word(value)} is read as a {kind}, but a text belongs here", f"put it in quotes: '{_word(value)}'"
    expected = str(detail.get("ctx", {}).get("expected", ""))
    if detail["type"] in ("literal_error", "enum"):
        words = [word.strip().strip("'") for word in expected.replace(" or ", ", ").split(",")]
        return f"{value!r} is not allowed here", choose(str(value), words, what="values")
    shown = f" (it is {_word(value)})" if detail["type"].endswith("_type") or isinstance(value, str | int | float) else ""
    if detail["type"] == "string_pattern_mismatch":
        return f"the text has a form that is not allowed here{shown}", f"it must match {detail.get('ctx', {}).get('pattern')}"
    message, remedy = WORDING.get(detail["type"], (detail["msg"][:1].lower() + detail["msg"][1:], "correct the value"))
    return f"{message}{shown}", remedy


def _word(value: object) -> str:
    """A value as it is named in a sentence: simple ones as they are written, the others by their kind."""
    if value is None or isinstance(value, list | tuple | dict):
        return "empty" if value is None else "a mapping" if isinstance(value, dict) else "a list"
    return str(value).lower() if isinstance(value, bool) else f"{value!r:.80}"


def _existing(data: object, loc: tuple[int | str, ...]) -> Path:
    """The steps of `loc` that exist in the data; pydantic's own steps (union members, validators) are left out.

    A step into a list may also be the `id` or `name` of one of its entries: sections that key a list by it report so.
    """
    path: list[int | str] = []
    for step in loc:
        key = _position(cast("list[object]", data), step) if isinstance(data, list) else step
        if isinstance(data, list) and isinstance(key, int):
            data = cast("list[object]", data)[key]
        elif isinstance(data, dict) and key in data:
            data = cast("dict[object, object]", data)[key]
        else:
            continue
        path.append(cast("int | str", key))
    return tuple(path)


def _position(entries: list[object], step: int | str) -> int | None:
    if isinstance(step, int):
        return step if step < len(entries) else None
    named = [cast("dict[str, object]", entry) if isinstance(entry, dict) else {} for entry in entries]
    return next((place for place, entry in enumerate(named) if step in (entry.get("id"), entry.get("name"))), None)


def _keys(model: object, loc: tuple[int | str, ...]) -> set[str]:
    """The keys that the models reached by `loc` know."""
    found = list(_models(model))
    for step in loc:
        inner: list[type[BaseModel]] = []
        for candidate in found:
            fields = {field.alias or name: field for name, field in candidate.model_fields.items()}
            if step in fields:
                inner.extend(_models(fields[str(step)].annotation))
        found = inner or found
    return {field.alias or name for candidate in found for name, field in candidate.model_fields.items()}


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    """The models inside an annotation: a model itself, the members of unions, the values of containers."""
    if isinstance(annotation, type) and issubclass(annotation, RootModel):
        yield from _models(annotation.model_fields["root"].annotation)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is Annotated:
        yield from _models(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType, list, tuple, dict, set, frozenset) or get_args(annotation):
        for inner in get_args(annotation):
            yield from _models(inner)
