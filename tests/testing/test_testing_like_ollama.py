"""For each documented behaviour of Ollama, whether the embedded server follows it; the rows are checked."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from maintenance.description import description
from ollama_sdk.overlay import AsyncOllama, Ollama
from ollama_sdk.overlay.testing import EmbeddedModel, ModelApi, OllamaServer, Recording
from ollama_sdk.overlay.testing._model_request import OPTION_KINDS

if importlib.util.find_spec("xllamacpp") is None:
    pytest.skip("the embedded model needs xllamacpp: pip install 'ollama-sdk[testing]'", allow_module_level=True)

RECORDINGS = Path(__file__).parents[1] / "data" / "recordings"
MODEL = "smollm2:135m"
HI = [{"role": "user", "content": "Hi!"}]
SHORT = {"temperature": 0, "seed": 1, "num_predict": 2}
ENOUGH = {"temperature": 0, "num_predict": 60}  # for a call
CITY = {"type": "object", "properties": {"city": {"type": "string", "enum": ["Rome", "Oslo"]}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "weather", "description": "Tell the weather.", "parameters": CITY}}
YES_OR_NO = {"enum": ["yes", "no"]}
JSON, NDJSON = "application/json; charset=utf-8", "application/x-ndjson"
FOLLOWS, DIFFERS = "follows", "differs"


@pytest.fixture
def url(model: EmbeddedModel) -> Iterator[str]:
    with OllamaServer(responder=ModelApi(model, aliases=["llama3.2"])) as running:
        yield running.url


@dataclass(frozen=True)
class Answered:
    """What came back: the status, the type of the content, and the lines as JSON."""

    status: int
    type: str
    lines: list[Any]


Call = Callable[..., Answered]


@pytest.fixture
def call(url: str) -> Iterator[Call]:
    with httpx.Client(base_url=url, timeout=60) as client:

        def send(path: str, method: str = "POST", **body: Any) -> Answered:
            response = client.request(method, path, json=body)
            lines = [json.loads(line) for line in response.text.splitlines()] if "json" in str(response.headers) else []
            return Answered(response.status_code, response.headers.get("content-type", ""), lines)

        yield send


def error(call: Call, status: int, text: str, path: str = "/api/chat", method: str = "POST", **body: Any) -> bool:
    fields = {"model": MODEL, "messages": HI, "prompt": "Hi!", "input": "Hi!", **body}
    answered = call(path, method, **fields)
    return (answered.status, answered.lines) == (status, [{"error": text}])


def chat(call: Call, **body: Any) -> Any:
    answered = call("/api/chat", **{"model": MODEL, "messages": HI, "stream": False, "options": SHORT, **body})
    return answered.lines[-1]


def statuses(answered: Answered) -> list[Any]:
    return [line.get("status", line) for line in answered.lines]


def copied(call: Call) -> bool:
    return call("/api/copy", source=MODEL, destination="mine") == Answered(200, "", []) and "done" in chat(
        call, model="mine"
    )


def named_in_any_case(call: Call) -> bool:
    call("/api/copy", source=MODEL.upper(), destination="Yours")
    call("/api/copy", source=MODEL, destination="yOURS")
    names = [model["name"] for model in call("/api/tags", "GET").lines[0]["models"]]
    same = [name for name in names if name.lower() == "yours:latest"]
    return same == ["Yours:latest"] and "done" in chat(call, model="yours:LATEST")


def deleted(call: Call) -> bool:
    first = call("/api/delete", "DELETE", model=MODEL) == Answered(200, "", [])
    return first and error(call, 404, f"model '{MODEL}' not found", "/api/delete", "DELETE")


def created(call: Call) -> bool:
    body = {"from": MODEL, "system": "Be a pirate.", "parameters": {"num_predict": 2, "stop": ["a", "b"]}}
    answered = call("/api/create", model="pirate", **body)
    shown = call("/api/show", model="pirate").lines[0]
    parameters = [line.split() for line in shown["parameters"].splitlines()]
    answer = chat(call, model="pirate", options={"temperature": 0})
    return (
        statuses(answered)[-2:] == ["writing manifest", "success"]
        and (shown["system"], shown["details"]["parent_model"]) == ("Be a pirate.", MODEL)
        and parameters == [["num_predict", "2"], ["stop", '"a"'], ["stop", '"b"']]
        and answer["eval_count"] == 2
        and answer["model"] == "pirate"
    )


def pulled(call: Call) -> bool:
    call("/api/delete", "DELETE", model="llama3.2")
    lines = call("/api/pull", model="llama3.2").lines
    layer = lines[1]
    return (
        lines[0] == {"status": "pulling manifest"}
        and lines[-1] == {"status": "success"}
        and layer["completed"] == layer["total"] > 0
        and "done" in chat(call, model="llama3.2:latest")
    )


def unknown_pull(call: Call) -> bool:
    text = "pull model manifest: file does not exist"
    streamed = call("/api/pull", model="no-such")
    whole = error(call, 500, text, "/api/pull", model="no-such", stream=False)
    return (streamed.status, streamed.lines[-1]) == (200, {"error": text}) and whole


def unlike(call: Call, field: str, value: Any) -> bool:
    answered = call("/api/chat", model=MODEL, messages=HI, **{field: value})
    return (answered.status, "does not support" in answered.lines[0]["error"]) == (501, True)


ROWS: list[tuple[str, str, Callable[[Call], object]]] = [
    # Answers
    (
        "chat streams NDJSON by default",
        FOLLOWS,
        lambda call: call("/api/chat", model=MODEL, messages=HI, options=SHORT).type == NDJSON,
    ),
    (
        "stream false is one JSON object",
        FOLLOWS,
        lambda call: call("/api/chat", model=MODEL, messages=HI, options=SHORT, stream=False).type == JSON,
    ),
    ("a request that only loads is one JSON object", FOLLOWS, lambda call: call("/api/chat", model=MODEL).type == JSON),
    (
        "the answer has the name that was asked for",
        FOLLOWS,
        lambda call: chat(call, model="llama3.2")["model"] == "llama3.2",
    ),
    ("without a tag, latest is meant", FOLLOWS, lambda call: "done" in chat(call, model="llama3.2:latest")),
    ("a chat without a model is a 400", FOLLOWS, lambda call: error(call, 400, "model is required", model="")),
    (
        "an unknown role is accepted",
        FOLLOWS,
        lambda call: "done" in chat(call, messages=[{"role": "alien", "content": "x"}]),
    ),
    (
        "the content of a message is text",
        FOLLOWS,
        lambda call: error(
            call,
            400,
            "json: cannot unmarshal array into Go struct field ChatRequest.messages.content of type string",
            messages=[{"role": "user", "content": [{"type": "text", "text": "Hi!"}]}],
        ),
    ),
    (
        "the content of a message may be null",
        FOLLOWS,
        lambda call: "done" in chat(call, messages=[{"role": "user", "content": None}]),
    ),
    # Formats and tools
    *[
        (
            f"the arguments of a call in a history cannot be {given!r}",
            FOLLOWS,
            lambda call, given=given: error(
                call,
                400,
                "Value looks like object, but can't find closing '}' symbol",
                messages=[{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": given}}]}, *HI],
            ),
        )
        for given in ('{"a": 1}', [])
    ],
    (
        "with a format, tools are not called on a model that does not think",
        FOLLOWS,
        lambda call: (
            json.loads(chat(call, tools=[TOOL], format=YES_OR_NO, options={"num_predict": 20})["message"]["content"])
            in ("yes", "no")
        ),
    ),
    (
        "a format that is no schema is a 500",
        FOLLOWS,
        lambda call: error(
            call, 500, 'invalid format: "\\"yaml\\""; expected "json" or a valid JSON Schema object', format="yaml"
        ),
    ),
    (
        "a model decides whether it calls a tool",
        DIFFERS,
        lambda call: chat(call, tools=[TOOL], options=ENOUGH)["message"]["tool_calls"],
    ),
    (
        "tool calls come in a stream as soon as each is complete",
        DIFFERS,
        lambda call: len(call("/api/chat", model=MODEL, messages=HI, tools=[TOOL], options=ENOUGH).lines) == 2,
    ),
    # Options
    *[
        (
            f"the option {name} must be of type {kind}",
            FOLLOWS,
            lambda call, name=name, kind=kind, wrong=wrong: error(
                call, 500, f'option "{name}" must be of type {kind}', options={name: wrong}
            ),
        )
        for name, kind, wrong in (
            ("stop", "array", "x"),
            ("seed", "integer", "1"),
            ("num_ctx", "integer", True),
            ("top_k", "integer", [1]),
            ("temperature", "float32", "hot"),
            ("top_p", "float32", False),
            ("use_mmap", "boolean", 1),
        )
    ],
    (
        "options must be an object",
        FOLLOWS,
        lambda call: error(
            call,
            400,
            "json: cannot unmarshal array into Go struct field ChatRequest.options of type map[string]interface {}",
            options=["x"],
        ),
    ),
    (
        "stop must be an array of strings",
        FOLLOWS,
        lambda call: error(call, 500, 'option "stop" must be of an array of strings', options={"stop": [1]}),
    ),
    (
        "embed checks options as well",
        FOLLOWS,
        lambda call: error(call, 500, 'option "seed" must be of type integer', "/api/embed", options={"seed": "1"}),
    ),
    (
        "a number with a fraction is cut for an integer",
        FOLLOWS,
        lambda call: chat(call, options={"num_predict": 2.9, "temperature": 0})["eval_count"] == 2,
    ),
    (
        "null options count as not given, unknown ones are ignored",
        FOLLOWS,
        lambda call: "done" in chat(call, options={"seed": None, "new": "x", "num_predict": 1}),
    ),
    (
        "num_ctx and other options of loading take effect",
        DIFFERS,
        lambda call: "done" in chat(call, options={"num_ctx": 16, "num_predict": 1}),
    ),
    # keep_alive
    (
        "keep_alive text is a duration of Go",
        FOLLOWS,
        lambda call: error(call, 400, 'time: invalid duration "soon"', keep_alive="soon"),
    ),
    (
        "keep_alive text wants a unit",
        FOLLOWS,
        lambda call: error(call, 400, 'time: missing unit in duration "-1"', keep_alive="-1"),
    ),
    # What the model cannot do
    (
        "think on a model that cannot is a 400",
        FOLLOWS,
        lambda call: error(call, 400, f'"{MODEL}" does not support thinking', think=True),
    ),
    ("template", DIFFERS, lambda call: unlike(call, "template", "x")),
    ("context", DIFFERS, lambda call: unlike(call, "context", [1])),
    ("logprobs", DIFFERS, lambda call: unlike(call, "logprobs", True)),
    # Embeddings
    (
        "embed of no text is an empty list",
        FOLLOWS,
        lambda call: call("/api/embed", model=MODEL, input=[]).lines[0]["embeddings"] == [],
    ),
    ("embed of a number is a 400", FOLLOWS, lambda call: error(call, 400, "invalid input type", "/api/embed", input=5)),
    (
        "a text beyond the context is cut",
        DIFFERS,
        lambda call: call("/api/embed", model=MODEL, input="word " * 3000).status >= 400,
    ),
    # Models
    ("the case of a name is kept, and not compared", FOLLOWS, named_in_any_case),
    ("copy has no body", FOLLOWS, copied),
    (
        "copy of a missing model is a 404",
        FOLLOWS,
        lambda call: error(call, 404, 'model "nope" not found', "/api/copy", source="nope", destination="x"),
    ),
    ("delete has no body, and a missing model is a 404", FOLLOWS, deleted),
    ("create from a model keeps system and parameters", FOLLOWS, created),
    (
        "create of nothing is a 400",
        FOLLOWS,
        lambda call: error(call, 400, "neither 'from' or 'files' was specified", "/api/create"),
    ),
    (
        "create checks the types of parameters",
        FOLLOWS,
        lambda call: error(
            call,
            500,
            'option "stop" must be of type array',
            "/api/create",
            **{"from": MODEL, "parameters": {"stop": "x"}},
        ),
    ),
    (
        "create from files",
        DIFFERS,
        lambda call: error(
            call, 501, "the embedded model does not support files", "/api/create", files={"a": "sha256:0"}
        ),
    ),
    ("pull tells its progress", FOLLOWS, pulled),
    ("pull of a missing model is a line of a stream, or a 500", FOLLOWS, unknown_pull),
    (
        "pull of a bad name is a 400",
        FOLLOWS,
        lambda call: error(call, 400, "invalid model name", "/api/pull", model="!!"),
    ),
    (
        "show of a missing model names it with its tag",
        FOLLOWS,
        lambda call: error(call, 404, "model 'nope:latest' not found", "/api/show", model="nope"),
    ),
    ("push", DIFFERS, lambda call: call("/api/push", model=MODEL).status == 404),
    ("blobs", DIFFERS, lambda call: call("/api/blobs/sha256:0", "HEAD").status == 404),
    # What unloads the model, last: it is loaded again for the next answer
    ("keep_alive 0 as text needs no unit", FOLLOWS, lambda call: "done" in chat(call, keep_alive="0")),
    (
        "keep_alive 0 without a prompt unloads",
        FOLLOWS,
        lambda call: call("/api/generate", model=MODEL, keep_alive=0).lines[0]["done_reason"] == "unload",
    ),
    # HTTP
    (
        "an unknown path is a 404, a wrong method a 405",
        FOLLOWS,
        lambda call: (call("/api/nope").status, call("/api/chat", "GET").status) == (404, 405),
    ),
]


@pytest.mark.parametrize(("behaviour", "how", "check"), [pytest.param(*row, id=": ".join(row[:2])) for row in ROWS])
def test_the_embedded_server_follows_or_differs_as_the_table_says(
    call: Call, behaviour: str, how: str, check: Callable[[Call], object]
) -> None:
    assert check(call)


def test_the_types_of_the_options_are_those_of_the_description() -> None:
    kinds = {"integer": "integer", "number": "float32", "boolean": "boolean", "array": "array"}
    properties = description().schemas["Options"]["properties"]
    assert {name: kinds[schema["type"]] for name, schema in properties.items()} == OPTION_KINDS


# By both clients


def test_the_models_of_the_server_are_managed_by_the_client(url: str) -> None:
    with Ollama(url) as client:
        assert {each.name for each in client.list().models} == {MODEL, "llama3.2:latest"}
        assert client.has_model("llama3.2")
        client.create("pirate", from_="llama3.2", system="Be a pirate.")
        client.copy("pirate", "pirate:two")
        client.delete("pirate")
        assert [client.has_model(name) for name in ("pirate", "pirate:two")] == [False, True]
        assert client.show("pirate:two").system == "Be a pirate."
        client.load("pirate:two", "1m")
        assert [each.name for each in client.ps().models] == ["pirate:two"]


def test_the_models_of_the_server_are_managed_by_the_async_client(url: str) -> None:
    async def main() -> None:
        async with AsyncOllama(url) as client:
            await client.delete("llama3.2")
            assert not await client.has_model("llama3.2")
            last = await client.pull("llama3.2", if_missing=True)
            assert last.status == "success"
            assert await client.has_model("llama3.2")

    asyncio.run(main())


# Against what a real server was recorded to answer, whose models are the names of this one

RECORDED = [
    *("chat_bad_keep_alive", "chat_empty_body", "chat_no_model", "chat_bad_format", "chat_think_unsupported"),
    *("chat_get_405", "unknown_path_404", "root_get", "root_head", "version_get", "version_head"),
    *("copy_ok", "copy_missing", "delete_missing", "create_nothing", "create_from_model_nostream"),
    *("pull_bad_name", "show_no_model", "show_missing"),
    *("embed_bad_input_type", "embed_empty_list", "embed_empty_string", "embeddings_legacy_empty"),
    *(
        "generate_load_only",
        "chat_empty_messages_load",
        "chat_unload",
        "generate_unload",
        "generate_images_unsupported",
    ),
    *("generate_suffix_unsupported", "chat_missing_model"),
]
VARIES = {"created_at", "total_duration", "load_duration"}


@pytest.fixture
def recorded_url(model: EmbeddedModel) -> Iterator[str]:
    names = ["all-minilm", "rec-b", "smol-think", "smol-tools"]
    with OllamaServer(responder=ModelApi(model, aliases=names)) as running:
        yield running.url


@pytest.mark.parametrize("name", RECORDED)
def test_it_answers_as_a_real_server_was_recorded_to(recorded_url: str, name: str) -> None:
    recording = Recording.load(RECORDINGS / f"{name}.json")
    is_json = isinstance(recording.request_body, dict)
    body = json.dumps(recording.request_body).encode() if is_json else None
    answered = httpx.request(recording.method, recorded_url + recording.path, content=body, timeout=60)
    assert answered.status_code == recording.status
    expected = "".join(chunk.text for chunk in recording.chunks)
    assert comparable(answered.text) == comparable(expected)


def comparable(text: str) -> Any:
    """The body without what is another one each time."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return {key: item for key, item in value.items() if key not in VARIES} if isinstance(value, dict) else value
