"""Each call sends what the official client sends, and gives what it gives: both are run, side by side."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from compat.faces import ANSWERS, Call, answer, asynchronous, blocking, shown

from ollama_sdk.overlay import compat
from ollama_sdk.overlay.testing import OllamaServer

USER = {"role": "user", "content": "Why?"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {
    "type": "function",
    "function": {
        "name": "population",
        "description": "How many people live there.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "Which one.", "enum": ["Oslo", "Bern"]},
                "year": {"type": ["integer", "null"], "minimum": 1900},
            },
            "required": ["city"],
            "additionalProperties": False,
        },
        "strict": True,
    },
}
QUESTIONS = {
    "down": {"type": "noul", "instructions": "Is it down?"},
    "kind": {"type": "choice", "instructions": ["Which?"], "criteria": {"a": "one", "b": None}},
    "bad": {"type": "score", "instructions": {"ask": "How?"}, "criteria": ["good", "bad"]},
}

CALLS: dict[str, Call] = {
    "chat": lambda client, o: client.chat("llama3.2", [USER]),
    "chat by keywords": lambda client, o: client.chat(model="llama3.2", messages=(USER, USER)),
    "chat without messages": lambda client, o: client.chat("llama3.2"),
    "chat with models": lambda client, o: client.chat(
        "llama3.2",
        [
            o.Message(role="system", content="Be short."),
            o.Message(role="assistant", tool_calls=[{"function": {"name": "f", "arguments": {"a": None}}}]),
            o.Message(role="tool", content="5", tool_name="f"),
        ],
    ),
    "chat with what is empty": lambda client, o: client.chat(
        "llama3.2", [{"role": "assistant", "content": "", "thinking": None, "images": [], "tool_calls": []}, USER]
    ),
    "chat with unknown fields": lambda client, o: client.chat("llama3.2", [{**USER, "name": "ann"}]),
    "chat with images": lambda client, o: client.chat("m", [{**USER, "images": [b"PNG", "UE5H", o.Image(value=b"x")]}]),
    "chat with options": lambda client, o: client.chat(
        "m", [USER], options={"temperature": 0, "seed": None, "mine": 1}, keep_alive=5, think=False, format=""
    ),
    "chat with an Options": lambda client, o: client.chat(
        "m", [USER], options=o.Options(num_ctx="4096", temperature=0.5, numa=True, mine=1), keep_alive="5m", think="low"
    ),
    "chat with a schema": lambda client, o: client.chat("m", [USER], format=SCHEMA, logprobs=True, top_logprobs=2),
    "chat with a tool": lambda client, o: client.chat("m", [USER], tools=[TOOL]),
    "chat with a Tool": lambda client, o: client.chat("m", [USER], tools=[o.Tool(function={"name": "f"})]),
    "chat, streamed": lambda client, o: client.chat("m", [USER], stream=True),
    "generate": lambda client, o: client.generate("m", "Why?"),
    "generate by position": lambda client, o: client.generate("m", "def f(", "return x", raw=True, context=[1, 2]),
    "generate with all": lambda client, o: client.generate(
        "m", "", system="s", template="t", images=[b"PNG"], format="json", options={}, width=1, height=2, steps=3
    ),
    "generate, streamed": lambda client, o: client.generate("m", "Why?", stream=True),
    "embed": lambda client, o: client.embed("m", ["a text", "another"]),
    "embed by position": lambda client, o: client.embed("m", ["a", "b"], False, {"num_ctx": 5}, "5m", 64),
    "embeddings": lambda client, o: client.embeddings("m", "a text", {"num_ctx": 5}, 5.5),
    "list": lambda client, o: client.list(),
    "ps": lambda client, o: client.ps(),
    "show": lambda client, o: client.show("m"),
    "pull": lambda client, o: client.pull("m"),
    "pull, streamed": lambda client, o: client.pull("m", insecure=True, stream=True),
    "push": lambda client, o: client.push("ann/m", insecure=True),
    "push, streamed": lambda client, o: client.push("ann/m", stream=True),
    "create": lambda client, o: client.create(
        "mine", from_="m", license=["MIT"], parameters={"stop": ["x"], "pi": 3.1}
    ),
    "create by position": lambda client, o: client.create("mine", "q4_K_M", "m", {}, {"a.gguf": f"sha256:{'0' * 64}"}),
    "create of models": lambda client, o: client.create(
        "mine", from_="m", messages=[USER, o.Message(role="user")], parameters=o.Options(seed=1)
    ),
    "create of files": lambda client, o: client.create("mine", files={"m.gguf": f"sha256:{'0' * 64}"}),
    "create, streamed": lambda client, o: client.create("mine", from_="m", template="t", system="s", stream=True),
    "copy": lambda client, o: client.copy("m", "mine"),
    "delete": lambda client, o: client.delete("m"),
    "systemone": lambda client, o: client.systemone("nimble", "Errors.", QUESTIONS, keep_alive=5),
    "systemone with models": lambda client, o: client.systemone(
        "nimble", {"a": [1]}, {"down": o.SystemOneNoulQuestion(instructions="Is it down?")}
    ),
}


@pytest.mark.parametrize("run", [blocking, asynchronous])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_sends_and_gives_the_same(call: Call, run: Any, server: OllamaServer, official: ModuleType) -> None:
    answer(server)
    theirs, ours = run(official, server, call), run(compat, server, call)
    assert ours.requests == theirs.requests
    assert shown(ours.result) == shown(theirs.result)
    assert ZONE.sub("zone", repr(ours.result)) == ZONE.sub("zone", repr(theirs.result))


ZONE = re.compile(r"TzInfo\([^)]*\)|datetime\.timezone\.utc|datetime\.timezone\(datetime\.timedelta\([^)]*\)\)")


@pytest.mark.parametrize("run", [blocking, asynchronous])
def test_a_file_is_uploaded_under_the_same_digest(
    run: Any, server: OllamaServer, official: ModuleType, tmp_path: Path
) -> None:
    answer(server)
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" * 10_000)
    theirs = run(official, server, lambda client, o: client.create_blob(path))
    ours = run(compat, server, lambda client, o: client.create_blob(str(path)))
    assert (ours.requests, ours.result) == (theirs.requests, theirs.result)


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_a_call_without_the_official_client(name: str, server: OllamaServer) -> None:
    """What the comparisons show, where there is nothing to compare with."""
    answer(server)
    call = CALLS[name]
    assert shown(blocking(compat, server, call).result) == shown(asynchronous(compat, server, call).result)
    assert [path for _, path, _ in blocking(compat, server, call).requests] == [ANSWERS[name][1]]


@pytest.mark.parametrize("name", sorted(set(CALLS) & set(ANSWERS)))
def test_the_functions_are_the_methods_of_a_default_client(
    name: str, server: OllamaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(server)
    monkeypatch.setenv("OLLAMA_HOST", server.url)
    by_method = blocking(compat, server, CALLS[name])
    server.requests.clear()
    assert shown(CALLS[name](compat, compat)) == shown(by_method.result)
    assert [each.path for each in server.requests] == [path for _, path, _ in by_method.requests]
