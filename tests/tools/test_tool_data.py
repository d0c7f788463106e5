"""`tool`: a tool of a JSON schema and a function; a limit of calls; results with images."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

import pydantic
import pytest
from overlay.callers import Api

from ollama_sdk.overlay import FunctionTool, Message, RequestError, ToolRoundsError, tool
from ollama_sdk.overlay.testing import Json, OllamaServer

SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "The city."},
        "max-days": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "where": {"type": "object", "properties": {"lat": {"type": "number"}}},
        "unit": {"type": ["string", "null"]},
    },
    "required": ["city"],
}


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as server:
        yield server


def script(server: OllamaServer, *arguments: object, name: str = "look-up") -> None:
    calls = [{"id": str(n), "function": {"name": name, "arguments": each}} for n, each in enumerate(arguments)]
    server.queue("POST", "/api/chat", Json({"message": {"role": "assistant", "tool_calls": calls}, "done": True}))
    server.reply("POST", "/api/chat", Json({"message": {"role": "assistant", "content": "Done."}, "done": True}))


def recorder(got: list[dict[str, Any]], *, is_async: bool) -> Callable[..., Any]:
    def look(**arguments: Any) -> str:
        """Look something up."""
        got.append(arguments)
        return "found"

    async def look_async(**arguments: Any) -> str:
        """Look something up."""
        await asyncio.sleep(0)
        return look(**arguments)

    return look_async if is_async else look


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(
    ("arguments", "keywords"),
    [
        ({"city": "Oslo"}, {"city": "Oslo"}),
        ({"city": "Oslo", "max-days": 3}, {"city": "Oslo", "max-days": 3}),
        ('{"city": "Oslo", "tags": "[]"}', {"city": "Oslo", "tags": []}),
        ({"city": "Oslo", "where": '{"lat": 1}'}, {"city": "Oslo", "where": {"lat": 1}}),
        ({"city": "Oslo", "tags": None, "unit": None}, {"city": "Oslo", "unit": None}),
        ({"city": "Oslo", "self": 1, "function": 2}, {"city": "Oslo", "self": 1, "function": 2}),
    ],
)
def test_the_function_gets_the_arguments_as_keywords(
    server: OllamaServer, api: Api[Any], arguments: object, keywords: dict[str, Any], is_async: bool, stream: bool
):
    got: list[dict[str, Any]] = []
    made = tool(recorder(got, is_async=is_async), name="look-up", parameters=SCHEMA)
    script(server, arguments)
    answer = api.run_tools("m", [], tools=[made], stream=stream)
    answer = answer.final() if stream else answer
    assert got == [keywords]
    assert answer.messages[1].content == "found"
    sent = server.requests[0].json["tools"][0]
    assert sent == {
        "type": "function",
        "function": {"name": "look-up", "description": "Look something up.", "parameters": SCHEMA},
    }


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "look-up: city is missing"),
        ({"max-days": 1, "town": "Oslo"}, "look-up: city is missing; town is not an argument"),
        ("no JSON", "look-up: the arguments must be an object, not str; JSON has no NaN and no Infinity"),
    ],
)
def test_what_does_not_fit_is_told(server: OllamaServer, api: Api[Any], arguments: object, told: str):
    closed = {**SCHEMA, "additionalProperties": False}
    script(server, arguments)
    made = tool(recorder([], is_async=False), name="look-up", parameters=closed)
    assert api.run_tools("m", [], tools=[made]).messages[1].content == f"Error: {told}"


def test_it_is_shown_without_its_schema():
    assert repr(tool(len, name="size", description="Tell the size.", parameters=SCHEMA)) == (
        "FunctionTool(function=<built-in function len>, name='size', description='Tell the size.', needs_loop=False)"
    )


def test_a_chat_by_hand_takes_it_and_calls_it(server: OllamaServer, api: Api[Any]):
    got: list[dict[str, Any]] = []
    script(server, {"city": "Oslo"})
    made = tool(recorder(got, is_async=False), name="look-up", parameters=SCHEMA)
    [call] = api.chat("m", [], tools=[made]).message.tool_calls
    assert made(**call.function.arguments) == "found"
    assert got == [{"city": "Oslo"}]


def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b


@pytest.mark.parametrize(
    ("made", "name", "description", "names"),
    [
        (tool(add), "add", "Add two numbers.", ["a", "b"]),
        (tool(add, name="plus"), "plus", "Add two numbers.", ["a", "b"]),
        (tool(add, description="Sum."), "add", "Sum.", ["a", "b"]),
        (tool(tool(add, name="plus"), description="Sum."), "plus", "Sum.", ["a", "b"]),
        (tool(lambda a: a, name="one", description="One."), "one", "One.", ["a"]),
        (tool(add, description="", parameters={}), "add", None, []),
        (tool(tool(add), parameters=SCHEMA), "add", "Add two numbers.", list(SCHEMA["properties"])),
    ],
)
def test_a_name_and_a_description_can_be_given(made: FunctionTool, name: str, description: str, names: list[str]):
    function = made.definition()["function"]
    assert (function["name"], function.get("description")) == (name, description)
    assert list(function["parameters"]["properties"]) == names
    assert made(1) == 2 if name in ("add", "plus") else made(1) == 1


class Size(pydantic.BaseModel):
    width: int


def area(size: Size, factors: Annotated[list[float], "By what."], unit: Literal["m", "km"] | None = None) -> float:
    """Tell an area."""
    return size.width * sum(factors)


@pytest.mark.parametrize("made", [tool(area), tool(area, name="surface"), tool(area, parameters=SCHEMA)])
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_a_tool_can_be_copied_and_sent_to_another_process(made: FunctionTool, again: Callable[[Any], FunctionTool]):
    other = again(made)
    assert other.definition() == made.definition()
    if made.schema is None:
        assert other.bind({"size": {"width": "2"}, "factors": ["1.5", 2]})() == 7


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        ({}, {"type": "object", "properties": {}}),
        ({"properties": {"x": True}}, {"type": "object", "properties": {"x": {}}}),
        ({"properties": None, "required": None}, {"type": "object", "properties": {}}),
        (
            {"properties": {"x": {"anyOf": [{"type": "string"}]}, "y": {"$ref": "#/properties/x/anyOf/0"}}},
            {"type": "object", "properties": {"x": {"type": "string"}, "y": {"type": "string"}}},
        ),
        (
            {
                "properties": {
                    "one": {"allOf": [{"$ref": "#/$defs/P"}], "description": "One."},
                    "row": {"prefixItems": [{"type": "string"}], "items": {"$ref": "#/$defs/P"}},
                    "other": {"oneOf": [{"type": "integer"}, {"$ref": "#/$defs/P"}]},
                },
                "$defs": {"P": {"type": "string"}},
            },
            {
                "type": "object",
                "properties": {
                    "one": {"type": "string", "description": "One."},
                    "row": {"items": {"type": "string"}},
                    "other": {"type": ["integer", "string"]},
                },
            },
        ),
        (
            {"properties": {"x": {"items": {"$ref": "#"}}}},
            {"type": "object", "properties": {"x": {"items": {"$ref": "#"}}}},
        ),
        *(
            ({"properties": {"x": {"$ref": ref}}}, {"type": "object", "properties": {"x": {"$ref": ref}}})
            for ref in ("https://example.org/x", "#/$defs/P", "#/properties/x/$ref/0", "#anchor")
        ),
        (
            {"type": "object", "title": "T", "properties": {"x": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}},
            {"type": "object", "properties": {"x": {"type": ["integer", "null"]}}},
        ),
        (
            {"properties": {"x": {"$ref": "#/$defs/P"}}, "$defs": {"P": {"type": "string"}}},
            {"type": "object", "properties": {"x": {"type": "string"}}},
        ),
        (
            {"properties": {"x": {"$ref": "#/definitions/P"}}, "definitions": {"P": {"const": [1]}}},
            {"type": "object", "properties": {"x": {"type": "array", "enum": [[1]]}}},
        ),
        (
            {"properties": {"x": {"$ref": "#/$defs/P"}}, "$defs": {"P": {"items": {"$ref": "#/$defs/P"}}}},
            {
                "type": "object",
                "properties": {"x": {"$ref": "#/$defs/P"}},
                "$defs": {"P": {"items": {"$ref": "#/$defs/P"}}},
            },
        ),
    ],
)
def test_a_schema_is_sent_in_the_form_that_the_server_reads(schema: dict[str, Any], sent: dict[str, Any]):
    assert tool(add, parameters=schema).definition()["function"]["parameters"] == sent


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"function": 5}, "a tool must be a function"),
        ({"function": 5, "parameters": {}}, "a tool must be a function"),
        ({"function": add, "name": ""}, "the name of a tool must be text, not ''"),
        ({"function": add, "name": 5}, "the name of a tool must be text, not 5"),
        ({"function": add, "parameters": "schema"}, "parameters must be the JSON schema of an object"),
        ({"function": add, "parameters": {"type": "array"}}, "parameters must be the JSON schema of an object"),
        ({"function": add, "parameters": {"properties": ["a"]}}, "parameters must be the JSON schema of an object"),
        ({"function": add, "parameters": {"required": "a"}}, "parameters must be the JSON schema of an object"),
        ({"function": add, "description": 5}, "description must be str, not int"),
        ({"function": lambda: 1, "parameters": {}}, r"a tool must have a name.*tool\(function, name="),
    ],
)
def test_what_cannot_be_a_tool_is_refused(arguments: dict[str, Any], message: str):
    with pytest.raises(RequestError, match=message):
        tool(**arguments)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("parallel", [False, True])
def test_more_calls_in_a_message_than_the_limit_are_an_error_before_any_is_made(
    server: OllamaServer, api: Api[Any], parallel: bool, stream: bool
):
    got: list[dict[str, Any]] = []
    made = tool(recorder(got, is_async=False), name="look-up", parameters=SCHEMA)
    script(server, *[{"city": "Oslo"}] * 3)
    arguments = {"tools": [made], "parallel": parallel, "stream": stream}
    with pytest.raises(ToolRoundsError, match=r"asks for 3 calls at once \(look-up, .*; raise max_calls=") as caught:
        list(api.run_tools("m", [], max_calls=2, **arguments))
    assert got == []
    assert len(caught.value.messages[-1].tool_calls) == len(caught.value.response.message.tool_calls) == 3
    script(server, *[{"city": "Oslo"}] * 3)
    answer = api.run_tools("m", [], max_calls=3, **arguments)
    assert len((answer.final() if stream else answer).messages) == 5
    assert len(got) == 3


def test_the_limit_is_32_calls(server: OllamaServer, api: Api[Any]):
    made = tool(recorder([], is_async=False), name="look-up", parameters=SCHEMA)
    script(server, *[{"city": "Oslo"}] * 32)
    assert len(api.run_tools("m", [], tools=[made]).messages) == 34
    script(server, *[{"city": "Oslo"}] * 33)
    with pytest.raises(ToolRoundsError, match="33 calls at once"):
        api.run_tools("m", [], tools=[made])


@pytest.mark.parametrize("max_calls", [0, -1, True, 1.5, "3"])
def test_a_limit_that_is_no_number_of_calls_is_refused(server: OllamaServer, api: Api[Any], max_calls: Any):
    with pytest.raises(RequestError, match="max_calls"):
        api.run_tools("m", [], tools=[add], max_calls=max_calls)


@pytest.mark.parametrize("is_async", [False, True])
def test_a_message_of_the_role_tool_is_a_result_with_images(server: OllamaServer, api: Api[Any], is_async: bool):
    def look() -> Message:
        return Message(role="tool", content="A cat.", images=[b"\x89PNG"])

    async def look_async() -> Message:
        return look()

    script(server, {}, name="look")
    answer = api.run_tools("m", [], tools=[tool(look_async if is_async else look, name="look")])
    assert answer.messages[1].images == [b"\x89PNG"]
    assert server.requests[1].json["messages"][1] == {
        "role": "tool",
        "content": "A cat.",
        "images": ["iVBORw=="],
        "tool_name": "look",
        "tool_call_id": "0",
    }
