"""The JSON schema of a Python type, and the conversion of JSON to values of the type.

msgspec does both. pydantic, where it is installed, does them for types that contain types of pydantic, and for those
that msgspec refuses, such as a union of two dataclasses.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import suppress
from dataclasses import is_dataclass
from datetime import datetime, time
from enum import Enum
from functools import cache
from pathlib import PurePath
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from ollama_sdk.overlay import _json
from ollama_sdk.overlay._formats.schemas import Schema, UnusableTypeError, inlined, with_parts


class InvalidValueError(ValueError):
    """A value is not of the type."""


def type_check(annotation: object) -> TypeCheck:
    """Return the check of a type.

    Raises:
        UnusableTypeError: The type has no JSON schema; the message says why.
        ImportError: Neither library is installed, or another one that the type needs.
    """
    kinds: list[Callable[[object], TypeCheck]] = [_MsgspecCheck, _PydanticCheck]
    if _mentions_pydantic(annotation):
        kinds.reverse()
    missing: list[str | None] = []
    reason: Exception | None = None
    for kind in kinds:
        try:
            check = kind(annotation)
        except Exception as error:  # exceptions of the libraries, and NameError for names that they cannot resolve
            if isinstance(error, ImportError) and error.name in ("msgspec", "pydantic"):
                missing.append(error.name)
            elif reason is None or (kind is _MsgspecCheck and not isinstance(reason, ImportError)):
                reason = error  # of msgspec, whose messages are shorter, unless something can be installed
        else:
            _complete(check.schema, annotation, dict(check.schema.get("$defs", {})))
            return check
    if reason is None:
        raise ImportError(
            "types as tools' parameters and as format= need pydantic or msgspec, and neither is installed: "
            "pip install 'ollama-sdk[pydantic]'"
        )
    text = " ".join(str(reason).split())
    if isinstance(reason, ImportError):
        raise ImportError(f"the type {type_name(annotation)} cannot be used: {text}") from reason
    hint = "; pip install 'ollama-sdk[pydantic]' for more kinds of types" if "pydantic" in missing else ""
    raise UnusableTypeError(f"{text}{hint}") from reason


def type_name(annotation: object) -> str:
    """Return a type as it is written in a program."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation.__qualname__
    return str(annotation)


