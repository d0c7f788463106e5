"""What editors and notebooks show of a call: jedi reads sources (Vim, Emacs, Spyder) or objects (IPython, Jupyter)."""

from __future__ import annotations

import inspect
import pydoc
from typing import Any

import pytest

import ollama_sdk.overlay as sdk
from ollama_sdk.overlay import AsyncOllama, Ollama, batch

jedi = pytest.importorskip("jedi")

IMPORTS = """\
import ollama_sdk.overlay as sdk
from ollama_sdk.overlay import AsyncOllama, Ollama
client = Ollama()
async_client = AsyncOllama()
"""
CALLS = [
    ("client.chat(", {"options", "think", "keep_alive", "tools", "format", "stream", "timeout"}),
    ("client.chat('m', [], op", {"options"}),
    ("client.generate('m', ", {"system", "images", "raw"}),
    ("client.embed('m', 'a', b", {"batch_size"}),
    ("client.pull('m', ", {"progress", "insecure", "stall_timeout"}),
    ("client.version(", {"timeout", "deadline", "extra_headers"}),
    ("async_client.chat('m', [], ke", {"keep_alive"}),
    ("sdk.chat('m', [], th", {"think"}),
]
FUNCTIONS = [Ollama().chat, AsyncOllama().chat, sdk.chat, Ollama().with_raw_response.chat]


@pytest.mark.parametrize(("call", "keywords"), CALLS, ids=[call for call, _ in CALLS])
def test_an_editor_completes_the_keywords_of_a_call(call: str, keywords: set[str]):
    found = {completion.name for completion in jedi.Script(IMPORTS + call).complete()}
    assert {f"{keyword}=" for keyword in keywords} <= found


@pytest.mark.parametrize(("call", "keywords"), CALLS, ids=[call for call, _ in CALLS])
def test_a_notebook_completes_the_keywords_of_a_call(call: str, keywords: set[str]):
    names: dict[str, Any] = {"sdk": sdk, "client": Ollama(), "async_client": AsyncOllama()}
    found = {completion.name for completion in jedi.Interpreter(call, [names]).complete()}
    assert {f"{keyword}=" for keyword in keywords} <= found


@pytest.mark.parametrize("call", ["batch.run([], {}, ch", "batch.map([], {}, ch"])
def test_a_notebook_completes_the_keywords_of_a_batch(call: str):
    assert "checkpoint=" in {completion.name for completion in jedi.Interpreter(call, [{"batch": batch}]).complete()}


@pytest.mark.parametrize("function", FUNCTIONS, ids=["Ollama", "AsyncOllama", "function", "raw"])
def test_a_signature_has_the_keywords(function: Any):
    parameters = inspect.signature(function).parameters
    assert list(parameters)[:4] == ["model", "messages", "stream", "format"]
    assert {"options", "think", "keep_alive"} <= parameters.keys()


@pytest.mark.parametrize("function", FUNCTIONS, ids=["Ollama", "AsyncOllama", "function", "raw"])
def test_help_explains_the_keywords(function: Any):
    text = pydoc.plain(pydoc.render_doc(function))
    for name in ("options", "think", "keep_alive", "tools", "timeout", "extra_body"):
        assert f"{name}: '" in text  # in the signature
        assert f"    {name}: " in text  # in the docstring
