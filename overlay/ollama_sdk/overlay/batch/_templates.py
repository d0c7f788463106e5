"""Requests with fields of the rows in their texts: `{name}` stands for a field, `{item}` for a row that has none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ollama_sdk.overlay.batch._results import RowError

# A name begins with a letter, so that JSON ({"a": 1}) and numbers of a regular expression ({3}) stay what they are.
_FIELD = re.compile(r"\{\{([^\W\d][\w .-]*)\}\}|\{([^\W\d][\w .-]*)\}")
_FILLED = ("model", "prompt", "system", "suffix", "input", "messages")


def fields_of(template: object) -> list[str]:
    """The fields that a request, or a text of one, names."""
    texts = _texts(template if isinstance(template, str) else [template.get(key) for key in _FILLED])  # type: ignore[attr-defined]
    return list(dict.fromkeys(match[2] for text in texts for match in _FIELD.finditer(text) if match[2]))


def fields_of_item(item: Any) -> Mapping[str, Any] | None:
    """The fields of a mapping, of what is like one (a row of sqlite3, a Series of pandas), or of a named tuple."""
    if isinstance(item, Mapping):
        return item
    if isinstance(item, type):
        return None
    if hasattr(item, "keys"):
        return dict(item)
    return dict(item._asdict()) if hasattr(item, "_asdict") else None


def without_numpy(value: Any) -> Any:
    """A number or an array of numpy as one of Python; anything else as it is."""
    return value.tolist() if hasattr(value, "dtype") and not isinstance(value, type) else value


def _as_json(value: Any) -> Any:
    value = without_numpy(value)
    return value if value is None or isinstance(value, str | int | float | dict | list | tuple) else str(value)


def fill(template: Mapping[str, Any], item: object) -> dict[str, Any]:
    """The request of an item.

    Args:
        template: The request of all items. `{name}` in its texts stands for a field, and `{{name}}` for `{name}`.
        item: What has fields; `{item}` stands for anything else.

    Raises:
        RowError: The item lacks a field.
    """
    given = fields_of_item(item)
    fields = {"item": item} if given is None else given

    def replaced(match: re.Match[str]) -> str:
        if match[1]:
            return "{" + match[1] + "}"
        if match[2] not in fields:
            has = ", ".join(map(str, fields)) if given is not None else "none, being no dict: write {item}"
            raise RowError(f"the row has no field {match[2]!r}; it has {has}")
        value = _as_json(fields[match[2]])
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_as_json)

    def filled(value: Any) -> Any:
        if isinstance(value, str):
            return _FIELD.sub(replaced, value) if "{" in value else value
        if isinstance(value, dict):
            return {key: filled(part) for key, part in value.items()}
        return [filled(part) for part in value] if isinstance(value, list | tuple) else value

    return {key: filled(value) if key in _FILLED else value for key, value in template.items()}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)
