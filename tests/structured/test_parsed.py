"""`.parsed`, and the arguments of tools, are what the type says: what pydantic and msgspec read from the same text."""

from __future__ import annotations

import enum
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from importlib.util import find_spec
from typing import Annotated, Any, Generic, Literal, NewType, TypedDict, TypeVar

import attrs
import pydantic
import pytest
from overlay.callers import Api
from pydantic import ConfigDict

from ollama_sdk.overlay import DecodeError, RequestError
from ollama_sdk.overlay._formats.formats import resolve_format
from ollama_sdk.overlay._formats.types import type_name
from ollama_sdk.overlay._tools.functions import describe
from ollama_sdk.overlay.testing import Json, OllamaServer, Send

needs_msgspec = pytest.mark.skipif(find_spec("msgspec") is None, reason="pydantic reads fewer types")
T = TypeVar("T")


class Kind(enum.Enum):
    A = "a"


class Event(pydantic.BaseModel):
    model_config = ConfigDict(strict=True)
    day: date
    at: datetime
    clock: time
    lasts: timedelta
    id: uuid.UUID
    kind: Kind
    place: tuple[int, int]
    tags: set[str]
    price: Decimal
    raw: bytes


EVENT = (
    '{"day":"2026-01-01","at":"2026-01-01T10:00:00Z","clock":"10:00:00","lasts":"PT90S",'
    '"id":"00000000-0000-0000-0000-000000000001","kind":"a","place":[1,2],"tags":["x","y"],"price":"1.10","raw":"ab"}'
)


class Renamed(pydantic.BaseModel):
    size: int = pydantic.Field(alias="in-cm")
    name: str = pydantic.Field(validation_alias=pydantic.AliasChoices("label", "title"))


class ByMode(pydantic.BaseModel):
    seen: str

    @pydantic.field_validator("seen", mode="before")
    @classmethod
    def note(cls, value: object, info: pydantic.ValidationInfo) -> object:
        return f"{value} as {info.mode}"


class Strictly(pydantic.BaseModel):
    """Not strict as a whole."""

    at: Annotated[date, pydantic.Strict()]
    pair: Annotated[tuple[int, str], pydantic.Strict()]


class Big(pydantic.BaseModel):
    wei: int


class Cat(pydantic.BaseModel):
    type: Literal["cat"]
    lives: int


class Dog(pydantic.BaseModel):
    type: Literal["dog"]
    born: date


class Owner(pydantic.BaseModel):
    model_config = ConfigDict(strict=True)
    pets: list[Annotated[Cat | Dog, pydantic.Field(discriminator="type")]]


class Names(pydantic.RootModel[list[Kind]]):
    model_config = ConfigDict(strict=True)


class Page(pydantic.BaseModel, Generic[T]):
    model_config = ConfigDict(strict=True)
    items: list[T]


@pydantic.dataclasses.dataclass(config=ConfigDict(strict=True))
class Checked:
    day: date


@dataclass
class Holder:
    """A plain dataclass that has a model of pydantic in it."""

    event: Strictly


@dataclass
class Pages(Generic[T]):
    of: T
    event: Strictly


ByName = NewType("ByName", Strictly)

BY_PYDANTIC = [
    (Event, EVENT),
    (Renamed, '{"in-cm":3,"label":"x"}'),
    (ByMode, '{"seen":"it"}'),
    (Strictly, '{"at":"2026-01-01","pair":[1,"a"]}'),
    (Big, '{"wei":123456789012345678901234567890}'),
    (Owner, '{"pets":[{"type":"dog","born":"2026-01-01"},{"type":"cat","lives":9}]}'),
    (Names, '["a"]'),
    (Page[date], '{"items":["2026-01-01"]}'),
    (Checked, '{"day":"2026-01-01"}'),
    (Holder, '{"event":{"at":"2026-01-01","pair":[1,"a"]}}'),
    (Pages[int], '{"of":1,"event":{"at":"2026-01-01","pair":[1,"a"]}}'),
    (ByName, '{"at":"2026-01-01","pair":[1,"a"]}'),
    (list[Event], f"[{EVENT}]"),
    (dict[str, Strictly], '{"x":{"at":"2026-01-01","pair":[1,"a"]}}'),
    (Annotated[Decimal, pydantic.Field(gt=0)], "1.10"),
    (tuple[Kind, Big], '["a",{"wei":1}]'),
]


