"""What `format=` takes, and what the text of the model becomes."""

from __future__ import annotations

import copy
import pickle
import sys
from dataclasses import dataclass
from enum import Enum
from importlib.util import find_spec
from typing import Any, NamedTuple, TypedDict

import attrs
import jsonschema
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_sdk.generated.models import ChatResponse, GenerateResponse
from ollama_sdk.overlay import DecodeError, Ollama, RequestError, _json
from ollama_sdk.overlay._formats.formats import Format, ParsedChatResponse, ParsedGenerateResponse, resolve_format
from ollama_sdk.overlay._formats.types import InvalidValueError, type_check
from ollama_sdk.overlay._tools.results import to_json
from ollama_sdk.overlay.testing import Json, OllamaServer

needs_msgspec = pytest.mark.skipif(
    find_spec("msgspec") is None, reason="pydantic takes fewer types, and says in other words what does not fit"
)


class Mood(Enum):
    GOOD = "good"
    BAD = "bad"


@dataclass
class City:
    name: str
    mood: Mood | None = None


@attrs.define
class Country:
    capital: City
    cities: list[City] = attrs.field(factory=list)


class Box(pydantic.BaseModel):
    width: int


class Row(TypedDict):
    name: str


class Pair(NamedTuple):
    left: int
    right: str


@dataclass
class Tree:
    label: str
    children: list[Tree]


@needs_msgspec
@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (City, '{"name": "Oslo", "mood": "good"}', City("Oslo", Mood.GOOD)),
        (Country, '{"capital": {"name": "Oslo"}}', Country(City("Oslo"))),
        (Box, '{"width": 3}', Box(width=3)),
        (list[Box], '[{"width": 3}]', [Box(width=3)]),
        (Row, '{"name": "Oslo"}', {"name": "Oslo"}),
        (Pair, '[1, "a"]', Pair(1, "a")),
        (Mood, '"bad"', Mood.BAD),
        (City | None, "null", None),
        (City | Box, '{"width": 3}', Box(width=3)),
        (dict[str, int], ' {"a": 1}\n', {"a": 1}),
        (int, "5", 5),
        (Tree, '{"label": "a", "children": [{"label": "b", "children": []}]}', Tree("a", [Tree("b", [])])),
        ("json", '{"a": [1]}', {"a": [1]}),
        ({"type": "array"}, "[1]", [1]),
        ({"type": "integer"}, '"not checked"', "not checked"),
    ],
    ids=str,
)
def test_a_text_becomes_an_object(kind: Any, text: str, value: object):
    format = resolve_format(kind)
    parsed = format.parse(text)
    assert parsed == value
    assert type(parsed) is type(value)


def test_a_dict_and_json_are_sent_as_they_are():
    schema = {"type": "object"}
    assert resolve_format(schema).wire is schema
    assert resolve_format("json").wire == "json"


@needs_msgspec
@pytest.mark.parametrize("kind", [City, Country, Box, list[Box], Row, Pair, Mood, City | None, City | Box, Tree])
def test_the_schema_of_a_type_accepts_what_the_type_accepts(kind: Any):
    schema = resolve_format(kind).wire
    jsonschema.Draft202012Validator.check_schema(schema)
    assert ("$ref" in str(schema)) is (kind is Tree)


@needs_msgspec
def test_a_schema_has_no_room_for_keys_that_the_type_does_not_have():
    class Open(pydantic.BaseModel, extra="allow"):
        width: int

    schema = resolve_format(Country).wire
    assert schema["additionalProperties"] is False
    assert schema["properties"]["cities"]["items"]["additionalProperties"] is False
    assert resolve_format(Tree).wire["$defs"]["Tree"]["additionalProperties"] is False
    assert resolve_format(Open).wire["additionalProperties"] is True
    assert resolve_format(dict[str, City]).wire["additionalProperties"]["additionalProperties"] is False


@needs_msgspec
@given(st.builds(Country, st.builds(City, st.text(), st.none() | st.sampled_from(Mood)), st.lists(st.builds(City))))
def test_an_object_written_as_json_fits_its_schema_and_comes_back(country: Country):
    text = to_json(country)
    format = resolve_format(Country)
    jsonschema.validate(_json.loads(text.encode()), format.wire)
    assert format.parse(text) == country


@needs_msgspec
@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (City, '{"name": 5}', r"is not City: Expected `str`, got `int` - at `\$.name`; the text is '{\"name\": 5}'"),
        (City, "Oslo is nice", "is not City: it is not JSON: .*the text is 'Oslo is nice'"),
        (City, "", "the text is empty"),
        (Box, '{"width": "wide"}', "is not Box: 1 validation error"),
        (list[City], "{}", r"is not list\[.*City\]: Expected `array`, got `object`"),
        ("json", "{", r"answer is not JSON: (?!it is not)"),
        ("json", "\ud83d", "answer is not JSON: "),
    ],
)
def test_a_model_that_did_not_obey_is_told_with_text_and_reason(kind: Any, text: str, message: str):
    with pytest.raises(DecodeError, match=message) as caught:
        resolve_format(kind).parse(text)
    assert caught.value.body == text.encode("utf-8", "surrogatepass")
    assert caught.value.error
    assert caught.value.error in str(caught.value)
    assert caught.value.__cause__ is not None


