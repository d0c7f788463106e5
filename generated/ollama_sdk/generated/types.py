"""What all generated models and endpoint modules share."""

from __future__ import annotations

import datetime
import json
from binascii import b2a_base64
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping
from functools import cache
from os import PathLike, fspath
from typing import (
    IO,
    TYPE_CHECKING,
    Any,
    BinaryIO,
    ClassVar,
    Generic,
    Literal,
    Self,
    TypeVar,
    cast,
    dataclass_transform,
)

from attrs import NOTHING, AttrsInstance, define, field, fields, frozen

if TYPE_CHECKING:
    from abc import ABCMeta
    from contextvars import ContextVar
    from inspect import Signature


class Unset:
    """The type of `UNSET`."""

    def __bool__(self) -> Literal[False]:
        return False


UNSET: Unset = Unset()
"""Stands for an argument of an endpoint function that was not given."""

# What `httpx.Client(files=)` accepts.
FileContent = IO[bytes] | bytes | str
FileTypes = tuple[str | None, FileContent, str | None] | tuple[str | None, FileContent, str | None, Mapping[str, str]]
RequestFiles = list[tuple[str, FileTypes]]


@define
class File:
    """A binary request body or upload."""

    payload: BinaryIO
    file_name: str | None = None
    mime_type: str | None = None

    def to_tuple(self) -> FileTypes:
        """The form that httpx takes for multipart/form-data."""
        return self.file_name, self.payload, self.mime_type


T = TypeVar("T")
M = TypeVar("M", bound="Model")
RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")


@define
class Response(Generic[T]):
    """A whole answer: status, raw bytes, headers, and the parsed model (None for an error or an empty body)."""

    status_code: int
    content: bytes
    headers: MutableMapping[str, str]
    parsed: T | None


@frozen
class Operation(Generic[RequestT, ResponseT]):
    """One operation of the API: what an endpoint module sends, for callers that send it themselves."""

    name: str
    """The operationId."""
    method: str
    """The HTTP method, in capitals."""
    path: str
    """The path below the base URL, with `{name}` placeholders."""
    content_type: str | None
    """The media type of the request body; None when the operation takes none."""
    request: str | None
    """The name of the request body's model."""
    response: str | None
    """The name of the model of a successful answer; None when it has no body or no model."""

    def request_model(self) -> type[RequestT]:
        """The class of the request body."""
        return cast("type[RequestT]", _model_class(self.request or ""))

    def response_model(self) -> type[ResponseT]:
        """The class of the answer, of each line in a stream."""
        return cast("type[ResponseT]", _model_class(self.response or ""))


class _Signature:
    """Lets `inspect.signature`, and so notebooks and `help`, show the fields that the class of a model takes."""

    def __get__(self, instance: object, owner: type[Any]) -> Signature:
        from inspect import signature

        with_self = signature(getattr(owner, "__attrs_init__", owner.__init__))
        return with_self.replace(parameters=[*with_self.parameters.values()][1:])


_SCALARS = frozenset({str, int, float, bool, type(None)})
_SET_SCALARS = frozenset({str, int, float, bool})