@dataclass
class Bill:
    total: Decimal
    due: date
    kind: Kind
    place: tuple[int, float]


@attrs.define
class Invoice:
    bill: Bill
    id: uuid.UUID
    raw: bytes


class Order(TypedDict):
    price: Decimal
    count: int


BILL = '{"total":12345678901234567890.1234567890,"due":"2026-01-01","kind":"a","place":[1,2]}'
THE_BILL = Bill(Decimal("12345678901234567890.1234567890"), date(2026, 1, 1), Kind.A, (1, 2.0))
BY_MSGSPEC = [
    (Bill, BILL, THE_BILL),
    (Bill, BILL.replace("12345678901234567890.1234567890", '"12345678901234567890.1234567890"'), THE_BILL),
    (Invoice, f'{{"bill":{BILL},"id":"{uuid.UUID(int=1)}","raw":"YWI="}}', Invoice(THE_BILL, uuid.UUID(int=1), b"ab")),
    (Order, '{"price":0.1,"count":123456789012345678901}', {"price": Decimal("0.1"), "count": 123456789012345678901}),
    (dict[int, Decimal], '{"1":1.10}', {1: Decimal("1.10")}),
    (int, ' "5" ', 5),
    (list[bool], '["true",false]', [True, False]),
]


def type_id(value: object) -> str:
    return type_name(value) if not isinstance(value, str) else ""


@pytest.fixture(scope="module")
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as server:
        yield server


def expected(kind: Any, text: str) -> object:
    return pydantic.TypeAdapter(kind).validate_json(text)


def same(value: object, other: object) -> bool:
    """Whether two values are equal, and print the same: Decimal("1.1") is equal to Decimal("1.10")."""
    return value == other and repr(value) == repr(other)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("kind", "text"), BY_PYDANTIC, ids=type_id)
def test_a_type_of_pydantic_is_read_as_pydantic_reads_json(
    server: OllamaServer, api: Api[Any], kind: Any, text: str, stream: bool
):
    wanted = expected(kind, text)
    server.reply("POST", "/api/chat", Json({"message": {"role": "assistant", "content": text}, "done": True}))
    server.reply("POST", "/api/generate", Json({"response": text, "done": True}))
    for answer in (api.chat("m", [], format=kind, stream=stream), api.generate("m", "", format=kind, stream=stream)):
        whole = answer.final() if stream else answer
        assert same(whole.parsed, wanted)


@needs_msgspec
@pytest.mark.parametrize(("kind", "text", "value"), BY_MSGSPEC, ids=type_id)
def test_other_types_are_read_from_the_text(server: OllamaServer, api: Api[Any], kind: Any, text: str, value: object):
    server.reply("POST", "/api/chat", Json({"message": {"role": "assistant", "content": text}, "done": True}))
    assert same(api.chat("m", [], format=kind).parsed, value)


@pytest.mark.parametrize(("kind", "text"), BY_PYDANTIC, ids=type_id)
def test_arguments_of_tools_are_read_as_pydantic_reads_json(server: OllamaServer, api: Api[Any], kind: Any, text: str):
    got: list[object] = []

    def take(it):
        got.append(it)
        return "taken"

    take.__annotations__ = {"it": kind}
    function = f'{{"name":"take","arguments":{{"it":{text}}}}}'
    call = f'{{"message":{{"role":"assistant","tool_calls":[{{"function":{function}}}]}},"done":true}}'
    server.queue("POST", "/api/chat", Send(call.encode()))
    server.reply("POST", "/api/chat", Json({"message": {"role": "assistant", "content": "Done."}, "done": True}))
    conversation = api.run_tools("m", [], tools=[take]).messages
    assert conversation[1].content == "taken"
    wanted = expected(kind, text)
    assert got == [wanted]
    assert type(got[0]) is type(wanted)


REFUSED = Exception  # by its class, whose name is the same in each process of a run


class Level(enum.IntEnum):
    ONE = 1