class _Check:
    def __init__(self, annotation: Any) -> None:
        self._type = annotation

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy the type alone: what the libraries make of it can be neither."""
        return type(self), (self._type,)


class _MsgspecCheck(_Check):
    """The schema of a type, and the conversion of JSON to values of the type, where text may spell a number."""

    def __init__(self, annotation: object) -> None:
        import msgspec

        super().__init__(annotation)
        self._convert = msgspec.convert
        # ValueError: lone surrogates. TypeError: a list in a set. RecursionError: deep values of a type in itself.
        # SystemError: a number beyond the range of a float, by msgspec before 0.22.
        self._errors = (msgspec.MsgspecError, ValueError, TypeError, RecursionError, SystemError)
        try:
            schema = msgspec.json.schema(annotation, schema_hook=_schema_hook)
        except TypeError as error:
            raise UnusableTypeError(str(error).rpartition("\n\n")[2]) from error  # without advice about hooks
        self.schema: Schema = _in_written_order(schema, annotation)
        # Strict first: a value that fits is not converted, such as the text "5" where int | str is allowed.
        self._decoders = [
            msgspec.json.Decoder(self._type, strict=strict, dec_hook=_dec_hook) for strict in (True, False)
        ]

    def read(self, data: bytes) -> Any:
        """Convert JSON text; InvalidValueError if it does not fit, another ValueError if it is not JSON."""
        for decoder in self._decoders:
            with suppress(*self._errors):
                return decoder.decode(data)
        return self.convert(_json.loads(data))  # may have what msgspec does not read, such as NaN and lone surrogates

    def convert(self, value: object) -> Any:
        """Convert decoded JSON; InvalidValueError if it does not fit."""
        with suppress(*self._errors):
            return self._convert(value, self._type, strict=True, str_keys=True, dec_hook=_dec_hook)
        try:
            return self._convert(value, self._type, strict=False, str_keys=True, dec_hook=_dec_hook)
        except self._errors as error:
            raise InvalidValueError(str(error)) from error


_LINK = re.compile(r"\n +For further information visit .*")
"""What pydantic adds to each problem."""


class _PydanticCheck(_Check):
    """The same as `_MsgspecCheck`, by pydantic."""

    def __init__(self, annotation: Any) -> None:
        import pydantic

        super().__init__(annotation)
        self._adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(annotation)
        self.schema: Schema = self._adapter.json_schema(schema_generator=_pydantic_schemas())

    def read(self, data: bytes) -> Any:
        # Not by `validate_python`: a strict model takes text for a date in JSON, and only there.
        try:
            return self._adapter.validate_json(data)
        except (ValueError, RecursionError) as error:
            _json.loads(data)
            raise InvalidValueError(_LINK.sub("", str(error))) from error

    def convert(self, value: object) -> Any:
        try:
            data = _json.dumps(value)
        except ValueError as error:
            raise InvalidValueError(str(error)) from error
        return self.read(data)


TypeCheck = _MsgspecCheck | _PydanticCheck
"""Its `schema` is the JSON schema as the library made it, which may have `$defs`."""


@cache
def _pydantic_schemas() -> Any:
    from pydantic.json_schema import GenerateJsonSchema

    class NaiveTimes(GenerateJsonSchema):
        """A time without an offset has no format: with that of RFC 3339, a server makes the model write an offset."""

        def datetime_schema(self, schema: Any) -> Schema:
            return _without_format(super().datetime_schema(schema), schema)

        def time_schema(self, schema: Any) -> Schema:
            return _without_format(super().time_schema(schema), schema)

    return NaiveTimes


def _without_format(made: Schema, schema: Mapping[str, Any]) -> Schema:
    return {"type": "string"} if schema.get("tz_constraint") == "naive" else made


def _schema_hook(cls: type) -> Schema:
    """Return the schema of a class that msgspec does not know."""
    if cls is object:
        return {"title": "Any"}  # msgspec 0.22 refuses an empty schema
    if issubclass(cls, PurePath):
        return {"type": "string", "format": "path"}
    if hasattr(cls, "__get_pydantic_core_schema__"):
        return inlined(_PydanticCheck(cls).schema)
    raise NotImplementedError


def _dec_hook(cls: type, value: object) -> object:
    """Return a value of a class that msgspec does not know, and `_schema_hook` does."""
    if cls is object:
        return value
    if issubclass(cls, PurePath):
        if not isinstance(value, str):
            raise ValueError(f"Expected `str`, got `{type(value).__name__}`")
        return cls(value)
    return _PydanticCheck(cls).convert(value)


def _parts(annotation: object, seen: set[int]) -> Iterator[object]:
    """Iterate over a type and its parts: type arguments, metadata of Annotated, the types of fields."""
    if id(annotation) in seen:
        return
    seen.add(id(annotation))
    yield annotation
    parts: list[object] = [*get_args(annotation), *getattr(annotation, "__metadata__", ()), get_origin(annotation)]
    if type(annotation).__name__ in ("TypeAliasType", "NewType"):
        parts.append(getattr(annotation, "__value__", None) or getattr(annotation, "__supertype__", None))
    if isinstance(annotation, type) and not get_args(annotation):
        has_fields = is_dataclass(annotation) or is_typeddict(annotation) or hasattr(annotation, "__attrs_attrs__")
        if has_fields or hasattr(annotation, "_fields"):
            with suppress(NameError, TypeError):  # the library that makes the schema reports these
                parts += get_type_hints(annotation, include_extras=True).values()
    for part in parts:
        yield from _parts(part, seen)


def _mentions_pydantic(annotation: object) -> bool:
    """Whether a type, or a part of it, belongs to pydantic."""
    if "pydantic" not in sys.modules:
        return False
    for part in _parts(annotation, set()):
        if isinstance(part, type):
            if hasattr(part, "__pydantic_core_schema__") or hasattr(part, "__get_pydantic_core_schema__"):
                return True
        elif type(part).__module__.partition(".")[0] in ("pydantic", "annotated_types"):
            return True
    return False


def _in_written_order(schema: Schema, annotation: object) -> Schema:
    """Return the schema with the values of enums and literals in the order of the program: msgspec 0.22 sorts them."""
    orders: dict[frozenset[object], list[object]] = {}
    for part in _parts(annotation, set()):
        values: list[object] = []
        if isinstance(part, type) and issubclass(part, Enum):
            values = [member.value for member in part]
        elif get_origin(part) is Literal:
            values = list(get_args(part))
        if all(isinstance(value, Hashable) for value in values):
            orders[frozenset(values)] = values

    def change(part: Schema) -> Schema:
        part = with_parts(part, change)
        if "enum" in part:
            part["enum"] = orders.get(frozenset(part["enum"]), part["enum"])
        return part

    return change(schema)


def _complete(schema: Schema, annotation: object, definitions: dict[str, Schema]) -> None:
    """Add to a schema what the libraries leave out: texts of Annotated, and the format of times (msgspec 0.22).

    The schema and those that it refers to, in `definitions`, are changed in place; each definition is changed once.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    name = str(schema.get("$ref")).rpartition("/")[2]
    target = definitions.get(name, schema)
    if origin is Annotated:
        if not any(getattr(extra, "tz", None) is False for extra in arguments[1:]):  # RFC 3339 has no time without one
            _complete(schema, arguments[0], definitions)
        for text in arguments[1:]:
            if isinstance(text, str):
                schema.setdefault("description", text)
    elif origin in (Required, NotRequired):
        _complete(schema, arguments[0], definitions)
    elif origin in (Union, UnionType):
        kinds = [kind for kind in arguments if kind is not type(None)]
        parts = [part for part in schema.get("anyOf", ()) if part != {"type": "null"}]
        if len(kinds) == len(parts) == 1:  # of several it is not known which part belongs to which type
            _complete(parts[0], kinds[0], definitions)
    elif isinstance(annotation, type) and annotation in _TIME_FORMATS:
        if schema.get("type") == "string":  # a program can make it something else with pydantic
            schema.setdefault("format", _TIME_FORMATS[annotation])
    elif "properties" in target:
        definitions.pop(name, None)
        with suppress(NameError, TypeError):  # a name that only the library can resolve
            hints = get_type_hints(origin or annotation, include_extras=True)
            for key, part in target["properties"].items():
                _complete(part, hints.get(key), definitions)
    elif arguments:
        for part, kind in zip(schema.get("prefixItems", ()), arguments, strict=False):
            _complete(part, kind, definitions)
        for key, kind in (("items", arguments[0]), ("additionalProperties", arguments[-1])):
            if isinstance(schema.get(key), dict):
                _complete(schema[key], kind, definitions)


_TIME_FORMATS = {datetime: "date-time", time: "time"}