class Model:
    """Base of all generated models.

    A model keeps the decoded JSON object itself, under the names of the wire, and converts nested models when they
    are first read, or at once where that is what a piece of a stream is read for. A field that is absent or null reads
    as None. A model is also a mapping over the fields that are set: `m["name"]`, `m["name"] = value`, `"name" in m`,
    `m.get("name")`, `dict(m)`. Fields that the API description does not know are kept, in `additional_properties`.
    """

    _stream_end: ClassVar[tuple[str, object] | None] = None
    """The field and the value that mark the last line of a stream of this model."""
    _stream_join: ClassVar[frozenset[str]] = frozenset()
    """The text fields whose pieces in a stream make one text."""
    _wire_names: ClassVar[dict[str, str]] = {}
    _wire_keys: ClassVar[frozenset[str]] = frozenset()
    _python_names: ClassVar[dict[str, str]] = {}
    _at_once: ClassVar[str | None] = None
    """The name on the wire of the nested model that is made together with this one."""
    _plain_values: ClassVar[dict[str, Callable[[Any], Any]]] = {}
    """By name on the wire, what makes a plain copy of a value, for fields whose values may be or become models."""

    __signature__ = _Signature()

    def __init__(self, **values: object) -> None:
        """Take field values by keyword, under the names of Python or of the wire; None means not set.

        Raises:
            TypeError: A keyword is not a field of the model.
        """
        data = self.__dict__
        for name, value in values.items():
            key = self._wire_names.get(name, name)
            if key not in self._wire_keys:
                raise TypeError(f"{type(self).__name__}() has no field {name!r}{_suggestion(name, self._wire_names)}")
            if value is not None:
                data[key] = value
        if self._at_once in data:
            Model.__setitem__(self, self._at_once, data[self._at_once])

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Build the model from a decoded JSON object, which is left as it is."""
        self: Self = _new(cls)
        _set_dict(self, dict(src_dict))
        return self

    @classmethod
    def _adopt(cls, data: dict[str, Any]) -> Self:
        """Build the model around `data` without copying it: `data` belongs to the model from here on."""
        self: Self = _new(cls)
        _set_dict(self, data)
        return self

    def _shallow_dict(self) -> dict[str, Any]:
        """The JSON object as it is kept: what was set, under the names of the wire, nested models not converted."""
        data, keys = self.__dict__, type(self)._wire_keys
        if type(None) not in map(type, data.values()):
            return data.copy()
        return {key: value for key, value in data.items() if value is not None or key not in keys}

    def to_dict(self) -> dict[str, Any]:
        """The JSON object as plain dicts, lists and values: what was set, under the names of the wire."""
        return _plain_object(type(self), self.__dict__)

    def to_json(self, *, indent: int | None = None) -> str:
        """The JSON object as text, indented by `indent` spaces when given.

        Raises:
            ValueError: It is nested too deeply for Python.
        """
        try:
            return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)
        except RecursionError as error:
            raise ValueError("it is nested too deeply") from error

    def model_dump(
        self,
        *,
        mode: Literal["python", "json"] = "python",
        include: Collection[str] | None = None,
        exclude: Collection[str] | None = None,
        by_alias: bool = True,
        exclude_none: bool = True,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
    ) -> dict[str, Any]:
        """The same as `to_dict`, under the name and with the keywords of pydantic.

        Args:
            mode: "python" gives points in time as datetimes, "json" as text.
            include: The names of the fields to write, those of Python or of the wire; by default all.
            exclude: The names of the fields to leave out.
            by_alias: Whether the keys are the names on the wire; False means the names in Python.
            exclude_none: Whether to leave out fields that are not set; False writes them as None.
            exclude_unset: True does the same, whatever `exclude_none` says.
            exclude_defaults: True does the same, since the default of every field is to be not set.
        """
        data = _dumped(
            self,
            as_json=mode == "json",
            by_alias=by_alias,
            fill=not (exclude_none or exclude_unset or exclude_defaults),
        )
        if include is None and not exclude:
            return data
        names = type(self)._wire_names
        wanted = None if include is None else {*include, *(names.get(name, name) for name in include)}
        unwanted = {*(exclude or ()), *(names.get(name, name) for name in exclude or ())}
        return {
            name: value
            for name, value in data.items()
            if (wanted is None or not wanted.isdisjoint((name, names.get(name, name))))
            and unwanted.isdisjoint((name, names.get(name, name)))
        }

    def model_dump_json(
        self,
        *,
        indent: int | None = None,
        include: Collection[str] | None = None,
        exclude: Collection[str] | None = None,
        by_alias: bool = True,
        exclude_none: bool = True,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
    ) -> str:
        """The same as `to_json`, under the name and with the keywords of pydantic; see `model_dump`."""
        data = self.model_dump(
            mode="json",
            include=include,
            exclude=exclude,
            by_alias=by_alias,
            exclude_none=exclude_none,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
        )
        return json.dumps(data, indent=indent, ensure_ascii=False)

    @classmethod
    def _field_names(cls) -> frozenset[str]:
        """The Python names of the fields."""
        return frozenset(cls._wire_names)

    @property
    def additional_properties(self) -> MutableMapping[str, Any]:
        """The fields that the API description does not know, as a live mapping."""
        return _AdditionalProperties(self)

    def keys(self) -> list[str]:
        """The wire names of the fields that are set."""
        return [key for key, value in self.__dict__.items() if value is not None]

    def values(self) -> list[Any]:
        """The values of the fields that are set."""
        return [self[key] for key in Model.keys(self)]

    def items(self) -> list[tuple[str, Any]]:
        """The wire names and the values of the fields that are set."""
        return [(key, self[key]) for key in Model.keys(self)]

    def get(self, key: str, default: Any = None) -> Any:
        """The value of the field with the wire name `key`, or `default` when it is unknown, not set or null."""
        value = self.__dict__.get(key)
        if value is None:
            return default
        name = type(self)._python_names.get(key)
        return value if name is None else getattr(self, name)

    def __getitem__(self, key: str) -> Any:
        value = self.__dict__.get(key)
        if value is None:
            raise KeyError(key)
        name = type(self)._python_names.get(key)
        return value if name is None else getattr(self, name)

    def __setitem__(self, key: str, value: Any) -> None:
        if value is None and key in type(self)._wire_keys:
            self.__dict__.pop(key, None)
        elif key == type(self)._at_once and type(value) is dict:
            self.__dict__[key] = type(self).from_dict({key: value}).__dict__[key]
        else:
            self.__dict__[key] = value

    def __delitem__(self, key: str) -> None:
        del self.__dict__[key]

    def __contains__(self, key: object) -> bool:
        return self.__dict__.get(cast("str", key)) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(Model.keys(self))

    def __len__(self) -> int:
        return len(Model.keys(self))

    def __bool__(self) -> bool:
        return True

    # Hidden from type checkers, which would take any name for an attribute that can be set.
    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: object) -> None:
            key = type(self)._wire_names.get(name)
            if key is None:
                raise AttributeError(
                    f"{type(self).__name__} has no field {name!r}{_suggestion(name, type(self)._wire_names)}; "
                    f"a field that the API description does not know is set by model[{name!r}] = ..."
                )
            Model.__setitem__(self, key, value)

        def __delattr__(self, name: str) -> None:
            if self.__dict__.pop(type(self)._wire_names.get(name, name), None) is None:
                raise AttributeError(f"{type(self).__name__} has no field {name!r} that is set")

    def __eq__(self, other: object) -> bool:
        # A subclass that adds comfort alone, such as `parsed`, is equal to the model with the same values.
        if not (isinstance(other, type(self)) or isinstance(self, type(other))) or not isinstance(other, Model):
            return NotImplemented
        return self._set_values() == other._set_values()

    __hash__ = None  # type: ignore[assignment]  # mutable, hence not hashable

    def _set_values(self) -> dict[str, Any]:
        return {key: value for key, value in Model.to_dict(self).items() if value is not None}

    def __repr__(self) -> str:
        return _short_repr(self)

    def _shown(self, key: str) -> Any:
        """The value of a field for `repr`."""
        return self[key]

    def __copy__(self) -> Self:
        return type(self)._adopt(dict(self.__dict__))

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        _set_dict(self, state)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """The fields for pydantic: a model stays as it is, a mapping becomes one, with what is unknown in it."""
        return _pydantic_schema(cls, handler)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        """The JSON schema of pydantic, with the explanations of the class and its fields."""
        from docstring_parser import parse

        json_schema = handler(schema)
        resolved = handler.resolve_ref_schema(json_schema)
        explained = parse(cls.__doc__ or "")
        resolved["title"] = cls.__name__
        if explained.short_description:
            resolved["description"] = explained.short_description
        for parameter in explained.params:
            key = cls._wire_names.get(parameter.arg_name)
            if key in resolved.get("properties", {}) and parameter.description:
                resolved["properties"][key]["description"] = " ".join(parameter.description.split())
        return json_schema


# For libraries that ask, such as FastAPI, which takes a mapping from the body of a request.
cast("ABCMeta", Mapping).register(Model)

# Not `cls.__new__(cls)` and `self.__dict__ = data`: these run for each line of a stream.
_new: Callable[[type[Any]], Any] = object.__new__
_set_dict: Callable[[Model, dict[str, Any]], None] = Model.__dict__["__dict__"].__set__


@dataclass_transform(kw_only_default=True, eq_default=False, field_specifiers=(field,))
def model(cls: type[M]) -> type[M]:
    """Make an attrs class of a model, whose fields read the decoded object.

    Field metadata: `wire`, the name on the wire where Python's differs; `kind`, how a raw value is converted when it
    is read ("model", "models", "model_map" or "datetime"); `model`, the class to convert it to; `never_none`, whether
    it is a list that reads as empty when it is null or absent.
    """
    cls = define(cls, slots=False, kw_only=True, init=False, eq=False, repr=False)
    cls.__module__ = "ollama_sdk.overlay"  # where programs import it from
    wire_names: dict[str, str] = {}
    computed: dict[str, str] = {}
    plain_values: dict[str, Callable[[Any], Any]] = {}
    for attribute in fields(cast("type[AttrsInstance]", cls)):
        key = wire_names[attribute.name] = attribute.metadata.get("wire", attribute.name)
        kind = attribute.metadata.get("kind")
        at_once = kind == "model" and key == attribute.name and cls._stream_end is not None and cls._at_once is None
        if at_once:
            _convert_at_once(cls, key, attribute.metadata["model"])
        never_none = "never_none" in attribute.metadata
        if at_once or (kind is None and key == attribute.name and not never_none):
            setattr(cls, attribute.name, None)
        else:
            computed[key] = attribute.name
            name = attribute.metadata.get("model", "")
            read = _FIELD_KINDS[kind](key, name)
            setattr(cls, attribute.name, _never_none(read) if never_none else read)
            if kind in _PLAIN_KINDS:
                plain_values[key] = _PLAIN_KINDS[kind](name)
    cls._wire_names = wire_names
    cls._wire_keys = frozenset(wire_names.values())
    cls._python_names = computed
    cls._plain_values = plain_values
    return cls


def _convert_at_once(cls: type[Model], key: str, name: str) -> None:
    """Let a nested model be made together with the model, and be an attribute: a property takes three times as long."""
    nested: type[Model] | None = None

    def adopt(cls: type[Model], data: dict[str, Any]) -> Model:
        """Build the model around `data` without copying it: `data` belongs to the model from here on."""
        nonlocal nested
        value = data.get(key)
        if type(value) is dict:
            if nested is None:
                nested = _model_class(name)
            data[key] = inner = _new(nested)
            _set_dict(inner, value)
        self: Model = _new(cls)
        _set_dict(self, data)
        return self

    def from_dict(cls: type[Model], src_dict: Mapping[str, Any]) -> Model:
        """Build the model from a decoded JSON object, which is left as it is."""
        data = dict(src_dict)
        value = data.get(key)
        if type(value) is dict:
            data[key] = value.copy()
        return adopt(cls, data)

    cls._at_once = key
    cls.from_dict = classmethod(from_dict)  # type: ignore[method-assign, assignment]  # faster than a loop over names
    cls._adopt = classmethod(adopt)  # type: ignore[method-assign, assignment]  # as above


# Properties, since CPython runs a property's function without a call of its own; Model.__setattr__ sets.


def _never_none(field: property) -> property:
    read = field.__get__

    def read_list(self: Model) -> Any:
        value = read(self)
        return [] if value is None else value

    return property(read_list)


def _renamed(key: str, name: str) -> property:
    def read(self: Model) -> Any:
        return self.__dict__.get(key)

    return property(read)


def _one_model(key: str, name: str) -> property:
    cls: type[Model] | None = None

    def read(self: Model) -> Any:
        nonlocal cls
        data = self.__dict__
        value = data.get(key)
        if type(value) is dict:
            if cls is None:
                cls = _model_class(name)
            # What from_dict does, without its call. A copy, because from_dict leaves its argument as it is.
            data[key] = converted = _new(cls)
            _set_dict(converted, value.copy())
            return converted
        return value

    return property(read)


def _models(key: str, name: str) -> property:
    cls: type[Model] | None = None

    def read(self: Model) -> Any:
        nonlocal cls
        value = self.__dict__.get(key)
        if type(value) is list:
            if cls is None:
                cls = _model_class(name)
            convert = cls.from_dict
            # From a list, which is faster than from a generator.
            value = self.__dict__[key] = _Models([convert(item) if type(item) is dict else item for item in value])
        return value

    return property(read)


def _model_map(key: str, name: str) -> property:
    cls: type[Model] | None = None

    def read(self: Model) -> Any:
        nonlocal cls
        value = self.__dict__.get(key)
        if type(value) is dict:
            if cls is None:
                cls = _model_class(name)
            convert = cls.from_dict
            value = self.__dict__[key] = _ModelMap(
                (item_key, convert(item) if type(item) is dict else item) for item_key, item in value.items()
            )
        return value

    return property(read)


def _datetime(key: str, name: str) -> property:
    """A point in time: the text of the wire is kept, so that no digit is lost, and parsed at each reading."""

    def read(self: Model) -> Any:
        value = self.__dict__.get(key)
        return _parse_datetime(value) if type(value) is str else value

    return property(read)


_FIELD_KINDS: dict[str | None, Callable[[str, str], property]] = {
    None: _renamed,
    "model": _one_model,
    "models": _models,
    "model_map": _model_map,
    "datetime": _datetime,
}


class _Models(list[Any]):
    """A list whose elements have been converted."""

    __slots__ = ()


class _ModelMap(dict[str, Any]):
    """A dict whose values have been converted."""

    __slots__ = ()


class _AdditionalProperties(MutableMapping[str, Any]):
    """The part of a model's object that has no field, live."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def _own(self, key: str) -> str:
        if key in type(self._model)._wire_keys:
            raise KeyError(f"{key} is a field of {type(self._model).__name__}, not an additional property")
        return key

    def __getitem__(self, key: str) -> Any:
        return self._model.__dict__[self._own(key)]

    def __setitem__(self, key: str, value: Any) -> None:
        self._model.__dict__[self._own(key)] = value

    def __delitem__(self, key: str) -> None:
        del self._model.__dict__[self._own(key)]

    def __iter__(self) -> Iterator[str]:
        return (key for key in self._model.__dict__ if key not in type(self._model)._wire_keys)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return repr(dict(self))


