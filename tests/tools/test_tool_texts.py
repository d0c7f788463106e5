"""Arguments of tools that come as JSON text are read, at any depth, and go to the server as objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from math import inf, nan
from typing import Annotated, Any, Literal

import pydantic
import pytest
from overlay.callers import Api
from typing_extensions import TypedDict

from ollama_sdk.generated.models import Message
from ollama_sdk.overlay import RequestError
from ollama_sdk.overlay._tools.functions import describe
from ollama_sdk.overlay.testing import Json, OllamaServer


@dataclass
class Point:
    x: int = 0


@dataclass
class Route:
    points: list[Point]
    names: dict[str, list[str]] = field(default_factory=dict)
    start: Point | None = None


class Box(pydantic.BaseModel):
    width: int


class Query(TypedDict, total=False):  # pydantic wants that of typing_extensions before Python 3.12
    tags: list[str]


@pytest.fixture(scope="module")
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as server:
        yield server


def answer(**message: object) -> Json:
    return Json({"message": {"role": "assistant", **message}, "done": True})


def call(arguments: object, name: str = "tool") -> dict[str, Any]:
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}


def sent(server: OllamaServer) -> list[Any]:
    """The arguments in the last request."""
    messages = server.requests[-1].json["messages"]
    return [each["function"]["arguments"] for message in messages for each in message.get("tool_calls", ())]


WHOLE = [
    ('{"x": 1}', {"x": 1}, 1),
    ('"{\\"x\\": 1}"', {"x": 1}, 1),
    ({"x": 1}, {"x": 1}, 1),
    ("{}", {}, 7),
    ("null", {}, 7),
    ("[]", {}, 7),
    ([], {}, 7),
    ("", {}, 7),
    (" \n", {}, 7),
    (None, {}, 7),
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("arguments", "object", "result"), WHOLE)
def test_arguments_as_text_are_read_and_go_back_as_an_object(
    server: OllamaServer, api: Api[Any], arguments: object, object: object, result: int, stream: bool
):
    def tool(x: int = 7) -> int:
        return x

    server.queue("POST", "/api/chat", answer(tool_calls=[call(arguments)]))
    server.reply("POST", "/api/chat", answer(content="Done."))
    final = api.run_tools("m", [], tools=[tool], stream=stream)
    final = final.final() if stream else final
    assert final.messages[1].content == str(result)
    assert sent(server) == [object]


@pytest.mark.parametrize("arguments", ["not JSON", "[1]", "5", '{"x": ', [1], 5, True])
def test_text_that_is_no_object_is_told_to_the_model_and_does_not_end_the_conversation(
    server: OllamaServer, api: Api[Any], arguments: object
):
    def tool(x: int = 7) -> int:
        return x

    server.queue("POST", "/api/chat", answer(tool_calls=[call(arguments)]))
    server.reply("POST", "/api/chat", answer(content="Done."))
    final = api.run_tools("m", [], tools=[tool])
    assert final.messages[1].content.startswith("Error: tool: the arguments must be an object")
    assert sent(server) == [{"arguments": arguments}]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("annotation", [Any, float, list[float], None])
@pytest.mark.parametrize(
    "arguments", [{"x": nan}, {"x": [-inf]}, '{"x": NaN}', '{"x": 1e999}', '"{\\"x\\": [-Infinity]}"']
)
def test_a_number_that_json_does_not_have_is_told_to_the_model_and_does_not_end_the_conversation(
    server: OllamaServer, api: Api[Any], arguments: object, annotation: object, stream: bool
):
    def tool(x: Any) -> object:
        return x

    tool.__annotations__ = {} if annotation is None else {"x": annotation}
    server.queue("POST", "/api/chat", answer(tool_calls=[call(arguments)]))
    server.reply("POST", "/api/chat", answer(content="Done."))
    final = api.run_tools("m", [], tools=[tool], stream=stream)
    final = final.final() if stream else final
    assert final.messages[1].content.startswith("Error: tool: the arguments must be an object")
    assert "NaN" in final.messages[1].content
    assert sent(server) == [{"arguments": str(arguments)}]


def history(arguments: object) -> list[Any]:
    """Conversations in the forms that a caller may have."""
    asked: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": [call(arguments), call({"y": 2})]}
    result = {"role": "tool", "tool_call_id": "call_1", "content": "1"}
    return [
        [asked, result],
        [{**asked, "content": ""}, result],
        [Message.from_dict({**asked, "content": ""}), Message.from_dict(result)],
        ({**asked, "tool_calls": tuple(asked["tool_calls"])}, result),
        [{**asked, "tool_calls": Message.from_dict({**asked}).tool_calls}],
    ]


@pytest.mark.parametrize("form", range(5))
@pytest.mark.parametrize(("arguments", "object"), [case[:2] for case in WHOLE])
def test_a_history_goes_to_the_server_with_objects(
    server: OllamaServer, api: Api[Any], arguments: object, object: object, form: int
):
    messages = history(arguments)[form]
    before = json.dumps([each.to_dict() if isinstance(each, Message) else str(each) for each in messages])
    server.reply("POST", "/api/chat", answer(content="Done."))
    api.chat("m", messages)
    assert sent(server) == [object, {"y": 2}]
    assert json.dumps([each.to_dict() if isinstance(each, Message) else str(each) for each in messages]) == before


def test_other_fields_of_a_call_stay(server: OllamaServer, api: Api[Any]):
    asked = {**call('{"x": 1}'), "index": 3, "new": True}
    server.reply("POST", "/api/chat", answer(content="Done."))
    api.chat("m", [{"role": "assistant", "content": "", "thinking": "Hm.", "tool_calls": [asked]}])
    assert server.requests[-1].json["messages"][0] == {
        "role": "assistant",
        "content": "",
        "thinking": "Hm.",
        "tool_calls": [{**asked, "function": {"name": "tool", "arguments": {"x": 1}}}],
    }


def given_to(annotation: object, value: object) -> object:
    def tool(it):
        return it

    tool.__annotations__ = {"it": annotation}
    return describe(tool).bind({"it": value})()


@pytest.mark.parametrize(
    ("annotation", "value", "result"),
    [
        (list[int], "[1, 2]", [1, 2]),
        (list[int], "", []),
        (set[int], "[1]", {1}),
        (tuple[int, str], '[1, "a"]', (1, "a")),
        (dict[str, int], '{"a": 1}', {"a": 1}),
        (dict[str, Any], '{"a": "[1]"}', {"a": "[1]"}),
        (dict[str, Any], "", {}),
        (dict[str, list[int]], {"a": "[1]"}, {"a": [1]}),
        (list[list[int]], ["[1]", "[2]"], [[1], [2]]),
        (list[list[int]], '["[1]"]', [[1]]),
        (Point, '{"x": 1}', Point(1)),
        (Point, "{}", Point()),
        (Point | None, "null", None),
        (Route, {"points": '[{"x": 1}]'}, Route([Point(1)])),
        (Route, {"points": ['{"x": 1}', {"x": 2}], "names": '{"a": "[]"}'}, Route([Point(1), Point(2)], {"a": []})),
        (Route, '{"points": "[]", "start": "null"}', Route([])),
        (Route, {"points": [], "start": '{"x": 1}'}, Route([], {}, Point(1))),
        (Query, {"tags": '["a"]'}, {"tags": ["a"]}),
        (Box, '{"width": 3}', Box(width=3)),
        (list[Box], ['{"width": 3}'], [Box(width=3)]),
        (Box | Point, '{"width": 3}', Box(width=3)),
        (Annotated[list[int], pydantic.Field(min_length=1)], "[1]", [1]),
        (int | list[int], "[1]", [1]),
        # Text stays text where the type takes it.
        (str, "[1]", "[1]"),
        (str | list[int], "[1]", "[1]"),
        (list[str], ["[1]"], ["[1]"]),
        (Any, "[1]", "[1]"),
        (pydantic.Json[list[int]], "[1]", [1]),
    ],
    ids=str,
)
def test_text_is_read_where_the_type_wants_a_list_or_an_object(annotation: object, value: object, result: object):
    assert given_to(annotation, value) == result


@pytest.mark.parametrize(
    ("annotation", "value"),
    [(list[int], "1, 2"), (list[int], "5"), (list[int], '{"a": 1}'), (Point, "[1]"), (Point, "null"), (int, "[1]")],
    ids=str,
)
def test_text_that_does_not_fit_is_told(annotation: object, value: object):
    with pytest.raises(RequestError, match="tool: it: "):
        given_to(annotation, value)


OPTIONAL = [list[int], int, Box, date, Literal[1, 2], Annotated[int, pydantic.Field(ge=1)]]


@pytest.mark.parametrize("text", ["null", "", " "])
@pytest.mark.parametrize("annotation", OPTIONAL, ids=str)
def test_a_null_as_text_counts_as_left_out_where_the_type_has_no_null(annotation: Any, text: str):
    def tool(it=7):
        return it

    tool.__annotations__["it"] = annotation
    assert describe(tool).bind({"it": text})() == 7
    tool.__annotations__["it"] = annotation | None
    assert describe(tool).bind({"it": text})() is None


def test_a_null_as_text_within_an_object_is_one():
    assert given_to(list[int | None], ["null", "", 1]) == [None, None, 1]


@pytest.mark.parametrize(
    ("value", "result"),
    [("5", "5"), (5, "5"), (1.5, "1.5"), (True, "true"), ({"a": [1]}, '{"a":[1]}'), ([], "[]"), (10**30, str(10**30))],
)
def test_a_parameter_without_a_type_gets_a_string(value: object, result: str):
    def tool(it, more=None):
        return it, more

    assert describe(tool).definition()["function"]["parameters"]["properties"]["it"] == {"type": "string"}
    assert describe(tool).bind({"it": value})() == (result, None)
    assert describe(tool).bind({"it": value, "more": None})() == (result, None)