@dataclass
class Payment:
    wei: int


class CheckedPayment(pydantic.BaseModel):
    wei: int


@pytest.mark.parametrize("number", [2**63, 2**64 + 1, 123456789012345678901, -(10**30)])
def test_an_integer_of_any_size_is_exact(number: int):
    text = f'{{"wei": {number}}}'
    assert resolve_format("json").parse(text) == {"wei": number}
    assert resolve_format(dict[str, int]).parse(text) == {"wei": number}
    assert resolve_format(Payment).parse(text) == Payment(number)
    assert resolve_format(CheckedPayment).parse(text) == CheckedPayment(wei=number)


@dataclass
class Chain:
    next: Chain | None = None


@needs_msgspec
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("json", "9" * 5000),
        (Payment, f'{{"wei": {"9" * 5000}}}'),
        (CheckedPayment, f'{{"wei": "{"9" * 5000}"}}'),
        (float, "9" * 400),
        (list[float], f"[{'9' * 400}]"),
        (dict[int, str], '{"\\ud800": ""}'),
        (list[set[Any]], "[[[]]]"),
        ("json", "[" * 100_000),
        (Chain, '{"next":' * 100_000),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_python_cannot_hold_is_a_decode_error(kind: Any, text: str):
    with pytest.raises(DecodeError):
        resolve_format(kind).parse(text)


def test_a_value_that_is_nested_too_deeply_for_its_type_does_not_fit():
    value: dict[str, Any] = {}
    for _ in range(10_000):
        value = {"next": value}
    with pytest.raises(InvalidValueError):
        type_check(Chain).convert(value)


class Opaque:
    pass


@pytest.mark.parametrize("kind", [Opaque, list[Opaque]])
def test_a_type_that_cannot_be_a_schema_is_refused(kind: Any):
    with pytest.raises(RequestError, match=r"format cannot be the type .*Opaque.*, which has no schema"):
        resolve_format(kind)


@pytest.mark.parametrize("kind", [5, City("Oslo"), len, ["json"], b"json"])
def test_what_is_no_type_is_refused(kind: Any):
    with pytest.raises(RequestError, match="format must be 'json', a JSON schema or a type"):
        resolve_format(kind)


def test_without_a_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "msgspec", None)
    monkeypatch.setitem(sys.modules, "pydantic", None)
    with pytest.raises(ImportError, match=r"ollama-sdk\[pydantic\]"):
        resolve_format(City)


def test_without_a_library_a_schema_works(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "msgspec", None)
    monkeypatch.setitem(sys.modules, "pydantic", None)
    assert resolve_format({"type": "array"}).parse("[1]") == [1]


def chat_response(content: str, format: Format[Any] | None, **fields: object) -> ParsedChatResponse[Any]:
    message = {"role": "assistant", "content": content}
    return ParsedChatResponse.of(ChatResponse.from_dict({"message": message, **fields}), format)


def test_a_response_keeps_its_fields_beside_the_object():
    response = chat_response('{"name": "Oslo"}', resolve_format(City), done=True, new_field=1)
    assert response.parsed == City("Oslo")
    assert response.parsed is response.parsed
    assert response.done is True
    assert response.to_dict() == {
        "message": {"role": "assistant", "content": '{"name": "Oslo"}'},
        "done": True,
        "new_field": 1,
    }
    assert isinstance(response, ChatResponse)


def test_a_generated_text_becomes_an_object():
    response = ParsedGenerateResponse.of(GenerateResponse.from_dict({"response": "[1]"}), resolve_format(list[int]))
    assert response.parsed == [1]


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_a_copy_has_the_object_too(again: Any):
    response = chat_response('{"name": "Oslo"}', resolve_format(City))
    assert again(response).parsed == City("Oslo")
    assert response.parsed == again(response).parsed
    assert again(response) == response


def test_reading_a_wrong_text_raises_with_the_response_and_tells_a_cut():
    response = chat_response('{"name": "Os', resolve_format(City), done_reason="length")
    with pytest.raises(DecodeError, match="cut off at the length limit") as caught:
        _ = response.parsed
    assert caught.value.partial is response
    assert pickle.loads(pickle.dumps(caught.value)).partial == response


def test_a_response_without_text_is_told():
    with pytest.raises(DecodeError, match="the text is empty"):
        _ = ParsedChatResponse.of(ChatResponse.from_dict({}), resolve_format(City)).parsed


def test_a_response_with_calls_in_place_of_a_text_is_told():
    message = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}
    with pytest.raises(DecodeError, match="the text is empty; the model asks for calls of tools"):
        _ = ParsedChatResponse.of(ChatResponse.from_dict({"message": message}), resolve_format(City)).parsed


@needs_msgspec
def test_a_type_goes_over_the_wire_and_comes_back_as_an_object():
    format = resolve_format(Country)
    with OllamaServer() as server, Ollama(server.url) as client:
        text = '{"capital": {"name": "Oslo"}}'
        server.reply("POST", "/api/chat", Json({"message": {"role": "assistant", "content": text}, "done": True}))
        response = client.chat("m", [{"role": "user", "content": "Norway?"}], format=format.wire)
        assert server.requests[0].json["format"]["required"] == ["capital"]
    assert ParsedChatResponse.of(response, format).parsed == Country(City("Oslo"))