class _Method:
    """A method that a field of the same name on the wire cannot hide: a model's dict comes from the server."""

    __slots__ = ("function",)

    def __init__(self, function: Any) -> None:
        self.function = function

    def __get__(self, instance: object, owner: type) -> Any:
        return self.function.__get__(instance, owner)

    def __set__(self, instance: object, value: object) -> None:
        raise AttributeError(f"{self.function.__name__} is a method")


for _name in (
    *("_shallow_dict", "to_dict", "to_json", "keys", "get", "_set_values"),
    *("values", "items", "model_dump", "model_dump_json", "_shown"),
):
    setattr(Model, _name, _Method(Model.__dict__[_name]))


@cache  # the import takes as long as the rest
def _model_class(name: str) -> type[Any]:
    from . import models

    return cast("type[Any]", getattr(models, name))


def _plain(value: Any) -> Any:
    """A copy of a value made of dicts, lists and scalars only; not by recursion, as a server may nest values deeply."""
    whole = [value]
    pending: list[Any] = [whole]
    while pending:
        part = pending.pop()
        for key, item in part.items() if type(part) is dict else enumerate(part):
            if type(item) in _SCALARS:
                continue
            if isinstance(item, _SEQUENCES):
                part[key] = copy = list(item)
                if not _SCALARS.issuperset(map(type, copy)):  # in one pass in C: vectors are long
                    pending.append(copy)
            elif isinstance(item, Model):
                part[key] = _plain_object(type(item), item.__dict__)
            elif isinstance(item, _MAPPINGS):
                part[key] = mapping = dict(item)
                pending.append(mapping)
            elif isinstance(item, datetime.date):
                part[key] = item.isoformat()
            elif isinstance(item, bytes):
                part[key] = b2a_base64(item, newline=False).decode()
            elif isinstance(item, PathLike):
                part[key] = fspath(item)
    return whole[0]


