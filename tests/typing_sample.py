"""A program as a user would write it: type checkers must accept it, and name every type exactly."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any, TypedDict, assert_type

import ollama_sdk.overlay as sdk
from ollama_sdk.overlay import (
    AsyncOllama,
    AsyncParsedChatStream,
    AsyncStream,
    AsyncToolsStream,
    Capability,
    ChatResponse,
    FunctionTool,
    GenerateResponse,
    KeepAlive,
    ListResponse,
    Message,
    MessageLike,
    Ollama,
    OllamaError,
    Options,
    ParsedChatResponse,
    ParsedChatStream,
    ParsedGenerateResponse,
    ParsedGenerateStream,
    ProgressResponse,
    ProgressStream,
    RawResponse,
    Stream,
    Timeout,
    ToolLike,
    ToolsResponse,
    ToolsStream,
    VectorsResponse,
    VersionResponse,
    batch,
    tool,
)


def blocking(client: Ollama, stream: bool) -> None:
    response = client.chat("m", [{"role": "user", "content": "Hi"}, Message(role="user", content="there")])
    assert_type(response, ChatResponse)
    assert_type(response.message.content, str)
    assert_type(response.message.thinking, str | None)
    assert_type(response.eval_count, int | None)
    assert_type(response.total_time, timedelta | None)
    assert_type(response.tokens_per_second, float | None)
    client.chat("m", [response.message], options={"temperature": 0}, think="high", keep_alive=5)
    client.chat("m", [response.message], options=Options(temperature=0), think=False, keep_alive="5m")
    chunks = client.chat("m", [], stream=True)
    assert_type(chunks, Stream[ChatResponse])
    for chunk in chunks:
        assert_type(chunk, ChatResponse)
    assert_type(chunks.final(), ChatResponse)
    assert_type(client.chat("m", [], stream=stream), ChatResponse | Stream[ChatResponse])
    assert_type(client.generate("m", "Hi", images=[b"..."]), GenerateResponse)
    assert_type(client.generate("m", "Hi", stream=True), Stream[GenerateResponse])
    assert_type(client.embed("m", ["a", "b"], dimensions=64), VectorsResponse)
    assert_type(client.embed("m", ["a", "b"], batch_size=1, max_concurrency=2), VectorsResponse)
    assert_type(client.list(timeout=3), ListResponse)
    for model in client.list().models:
        assert_type(model.capabilities, list[Capability | str])
    assert_type([each.size_vram for each in client.ps().models], list[int])
    assert_type(client.embed("m", "a").embeddings[0], list[float])
    assert_type(client.web_search("ollama", via="server").results[0].url, str)
    assert_type(client.version(), VersionResponse)
    assert_type(client.version().model_dump(mode="json", exclude={"version"}), dict[str, Any])
    assert_type(client.version().items(), list[tuple[str, Any]])
    judged = client.systemone("m", {"a": 1}, {"q": {"type": "noul", "instructions": "Is it?"}}, keep_alive=0)
    assert_type(judged.answers["q"].noul, float | None)
    client.show("m", verbose=True)
    client.load("m", timedelta(minutes=5), options={"num_ctx": 512}, shift=False)
    client.generate("m", "Hi", keep_alive=timedelta(minutes=5), images=[BytesIO(b"..."), bytearray(b"...")])
    assert_type(client.has_model("m"), bool)
    assert_type(client.pull("m", if_missing=True), ProgressResponse)
    assert_type(client.embed("m", ["a"], progress=print).positions, list[int])
    for text in client.generate("m", "Hi", stream=True).text:
        assert_type(text, str)


def raw(client: Ollama) -> None:
    response = client.with_raw_response.embed("m", "a", dimensions=64)
    assert_type(response, RawResponse[VectorsResponse])
    assert_type(response.content, bytes)
    assert_type(client.with_raw_response.list().parse(), ListResponse)
    client.with_raw_response.lst()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def annotated(
    client: Ollama, messages: list[MessageLike], tools: list[ToolLike], timeout: Timeout, keep_alive: KeepAlive
) -> None:
    client.chat("m", messages, tools=tools, timeout=timeout, keep_alive=keep_alive)
    client.load("m", keep_alive, timeout=timeout)
    annotated(client, [{"role": "user"}, Message(role="user", content="Hi")], [add, {"type": "function"}], 3, "5m")


class City(TypedDict):
    name: str


def add(a: int, b: int) -> int:
    return a + b


def comfort(client: Ollama) -> None:
    assert_type(client.chat("m", [], format=City).parsed, City)
    assert_type(client.generate("m", "Hi", format=list[int]).parsed, list[int])
    assert_type(client.generate("m", "Hi", format=dict[str, City]).parsed, dict[str, City])
    assert_type(client.chat("m", [], tools=[add], format={"type": "object"}), ParsedChatResponse[Any])
    assert_type(client.generate("m", "Hi", format="json"), ParsedGenerateResponse[Any])
    chat = client.chat("m", [], format=City, stream=True)
    assert_type(chat, ParsedChatStream[City])
    assert_type(chat.final(), ParsedChatResponse[City])
    assert_type(chat.final().parsed, City)
    assert_type(chat.partial, ParsedChatResponse[Any] | None)
    for chunk in chat:
        assert_type(chunk, ChatResponse)
    generation = client.generate("m", "Hi", format=list[City], stream=True)
    assert_type(generation, ParsedGenerateStream[list[City]])
    assert_type(generation.final().parsed, list[City])
    assert_type(client.generate("m", "Hi", format="json", stream=True), ParsedGenerateStream[Any])
    question = [Message(role="user", content="1 + 2?")]
    answer = client.run_tools("m", question, tools=[add], think=False, max_rounds=3, parallel=True)
    assert_type(answer, ToolsResponse[None])
    assert_type(tool(add, name="plus", parameters={"type": "object"}), FunctionTool)
    assert_type(client.run_tools("m", question, tools=[tool(add)], max_calls=3), ToolsResponse[None])
    assert_type(answer.message.content, str)
    assert_type(client.run_tools("m", question, tools=[add], format=City).parsed, City)
    conversation = client.run_tools("m", question, tools=[add], format=list[int], stream=True)
    assert_type(conversation, ToolsStream[list[int]])
    for message in conversation:
        assert_type(message, Message)
    assert_type(conversation.final(), ToolsResponse[list[int]])
    assert_type(client.create("new", from_="m", system="Be brief."), ProgressResponse)
    with open("model.gguf", "rb") as opened:
        client.create("new", files={"model.gguf": opened, "more.gguf": memoryview(b"GGUF")})
    pulling = client.pull("m", stream=True)
    assert_type(pulling, ProgressStream)
    assert_type(pulling.progress.eta, float | None)
    assert_type(client.push("m", progress=print), ProgressResponse)
    client.create_blob(b"GGUF", progress=True)
    assert_type(client.create_blob(b"GGUF"), str)


async def asynchronous(client: AsyncOllama) -> None:
    assert_type(await client.chat("m", [{"role": "user", "content": "Hi"}]), ChatResponse)
    stream = await client.chat("m", [], stream=True, format="json")
    assert_type(stream, AsyncParsedChatStream[Any])
    async with stream:
        async for chunk in stream:
            assert_type(chunk.message.content, str)
    assert_type(await stream.final(), ParsedChatResponse[Any])
    assert_type(await client.chat("m", [], stream=True), AsyncStream[ChatResponse])
    assert_type((await (await client.chat("m", [], stream=True, format=City)).final()).parsed, City)
    tools = await client.run_tools("m", [], tools=[add], stream=True)
    assert_type(tools, AsyncToolsStream[None])
    async for text in tools.text:
        assert_type(text, str)


async def draft(client: AsyncOllama, item: int) -> City:
    return (await client.generate("m", str(item), format=City)).parsed


async def batches() -> None:
    rows = batch.map(["a"], {"model": "m", "prompt": "{item}"}, hosts=["gpu1", batch.Host("gpu2", concurrency=8)])
    assert_type(rows, batch.BlockingRun[str, Any])
    for row in rows:
        assert_type(row.item, str)
        assert_type(row.error, OllamaError | None)
    assert_type(batch.map([1], lambda item: {"model": "m", "prompt": str(item)}), batch.BlockingRun[int, Any])
    async for result in batch.run([1], draft, checkpoint="rows.jsonl", progress=print):
        assert_type(result, batch.Result[int, City])
        assert_type(result.value, City | None)
    async with batch.Hosts("gpu1") as hosts, hosts.client("m") as client:
        assert_type(client, AsyncOllama)
    batch.map(["a"], {"model": "m"}, ordred=True)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    batch.run([1], draft, concurrency="4")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]


def functions() -> None:
    assert_type(sdk.chat("m", []), ChatResponse)
    assert_type(sdk.generate("m", "Hi", stream=True), Stream[GenerateResponse])


def mistakes(client: Ollama) -> None:
    client.chat("m", [], temprature=1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    client.chat("m", [], keep_alive=b"5m")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    client.chat("m", [], format=5)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    client.run_tools("m", [], tools=[add], max_round=3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    client.embed("m", "a", batch_size="2")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.embed("m", 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
