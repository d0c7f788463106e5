"""Every operation of the API, by both clients: as a real server was recorded answering it, and on the wire.

A route that is added to openapi.yaml fails here until it has a row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from overlay.callers import Api, Pieces
from overlay.cloud import cloud_server

from ollama_sdk.generated import api as operations
from ollama_sdk.generated.api.account import delete_user_key
from ollama_sdk.generated.api.models import head_models
from ollama_sdk.generated.api.server import get_root, head_version
from ollama_sdk.generated.types import Operation
from ollama_sdk.overlay import Ollama, ProgressResponse, ResponseError
from ollama_sdk.overlay.testing import Json, OllamaServer, Recording, Send, load_recordings

RECORDINGS = {recording.name: recording for recording in load_recordings(Path(__file__).parents[1] / "data/recordings")}
OPERATIONS = {value.name: value for value in vars(operations).values() if isinstance(value, Operation)}
BLOB = b"hello world"
DIGEST = f"sha256:{hashlib.sha256(BLOB).hexdigest()}"
SUCCESS = ProgressResponse(status="success")
HI = [{"role": "user", "content": "Hi!"}]


@dataclass(frozen=True)
class Row:
    """How one operation is tested.

    Attributes:
        call: Calls it.
        sends: The JSON that this call sends, or None.
        answers: The JSON that the server answers, bytes that are none, or None for nothing.
        gives: What the call returns for that; by default the answer as a model.
        recordings: The names of its recordings; `again` makes the call that was recorded, from its body.
        again: See `recordings`.
        cloud: Whether it goes to https://ollama.com, whatever the host of the client is.
    """

    call: Callable[[Api], Any]
    sends: Any
    answers: Any
    recordings: tuple[str, ...]
    again: Callable[[Api, Any], Any]
    gives: Any = ...
    cloud: bool = False


def method(name: str, sends: Any, answers: Any, *recordings: str, gives: Any = ..., **arguments: Any) -> Row:
    """A row for a method whose arguments are the fields of the body."""

    def again(api: Api, body: Any) -> Any:
        given = {{"from": "from_"}.get(key, key): value for key, value in (body or {}).items()}
        if OPERATIONS[OPERATION_OF.get(name, name)].request and name in STREAMED:
            given.setdefault("stream", True)  # as the server takes it when nothing is said
        return getattr(api, name)(**given)

    return Row(lambda api: getattr(api, name)(**arguments), sends, answers, recordings, again, gives)


def endpoint(module: Any, sends: Any, answers: Any, *recordings: str, gives: Any = ..., **arguments: Any) -> Row:
    """A row for an operation that is called by its generated function, through the client."""

    def call(api: Api, body: Any = None) -> Any:
        function = module.sync if isinstance(api.client, Ollama) else module.asyncio
        return api.wait_for(function(client=api.client.generated, **arguments))

    return Row(call, sends, answers, recordings, call, gives)


STREAMED = {"chat", "generate", "pull", "push", "create"}
OPERATION_OF = {
    "list": "list_models",
    "ps": "list_running_models",
    "show": "show_model",
    "pull": "pull_model",
    "push": "push_model",
    "create": "create_model",
    "copy": "copy_model",
    "delete": "delete_model",
    "version": "get_version",
    "status": "get_status",
    "is_running": "head_root",
}
CHAT = {"model": "m", "message": {"role": "assistant", "content": "Hi."}, "done": True}
SEARCH = {"results": [{"title": "A", "url": "https://example.com", "content": "a"}]}
PAGE = {"title": "A", "content": "a", "links": ["https://example.com"]}
NOUL = {"type": "noul", "instructions": "Is it down?"}

ROWS = {
    "get_root": endpoint(get_root, None, b"Ollama is running", "root_get", gives="Ollama is running"),
    "head_root": method("is_running", None, None, "root_head", gives=True),
    "get_version": method("version", None, {"version": "1"}, "version_get"),
    "head_version": endpoint(head_version, None, None, "version_head", gives=None),
    "get_status": method("status", None, {"cloud": {"disabled": True}}, "status_get"),
    "chat": method(
        "chat",
        {"model": "m", "messages": HI, "stream": False},
        CHAT,
        "chat_nostream",
        "chat_stream",
        "chat_tools_second_turn",
        "chat_logprobs",
        "chat_think_high_stream",
        "chat_keep_alive_forever",
        "chat_missing_model",
        "chat_cloud_model",
        model="m",
        messages=HI,
    ),
    "generate": method(
        "generate",
        {"model": "m", "prompt": "Hi!", "stream": False},
        {"model": "m", "response": "Hi.", "done": True},
        "generate_nostream",
        "generate_stream",
        "generate_raw",
        "generate_system",
        "generate_template",
        "generate_logprobs_stream",
        "generate_think_nostream",
        "generate_busy",
        model="m",
        prompt="Hi!",
    ),
    "embed": method(
        "embed",
        {"model": "m", "input": ["a", "b"], "dimensions": 2},
        {"model": "m", "embeddings": [[0.6, 0.8], [0.8, 0.6]]},
        "embed_one",
        "embed_many",
        "embed_empty_list",
        "embed_too_long_no_truncate",
        model="m",
        input=["a", "b"],
        dimensions=2,
    ),
    "embeddings": method(
        "embeddings",
        {"model": "m", "prompt": "a"},
        {"embedding": [0.6, 0.8]},
        "embeddings_legacy",
        "embeddings_legacy_empty",
        model="m",
        prompt="a",
    ),
    "systemone": method(
        "systemone",
        {"model": "m", "state": "a", "questions": {"outage": NOUL}},
        {"model": "m", "answers": {"outage": {"type": "noul", "noul": 0.8}}},
        model="m",
        state="a",
        questions={"outage": NOUL},
    ),
    "list_models": method("list", None, {"models": [{"name": "m", "size": 5}]}, "tags_get"),
    "head_models": endpoint(head_models, None, None, "tags_head", gives=None),
    "list_running_models": method(
        "ps", None, {"models": [{"name": "m", "size_vram": 5}]}, "ps_empty", "ps_one_loaded"
    ),
    "show_model": method(
        "show",
        {"model": "m", "verbose": True},
        {"details": {"family": "llama"}},
        "show",
        "show_full",
        "show_missing",
        model="m",
        verbose=True,
    ),
    "pull_model": method(
        "pull",
        {"model": "m", "insecure": True, "stream": False},
        {"status": "success"},
        "pull_nostream",
        "pull_stream",
        "pull_bad_name",
        model="m",
        insecure=True,
    ),
    "push_model": method(
        "push", {"model": "a/m", "stream": False}, {"status": "success"}, "push_nostream", "push_stream", model="a/m"
    ),
    "create_model": method(
        "create",
        {"model": "new", "from": "m", "system": "Be brief.", "stream": False},
        {"status": "success"},
        "create_from_model_nostream",
        "create_from_model_stream",
        "create_from_gguf_stream",
        "create_quantize_bad",
        model="new",
        from_="m",
        system="Be brief.",
    ),
    "copy_model": method(
        "copy",
        {"source": "m", "destination": "n"},
        None,
        "copy_ok",
        "copy_missing",
        gives=SUCCESS,
        source="m",
        destination="n",
    ),
    "delete_model": method(
        "delete", {"model": "m"}, None, "delete_ok", "delete_missing", gives=SUCCESS, model="m"
    ),
    "create_blob": Row(
        lambda api: api.create_blob(BLOB),
        ...,
        None,
        ("blob_post_created", "blob_post_again"),
        lambda api, body: api.create_blob(BLOB),
        DIGEST,
    ),
    "has_blob": Row(
        lambda api: api.has_blob(DIGEST),
        None,
        None,
        ("blob_head_present",),
        lambda api, body: api.has_blob(RECORDINGS["blob_head_present"].path.rpartition("/")[2]),
        True,
    ),
    "whoami": method("whoami", None, {"id": "1", "name": "Ada"}, "me_not_signed_in"),
    "signout": method("signout", None, None, "signout", gives=SUCCESS),
    "delete_user_key": endpoint(delete_user_key, None, None, gives=None, encoded_key="YQ=="),
    "web_search": Row(
        lambda api: api.web_search("ollama", max_results=2), {"query": "ollama", "max_results": 2}, SEARCH,
        (), lambda api, body: None, cloud=True,
    ),
    "web_fetch": Row(
        lambda api: api.web_fetch("https://example.com"), {"url": "https://example.com"}, PAGE,
        (), lambda api, body: None, cloud=True,
    ),
    "experimental_web_search": Row(
        lambda api: api.web_search("ollama", via="server"), {"query": "ollama"}, SEARCH,
        ("web_search_not_signed_in",), lambda api, body: api.web_search(**body, via="server"),
    ),
    "experimental_web_fetch": Row(
        lambda api: api.web_fetch("https://ollama.com", via="server"), {"url": "https://ollama.com"}, PAGE,
        ("web_fetch_not_signed_in",), lambda api, body: api.web_fetch(**body, via="server"),
    ),
    "model_recommendations": method(
        "model_recommendations", None, {"recommendations": [{"model": "m"}]}, "model_recommendations"
    ),
}  # fmt: skip


MAIN_ARGUMENT: dict[str, dict[str, Any]] = {"create_blob": {"source": BLOB}, "has_blob": {"digest": DIGEST}}


def test_every_operation_has_a_row():
    assert set(ROWS) == set(OPERATIONS)


def test_what_was_recorded_is_replayed():
    """An operation without recordings is one that nobody has recorded."""
    recorded = {(recording.method, recording.path.partition("/sha256:")[0]) for recording in RECORDINGS.values()}
    for name, row in ROWS.items():
        operation = OPERATIONS[name]
        assert bool(row.recordings) is ((operation.method, operation.path.partition("/{")[0]) in recorded), name


def plain(result: Any) -> Any:
    return result.to_dict() if hasattr(result, "to_dict") else result


@pytest.mark.parametrize(
    ("name", "recording"), [(name, recording) for name, row in ROWS.items() for recording in row.recordings]
)
def test_an_operation_gives_what_a_real_server_was_recorded_to_answer(
    make_api: Callable[..., Api], name: str, recording: str
):
    row, recorded = ROWS[name], RECORDINGS[recording]
    with OllamaServer([recorded]) as server:
        api = make_api(server.url, max_retries=0)
        if recorded.status >= 400:
            with pytest.raises(ResponseError) as caught:
                row.again(api, recorded.request_body)
            assert caught.value.status_code == recorded.status
            if recorded.body:
                assert caught.value.error == json.loads(recorded.body)["error"]
        else:
            assert_is_recorded(row.again(api, recorded.request_body), recorded, row)
        api.close()
        (sent,) = server.requests
    assert (sent.method, sent.path) == (recorded.method, recorded.path)
    if isinstance(recorded.request_body, dict):
        asked = dict(recorded.request_body)
        if OPERATIONS[name].response and OPERATIONS[name].response_model()._stream_end:
            asked.setdefault("stream", True)
        assert sent.json == asked


def assert_is_recorded(result: Any, recorded: Recording, row: Row) -> None:
    lines = [json.loads(line) for line in recorded.body.splitlines() if line.startswith(b"{")]
    if isinstance(result, Pieces):
        assert [piece.to_dict() for piece in result] == lines
        assert plain(result.final())
    else:
        assert plain(result) == (lines[0] if row.gives is ... else plain(row.gives))


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[OllamaServer]:
    with cloud_server(monkeypatch, tmp_path) as running:
        yield running


@pytest.mark.parametrize("name", sorted(ROWS))
def test_an_operation_is_one_request_and_its_answer_a_model(
    make_api: Callable[..., Api], server: OllamaServer, cloud: OllamaServer, name: str
):
    row, operation = ROWS[name], OPERATIONS[name]
    asked = cloud if row.cloud else server
    path = operation.path.replace("{encoded_key}", "YQ%3D%3D").replace("{digest}", DIGEST)
    is_json = not isinstance(row.answers, bytes | None)
    asked.reply(operation.method, path, Json(row.answers) if is_json else Send(row.answers or b""))
    api = make_api(cloud_api_key="key")

    result = row.call(api)
    api.close()

    assert plain(result) == (row.answers if row.gives is ... else plain(row.gives))
    (sent,) = server.requests + cloud.requests
    assert asked.requests == [sent]
    assert (sent.method, sent.path) == (operation.method, path)
    if row.sends is ...:
        assert sent.body == BLOB
    else:
        assert (sent.json if sent.body else None) == row.sends
    assert sent.headers["accept"] == "application/json"
    assert sent.headers["content-type"] == (operation.content_type or "application/json")


METHODS = {
    OPERATION_OF.get(name, name): name for name in (*OPERATION_OF, *OPERATIONS) if callable(getattr(Ollama, name, None))
}


@pytest.mark.parametrize("operation", sorted(METHODS))
def test_every_method_takes_limits_headers_and_fields_of_a_call(
    make_api: Callable[..., Api], server: OllamaServer, cloud: OllamaServer, operation: str
):
    row, name = ROWS[operation], METHODS[operation]
    asked = cloud if row.cloud else server
    asked.reply("*", "*", Json(row.answers) if not isinstance(row.answers, bytes | None) else Send(b""))
    api = make_api(cloud_api_key="key")
    given = MAIN_ARGUMENT.get(name) or {"from_" if key == "from" else key: row.sends[key] for key in row.sends or {}}
    fields = None if name == "create_blob" else {"new_field": 1}

    getattr(api, name)(**given, timeout=5, deadline=5, extra_headers={"X-Call": "1"}, extra_body=fields)
    getattr(api, name)(**given, timeout=None, deadline=None, extra_headers=None, extra_body=None)
    api.close()

    first, second = asked.requests
    assert (first.headers["x-call"], second.headers.get("x-call")) == ("1", None)
    if name == "create_blob":
        assert first.body == second.body == BLOB
    else:
        assert first.json == {**(row.sends or {}), "new_field": 1}
        assert (second.json if second.body else None) == row.sends
