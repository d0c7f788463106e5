"""What a model is written as: pydantic's model_dump, items and values, plain values for JSON, and a short repr."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from spec.recorded import answers

from ollama_sdk.generated.models import ChatResponse, CreateRequest, EmbedResponse, Message, Tool
from ollama_sdk.generated.types import Model
from ollama_sdk.overlay import VectorsResponse

ANSWER = {
    "model": "m",
    "created_at": "2026-01-02T03:04:05.678901234Z",
    "message": {"role": "assistant", "content": "Hi", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]},
    "done": True,
    "mood": "good",
}


@pytest.fixture
def response() -> ChatResponse:
    return ChatResponse.from_dict(ANSWER)


def test_a_dump_is_the_object_of_the_wire_with_times_as_datetimes(response: ChatResponse):
    time = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    assert response.model_dump() == {**ANSWER, "created_at": time}


def test_a_dump_for_json_keeps_the_text_of_times(response: ChatResponse):
    assert response.model_dump(mode="json") == response.to_dict() == ANSWER
    assert json.loads(response.model_dump_json()) == ANSWER
    assert response.model_dump_json(indent=1) == response.to_json(indent=1)


def test_a_dump_has_the_fields_that_are_chosen(response: ChatResponse):
    assert response.model_dump(include={"model", "mood"}) == {"model": "m", "mood": "good"}
    assert response.model_dump(exclude=["message", "created_at", "mood"]) == {"model": "m", "done": True}
    assert json.loads(response.model_dump_json(include={"done"})) == {"done": True}
    request = CreateRequest(model="a", from_="b")
    for name in ("from", "from_"):
        assert request.model_dump(include=[name]) == {"from": "b"}
        assert request.model_dump(exclude=[name], by_alias=False) == {"model": "a"}


def test_a_dump_may_have_names_of_python_and_nulls(response: ChatResponse):
    assert CreateRequest(model="a", from_="b").model_dump(by_alias=False) == {"model": "a", "from_": "b"}
    filled = response.model_dump(mode="json", exclude_none=False)
    assert filled.keys() == {*ANSWER, *(ChatResponse._wire_names.values())}
    assert filled["eval_count"] is None
    assert filled["message"]["thinking"] is None
    assert filled["message"]["tool_calls"][0]["id"] is None
    assert ChatResponse.from_dict(filled) == response


@pytest.mark.parametrize("option", ["exclude_unset", "exclude_defaults"])
def test_a_dump_without_defaults_has_what_is_set(response: ChatResponse, option: str):
    assert response.model_dump(mode="json", exclude_none=False, **{option: True}) == ANSWER


def test_items_and_values_are_those_of_the_fields_that_are_set(response: ChatResponse):
    assert response.items() == list(dict(response).items())
    assert response.values() == list(dict(response).values())
    assert response.items()[2] == ("message", response.message)


def test_a_field_named_items_is_that_field():
    assert Tool(type_="function", items=[1]).items == [1]
    assert Tool(type_="function").items is None


def test_a_model_is_a_mapping_for_libraries_that_ask(response: ChatResponse):
    assert isinstance(response, Mapping)
    match response:
        case {"message": {"content": str(text)}}:
            assert text == "Hi"
        case _:
            pytest.fail("a mapping pattern does not match")


def test_images_are_written_as_text():
    message = Message(role="user", content="x", images=[b"\x89PNG", Path("a.png"), "QUJD"])
    assert message.to_dict()["images"] == ["iVBORw==", "a.png", "QUJD"]
    assert json.loads(message.to_json()) == message.model_dump() == message.to_dict()


@pytest.mark.parametrize("answer", [pytest.param(answer, id=name) for name, answer in answers()])
def test_every_recorded_answer_can_be_written_copied_and_pickled(answer: Model):
    plain = answer.to_dict()
    assert json.loads(json.dumps(plain)) == json.loads(answer.model_dump_json()) == plain
    assert type(answer).from_dict(answer.model_dump(mode="json", exclude_none=False)) == answer
    for other in (copy.copy(answer), copy.deepcopy(answer), pickle.loads(pickle.dumps(answer))):
        assert type(other) is type(answer)
        assert other == answer
    assert len(repr(answer)) <= 2000


# repr


@pytest.mark.parametrize(
    "model",
    [
        EmbedResponse(model="m", embeddings=[[0.123456789] * 1000] * 100),
        VectorsResponse(model="m", embeddings=[[0.123456789] * 1000] * 100),
        Message(role="user", content="x" * 100_000),
        Message(role="user", content="x", images=[b"\x89PNG" * 100_000, "QUJD" * 100_000]),
        Message.from_dict({"role": "user", "content": "x", "huge": {str(key): [key] for key in range(10_000)}}),
        Message.from_dict({f"field{index}": index for index in range(10_000)}),
        ChatResponse.from_dict({**ANSWER, "logprobs": [{"token": "a", "logprob": -0.5}] * 5000}),
    ],
    ids=["vectors", "vectors response", "text", "images", "dict", "fields", "models"],
)
def test_a_repr_is_short(model: Model):
    assert len(repr(model)) <= 2000
    assert "…" in repr(model)


def test_a_short_repr_begins_each_long_value_and_tells_how_many_there_are():
    response = EmbedResponse(model="m", embeddings=[[0.5] * 1000] * 100, prompt_eval_count=7)
    vector = "[0.5, 0.5, 0.5, … 997 more]"
    expected = f"embeddings=[{vector}, {vector}, {vector}, … 97 more], prompt_eval_count=7)"
    assert repr(response) == f"EmbedResponse(model='m', {expected}"
    assert repr(Message(role="user", content="x" * 5000)) == f"Message(role='user', content='{'x' * 200}'…)"


def test_a_repr_of_a_value_that_is_nested_deeply_is_short():
    deep: Any = []
    for _ in range(50_000):
        deep = [deep]
    assert repr(Message.from_dict({"deep": deep})) == f"Message(deep={'[' * 20}…{']' * 20})"
