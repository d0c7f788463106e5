"""Bad input: what is told before anything is sent, and what is left to the server to judge."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from overlay.callers import Api
from overlay.scripts import HI

from ollama_sdk.generated.api.generation import chat as operation
from ollama_sdk.generated.models import ChatRequest
from ollama_sdk.overlay import AsyncOllama, Message, Ollama, RequestError, ResponseError, Tool
from ollama_sdk.overlay.testing import Json, OllamaServer, Recording, answer

RECORDINGS = Path(__file__).parents[1] / "data" / "recordings"
Call = Callable[[Api], object]


@dataclass(frozen=True)
class Bad:
    """A call that cannot be made, and what its error says."""

    method: str
    says: str
    arguments: dict[str, Any]

    def __str__(self) -> str:
        """The name of the case."""
        return f"{self.method}, {self.says}"


def bad(method: str, says: str, **arguments: Any) -> Bad:
    return Bad(method, says, arguments)


def chat(says: str, **arguments: Any) -> Bad:
    return bad("chat", says, **{"model": "m", "messages": HI, **arguments})


def generate(says: str, **arguments: Any) -> Bad:
    return bad("generate", says, **{"model": "m", "prompt": "?", **arguments})


def run_tools(says: str, **arguments: Any) -> Bad:
    return bad("run_tools", says, **{"model": "m", "messages": HI, "tools": [], **arguments})


def embed(says: str, **arguments: Any) -> Bad:
    return bad("embed", says, **{"model": "m", "input": "a", **arguments})


def create(says: str, **arguments: Any) -> Bad:
    return bad("create", says, **{"model": "new", **arguments})


class Opaque:
    """A type of which nobody can know what JSON makes one."""


def weather(place: Opaque) -> str:
    """Tell the weather."""
    return str(place)


def no_names(*cities: str) -> str:
    """Tell the weather."""
    return " ".join(cities)


CIRCLE: dict[str, Any] = {}
CIRCLE["self"] = CIRCLE
DEEP: list[Any] = []
for _ in range(10_000):
    DEEP = [DEEP]

NUMBER: Any = object()
NUMBERS: Any = object()
with suppress(ImportError):  # in the matrix, without extras
    import numpy

    NUMBER, NUMBERS = numpy.array(5), numpy.array([1.0, 2.0])  # whose truth, and whose equality, is no bool

MODEL_NAMES = [
    bad(method, "model is empty", model=name, **main)
    for name in ("", " ")
    for method, main in {
        "chat": {"messages": HI},
        "run_tools": {"messages": HI, "tools": []},
        "generate": {"prompt": "?"},
        "embed": {"input": "a"},
        "embeddings": {"prompt": "a"},
        "systemone": {"state": "a", "questions": {"q": {"type": "noul", "instructions": "?"}}},
        "show": {},
        "pull": {},
        "push": {},
        "create": {"from_": "m"},
        "delete": {},
        "load": {},
        "unload": {},
    }.items()
]
CASES = [
    *MODEL_NAMES,
    *(chat("model must be the name of a model", model=model) for model in (5, None, b"m")),
    bad("copy", "source is empty", source="", destination="a"),
    bad("copy", "destination is empty", source="a", destination=""),
    bad("delete", "model must be the name of a model", model=5),
    # messages
    *(
        chat(f"messages must be a list, not {type(messages).__name__}", messages=messages)
        for messages in ("Hi!", {"role": "user"}, Message(role="user"), 5)
    ),
    *(
        chat(
            f"messages[1] must be a dict with role and content, a Message, or the .message of a response, not {kind}",
            messages=[HI[0], message],
        )
        for message, kind in (("Hi!", "str"), (None, "NoneType"), (("role", "user"), "tuple"), (5, "int"))
    ),
    chat(f"messages must be a list, not {type(NUMBER).__name__}", messages=NUMBER),
    chat("messages[0] has no role; give", messages=[{"content": "Hi!"}]),
    chat("messages[0] has no role; give", messages=[{"role": None, "content": "Hi!"}]),
    chat("messages[0] has no role; give", messages=[Message(content="Hi!")]),
    chat("messages[0].role must be str, not int", messages=[{"role": 5, "content": "Hi!"}]),
    chat("messages[0].content must be str, not int", messages=[{"role": "user", "content": 5}]),
    chat("messages[0].content must be str, not list", messages=[{"role": "user", "content": [{"type": "text"}]}]),
    chat("messages[0].content must be str, not bytes", messages=[Message(role="user", content=b"Hi!")]),  # type: ignore[arg-type]  # the mistake under test
    run_tools("messages[0] has no role; give", messages=[{"content": "Hi!"}]),
    run_tools("messages must be a list, not str; write [{'role': 'user', 'content': 'Hello!'}]", messages="Hi!"),
    create("messages[0] has no role; give", from_="m", messages=[{"content": "Hi!"}]),
    # tools
    chat("tools must be a list, not dict", tools={"type": "function"}),
    chat("tools must be a list, not str", tools="f"),
    chat("tools[0] must be a function, a dict or a Tool, not str", tools=["f"]),
    chat("tools[0] must be a function, a dict or a Tool, not int", tools=[5]),
    *(
        case("tools[0] has no name; give a dict with function and its name", tools=[tool])
        for case in (chat, run_tools)
        for tool in (
            {},
            {"type": "function"},
            {"type": "function", "function": None},
            {"type": "function", "function": "weather"},
            {"type": "function", "function": {"description": "Tell the weather."}},
            {"type": "function", "function": {"name": ""}},
            {"type": "function", "function": {"name": 5}},
            Tool.from_dict({"type": "function", "function": {"description": "Tell the weather."}}),
            Tool(),
        )
    ),
    *(
        case(
            "the function weather cannot be a tool: the parameter place has the type Opaque, which has no schema",
            tools=[weather],
        )
        for case in (chat, run_tools)
    ),
    chat("a model could not name what goes into *cities", tools=[no_names]),
    chat("a tool must have a name for the model to call it by", tools=[lambda city: city]),
    run_tools("tools[1] has the name abs of another tool", tools=[{"function": {"name": "abs"}}] * 2),
    run_tools("tools must be a list, not str", tools="f"),
    run_tools("max_rounds must be a whole number from 1 on, not 0", max_rounds=0),
    run_tools("on_tool_error must be 'tell' or 'raise', not 'ignore'", on_tool_error="ignore"),
    *(run_tools("on_tool_error must be 'tell' or 'raise', not", on_tool_error=wrong) for wrong in (DEEP, NUMBERS)),
    # format
    *(
        case("format must be 'json', a JSON schema or a type, not", format=format)
        for case in (chat, generate, run_tools)
        for format in (5, ["json"], b"json", len, Opaque())
    ),
    *(
        case("which has no schema", format=format)
        for case in (chat, generate, run_tools)
        for format in (Opaque, list[Opaque], Opaque | None)
    ),
    # other arguments of the model's work
    *(generate("prompt must be str, not", prompt=prompt) for prompt in (5, b"Hi!", ["Hi!"])),
    *(embed("input must be a list, not", input=input) for input in (None, 5, b"a", {"a": 1})),
    *(embed("must be a string, not", input=input) for input in (["a", 5], [["a"]])),
    bad("embeddings", "prompt must be a string, not NoneType", model="m", prompt=None),
    chat("options must be", options="seed=1"),
    chat("options must be", options=[("seed", 1)]),
    chat("options['temperature'] is nan, which JSON cannot express", options={"temperature": math.nan}),
    chat("options['temperature'] is inf, which JSON cannot express", options={"temperature": math.inf}),
    chat("the request cannot be written as JSON", options={"seed": object()}),
    chat("the request cannot be written as JSON", options=CIRCLE),
    chat("the request cannot be written as JSON: it is nested too deeply", options={"stop": DEEP}),
    chat("the request cannot be written as JSON", options={"seed": 10**5000}),
    chat("the request cannot be written as JSON", messages=[{**HI[0], "tool_calls": DEEP}]),
    chat("stream must be bool, not str", stream="yes"),
    chat("stream must be bool, not int", stream=1),
    create("stream must be bool, not str", from_="m", stream="yes"),
    *(run_tools("stream must be bool, not", stream=stream) for stream in ("yes", NUMBERS)),
    embed("progress must be True, or a function", progress=NUMBERS),
    # arguments of every call
    *(
        bad(method, "timeout must be a positive number of seconds or an httpx.Timeout", timeout=timeout, **main)
        for method, main in {"chat": {"model": "m"}, "list": {}, "pull": {"model": "m"}, "is_running": {}}.items()
        for timeout in (-1, 0, -0.5, math.nan, 10**400, 10**5000, "5", True, (1, 2), DEEP, NUMBERS)
    ),
    *(chat("deadline must be a positive number", deadline=deadline) for deadline in (0, "5", DEEP, NUMBERS)),
    *(chat("max_response_bytes must be a whole number", max_response_bytes=size) for size in (0, DEEP, NUMBERS)),
    *(chat("extra_headers must be a mapping", extra_headers=headers) for headers in ("", [], [("a", "b")], NUMBERS)),
    *(embed("extra_body must be Mapping, not", extra_body=body) for body in (5, b"a", [1], NUMBERS)),
    chat("extra_body must be Mapping, not list", extra_body=[1]),
    chat("extra_body must be Mapping, not str", extra_body="a"),
    chat("the request cannot be written as JSON", extra_body={"a": b"bytes"}),
    chat("the request cannot be written as JSON", extra_body={"a": {1, 2}, "b": datetime.timedelta(1)}),
    bad("list", "extra_body must be Mapping, not list", extra_body=[1]),
    bad("create_blob", "create_blob sends a file", source=b"GGUF", extra_body={"a": 1}),
    *(bad(method, "'nonsense'", nonsense=5) for method in ("list", "is_running", "whoami")),
    chat("'optoins'; did you mean 'options'", optoins={}),
    chat("'keepalive'; did you mean 'keep_alive'", keepalive=5),
    chat("'extra_heades'", extra_heades={}),
    chat("'time_out'", time_out=5),
    chat("'nonsense'", nonsense=5),
    generate("'sistem'; did you mean 'system'", sistem="a"),
    embed("'dimension'; did you mean 'dimensions'", dimension=1),
    bad("show", "'verbos'; did you mean 'verbose'", model="m", verbos=True),
    *(
        case(f"options={{{option!r}", **{option: 1})
        for case in (chat, generate)
        for option in ("temperature", "num_ctx", "seed")
    ),
    # making models
    create("create needs from_=, the name of a model, or files=, the files of one"),
    create("create needs from_=, the name of a model, or files=, the files of one", from_="", files={}),
    create("create needs from_=, the name of a model, or files=, the files of one", system="Be brief."),
    create("files must be a Path, or map names to digests or Paths, not int", files=5),
    create("64 lower-case hexadecimal digits", files={"model.gguf": "model.gguf"}),
    *(create("from_ must be str, not", from_=name) for name in (5, NUMBERS)),
    create("allow_outside must be bool, not", from_="m", allow_outside=NUMBERS),
    create("base_dir goes with modelfile", base_dir="."),
    create("line 2", modelfile="FROM a\nNONSENSE"),
    create("'sistem'; did you mean 'system'", files={"a": b"GGUF"}, sistem="a"),
    create("cannot be read", files={"model.gguf": Path("no/such/file")}),
    bad("create_blob", "cannot be read", source=Path("no/such/file")),
    bad("create_blob", "a blob is made from a path, bytes or an open binary file, not int", source=5),
    *(
        bad("has_blob", "64 lower-case hexadecimal digits", digest=digest)
        for digest in ("", "sha256:", "sha256:../../api/tags", "sha256:" + 64 * "X", "sha512:" + 64 * "0", 5, DEEP)
    ),
    # the web
    bad("web_search", "cloud_api_key=", query="a"),
    bad("web_fetch", "cloud_api_key=", url="https://example.com"),
    bad("web_search", "query must be a string, not NoneType", query=None),
    bad("web_search", "query is empty", query=""),
    bad("web_fetch", "url must be a string, not int", url=5),
    bad("web_fetch", "url is empty", url=""),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_bad_input_is_told_before_anything_is_sent(api: Api, server: OllamaServer, case: Bad):
    with pytest.raises(RequestError) as caught:
        getattr(api, case.method)(**case.arguments)
    assert case.says in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert server.requests == []


def test_a_table_of_pandas_is_no_list_of_texts_but_its_columns_are(api: Api, server: OllamaServer):
    table = pytest.importorskip("pandas").DataFrame({"title": ["a"], "text": ["b"]})
    with pytest.raises(RequestError, match="input must be a list, not DataFrame"):
        api.embed("m", table)  # it iterates over the names of its columns
    assert server.requests == []

    server.reply("POST", "/api/embed", Json({"embeddings": [[1.0]]}))
    api.embed("m", table["text"])
    assert server.requests[0].json["input"] == ["b"]


def test_a_generated_function_refuses_what_is_not_json(api: Api, server: OllamaServer):
    body = ChatRequest.from_dict({"model": "m", "messages": HI, "options": {"temperature": math.nan}})
    function = operation.sync if isinstance(api.client, Ollama) else operation.asyncio
    with pytest.raises(RequestError, match="the request cannot be written as JSON: nan"):
        api.wait_for(function(client=api.client.generated, body=body))
    assert server.requests == []


def test_a_response_in_place_of_its_message_gets_a_hint(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))
    response = api.chat("m", HI)

    with pytest.raises(RequestError, match=r"messages\[1\].*; give its \.message"):
        api.chat("m", [HI[0], response])
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"timeout": -1}, "timeout"),
        ({"timeout": "5"}, "timeout"),
        ({"timeout": DEEP}, "timeout"),
        ({"headers": CIRCLE}, "headers"),
        ({"api_key": CIRCLE}, "api_key must be a string"),
        ({"event_hooks": NUMBERS}, "event_hooks"),
        ({"max_retries": -1}, "max_retries"),
        ({"max_retries": 1.5}, "max_retries"),
        ({"max_retries": True}, "max_retries"),
        ({"max_retries": None}, "max_retries"),
        ({"http_client": httpx}, "http_client"),
        ({"transport": object()}, "transport"),
    ],
)
def test_a_setting_of_the_client_that_cannot_be_used_is_refused(kind: str, settings: dict[str, Any], says: str):
    with pytest.raises(RequestError, match=says):
        (Ollama if kind == "sync" else AsyncOllama)(**settings)


def test_a_client_and_a_transport_are_refused_together(kind: str):
    transport = httpx.MockTransport(lambda _: None)  # type: ignore[arg-type, return-value]  # is never called
    make: Any = Ollama if kind == "sync" else AsyncOllama
    http_client = (httpx.Client if kind == "sync" else httpx.AsyncClient)(trust_env=False)
    with pytest.raises(RequestError, match="not both"):
        make(http_client=http_client, transport=transport)


# What only the server can judge


@pytest.fixture
def recorded(server: OllamaServer) -> Iterator[Callable[[str], None]]:
    """Let the server give a recorded answer."""

    def play(name: str) -> None:
        recording = Recording.load(RECORDINGS / f"{name}.json")
        path = "/api/blobs/*" if recording.path.startswith("/api/blobs/") else recording.path
        server.reply(recording.method, path, recording.reply())

    return play


def test_an_unknown_role_is_sent(api: Api, server: OllamaServer, recorded: Callable[[str], None]):
    recorded("chat_bad_role")
    assert api.chat("smollm2:135m", [{"role": "alien", "content": "x"}]).message.content
    assert server.requests[0].json["messages"] == [{"role": "alien", "content": "x"}]


@pytest.mark.parametrize(
    ("recording", "call", "says"),
    [
        (
            "chat_think_bad_level",
            lambda api: api.chat("m", HI, think="enormous"),
            'invalid think value: "enormous" (must be "high", "medium", "low", "max", true, or false)',
        ),
        ("chat_bad_format", lambda api: api.chat("m", HI, format="yaml"), "invalid format"),
        ("chat_bad_keep_alive", lambda api: api.chat("m", HI, keep_alive="soon"), "invalid duration"),
        ("blob_post_digest_mismatch", lambda api: api.create_blob(b"hello"), "digest mismatch, expected"),
    ],
)
def test_what_the_server_refuses_is_told_in_its_words(
    api: Api, server: OllamaServer, recorded: Callable[[str], None], recording: str, call: Call, says: str
):
    recorded(recording)
    with pytest.raises(ResponseError) as caught:
        call(api)
    assert says in caught.value.error
    assert says in str(caught.value)
    assert f"(status {caught.value.status_code}" in str(caught.value)
    assert len(server.requests) == 1
