"""What objects of the SDK say of themselves: their module, their repr, and what completion lists."""

from __future__ import annotations

import pickle
import traceback

import pytest
from overlay.callers import Api

import ollama_sdk.overlay as sdk
from ollama_sdk.overlay import AsyncOllama, Ollama, OllamaError, VectorsResponse
from ollama_sdk.overlay._clients import functions as _functions
from ollama_sdk.overlay.testing import Json, OllamaServer, answer

USER = [{"role": "user", "content": "Hi"}]
CLASSES = [name for name in sdk.__all__ if isinstance(getattr(sdk, name), type)]


@pytest.mark.parametrize("name", CLASSES)
def test_a_public_class_says_where_programs_import_it_from(name: str):
    assert getattr(sdk, name).__module__ == "ollama_sdk.overlay"


@pytest.mark.parametrize("kind", [Ollama, AsyncOllama])
@pytest.mark.parametrize("name", [*_functions.__all__, "close"])
def test_a_method_is_named_as_programs_name_it(kind: type, name: str):
    method = getattr(kind, name)
    assert pickle.loads(pickle.dumps(method)) is method
    if name != "abort":  # of both clients
        assert (method.__module__, method.__qualname__) == ("ollama_sdk.overlay", f"{kind.__name__}.{name}")


@pytest.mark.parametrize("name", _functions.__all__)
def test_a_function_of_the_package_is_found_by_another_process(name: str):
    function = getattr(sdk, name)
    assert pickle.loads(pickle.dumps(function)) is function
    assert (function.__module__, function.__qualname__) == ("ollama_sdk.overlay", name)


def test_python_names_the_client_when_an_argument_is_missing(api: Api):
    with pytest.raises(TypeError, match=rf"^{type(api.client).__name__}\.generate\(\) missing .* 'model'"):
        api.generate()


def test_a_traceback_names_an_error_as_programs_do(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", Json({"error": "model 'm' not found"}), status=404)
    with pytest.raises(OllamaError) as caught:
        api.chat("m", USER)
    assert "".join(traceback.format_exception_only(caught.value)).startswith("ollama_sdk.overlay.NotFoundError: ")


def test_a_stream_shows_its_request_and_how_far_it_is(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", lambda _: answer("/api/chat"))
    pieces = api.chat("m", USER, stream=True)
    kind = type(pieces.stream).__name__
    assert repr(pieces.stream) == f"<{kind} of POST {server.url}/api/chat, open>"
    list(pieces)
    assert repr(pieces.stream) == f"<{kind} of POST {server.url}/api/chat, complete>"
    pieces = api.chat("m", USER, stream=True)
    pieces.close()
    assert repr(pieces.stream) == f"<{kind} of POST {server.url}/api/chat, ended early>"


def test_a_stream_with_tools_shows_how_far_it_is(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", lambda _: answer("/api/chat"))
    pieces = api.run_tools("m", USER, tools=[], stream=True)
    kind = type(pieces.stream).__name__
    assert repr(pieces.stream) == f"<{kind} of 1 messages, open>"
    list(pieces)
    assert repr(pieces.stream) == f"<{kind} of 2 messages, complete>"


def test_vectors_are_not_decoded_to_be_shown(api: Api, server: OllamaServer):
    server.reply("POST", "/api/embed", Json({"model": "m", "embeddings": [[0.5] * 1000] * 3, "total_duration": 5}))
    response = api.embed("m", ["a", "b", "c"])
    assert isinstance(response, VectorsResponse)
    kept = response.__dict__["embeddings"]
    shown = f"[[{'0.5,' * 23}0.5, … 3 vectors]"
    assert repr(response) == f"VectorsResponse(model='m', embeddings={shown}, total_duration=5)"
    assert response.__dict__["embeddings"] is kept


def test_raw_responses_show_their_client(api: Api):
    assert repr(api.client.with_raw_response) == f"{api.client!r}.with_raw_response"


def test_completion_of_an_answer_lists_its_fields_and_what_programs_call(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", Json({"model": "m", "message": USER[0], "done": True}))
    response = api.chat("m", USER)
    listed = {name for name in dir(response) if not name.startswith("_")}
    methods = {"from_dict", "to_dict", "to_json", "model_dump", "model_dump_json", "additional_properties"}
    methods |= {"keys", "values", "items", "get", "tokens_per_second", "prompt_tokens_per_second"}
    times = {"total_time", "load_time", "eval_time", "prompt_eval_time"}
    assert listed == {*type(response)._wire_names, *methods, *times}
