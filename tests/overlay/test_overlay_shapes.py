"""From decoded answers to models: what comes out is what reading them lazily gives, and what is wrong has a place."""

from __future__ import annotations

import copy
import json
import threading
from pathlib import Path
from typing import Any

import attrs
import pytest

from ollama_sdk.generated.models import ChatResponse, GenerateResponse, ListResponse, Message, ToolCall
from ollama_sdk.generated.types import Model
from ollama_sdk.overlay._answers import shapes as _shapes
from ollama_sdk.overlay._answers.shapes import ShapeError, shaper
from ollama_sdk.overlay.testing import Recording

RECORDINGS = Path(__file__).parents[1] / "data" / "recordings"
CALL = {"function": {"name": "f", "arguments": {"city": "Berlin"}}}


@pytest.mark.parametrize("name", ["chat_nostream", "chat_logprobs", "chat_tools_nostream", "chat_think_nostream"])
def test_a_recorded_answer_is_what_it_is_when_read_lazily(name: str):
    chunks = Recording.load(RECORDINGS / f"{name}.json").chunks
    body: dict[str, Any] = json.loads("".join(chunk.text for chunk in chunks))
    lazy = ChatResponse.from_dict(copy.deepcopy(body))
    answer = shaper(ChatResponse)(copy.deepcopy(body))
    assert answer == lazy
    assert answer.to_dict() == body
    assert repr(answer) == repr(lazy)


@pytest.mark.parametrize(
    ("model", "value"),
    [
        (ChatResponse, {}),
        (ChatResponse, {"message": None, "logprobs": None, "done": None}),
        (ChatResponse, {"message": {"content": None, "tool_calls": [None, CALL, {}]}, "new": {"a": [{}]}}),
        (GenerateResponse, {"response": "a", "tool_calls": [CALL, None], "context": []}),
        (ListResponse, {"models": [{"details": {"families": None}}, None]}),
    ],
)
def test_what_is_absent_or_null_or_unknown_stays_so(model: type[Model], value: dict[str, Any]):
    answer = shaper(model)(copy.deepcopy(value))
    assert answer == model.from_dict(value)
    assert answer.to_dict() == model.from_dict(value).to_dict()


def test_objects_become_models_without_a_copy():
    value: dict[str, Any] = {"message": {"tool_calls": [copy.deepcopy(CALL)]}}
    function = value["message"]["tool_calls"][0]["function"]
    answer = shaper(ChatResponse)(value)
    assert type(answer.message) is Message
    assert answer.message.tool_calls is not None
    assert type(answer.message.tool_calls[0]) is ToolCall
    assert answer.message.tool_calls[0].function.arguments is function["arguments"]
    answer.message.tool_calls[0].function.name = "g"
    assert answer.to_dict()["message"]["tool_calls"][0]["function"]["name"] == "g"


@pytest.mark.parametrize(
    ("model", "value", "says"),
    [
        (ChatResponse, {"message": 5}, "has a number as message, which is to be an object"),
        (ChatResponse, {"message": {"thinking": 0.5}}, "has a number as message.thinking, which is to be text"),
        (ChatResponse, {"message": {"images": "a"}}, "has text as message.images, which is to be a list"),
        (ChatResponse, {"message": {"tool_calls": [CALL, True]}}, "has a truth value in message.tool_calls, a list of"),
        (
            ChatResponse,
            {"message": {"tool_calls": [CALL, {"function": []}]}},
            "has a list as message.tool_calls.function, which is to be an object",
        ),
        (ChatResponse, {"logprobs": {}}, "has an object as logprobs, which is to be a list"),
        (ChatResponse, {"logprobs": [{}, None, "a"]}, "has text in logprobs, a list of objects"),
        (GenerateResponse, {"response": []}, "has a list as response, which is to be text"),
        (ListResponse, {"models": [[]]}, "has a list in models, a list of objects"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(model: type[Model], value: dict[str, Any], says: str):
    for _ in range(2):  # the first time and any other
        with pytest.raises(ShapeError) as caught:
            shaper(model)(copy.deepcopy(value))
        assert says in str(caught.value)


def test_what_another_thread_is_about_to_make_is_not_used_half_made(monkeypatch: pytest.MonkeyPatch):
    found: list[str] = []

    def look() -> None:
        with pytest.raises(ShapeError) as caught:
            shaper(ChatResponse)({"message": {"content": 5}})
        found.append(str(caught.value))

    def fields(model: type[Model]) -> Any:
        if threading.current_thread() is threading.main_thread():  # in the midst of the making
            other = threading.Thread(target=look)
            other.start()
            other.join()
        return attrs.fields(model)

    monkeypatch.setattr(_shapes, "_shapers", {})
    monkeypatch.setattr(_shapes, "fields", fields)

    look()

    assert len(found) > 2
    assert set(found) == {"has a number as message.content, which is to be text"}
