"""Arguments as people write them: in a form that Ollama takes, or an error that says what to write."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from overlay.callers import Api
from overlay.scripts import HI

from ollama_sdk.overlay import Message, NotFoundError, Options, RequestError, ResponseError
from ollama_sdk.overlay.testing import Json, OllamaServer, answer

numpy = pytest.importorskip("numpy")

NAN = math.nan

ONE_METHOD_EACH = {
    "chat": ("/api/chat", {"messages": HI}),
    "generate": ("/api/generate", {"prompt": "?"}),
    "run_tools": ("/api/chat", {"messages": HI, "tools": []}),
    "embed": ("/api/embed", {"input": "a"}),
    "embeddings": ("/api/embeddings", {"prompt": "a"}),
    "load": ("/api/generate", {}),
}


@pytest.fixture(autouse=True)
def _answers(server: OllamaServer) -> None:
    for path in ("/api/chat", "/api/generate"):
        server.reply("POST", path, answer(path, stream=False))
    server.reply("POST", "/api/embed", Json({"model": "m", "embeddings": [[1.0]]}))
    server.reply("POST", "/api/embeddings", Json({"embedding": [1.0]}))
    server.reply("POST", "/api/create", Json({"status": "success"}))
    server.reply("POST", "/api/show", Json({"details": {}, "model_info": {}}))


# keep_alive

KEEP_ALIVE = [
    (timedelta(hours=1), 3600),
    (timedelta(milliseconds=1500), 1.5),
    (timedelta(0), 0),
    (timedelta(seconds=-1), -1),
    (timedelta.max, -1),
    ("-1", -1),
    ("5", 5),
    (" 5 ", 5),
    ("0", 0),
    ("1.5", 1.5),
    ("10m", "10m"),
    ("-1m", "-1m"),
    ("1h30m", "1h30m"),
    ("soon", "soon"),  # for the server to judge
    (0, 0),
    (5, 5),
    (2.5, 2.5),
    (-1, -1),
    (-0.5, -1),
    (math.inf, -1),
    (10**30, -1),
    (10**400, -1),
    (Fraction(10**400), -1),
    (Decimal("2.5"), 2.5),
    (Fraction(5), 5),
    (numpy.int64(5), 5),
    (numpy.float32(0.5), 0.5),
    (numpy.array(5), 5),
]


@pytest.mark.parametrize(("given", "sent"), KEEP_ALIVE, ids=lambda value: repr(value)[:40])
def test_keep_alive_is_sent_in_a_form_that_the_server_takes(api: Api, server: OllamaServer, given: Any, sent: Any):
    api.chat("m", HI, keep_alive=given)
    assert server.requests[0].json["keep_alive"] == sent
    assert type(server.requests[0].json["keep_alive"]) is type(sent)


@pytest.mark.parametrize("method", ONE_METHOD_EACH)
def test_every_method_takes_a_timedelta(api: Api, server: OllamaServer, method: str):
    getattr(api, method)("m", **ONE_METHOD_EACH[method][1], keep_alive=timedelta(minutes=1))
    assert server.requests[0].json["keep_alive"] == 60


@pytest.mark.parametrize(
    ("given", "shown"), [(b"5m", "bytes"), (True, "True"), (math.nan, "nan"), ([5], "list"), (object(), "object")]
)
def test_another_keep_alive_is_refused(api: Api, server: OllamaServer, given: Any, shown: str):
    with pytest.raises(RequestError, match=rf"keep_alive must be .* or a timedelta, not {shown}"):
        api.chat("m", HI, keep_alive=given)
    assert server.requests == []


# options

OPTIONS = [
    ({"stop": "x"}, {"stop": ["x"]}),
    ({"stop": ["x", "y"]}, {"stop": ["x", "y"]}),
    ({"stop": ("x", "y")}, {"stop": ["x", "y"]}),
    ({"stop": ""}, {"stop": [""]}),
    ({"stop": numpy.array(["x"])}, {"stop": ["x"]}),
    ({"temperature": numpy.float32(0.5)}, {"temperature": 0.5}),
    ({"temperature": Decimal("0.1")}, {"temperature": 0.1}),
    ({"temperature": Fraction(1, 2)}, {"temperature": 0.5}),
    ({"seed": numpy.int64(7), "use_mmap": numpy.bool_(True)}, {"seed": 7, "use_mmap": True}),
    ({"num_ctx": numpy.array(512)}, {"num_ctx": 512}),
    ({"mirostat": 1, "low_vram": True, "tfs_z": 1.0}, {"mirostat": 1, "low_vram": True, "tfs_z": 1.0}),
    ({"brand_new": {"a": [1]}}, {"brand_new": {"a": [1]}}),
    (Options(seed=1, stop="x"), {"seed": 1, "stop": ["x"]}),  # type: ignore[arg-type]  # what people write
]


@pytest.mark.parametrize(("given", "sent"), OPTIONS, ids=lambda value: repr(value)[:50])
def test_options_are_sent_with_values_that_the_server_takes(api: Api, server: OllamaServer, given: Any, sent: Any):
    api.generate("m", "?", options=given)
    api.create("new", from_="m", parameters=given)
    assert [server.requests[0].json["options"], server.requests[1].json["parameters"]] == [sent, sent]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"temprature": 1}, r"options\['temprature'\] .* did you mean 'temperature'\?"),
        ({"Temperature": 1}, r"options\['Temperature'\] .* did you mean 'temperature'\?"),
        ({"numCtx": 1}, r"options\['numCtx'\] .* did you mean 'num_ctx'\?"),
        ({"num-ctx": 1}, r"options\['num-ctx'\] .* did you mean 'num_ctx'\?"),
        ({"max_tokens": 1}, r"options\['max_tokens'\] .* did you mean 'num_predict'\?"),
        ({"repetition_penalty": 1}, r"options\['repetition_penalty'\] .* did you mean 'repeat_penalty'\?"),
        ({"seed": object()}, r"options\['seed'\]: .* object cannot be written as JSON"),
        ({"seed": b"1"}, r"options\['seed'\]: .* bytes cannot be written as JSON"),
        ({"temperature": numpy.float32("nan")}, r"options\['temperature'\] is nan, which JSON cannot express"),
        ({"temperature": Decimal("inf")}, r"options\['temperature'\] is inf, which JSON cannot express"),
    ],
)
def test_an_option_that_cannot_be_meant_is_named(api: Api, server: OllamaServer, options: Any, says: str):
    with pytest.raises(RequestError, match=says):
        api.chat("m", HI, options=options)
    with pytest.raises(RequestError, match=says.replace("options", "parameters")):
        api.create("new", from_="m", parameters=options)
    assert server.requests == []


# Numbers of numpy, and those that JSON does not have


def test_numbers_of_numpy_are_numbers_in_every_field(api: Api, server: OllamaServer):
    api.embed("m", ["a"], dimensions=numpy.int64(8), batch_size=numpy.int64(2), truncate=numpy.bool_(True))
    api.generate("m", "?", context=numpy.array([1, 2]), top_logprobs=numpy.int32(3), extra_body={"x": numpy.float32(2)})
    sent = [{"dimensions": 8, "truncate": True}, {"context": [1, 2], "top_logprobs": 3, "x": 2}]
    assert [request.json | fields for request, fields in zip(server.requests, sent, strict=True)] == [
        request.json for request in server.requests
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {"a": NAN}}}]}]},
        {"messages": [{"role": "user", "content": "?", "when": [NAN]}]},
        {"format": {"type": "number", "maximum": NAN}},
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"default": NAN}}}]},
        {"options": {"brand_new": [NAN]}},
        {"top_logprobs": NAN},
        {"extra_body": {"a": {"b": NAN}}},
        {"extra_body": {"a": numpy.array([NAN])}},
    ],
    ids=str,
)
def test_a_number_that_json_does_not_have_is_refused_before_anything_is_sent(
    api: Api, server: OllamaServer, arguments: dict[str, Any]
):
    with pytest.raises(RequestError, match="cannot be written as JSON: nan is a number that JSON does not have"):
        api.chat("m", **{"messages": HI} | arguments)
    assert server.requests == []


# Misspelt arguments and messages


@pytest.mark.parametrize(
    ("method", "wrong", "says"),
    [
        ("chat", "timeot", "chat() has no argument 'timeot'; did you mean 'timeout'?"),
        ("chat", "formt", "did you mean 'format'?"),
        ("chat", "Stream", "did you mean 'stream'?"),
        ("chat", "keepAlive", "did you mean 'keep_alive'?"),
        ("chat", "stalltimeout", "did you mean 'stall_timeout'?"),
        ("run_tools", "max_round", "did you mean 'max_rounds'?"),
        ("run_tools", "ontoolerror", "did you mean 'on_tool_error'?"),
        ("embed", "batchsize", "did you mean 'batch_size'?"),
        ("embed", "inputs", "did you mean 'input'?"),
        ("load", "keepalive", "did you mean 'keep_alive'?"),
        *((method, "max_tokens", "options={'num_predict': ...}") for method in ("chat", "generate", "run_tools")),
        *((method, "temperature", "options={'temperature': ...}") for method in ("chat", "generate", "embed", "load")),
        ("chat", "stop", "options={'stop': ...}"),
        ("chat", "n_ctx", "options={'num_ctx': ...}"),
        *((method, "system", "put {'role': 'system', 'content': ...} first") for method in ("chat", "run_tools")),
        *((method, "images", "images belong in a message") for method in ("chat", "run_tools")),
        ("chat", "prompt", "messages=[{'role': 'user', 'content': ...}]"),
        ("generate", "messages", "chat() takes messages"),
        ("generate", "tools", "chat() and run_tools() take tools"),
        ("chat", "response_format", "give format="),
        ("load", "prompt", "loading a model takes no prompt; generate() answers one"),
        ("load", "messages", "GenerateRequest() has no field 'messages'"),
        *(("embed", name, f"EmbedRequest() has no field {name!r}") for name in ("prompt", "system", "schema")),
    ],
)
def test_a_misspelt_argument_is_told_with_what_was_meant(
    api: Api, server: OllamaServer, method: str, wrong: str, says: str
):
    with pytest.raises(RequestError) as caught:
        getattr(api, method)("m", **ONE_METHOD_EACH[method][1], **{wrong: 1})
    assert says in str(caught.value)
    assert server.requests == []


@pytest.mark.parametrize(
    ("method", "wrong", "meant"),
    [
        ("pull", "progres", "progress"),
        ("pull", "if_mising", "if_missing"),
        ("create", "model_file", "modelfile"),
        ("create", "parameter", "parameters"),
        ("show", "verbos", "verbose"),
        ("list", "time_out", "timeout"),
        ("web_search", "max_result", "max_results"),
        ("create_blob", "progres", "progress"),
    ],
)
def test_so_it_is_by_the_other_methods(api: Api, method: str, wrong: str, meant: str):
    main: list[Any] = [] if method == "list" else [b"GGUF"] if method == "create_blob" else ["m"]
    with pytest.raises(RequestError, match=f"did you mean '{meant}'"):
        getattr(api, method)(*main, **{wrong: 1})


def test_a_field_that_is_no_keyword_is_still_sent(api: Api, server: OllamaServer):
    api.create("new", **{"from": "m", "quantization": "q4_0"})
    assert server.requests[0].json == {"model": "new", "from": "m", "quantization": "q4_0", "stream": False}


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ({"role": "user", "contnet": "?"}, "messages[0] has 'contnet', which is no field of a message; did you mean"),
        ({"role": "user", "content": "?", "image": []}, "did you mean 'images'?"),
        ({"rol": "user", "content": "?"}, "did you mean 'role'?"),
        ({"Role": "user", "content": "?"}, "did you mean 'role'?"),
        ({"role": "assistant", "content": "", "toolCalls": []}, "did you mean 'tool_calls'?"),
        ({"role": "tool", "content": "1", "toolname": "f"}, "did you mean 'tool_name'?"),
        (Message.from_dict({"role": "user", "contents": "?"}), "did you mean 'content'?"),
    ],
)
def test_a_misspelt_key_of_a_message_is_told(api: Api, server: OllamaServer, message: Any, says: str):
    for method, more in (("chat", {}), ("run_tools", {"tools": []})):
        with pytest.raises(RequestError) as caught:
            getattr(api, method)("m", [message], **more)
        assert says in str(caught.value)
    assert server.requests == []


def test_a_key_that_is_like_none_is_sent(api: Api, server: OllamaServer):
    messages = [{"role": "user", "content": "?", "name": "ann", "refusal": None}]
    api.chat("m", messages)
    assert server.requests[0].json["messages"] == messages


# Loading


def test_loading_takes_the_fields_of_the_request(api: Api, server: OllamaServer):
    api.load("m", "10m", options={"num_ctx": 512}, shift=False)
    api.unload("m", options={"num_ctx": 512})
    first, second = (sent.json for sent in server.requests)
    assert first == {"model": "m", "stream": False, "keep_alive": "10m", "options": {"num_ctx": 512}, "shift": False}
    assert second == {"model": "m", "stream": False, "keep_alive": 0, "options": {"num_ctx": 512}}


def test_unloading_has_a_keep_alive_of_its_own(api: Api):
    with pytest.raises(RequestError, match=r"unload\(\) sets keep_alive to 0"):
        api.unload("m", keep_alive=5)


NO_WRITER = {"error": '"all-minilm" does not support generate'}


def test_a_model_that_makes_embeddings_alone_is_loaded_too(api: Api, server: OllamaServer):
    server.reply("POST", "/api/generate", Json(NO_WRITER), status=400)
    server.reply("POST", "/api/embed", Json({"model": "all-minilm", "embeddings": [], "load_duration": 5}))
    loaded = api.load("all-minilm", timedelta(minutes=1), options={"num_ctx": 512}, shift=True)
    assert (loaded.model, loaded.done, loaded.done_reason, loaded.load_duration) == ("all-minilm", True, "load", 5)
    sent = {"model": "all-minilm", "input": [], "keep_alive": 60, "options": {"num_ctx": 512}}
    assert server.requests[1].json == sent


@pytest.mark.parametrize(("status", "text"), [(400, "invalid option"), (404, "does not support generate")])
def test_another_refusal_is_told(api: Api, server: OllamaServer, status: int, text: str):
    server.reply("POST", "/api/generate", Json({"error": text}), status=status)
    with pytest.raises(ResponseError, match=text):
        api.load("m")
    assert len(server.requests) == 1


# Whether a model is there


@pytest.mark.parametrize("name", ["m", "m:latest", "ann/m:1b"])
def test_whether_a_model_is_there(api: Api, server: OllamaServer, name: str):
    assert api.has_model(name) is True
    server.reply("POST", "/api/show", Json({"error": f"model '{name}' not found"}), status=404)
    assert api.has_model(name) is False
    assert [sent.json for sent in server.requests] == [{"model": name}] * 2


def test_no_model_is_missing_where_no_ollama_is(make_api: Callable[..., Api], server: OllamaServer):
    api = make_api(server.url + "/elsewhere")
    with pytest.raises(NotFoundError, match="does not know this path"):
        api.has_model("m")
    api.close()


def test_another_failure_is_no_answer(make_api: Callable[..., Api], server: OllamaServer):
    server.reply("POST", "/api/show", Json({"error": "broken"}), status=500)
    api = make_api(max_retries=0)
    with pytest.raises(ResponseError, match="broken"):
        api.has_model("m")
    api.close()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("watched", [False, True])
def test_a_model_that_is_there_is_not_pulled(api: Api, server: OllamaServer, stream: bool, watched: bool):
    seen: list[str] = []
    watch = {"progress": lambda progress: seen.append(progress.status)} if watched else {}
    pulled = api.pull("m", if_missing=True, stream=stream, **watch)
    assert (pulled.final() if stream else pulled).status == "success"
    assert [sent.path for sent in server.requests] == ["/api/show"]
    assert seen == ["success"] * watched


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_that_is_missing_is_pulled(api: Api, server: OllamaServer, stream: bool):
    server.reply("POST", "/api/show", Json({"error": "model 'm' not found"}), status=404)
    server.reply("POST", "/api/pull", Json({"status": "success"}))
    pulled = api.pull("m", if_missing=True, stream=stream, insecure=True)
    assert (pulled.final() if stream else pulled).status == "success"
    assert [sent.path for sent in server.requests] == ["/api/show", "/api/pull"]
    assert server.requests[1].json == {"model": "m", "insecure": True, "stream": stream}


def test_a_model_is_pulled_without_asking_by_default(api: Api, server: OllamaServer):
    server.reply("POST", "/api/pull", Json({"status": "success"}))
    api.pull("m", if_missing=False)
    assert [sent.path for sent in server.requests] == ["/api/pull"]


# Making models of files


@pytest.mark.parametrize(
    ("argument", "name", "says"),
    [
        (
            "files",
            "model.safetensors",
            "makes no model: give its folder, which has config.json and the tokenizer",
        ),
        ("files", "model-00001-of-00002.safetensors", "give its folder"),
        ("adapters", "adapter_model.safetensors", "give its folder, which has adapter_config.json too"),
    ],
)
def test_a_safetensors_file_asks_for_its_folder(
    api: Api, server: OllamaServer, tmp_path: Path, argument: str, name: str, says: str
):
    (tmp_path / name).write_bytes(b"tensors")
    with pytest.raises(RequestError, match=says):
        api.create("new", from_="m", **{argument: tmp_path / name})
    assert server.requests == []


def test_the_file_of_a_model_is_no_name(api: Api):
    with pytest.raises(RequestError, match="from_ is the name of a model; give the file or folder of one as files="):
        api.create("new", from_=Path("model.gguf"))
