"""A generated model as a mapping and as a value: keys, get, dict(), equality, repr, copy, pickle, hostile names."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ollama_sdk.generated import models as generated_models
from ollama_sdk.generated.models import (
    ChatResponse,
    CreateRequest,
    Message,
    ModelDetails,
    Options,
    ShowResponse,
    VersionResponse,
)
from ollama_sdk.generated.types import Model

RECORDINGS = Path(__file__).parents[1] / "data" / "recordings"
ANSWER = {
    "model": "m",
    "message": {"role": "assistant", "content": "Hi", "thinking": None, "tool_calls": [{"function": {"name": "f"}}]},
    "done": True,
    "eval_count": 0,
    "mood": "good",
    "nothing": None,
}


@pytest.fixture
def response() -> ChatResponse:
    return ChatResponse.from_dict(ANSWER)


# Reading


def test_a_field_is_read_by_key(response: ChatResponse) -> None:
    assert response["message"]["content"] == "Hi"
    assert response["message"]["tool_calls"][0]["function"]["name"] == "f"


def test_a_nested_model_by_key_is_the_one_by_attribute(response: ChatResponse) -> None:
    assert response["message"] is response.message
    assert response.get("message") is response.message


def test_in_is_true_only_for_what_is_set(response: ChatResponse) -> None:
    assert "done" in response
    assert "eval_count" in response
    assert "mood" in response
    assert "thinking" not in response.message
    assert "nothing" not in response
    assert "logprobs" not in response
    assert "unheard_of" not in response


@pytest.mark.parametrize("key", ["logprobs", "nothing", "unheard_of"])
def test_a_key_that_is_not_set_raises_key_error(response: ChatResponse, key: str) -> None:
    with pytest.raises(KeyError, match=key):
        response[key]


def test_a_null_counts_as_not_set(response: ChatResponse) -> None:
    with pytest.raises(KeyError, match="thinking"):
        response.message["thinking"]
    assert response.message.get("thinking", "none") == "none"
    assert response.message.thinking is None


def test_get_gives_the_value_or_the_default(response: ChatResponse) -> None:
    assert response.get("done") is True
    assert response.get("eval_count", 5) == 0
    assert response.get("logprobs") is None
    assert response.get("logprobs", []) == []
    assert response.get("unheard_of", "x") == "x"


def test_keys_are_the_fields_that_are_set(response: ChatResponse) -> None:
    assert list(response) == list(response.keys()) == ["model", "message", "done", "eval_count", "mood"]
    assert len(response) == 5


def test_dict_of_a_model_has_what_is_set(response: ChatResponse) -> None:
    assert dict(response) == {
        "model": "m",
        "message": response.message,
        "done": True,
        "eval_count": 0,
        "mood": "good",
    }


def test_a_model_can_be_unpacked_into_keywords(response: ChatResponse) -> None:
    assert dict(**response.message) == dict(response.message)
    assert {**response.message} == dict(response.message)


def test_an_empty_model_is_true() -> None:
    assert bool(Options())


def test_keys_are_names_on_the_wire() -> None:
    request = CreateRequest(model="a", from_="b")
    assert request["from"] == "b"
    assert "from" in request
    assert "from_" not in request
    assert dict(request) == {"model": "a", "from": "b"}


def test_a_method_is_not_a_key() -> None:
    assert "keys" not in Options()
    with pytest.raises(KeyError):
        Options()["to_dict"]


# Writing


def test_a_field_is_set_by_key(response: ChatResponse) -> None:
    response.message["content"] = "Bye"
    response["message"]["role"] = "user"
    assert (response.message.content, response.message.role) == ("Bye", "user")


def test_a_nested_object_that_is_set_reads_as_a_model(response: ChatResponse) -> None:
    response["message"] = {"role": "user", "content": "Hello"}
    assert type(response.message) is Message
    assert response["message"]["content"] == "Hello"


def by_item(model: type[Model], name: str, value: object) -> Model:
    made = model()
    made[name] = value
    return made


def by_attribute(model: type[Model], name: str, value: object) -> Model:
    made = model()
    setattr(made, name, value)
    return made


WAYS: list[Callable[[type[Model], str, object], Model]] = [
    lambda model, name, value: model(**{name: value}),
    lambda model, name, value: model.from_dict({name: value}),
    by_item,
    by_attribute,
]


@pytest.mark.parametrize("make", WAYS, ids=["keyword", "from_dict", "item", "attribute"])
@pytest.mark.parametrize(
    ("model", "name", "nested"), [(ChatResponse, "message", Message), (ShowResponse, "details", ModelDetails)]
)
def test_an_object_reads_as_a_model_and_is_left_as_it_is(
    model: type[Model], name: str, nested: type[Model], make: Callable[[type[Model], str, object], Model]
) -> None:
    value = {"family": "llama"}

    made = make(model, name, value)
    made[name]["family"] = "gemma"

    assert type(getattr(made, name)) is nested
    assert made.to_dict() == {name: {"family": "gemma"}}
    assert value == {"family": "llama"}


def test_a_list_of_objects_that_is_set_reads_as_models(response: ChatResponse) -> None:
    response.message["tool_calls"] = [{"function": {"name": "g"}}]
    assert response.message.tool_calls is not None
    assert response.message.tool_calls[0].function.name == "g"


def test_a_key_can_be_deleted(response: ChatResponse) -> None:
    del response["done"]
    assert response.done is None
    with pytest.raises(KeyError):
        del response["done"]


# As a value


def test_models_with_the_same_values_are_equal() -> None:
    assert ChatResponse.from_dict(ANSWER) == ChatResponse.from_dict(ANSWER)
    assert Options(seed=1) == Options.from_dict({"seed": 1, "stop": None})


def test_equality_does_not_depend_on_what_was_read(response: ChatResponse) -> None:
    other = ChatResponse.from_dict(ANSWER)
    assert other.message.tool_calls
    assert other == response
    assert response == other


@pytest.mark.parametrize("change", [{"seed": 2}, {"seed": 1, "top_k": 1}, {}, {"seed": 1, "unknown": 1}])
def test_models_with_other_values_are_not_equal(change: dict[str, int]) -> None:
    assert Options(seed=1) != Options.from_dict(change)


def test_models_of_other_classes_and_dicts_are_not_equal() -> None:
    assert Options.from_dict({"version": "1"}) != VersionResponse.from_dict({"version": "1"})
    assert VersionResponse(version="1") != {"version": "1"}


def test_a_model_cannot_be_hashed() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Options())


def test_repr_shows_what_is_set() -> None:
    assert repr(Message(role="user", content="hi")) == "Message(role='user', content='hi')"
    assert repr(CreateRequest(model="a", from_="b")) == "CreateRequest(model='a', from_='b')"
    assert repr(Options.from_dict({"new": 1, "seed": None})) == "Options(new=1)"
    assert repr(ChatResponse.from_dict({"message": {"content": "a"}})) == "ChatResponse(message=Message(content='a'))"


def test_repr_of_a_model_without_unknown_fields_makes_it_again() -> None:
    response = ChatResponse.from_dict({"model": "m", "message": {"role": "user", "content": "hi"}, "done": True})
    assert eval(repr(response), {"ChatResponse": ChatResponse, "Message": Message}) == response


@pytest.mark.parametrize("read_before", [False, True])
def test_a_pickled_model_comes_back_equal(response: ChatResponse, read_before: bool) -> None:
    if read_before:
        assert response.message.tool_calls
    other = pickle.loads(pickle.dumps(response))
    assert type(other) is ChatResponse
    assert other == response
    assert other["message"]["tool_calls"][0].function.name == "f"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_pickle_protocol_works(protocol: int) -> None:
    assert pickle.loads(pickle.dumps(Options(seed=1), protocol)) == Options(seed=1)


def test_a_copy_has_its_own_fields(response: ChatResponse) -> None:
    other = copy.copy(response)
    assert other == response
    other.model = "other"
    other["mood"] = "bad"
    assert (response.model, response["mood"]) == ("m", "good")


def test_a_deep_copy_shares_nothing(response: ChatResponse) -> None:
    other = copy.deepcopy(response)
    assert other == response
    other.message.content = "other"
    assert response.message.content == "Hi"


# Field names from a hostile or just newer server

EVERY_NAME = sorted(
    {name for name in dir(Model) if not name.startswith("__")} | {"items", "values", "pop", "update", "copy", "self"}
)


@pytest.mark.parametrize("name", EVERY_NAME)
@pytest.mark.parametrize("value", ["text", {"a": 1}, [1]])
def test_a_field_named_like_a_part_of_the_model_does_not_break_it(name: str, value: object) -> None:
    body: dict[str, Any] = {"role": "user", "content": "hi", name: value}
    message = Message.from_dict(body)
    assert message.to_dict() == body
    assert dict(message) == body
    assert message[name] == value
    assert message.get(name) == value
    assert name in message
    assert message.keys() == list(body)
    assert dict(message.additional_properties) == {name: value}
    assert message == Message.from_dict(body)
    assert repr(message) == f"Message(role='user', content='hi', {name}={value!r})"
    assert pickle.loads(pickle.dumps(message)) == message
    assert copy.copy(message) == copy.deepcopy(message) == message
    message.content = "bye"
    message["role"] = "assistant"
    assert message._shallow_dict() == {**body, "role": "assistant", "content": "bye"}
    assert json.loads(message.to_json()) == message.to_dict()


@pytest.mark.parametrize("name", ["__class__", "__dict__", "__init__", "__getitem__", "__eq__", "__setstate__", ""])
def test_a_field_named_like_a_special_method_does_not_break_the_model(name: str) -> None:
    body = {"content": "hi", name: "text"}
    message = Message.from_dict(body)
    assert type(message) is Message
    assert message.content == "hi"
    assert message[name] == "text"
    assert message.to_dict() == dict(message) == body
    assert pickle.loads(pickle.dumps(message)) == message


# Values that are nested deeply


def test_a_deeply_nested_value_is_copied() -> None:
    deep: Any = "the end"
    for _ in range(50_000):
        deep = {"a": [deep]}
    plain = Message.from_dict({"tool_calls": [{"function": {"arguments": deep}}]}).to_dict()
    copied = plain["tool_calls"][0]["function"]["arguments"]
    for _ in range(50_000):
        assert copied is not deep
        deep, copied = deep["a"][0], copied["a"][0]
    assert copied == deep == "the end"


def test_a_deeply_nested_value_as_text_is_a_value_error() -> None:
    deep: Any = []
    for _ in range(50_000):
        deep = [deep]
    with pytest.raises(ValueError, match="nested too deeply"):
        Message.from_dict({"deep": deep}).to_json()


# Every generated model


@pytest.mark.parametrize("name", generated_models.__all__)
def test_a_generated_name_is_a_model_or_a_type(name: str) -> None:
    value: Any = getattr(generated_models, name)
    if not (isinstance(value, type) and issubclass(value, Model)):
        assert type(value).__name__ in {"str", "_LiteralGenericAlias"}  # an alias of dict, the known words of an enum
        return
    assert value.__doc__
    assert value.__module__ == "ollama_sdk.overlay"  # where programs import it from
    assert value.from_dict({}).to_dict() == {}
    assert value() == value.from_dict({})


def test_an_unknown_model_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="ChatRespons"):
        _ = generated_models.ChatRespons
    assert sorted(generated_models.__all__) == dir(generated_models)