_SEQUENCES = (list, tuple)
_MAPPINGS = (dict, Mapping)  # in this order: asking an abstract class takes long


def _plain_object(cls: type[Model], data: dict[str, Any]) -> dict[str, Any]:
    """A plain copy of the object of a model, or of one that is yet to become one, without described nulls."""
    plain = data.copy()
    for key, value in data.items():
        kind = type(value)
        if kind in _SET_SCALARS:
            continue
        if kind is list and _SCALARS.issuperset(map(type, value)):  # as _plain does, without its call
            plain[key] = value.copy()
        elif value is not None:
            plain[key] = cls._plain_values.get(key, _plain)(value)
        elif key in cls._wire_keys:
            del plain[key]
    return plain


def _plain_model(name: str) -> Callable[[Any], Any]:
    cls: type[Model] | None = None

    def plain(value: Any) -> Any:
        nonlocal cls
        if type(value) is dict:
            if cls is None:
                cls = _model_class(name)
            return _plain_object(cls, value)
        return _plain_object(type(value), value.__dict__) if isinstance(value, Model) else _plain(value)

    return plain


def _plain_models(name: str) -> Callable[[Any], Any]:
    plain = _plain_model(name)
    return lambda value: list(map(plain, value)) if isinstance(value, list) else _plain(value)