@needs_msgspec
@pytest.mark.parametrize(
    ("kind", "texts", "by_msgspec", "by_pydantic"),
    [
        (bool, ['"yes"', '"on"', '"t"', "1.0"], REFUSED, True),
        (int, ["true", '" 1 "', '"+1"'], REFUSED, 1),
        (float, ["true"], REFUSED, 1.0),
        (int, ['"1_000"'], REFUSED, 1000),
        (int | None, ['"null"'], None, REFUSED),
        (Literal[1], ['"1"'], 1, REFUSED),
        (Level, ["1.0"], REFUSED, Level.ONE),
        (Decimal, ["1.10"], Decimal("1.10"), Decimal("1.1")),
        (bytes, ['"YWI="'], b"ab", b"YWI="),
        (date, ['"2026-01-01T00:00:00"'], REFUSED, date(2026, 1, 1)),
        (datetime, ['"2026-01-01"', '"2026-01-01 00:00"'], REFUSED, datetime(2026, 1, 1)),
        (time, ['"10:00"'], REFUSED, time(10)),
        (timedelta, ['"00:01:30"'], REFUSED, timedelta(seconds=90)),
        (str, [r'"\ud800"'], "\ud800", REFUSED),
    ],
    ids=lambda value: str(value).partition(" object at ")[0],  # the same in each process
)
def test_the_two_libraries_differ_as_the_docs_say(kind: Any, texts: list[str], by_msgspec: object, by_pydantic: object):
    with_pydantic: Any = Annotated[kind, pydantic.Field(description="of pydantic")]
    for text in texts:
        for format, wanted in ((kind, by_msgspec), (with_pydantic, by_pydantic)):
            if wanted is REFUSED:
                with pytest.raises(DecodeError):
                    resolve_format(format).parse(text)
            else:
                assert same(resolve_format(format).parse(text), wanted)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Event, EVENT.replace("2026-01-01T", "someday")),
        (Event, EVENT.replace('"place":[1,2]', '"place":[1]')),
        (Strictly, '{"at":1,"pair":[1,"a"]}'),
        (Big, '{"wei":"many"}'),
        (Owner, '{"pets":[{"type":"cow"}]}'),
        (Renamed, '{"size":3,"name":"x"}'),
    ],
)
def test_what_pydantic_refuses_is_refused(kind: Any, text: str):
    with pytest.raises(ValueError, match="validation error"):
        expected(kind, text)
    with pytest.raises(DecodeError, match=f"is not {kind.__name__}: .* validation error") as caught:
        resolve_format(kind).parse(text)
    assert "https://" not in str(caught.value)


@pytest.mark.parametrize("kind", [Bill, Big, list[int], "json", {"type": "object"}], ids=str)
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Oslo", "Expecting value: line 1 column 1 (char 0); the text is 'Oslo'"),
        ('{"a": ', "Expecting value: line 1 column 7 (char 6); the text is '{\"a\":'"),
        ("", "the text is empty"),
        (" \n", "the text is empty"),
    ],
)
def test_what_is_no_json_is_said_once(kind: Any, text: str, reason: str):
    with pytest.raises(DecodeError) as caught:
        resolve_format(kind).parse(text)
    message = str(caught.value)
    assert reason in message
    assert message.count("is not JSON") == (0 if "empty" in reason and not isinstance(kind, str | dict) else 1)
    assert message.count("the text is") == 1


@pytest.mark.skipif(find_spec("email_validator") is not None, reason="the package is there")
@pytest.mark.parametrize(
    "kind",
    [pydantic.EmailStr, list[pydantic.EmailStr], pydantic.NameEmail, dict[str, pydantic.EmailStr | None]],
    ids=lambda value: str(value).partition(" object at ")[0],  # the same in each process
)
def test_a_package_that_a_type_needs_is_named(kind: Any):
    def send(to: str) -> str:
        return to

    send.__annotations__ = {"to": kind}
    for attempt in (lambda: resolve_format(kind), lambda: describe(send)):
        with pytest.raises(ImportError, match="email-validator is not installed") as caught:
            attempt()
        assert "need pydantic or msgspec" not in str(caught.value)


def test_the_hint_at_pydantic_is_given_only_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch):
    class Opaque:
        pass

    with pytest.raises(RequestError) as caught:
        resolve_format(Opaque)
    assert "pip install" not in str(caught.value)
    monkeypatch.setitem(sys.modules, "msgspec", None)
    with pytest.raises(RequestError) as caught:
        resolve_format(Opaque)
    assert "pip install" not in str(caught.value)
