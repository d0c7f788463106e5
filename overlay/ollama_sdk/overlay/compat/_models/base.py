"""The base of the models: the manners of pydantic, over the mapping that a generated model is."""

from __future__ import annotations

import copy
import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

import attrs

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay.compat._errors import invalid
from ollama_sdk.overlay.compat._models.dump import How, Selection, dump, json_schema
from ollama_sdk.overlay.compat._models.fields import FACES, FieldInfo, Signature, field_info, reader
from ollama_sdk.overlay.compat._models.values import CHECKS


class SubscriptableBaseModel(Model):
    """Base of the models, which are generated models too.

    A subclass extends a generated model and says what the official client shows of it:

        fields: The names of its fields, in order, separated by blanks; those of the class before it come first.
        required: Those of them without which it cannot be made.
        keys: The names on the wire, where they differ.
        kinds: How a field is read where that is not as in the generated model: "raw", "size" or "images".
        when: The `type` of the objects that are of this class, of several that extend the same model.

    Fields that the official client does not have, but the API has, can be read and are sent. `model_dump`, iteration
    and `repr` leave them out, so that they give what those of the official client do. A program's own subclass declares
    its fields by annotations.
    """

    model_fields: ClassVar[dict[str, FieldInfo]] = {}
    _keywords: ClassVar[dict[str, str]] = {}
    """The names on the wire, by all the names under which a field is given."""
    _more: ClassVar[dict[str, str]] = {}
    """The attributes of the fields that only the API has, by name on the wire."""

    def __init_subclass__(
        cls,
        *,
        fields: str = "",
        required: str = "",
        keys: Mapping[str, str] | None = None,
        kinds: Mapping[str, str] | None = None,
        when: str = "",
    ) -> None:
        """Describe the fields, and set what reads them; see the class."""
        super().__init_subclass__()
        generated: tuple[attrs.Attribute[Any], ...] = getattr(cls, "__attrs_attrs__", ())  # as attrs.fields()
        known = {each.metadata.get("wire", each.name): each for each in generated}
        annotations = _annotations(cls)
        names, needed = fields.split(), set(required.split())
        if not fields:  # a program's own class
            names = [name for name, kind in annotations.items() if name[0] != "_" and "ClassVar" not in str(kind)]
            needed = {name for name in names if name not in vars(cls)}
        infos = dict(cls.model_fields)
        for name in dict.fromkeys([*infos, *names]):
            before = infos.get(name)
            key = (keys or {}).get(name) or (before.key if before else name)
            infos[name] = info = field_info(
                name,
                key,
                known.get(key),
                annotation=annotations.get(name),
                kind=(kinds or {}).get(name),
                default=vars(cls).get(name),
                required=name in needed,
                before=before,
            )
            never_none = key in known and "never_none" in known[key].metadata  # the official client reads None
            is_read = info.is_read and not never_none and isinstance(getattr(cls, name, None), property)
            if name not in vars(cls) and not is_read:
                setattr(cls, name, reader(name, info) or info.default)
        shown = {info.key: info.key for info in infos.values()}
        cls.model_fields = infos
        cls._keywords = {each.name: key for key, each in known.items()} | dict(zip(known, known, strict=True)) | shown
        cls._keywords |= {name: info.key for name, info in infos.items()}
        cls._more = {key: each.name for key, each in known.items() if key not in shown}
        for base in cls.__bases__:
            if not issubclass(base, SubscriptableBaseModel):
                FACES.setdefault(f"{base.__name__} {when}".rstrip(), cls)

    def __init__(self, /, **values: Any) -> None:
        """Take field values by keyword; unknown ones are left out, as in the official client.

        Raises:
            RequestError: A required field is missing, or a value is of the wrong type. It is a ValueError, and a
                pydantic.ValidationError where the program has imported pydantic.
        """
        data, problems = self.__dict__, []
        for name, value in values.items():
            key = self._keywords.get(name)
            if key is not None:
                data[key] = value
        for name, field in self.model_fields.items():
            value = data.get(field.key)
            if field.required and (field.key not in data or (value is None and field.kind == "str")):
                problems.append((name, "Input should be a valid string" if field.key in data else "Field required"))
            elif value is not None and (check := CHECKS.get(field.kind)) is not None:
                try:
                    data[field.key] = check(value)
                except ValueError as error:
                    problems.append((name, str(error)))
        if problems:
            raise invalid(type(self).__name__, problems, values)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Build the model from a decoded JSON object, which is left as it is; nothing of it is checked."""
        self: Self = _new(cls)
        self.__dict__.update(src_dict)
        return self

    @classmethod
    def model_validate(cls, obj: Any, **settings: Any) -> Self:
        """Return a model of a mapping of field values, or the model itself; pydantic's `settings` are not needed."""
        if isinstance(obj, cls):
            return obj
        if isinstance(obj, Model):
            return cls.from_dict(obj.__dict__)
        if not isinstance(obj, Mapping):
            problem = f"Input should be a valid dictionary or instance of {cls.__name__}"
            raise invalid(cls.__name__, [("", problem)], obj)
        return cls(**obj)

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **settings: Any) -> Self:
        """Return a model of JSON text."""
        return cls.model_validate(json.loads(json_data))

    @classmethod
    def model_construct(cls, _fields_set: set[str] | None = None, **values: Any) -> Self:
        """Return a model of field values that are not checked."""
        return cls.from_dict({cls._keywords[name]: value for name, value in values.items() if name in cls._keywords})

    @classmethod
    def model_json_schema(cls, *arguments: Any, **settings: Any) -> dict[str, Any]:
        """Return the JSON schema of the model, nested ones included; pydantic's arguments are not needed."""
        return json_schema(cls)

    def model_dump(
        self,
        *,
        mode: str = "python",
        include: Selection = None,
        exclude: Selection = None,
        by_alias: bool | None = None,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
        **settings: Any,
    ) -> Any:
        """Return the model as a dict, as pydantic does: a field that is not set is None.

        Args:
            mode: "json" for values of JSON only, "python" for times as datetime.
            include: The names of the fields to have, or a mapping of them to what to have of each.
            exclude: The names of those to leave out, or such a mapping.
            by_alias: Whether names are those on the wire.
            exclude_unset: Whether to leave out what is not set.
            exclude_defaults: Whether to leave out what is as if it were not set.
            exclude_none: Whether to leave out what is None.
            **settings: Others of pydantic, which are not needed.
        """
        how = How(mode, bool(by_alias), exclude_unset, exclude_defaults, exclude_none)
        return self.dumped(how, include, exclude)

    def dumped(self, how: How, include: Selection = None, exclude: Selection = None) -> Any:
        """Return the model as plain data: what `model_dump` does, and what sends it."""
        return dump(self, how, include, exclude)

    def model_dump_json(self, *, indent: int | None = None, **settings: Any) -> str:
        """Return the model as JSON text; the arguments are those of `model_dump`."""
        separators = (",", ":") if indent is None else None
        value = self.model_dump(mode="json", **settings)
        return json.dumps(value, indent=indent, separators=separators, ensure_ascii=False)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy, with the fields of `update` changed."""
        other = copy.deepcopy(self) if deep else copy.copy(self)
        for name, value in (update or {}).items():
            setattr(other, name, value)
        return other

    @property
    def model_fields_set(self) -> set[str]:
        """The names of the fields that are set, to None too."""
        return {name for name, field in self.model_fields.items() if field.key in self.__dict__}

    def __iter__(self) -> Iterator[Any]:
        """The pairs of names and values, those of fields that are not set too."""
        for name in self.model_fields:
            yield name, getattr(self, name)

    def __contains__(self, key: object) -> bool:
        field = self.model_fields.get(str(key))
        if field is None:
            return key in self._more and self.__dict__.get(str(key)) is not None
        return field.key in self.__dict__ or field.default is not None

    def __getitem__(self, key: str) -> Any:
        if key not in self:
            raise KeyError(key)
        return getattr(self, self._more.get(key, key))

    def __setitem__(self, key: str, value: Any) -> None:
        setattr(self, key, value)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a field, None when it is not set; `default` when there is no such field."""
        return getattr(self, key, default)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SubscriptableBaseModel) and type(self) is type(other) and [*self] == [*other]

    __hash__ = None  # mutable, hence not hashable

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self)})"

    def __str__(self) -> str:
        return " ".join(f"{name}={value!r}" for name, value in self)

    def __rich_repr__(self) -> Iterator[Any]:
        """For the package rich: the same pairs."""
        yield from self

    def __copy__(self) -> Self:
        return self.from_dict(self.__dict__)

    __signature__ = Signature()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """For pydantic: a field of this type takes and gives what `model_validate` and `model_dump` do."""
        from pydantic_core import core_schema

        def serialize(model: Self, info: Any) -> Any:
            names = ("mode", "by_alias", "exclude_none", "exclude_unset", "exclude_defaults")
            return model.model_dump(**{name: getattr(info, name) for name in names})

        serialization = core_schema.plain_serializer_function_ser_schema(serialize, info_arg=True)
        return core_schema.no_info_plain_validator_function(cls.model_validate, serialization=serialization)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        """For pydantic: the JSON schema of a field of this type."""
        return cls.model_json_schema()

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: object) -> None:
            key = self._keywords.get(name)
            if key is None:
                raise ValueError(f'"{type(self).__name__}" object has no field "{name}"')
            self.__dict__[key] = value

        class _Absent:
            """A method of generated models that the official ones do not have: dict(model) would use it."""

            def __get__(self, instance: object, owner: type) -> None:
                raise AttributeError("the models of the official client are no mappings")

        keys = items = values = _Absent()

        # The older names of pydantic.
        dict, json, copy = model_dump, model_dump_json, model_copy
        parse_obj, parse_raw, construct = model_validate, model_validate_json, model_construct
        schema = model_json_schema


_new: Callable[[type[Any]], Any] = object.__new__  # not cls.__new__: this runs for each piece of a stream


def _annotations(cls: type) -> dict[str, Any]:
    if sys.version_info >= (3, 14):  # there they are evaluated here, and may name what does not exist yet
        from annotationlib import Format, get_annotations

        return get_annotations(cls, format=Format.FORWARDREF)
    return inspect.get_annotations(cls)