def _plain_model_map(name: str) -> Callable[[Any], Any]:
    plain = _plain_model(name)
    return lambda value: dict(zip(value, map(plain, value.values()))) if isinstance(value, dict) else _plain(value)


_PLAIN_KINDS: dict[str | None, Callable[[str], Callable[[Any], Any]]] = {
    "model": _plain_model,
    "models": _plain_models,
    "model_map": _plain_model_map,
}


def _dumped(model: Model, *, as_json: bool, by_alias: bool, fill: bool) -> dict[str, Any]:
    """The fields of a model for `model_dump`; `fill` adds those that are not set, as None."""

    def dump(item: Any) -> Any:
        return _dumped(item, as_json=as_json, by_alias=by_alias, fill=fill) if isinstance(item, Model) else _plain(item)

    names = {} if by_alias else {key: name for name, key in type(model)._wire_names.items()}
    data: dict[str, Any] = {}
    for key in Model.keys(model):
        value = model[key]
        if isinstance(value, _Models):
            value = list(map(dump, value))
        elif isinstance(value, _ModelMap):
            value = dict(zip(value, map(dump, value.values())))
        elif as_json or not isinstance(value, datetime.datetime):
            value = dump(value if isinstance(value, Model) else model.__dict__[key])  # the text of a point in time
        data[names.get(key, key)] = value
    if fill:
        for key in type(model)._wire_names.values():
            data.setdefault(names.get(key, key), None)
    return data


