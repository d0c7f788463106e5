"""Models as types in pydantic: fields, adapters, JSON schemas."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from spec.recorded import answers

from ollama_sdk.generated import models as generated_models
from ollama_sdk.generated.models import (
    ChatRequest,
    ChatResponse,
    CreateRequest,
    EmbedResponse,
    ListResponse,
    Message,
    ToolProperty,
)
from ollama_sdk.generated.types import Model
from ollama_sdk.overlay import ParsedChatResponse, VectorsResponse

pydantic = pytest.importorskip("pydantic")

MODELS: list[type[Model]] = [
    value
    for name in generated_models.__all__
    if isinstance(value := getattr(generated_models, name), type) and issubclass(value, Model)
]
USER = {"role": "user", "content": "Hi"}


def test_a_field_takes_a_mapping_and_gives_a_model():
    class State(pydantic.BaseModel):
        last: Message
        all: list[Message] = []

    state = State(last={**USER, "mood": "good"}, all=[USER])
    assert state.last == Message.from_dict({**USER, "mood": "good"})
    assert [type(message) for message in state.all] == [Message]
    assert state.model_dump() == {"last": {**USER, "mood": "good"}, "all": [USER]}
    assert State.model_validate_json(state.model_dump_json()) == state


def test_a_model_that_is_given_stays_the_same_object():
    message = Message(role="user", content="Hi")
    assert pydantic.TypeAdapter(Message).validate_python(message) is message


def test_a_subclass_is_taken_for_the_model():
    vectors = VectorsResponse(model="m", embeddings=[[0.5]])
    assert pydantic.TypeAdapter(EmbedResponse).validate_python(vectors) is vectors
    parsed: Any = ParsedChatResponse.from_dict({"model": "m", "message": USER})
    assert pydantic.TypeAdapter(ParsedChatResponse[Any]).validate_python(parsed) is parsed
    assert pydantic.TypeAdapter(ParsedChatResponse[Any]).dump_python(parsed) == {"model": "m", "message": USER}
    assert parsed.parsed is None  # a dict does not tell the format


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"content": "Hi"}, ("role",)),
        ({"role": "user", "content": 5}, ("content",)),
        ({**USER, "tool_calls": [{"function": {"name": 5, "arguments": {}}}]}, ("tool_calls", 0, "function", "name")),
        ("Hi", ()),
    ],
)
def test_what_does_not_fit_is_a_validation_error_that_names_the_place(value: object, place: tuple[object, ...]):
    with pytest.raises(pydantic.ValidationError) as caught:
        pydantic.TypeAdapter(Message).validate_python(value)
    assert [error["loc"] for error in caught.value.errors()] == [place]


def test_a_time_keeps_its_digits_and_is_checked():
    adapter = pydantic.TypeAdapter(ChatResponse)
    answer = {"model": "m", "created_at": "2026-01-02T03:04:05.678901234Z", "message": USER, "done": True}
    response = adapter.validate_python(answer)
    assert response.to_dict() == answer == adapter.dump_python(response, mode="json")
    assert adapter.dump_python(response)["created_at"] == datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
    with pytest.raises(pydantic.ValidationError, match="created_at"):
        adapter.validate_python({**answer, "created_at": "yesterday"})


def test_fields_can_be_chosen():
    adapter = pydantic.TypeAdapter(Message)
    message = Message(role="user", content="Hi")
    assert adapter.dump_python(message, include={"role"}) == {"role": "user"}
    assert adapter.dump_python(message, exclude={"role"}) == {"content": "Hi"}


def test_images_are_written_as_text():
    message = Message(role="user", content="x", images=[b"\x89PNG"])
    assert b'"images":["iVBORw=="]' in pydantic.TypeAdapter(Message).dump_json(message)


@pytest.mark.parametrize("answer", [pytest.param(answer, id=name) for name, answer in answers()])
def test_every_recorded_answer_comes_back_equal(answer: Model):
    adapter = pydantic.TypeAdapter(type(answer))
    assert adapter.validate_python(answer.to_dict()) == answer
    assert adapter.validate_json(adapter.dump_json(answer)) == answer


@pytest.mark.parametrize("mode", ["validation", "serialization"])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_has_a_json_schema_that_explains_its_fields(model: type[Model], mode: Any):
    schema = pydantic.TypeAdapter(model).json_schema(mode=mode)
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(schema)
    own = schema["$defs"][model.__name__] if "$ref" in schema else schema
    assert own["title"] == model.__name__
    assert own["description"]
    assert own["properties"].keys() == model._wire_keys
    assert all(field["description"] for field in own["properties"].values())


def test_both_directions_have_one_schema():
    adapter = pydantic.TypeAdapter(ChatRequest)
    assert adapter.json_schema(mode="validation") == adapter.json_schema(mode="serialization")


def test_required_fields_are_those_of_the_description():
    assert pydantic.TypeAdapter(Message).json_schema()["required"] == ["role", "content"]
    assert pydantic.TypeAdapter(ListResponse).validate_python({"models": None}).models == []


def test_a_model_that_contains_itself_is_checked_all_the_way_down():
    adapter = pydantic.TypeAdapter(ToolProperty)
    made = adapter.validate_python({"properties": {"a": {"anyOf": [{"type": "string"}]}}})
    assert made.properties["a"].any_of[0].type_ == "string"
    with pytest.raises(pydantic.ValidationError):
        adapter.validate_python({"properties": {"a": {"anyOf": [{"description": 5}]}}})


def test_names_are_those_of_the_wire():
    request = pydantic.TypeAdapter(CreateRequest).validate_python({"model": "a", "from": "b"})
    assert request.from_ == "b"
    assert pydantic.TypeAdapter(CreateRequest).dump_python(request) == {"model": "a", "from": "b"}
