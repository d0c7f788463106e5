"""Tools of a server of the Model Context Protocol: in the process, over stdio, over HTTP, and one that others wrote."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ollama_sdk.overlay import AbortError, AsyncOllama, Ollama, RequestError, tool
from ollama_sdk.overlay.mcp import McpToolError, mcp_tools
from ollama_sdk.overlay.testing import Json, OllamaServer

mcp = pytest.importorskip("mcp", reason="mcp is an extra")
pytest.importorskip("mcp.server.mcpserver", reason="the server of the tests is written for mcp 2")
mcp_program = pytest.importorskip("tools.mcp_program")

PATIENCE = 60.0


@asynccontextmanager
async def in_process() -> AsyncIterator[Any]:
    async with mcp.Client(mcp_program.make_server()) as client:
        yield client


@asynccontextmanager
async def over_stdio() -> AsyncIterator[Any]:
    program = str(Path(__file__).with_name("mcp_program.py"))
    async with mcp.Client(mcp.StdioServerParameters(command=sys.executable, args=[program])) as client:
        yield client


@asynccontextmanager
async def session_over_stdio() -> AsyncIterator[Any]:
    program = str(Path(__file__).with_name("mcp_program.py"))
    parameters = mcp.StdioServerParameters(command=sys.executable, args=[program])
    async with mcp.stdio_client(parameters) as (read, write), mcp.ClientSession(read, write) as session:
        await session.initialize()
        yield session


@asynccontextmanager
async def over_http() -> AsyncIterator[Any]:
    uvicorn = pytest.importorskip("uvicorn")
    app = mcp_program.make_server().streamable_http_app()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        async with mcp.Client(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp") as client:
            yield client
        server.should_exit = True
        await serving


Opened = Callable[[], Any]
BY_ALL = [
    in_process,
    pytest.param(over_stdio, marks=pytest.mark.slow),
    pytest.param(session_over_stdio, marks=pytest.mark.slow),
    pytest.param(over_http, marks=pytest.mark.slow),
]


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as server:
        yield server


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, PATIENCE))


def script(server: OllamaServer, *calls: tuple[str, object]) -> None:
    wanted = [{"id": name, "function": {"name": name, "arguments": arguments}} for name, arguments in calls]
    server.queue("POST", "/api/chat", Json({"message": {"role": "assistant", "tool_calls": wanted}, "done": True}))
    server.reply("POST", "/api/chat", Json({"message": {"role": "assistant", "content": "Done."}, "done": True}))


async def told(server: OllamaServer, session: Any, name: str, arguments: object, **more: Any) -> Any:
    """The message that the model gets as the result of a call."""
    script(server, (name, arguments))
    async with AsyncOllama(server.url) as client:
        answer = await client.run_tools("m", [], tools=await mcp_tools(session), **more)
        answer = await answer.final() if more.get("stream") else answer
    return answer.messages[1]


@pytest.mark.parametrize("opened", BY_ALL)
def test_names_descriptions_and_schemas_are_told_to_the_model(server: OllamaServer, opened: Opened):
    async def work() -> None:
        async with opened() as session:
            await told(server, session, "add", {"a": 1})

    run(work())
    sent = {each["function"]["name"]: each["function"] for each in server.requests[0].json["tools"]}
    assert list(sent) == ["add", "describe-place", "look", "read", "structured", "wait", "happened"]
    assert sent["add"]["description"] == "Add two numbers."
    assert sent["add"]["parameters"]["required"] == ["a"]
    assert sent["add"]["parameters"]["properties"]["a"] == {"type": "integer"}
    place = sent["describe-place"]["parameters"]["properties"]["place"]
    assert place["properties"]["height"]["type"] == ["integer", "null"]


@pytest.mark.parametrize("opened", BY_ALL)
def test_results_and_errors_are_told(server: OllamaServer, opened: Opened):
    async def work() -> None:
        async with opened() as session:
            assert (await told(server, session, "add", '{"a": "1", "b": 2}')).content == "3"
            place = {"place": '{"name": "Oslo"}', "tags": '["x"]'}
            assert (await told(server, session, "describe-place", place)).content == "Oslo, None, ['x']"
            picture = await told(server, session, "look", {})
            assert (picture.content, picture.images) == ("A picture.", ["iVBORw=="])
            assert server.requests[-1].json["messages"][1]["images"] == ["iVBORw=="]
            assert (await told(server, session, "read", {})).content == "the text\n\n[resource_link b file:///b.txt]"
            assert json.loads((await told(server, session, "structured", {}, stream=True)).content) == {"height": 3}
            assert (await told(server, session, "add", {"a": "many"})).content.startswith("Error: McpToolError: ")
            assert (await told(server, session, "add", {})).content == "Error: add: a is missing"
            with pytest.raises(McpToolError):
                await told(server, session, "add", {"a": "many"}, on_tool_error="raise")

    run(work())


@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize("opened", BY_ALL)
def test_an_abort_cancels_a_call_at_the_server(server: OllamaServer, opened: Opened, parallel: bool):
    async def work() -> None:
        async with opened() as session, AsyncOllama(server.url) as client:
            script(server, ("wait", {}), ("wait", {}))
            tools = await mcp_tools(session)
            running = asyncio.create_task(client.run_tools("m", [], tools=tools, parallel=parallel))
            by_name = {each.name: each for each in tools}
            assert await by_name["happened"](event="started") == "started"
            client.abort()
            with pytest.raises(AbortError):
                await running
            assert await by_name["happened"](event="cancelled") == "cancelled"
            assert await by_name["add"](a=1) == "2"

    run(work())


@pytest.mark.slow
def test_a_server_that_others_wrote(server: OllamaServer):
    pytest.importorskip("mcp_server_time", reason="it is in a group of its own")

    async def work() -> None:
        parameters = mcp.StdioServerParameters(command=sys.executable, args=["-m", "mcp_server_time"])
        async with mcp.stdio_client(parameters) as (read, write), mcp.ClientSession(read, write) as session:
            await session.initialize()
            now = await told(server, session, "get_current_time", {"timezone": "UTC"})
            assert json.loads(now.content)["timezone"] == "UTC"
            wrong = await told(server, session, "get_current_time", {"timezone": "Nowhere/None"})
            assert wrong.content.startswith("Error: McpToolError: ")

    run(work())


def test_the_blocking_client_refuses_tools_of_an_event_loop(server: OllamaServer):
    async def work() -> None:
        async with in_process() as session:
            script(server, ("add", {"a": 1}))
            tools = await mcp_tools(session)
            with Ollama(server.url) as client, pytest.raises(RequestError, match="add runs in the event loop"):
                client.run_tools("m", [], tools=tools)

    run(work())


def test_a_tool_of_a_session_can_have_another_name(server: OllamaServer):
    async def work() -> None:
        async with in_process() as session, AsyncOllama(server.url) as client:
            script(server, ("places-add", {"a": 1}))
            tools = [tool(each, name=f"places-{each.name}") for each in await mcp_tools(session)]
            assert (await client.run_tools("m", [], tools=tools)).messages[1].content == "2"

    run(work())


class Answer:
    """What a session returns: a model of pydantic, of which `model_dump` is used."""

    def __init__(self, **fields: object) -> None:
        self.fields = fields

    def model_dump(self, *, mode: str, by_alias: bool) -> dict[str, object]:
        assert (mode, by_alias) == ("json", True)
        return self.fields


class Pages:
    """A session with a tool on each page."""

    def page(self, cursor: str | None) -> Answer:
        number = int(cursor or "1")
        tools = [{"name": f"tool{number}", "title": "A title.", "inputSchema": {"type": "object"}}]
        return Answer(tools=tools, nextCursor=str(number + 1) if number < 3 else None)

    async def call_tool(self, name: str, arguments: dict[str, Any]) -> Answer:
        return Answer(**self.results[name])

    def __init__(self, **results: Any) -> None:
        self.results = results


class ByCursor(Pages):
    async def list_tools(self, cursor: str | None = None) -> Answer:
        return self.page(cursor)


class ByParameters(Pages):
    async def list_tools(self, *, params: Any = None) -> Answer:
        return self.page(params.cursor if params else None)


@pytest.mark.parametrize("session", [ByCursor(), ByParameters()])
def test_tools_of_all_pages_are_there(session: Any):
    tools = run(mcp_tools(session))
    assert [each.name for each in tools] == ["tool1", "tool2", "tool3"]
    assert tools[0].definition()["function"]["description"] == "A title."


IMAGE = {"type": "image", "data": "QQ==", "mimeType": "image/png"}


@pytest.mark.parametrize(
    ("result", "text", "images"),
    [
        ({"content": []}, "", None),
        ({"content": [], "structuredContent": {"ä": 1}}, '{"ä": 1}', None),
        ({"content": [], "structuredContent": []}, "[]", None),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": ""}]}, "a\n\n", None),
        ({"content": [{"type": "text", "text": "a"}], "structuredContent": {"b": 1}}, "a", None),
        ({"content": [IMAGE, IMAGE]}, "", ["QQ==", "QQ=="]),
        ({"content": [{"type": "audio", "data": "QQ==", "mimeType": "audio/wav"}]}, "[audio audio/wav]", None),
        (
            {"content": [{"type": "resource", "resource": {"uri": "a:b", "blob": "QQ==", "mimeType": "image/png"}}]},
            "",
            ["QQ=="],
        ),
        (
            {"content": [{"type": "resource", "resource": {"uri": "a:b", "blob": "QQ==", "mimeType": None}}]},
            "[resource a:b]",
            None,
        ),
        ({"content": [{"type": "of the future", "what": 1}]}, "[of the future]", None),
    ],
)
def test_each_kind_of_content_is_told(result: dict[str, Any], text: str, images: list[str] | None):
    async def work() -> Any:
        [made, *_] = await mcp_tools(ByCursor(tool1={"isError": False, **result}))
        return await made()

    answer = run(work())
    assert (answer if images is None else answer.content) == text
    assert getattr(answer, "images", None) == images


def test_an_error_has_the_words_of_the_server():
    async def work() -> Any:
        session = ByCursor(tool1={"content": [{"type": "text", "text": "no such city"}], "isError": True})
        [made, *_] = await mcp_tools(session)
        return await made()

    with pytest.raises(McpToolError, match=r"^no such city$"):
        run(work())