_REPR_LENGTH = 2000
_MANY = 10**9


def _short_repr(model: Model) -> str:
    """The `repr` of a model, shortened in its lists and texts where it would be longer than 2,000 characters."""
    for items, characters in ((_MANY, _MANY), (3, 200), (1, 40)):
        text = ""
        for piece in _repr_pieces(model, items, characters, 0):
            text += piece
            if len(text) > _REPR_LENGTH:
                break
        else:
            return text
    return text[: _REPR_LENGTH - 1] + "…"


def _repr_pieces(value: Any, items: int, characters: int, depth: int) -> Iterator[str]:
    """The pieces of a `repr`, lazily, with that many items of a list and characters of a text."""
    if depth > 20:
        yield "…"
    elif isinstance(value, Model):
        names = {key: name for name, key in type(value)._wire_names.items()}
        yield f"{type(value).__name__}("
        for index, key in enumerate(Model.keys(value)):
            yield f"{', ' if index else ''}{names.get(key, key)}="
            yield from _repr_pieces(value._shown(key), items, characters, depth + 1)
        yield ")"
    elif isinstance(value, dict):
        yield "{"
        for index, (key, item) in enumerate(value.items()):
            if index == items:
                yield f", … {len(value) - items} more"
                break
            yield f"{', ' if index else ''}{key!r}: "
            yield from _repr_pieces(item, items, characters, depth + 1)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for index, item in enumerate(value):
            if index == items:
                yield f", … {len(value) - items} more"
                break
            yield ", " if index else ""
            yield from _repr_pieces(item, items, characters, depth + 1)
        yield "]"
    elif isinstance(value, str | bytes):
        limit = min(characters, 2 * _REPR_LENGTH)
        yield repr(value[:limit]) + ("…" if len(value) > limit else "")
    else:
        yield repr(value)


@cache
def _annotation_names() -> dict[str, Any]:
    """What the names in the annotations of the models stand for."""
    from . import models

    names: dict[str, Any] = {"datetime": datetime, "Any": Any, "PathLike": PathLike}
    names |= {name: getattr(models, name) for name in models.__all__}
    # A free-form object is the alias of a dict, as text that may name models.
    free_form = {name: eval(value, dict(names)) for name, value in names.items() if isinstance(value, str)}
    return names | free_form


@cache
def _in_schema() -> ContextVar[frozenset[str]]:
    """The classes whose schema is being made in this thread or task."""
    from contextvars import ContextVar  # for pydantic alone

    return ContextVar("_in_schema", default=frozenset())


def _pydantic_schema(cls: type[Model], handler: Any) -> Any:
    from pydantic_core import core_schema

    reference = f"{cls.__module__}.{cls.__qualname__}:{id(cls)}"
    outer = _in_schema().get()
    if reference in outer:  # a class that contains itself
        return core_schema.definition_reference_schema(reference)
    schema_fields = {}
    token = _in_schema().set(outer | {reference})
    try:
        for attribute in fields(cast("type[AttrsInstance]", cls)):
            schema = handler.generate_schema(eval(str(attribute.type), _annotation_names()))
            if attribute.metadata.get("kind") == "datetime":
                schema = core_schema.no_info_wrap_validator_function(_checked, schema)
            if "never_none" in attribute.metadata:
                schema = core_schema.nullable_schema(schema)
            required = attribute.default is NOTHING
            schema_fields[cls._wire_names[attribute.name]] = core_schema.typed_dict_field(schema, required=required)
    finally:
        _in_schema().reset(token)

    def validate(value: Any, check: Callable[[Any], dict[str, Any]]) -> Model:
        return value if isinstance(value, cls) else cls._adopt(check(value))

    def serialize(model: Model, info: Any) -> dict[str, Any]:
        include, exclude = (names if isinstance(names, set) else None for names in (info.include, info.exclude))
        return model.model_dump(mode=info.mode, include=include, exclude=exclude)

    return core_schema.no_info_wrap_validator_function(
        validate,
        core_schema.typed_dict_schema(schema_fields, extra_behavior="allow"),
        serialization=core_schema.plain_serializer_function_ser_schema(serialize, info_arg=True),
        ref=reference,
    )


def _checked(value: Any, check: Callable[[Any], Any]) -> Any:
    """The value as it is, when it can be read as a point in time: the text of the wire has more digits."""
    check(value)
    return value


def _parse_datetime(text: str) -> datetime.datetime | str:
    """The point in time, or the text itself when it is none: as any value of another type than described."""
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        from dateutil.parser import isoparse

        try:
            return isoparse(text)
        except (ValueError, OverflowError):
            return text


def timedelta(nanoseconds: object) -> datetime.timedelta | None:
    """A number of nanoseconds as a timedelta, which counts microseconds; None for anything else."""
    try:
        return datetime.timedelta(microseconds=nanoseconds / 1000)  # type: ignore[operator]  # any value of a server
    except (TypeError, ValueError, OverflowError):  # ValueError: it is NaN
        return None


def per_second(count: object, nanoseconds: object) -> float | None:
    """How many of something there were in a second; None unless both are numbers and time has passed."""
    if not isinstance(count, int | float) or not isinstance(nanoseconds, int | float) or nanoseconds <= 0:
        return None
    try:
        return count / nanoseconds * 1e9
    except OverflowError:  # an integer beyond the range of a float
        return None


def _suggestion(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


__all__ = [
    "UNSET",
    "File",
    "FileTypes",
    "Model",
    "Operation",
    "RequestFiles",
    "Response",
    "Unset",
    "model",
    "per_second",
    "timedelta",
]
