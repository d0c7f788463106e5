"""What the generated models promise about the values they hold: absent, null, unknown, nested, and what is sent."""

from __future__ import annotations

import copy
import datetime
import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest

from maintenance.description import description
from ollama_sdk.generated import models
from ollama_sdk.generated.models import (
    ChatRequest,
    ChatResponse,
    CreateRequest,
    EmbedResponse,
    GenerateRequest,
    ListResponse,
    Logprob,
    Message,
    Options,
    ProcessResponse,
    ShowResponse,
    Tool,
    ToolCall,
    ToolFunctionParameters,
    ToolProperty,
    UserResponse,
    VersionResponse,
)
from ollama_sdk.generated.types import Model

RECORDINGS = Path(__file__).parents[1] / "data" / "recordings"
NAMES = {name: getattr(models, name) for name in models.__all__}
MODELS = [value for value in NAMES.values() if isinstance(value, type) and issubclass(value, Model)]
MODELS_OF_ANSWERS = [ChatResponse, EmbedResponse, ListResponse, ProcessResponse, ShowResponse, VersionResponse]


def recorded_body(name: str) -> dict[str, Any]:
    recording = json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))
    body: dict[str, Any] = json.loads("".join(text for _, text in recording["response"]["chunks"]))
    return body


def read_everything(value: object) -> None:
    """Read each field of a model and of the models inside."""
    if isinstance(value, Model):
        for name in sorted(type(value)._field_names()):
            read_everything(getattr(value, name))
    elif isinstance(value, list):
        for item in value:
            read_everything(item)
    elif isinstance(value, dict):
        for item in value.values():
            read_everything(item)


def fields_that_may_be_none(model: type[Model]) -> set[str]:
    """All fields but the lists that a server always sends."""
    return model._field_names() - {field for name, field in NEVER_NONE if name == model.__name__}


# Absent and null


@pytest.mark.parametrize("model", MODELS_OF_ANSWERS)
def test_every_field_of_an_empty_object_reads_none(model: type[Model]) -> None:
    empty = model.from_dict({})
    names = fields_that_may_be_none(model)
    assert {name: getattr(empty, name) for name in names} == dict.fromkeys(names)


@pytest.mark.parametrize("model", MODELS_OF_ANSWERS)
def test_every_field_that_is_null_reads_none(model: type[Model]) -> None:
    names = fields_that_may_be_none(model)
    nulls = model.from_dict(dict.fromkeys(names))
    assert {name: getattr(nulls, name) for name in names} == dict.fromkeys(names)


def test_what_is_not_set_takes_no_room_in_the_object() -> None:
    assert Options.seed is None
    assert vars(Options(seed=None, top_k=1)) == {"top_k": 1}


def test_required_fields_may_be_absent_when_a_model_is_made_by_hand() -> None:
    assert Message(content="hi").to_dict() == {"content": "hi"}  # type: ignore[call-arg]  # without a role


def test_a_response_without_its_required_fields_is_parsed() -> None:
    response = ChatResponse.from_dict({"message": {"content": "hi"}})
    assert response.message.content == "hi"
    assert [response.get("done"), response.get("created_at"), response.message.get("role")] == [None, None, None]
    missing: list[object] = [response.done, response.created_at, response.message.role]
    assert missing == [None, None, None]


NEVER_NONE = sorted(
    (name, field) for name, schema in description().schemas.items() for field in schema.get("properties", {})
    if schema["properties"][field].get("x-never-none")
)  # fmt: skip


def test_the_lists_that_a_server_always_sends_are_never_none() -> None:
    assert NEVER_NONE == [
        ("EmbedResponse", "embeddings"),
        ("EmbeddingResponse", "embedding"),
        ("ListModelResponse", "capabilities"),
        ("ListResponse", "models"),
        ("ModelDetails", "families"),
        ("ModelRecommendationsResponse", "recommendations"),
        ("ProcessResponse", "models"),
        ("ShowResponse", "capabilities"),
        ("Tensor", "shape"),
        ("WebFetchResponse", "links"),
        ("WebSearchResponse", "results"),
    ]


@pytest.mark.parametrize("data", [{}, None], ids=["absent", "null"])
@pytest.mark.parametrize(("name", "field"), NEVER_NONE)
def test_such_a_list_reads_as_empty_and_stays_unset_as_a_key(name: str, field: str, data: object) -> None:
    response = NAMES[name].from_dict({} if data == {} else {field: None})
    assert getattr(response, field) == []
    assert field not in response
    assert response.get(field) is None
    assert response.to_dict() == {}
    setattr(response, field, ["value"])
    assert getattr(response, field) == response[field] == ["value"]


def test_a_list_that_a_server_leaves_out_when_there_is_nothing_reads_none() -> None:
    assert ChatResponse.from_dict({}).logprobs is None


def test_null_inside_a_list_of_objects_is_kept() -> None:
    models = ListResponse.from_dict({"models": [None, {"name": "a"}]}).models
    assert models is not None
    assert models[0] is None
    assert models[1].name == "a"


def test_a_value_of_another_type_than_described_is_read_as_it_is() -> None:
    response = ChatResponse.from_dict({"message": "text", "created_at": 5, "logprobs": {"a": 1}, "done": "yes"})
    values: list[object] = [response.message, response.created_at, response.logprobs, response.done]
    assert values == ["text", 5, {"a": 1}, "yes"]


# What is sent


def test_to_dict_has_only_what_was_set() -> None:
    assert ChatRequest(model="m", messages=[Message(role="user", content="hi")]).to_dict() == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
    }


def test_a_new_model_without_values_is_an_empty_object() -> None:
    assert Options().to_dict() == {}


def test_explicit_empty_values_are_sent() -> None:
    request = GenerateRequest(model="", prompt="", think=False, stream=False, images=[], keep_alive=0)
    assert request.to_dict() == {
        "model": "",
        "prompt": "",
        "think": False,
        "stream": False,
        "images": [],
        "keep_alive": 0,
    }


@pytest.mark.parametrize("value", [False, 0, 0.0, "", [], {}])
def test_a_value_that_is_falsy_counts_as_set(value: object) -> None:
    model = Options.from_dict({"stop": value})
    assert "stop" in model
    assert model.to_dict() == {"stop": value}


def test_none_means_not_set() -> None:
    request = GenerateRequest(model="m", prompt=None, think=None)
    assert request.to_dict() == {"model": "m"}


def test_setting_none_takes_a_field_away() -> None:
    options = Options(seed=1, top_k=2)
    options.seed = None
    options["top_k"] = None
    assert options.to_dict() == {}


def test_a_null_of_an_answer_is_not_sent_back() -> None:
    assert Message.from_dict({"role": "user", "content": "hi", "images": None}).to_dict() == {
        "role": "user",
        "content": "hi",
    }


def test_to_dict_has_plain_values_only() -> None:
    response = ChatResponse.from_dict(recorded_body("chat_tools_nostream"))
    read_everything(response)
    plain = response.to_dict()
    assert plain == recorded_body("chat_tools_nostream")
    assert type(plain["message"]) is dict
    assert type(plain["message"]["tool_calls"]) is list
    assert type(plain["message"]["tool_calls"][0]["function"]) is dict


@pytest.mark.parametrize(
    ("model", "body", "expected"),
    [
        (
            ChatResponse,
            {"message": {"content": "hi", "thinking": None, "tool_calls": [{"id": None, "function": {"name": "f"}}]}},
            {"message": {"content": "hi", "tool_calls": [{"function": {"name": "f"}}]}},
        ),
        (
            ToolFunctionParameters,
            {"type": "object", "properties": {"city": {"type": "string", "enum": None}, "day": None}},
            {"type": "object", "properties": {"city": {"type": "string"}, "day": None}},
        ),
        (
            ChatResponse,
            {"logprobs": [None, 5, {"token": "a", "bytes": None, "top_logprobs": [{"bytes": None}]}]},
            {"logprobs": [None, 5, {"token": "a", "top_logprobs": [{}]}]},
        ),
        (
            ChatResponse,
            {"message": [{"content": None}], "logprobs": {"a": None}, "new": {"b": None}},
            {"message": [{"content": None}], "logprobs": {"a": None}, "new": {"b": None}},
        ),
    ],
)
def test_to_dict_does_not_depend_on_what_was_read(model: type[Any], body: Any, expected: Any) -> None:
    read = model.from_dict(body)
    read_everything(read)
    assert read.to_dict() == model.from_dict(body).to_dict() == expected


def test_to_dict_makes_no_models_of_what_was_not_read() -> None:
    response = ShowResponse.from_dict({"details": {"family": "llama"}})
    response.to_dict()
    assert type(response._shallow_dict()["details"]) is dict


def test_to_dict_is_a_copy() -> None:
    response = ChatResponse.from_dict(recorded_body("chat_tools_nostream"))
    plain = response.to_dict()
    plain["message"]["tool_calls"][0]["function"]["arguments"]["city"] = "elsewhere"
    assert response.to_dict() == recorded_body("chat_tools_nostream")


def test_a_field_is_sent_under_its_name_on_the_wire() -> None:
    assert CreateRequest(model="a", from_="b").to_dict() == {"model": "a", "from": "b"}
    assert CreateRequest.from_dict({"from": "b"}).from_ == "b"


def test_a_datetime_is_sent_as_text() -> None:
    moment = datetime.datetime(2026, 11, 23, 14, 0, tzinfo=datetime.UTC)
    response = ChatResponse(model="m", created_at=moment, message=Message(role="user", content=""), done=True)
    assert response.to_dict()["created_at"] == "2026-11-23T14:00:00+00:00"


def test_to_json_writes_text_as_it_is() -> None:
    assert Message(role="user", content="blå 🌍").to_json() == '{"role": "user", "content": "blå 🌍"}'
    assert Options(seed=1).to_json(indent=1) == '{\n "seed": 1\n}'


@pytest.mark.parametrize("name", ["chat_nostream", "chat_logprobs", "chat_tools_nostream", "chat_think_nostream"])
def test_a_recorded_answer_comes_back_as_it_was(name: str) -> None:
    response = ChatResponse.from_dict(recorded_body(name))
    read_everything(response)
    assert response.to_dict() == recorded_body(name)


@pytest.mark.parametrize("name", ["show", "show_full", "show_thinking_model", "show_tools_model"])
def test_a_recorded_description_of_a_model_comes_back_as_it_was(name: str) -> None:
    response = ShowResponse.from_dict(recorded_body(name))
    read_everything(response)
    assert response.to_dict() == recorded_body(name)


# Unknown fields and values


def test_unknown_fields_are_kept_and_sent_back() -> None:
    message = Message.from_dict({"role": "user", "content": "hi", "mood": {"level": 3}, "nothing": None})
    assert dict(message.additional_properties) == {"mood": {"level": 3}, "nothing": None}
    assert message.to_dict() == {"role": "user", "content": "hi", "mood": {"level": 3}, "nothing": None}


def test_additional_properties_are_live() -> None:
    options = Options(seed=1)
    options.additional_properties["new_option"] = 2
    assert options["new_option"] == 2
    assert options.to_dict() == {"seed": 1, "new_option": 2}
    del options.additional_properties["new_option"]
    assert options.to_dict() == {"seed": 1}
    assert len(options.additional_properties) == 0


def test_additional_properties_do_not_reach_described_fields() -> None:
    options = Options(seed=1)
    with pytest.raises(KeyError, match="seed is a field of Options"):
        options.additional_properties["seed"] = 2
    assert options.seed == 1


def test_an_unknown_field_can_be_set_by_key() -> None:
    options = Options()
    options["new_option"] = [1]
    assert options.additional_properties == {"new_option": [1]}


def test_an_unknown_enum_value_is_kept() -> None:
    response = ChatResponse.from_dict({"done_reason": "tired", "message": {"role": "narrator"}})
    assert (response.done_reason, response.message.role) == ("tired", "narrator")
    assert response.to_dict() == {"done_reason": "tired", "message": {"role": "narrator"}}


def test_an_unknown_enum_value_can_be_sent() -> None:
    assert GenerateRequest(model="m", think="extreme").to_dict() == {"model": "m", "think": "extreme"}


def test_an_unknown_capability_is_kept() -> None:
    assert ShowResponse.from_dict({"capabilities": ["completion", "telepathy"]}).capabilities == [
        "completion",
        "telepathy",
    ]


# Nested values


def test_nested_objects_become_models() -> None:
    response = ChatResponse.from_dict(recorded_body("chat_tools_nostream"))
    assert type(response.message) is Message
    assert response.message.tool_calls is not None
    assert type(response.message.tool_calls[0]) is ToolCall
    assert response.message.tool_calls[0].function.arguments == {"city": "Berlin"}


def test_lists_inside_of_lists_become_models() -> None:
    logprobs = ChatResponse.from_dict(recorded_body("chat_logprobs")).logprobs
    assert logprobs
    assert type(logprobs[0]) is Logprob
    assert logprobs[0].top_logprobs
    assert isinstance(logprobs[0].top_logprobs[0].logprob, float)


def test_maps_of_objects_become_models() -> None:
    parameters = ToolFunctionParameters.from_dict({"properties": {"city": {"type": "string"}}})
    assert parameters.properties is not None
    assert type(parameters.properties["city"]) is ToolProperty
    assert parameters.properties["city"].type_ == "string"
    assert parameters.to_dict() == {"properties": {"city": {"type": "string"}}}


def test_an_object_is_converted_once() -> None:
    response = ChatResponse.from_dict({"message": {"tool_calls": [{"function": {"name": "f"}}]}})
    assert response.message is response.message
    assert response.message.tool_calls is response.message.tool_calls


def test_a_change_of_a_nested_model_is_sent() -> None:
    response = ChatResponse.from_dict({"message": {"content": "a", "tool_calls": [{"function": {"name": "f"}}]}})
    response.message.content = "b"
    assert response.message.tool_calls is not None
    response.message.tool_calls[0].function.name = "g"
    response.message.tool_calls.append(ToolCall.from_dict({"function": {"name": "h"}}))
    assert response.to_dict() == {
        "message": {"content": "b", "tool_calls": [{"function": {"name": "g"}}, {"function": {"name": "h"}}]}
    }


def test_a_free_form_object_is_a_plain_dict() -> None:
    info = ShowResponse.from_dict(recorded_body("show")).model_info
    assert type(info) is dict
    assert info["general.architecture"] == "llama"


def test_a_dict_does_for_a_nested_model() -> None:
    tool = Tool.from_dict({"function": {"name": "f", "parameters": {"type": "object"}}})
    built = Tool(function={"name": "f", "parameters": {"type": "object"}})  # type: ignore[arg-type]  # a dict for a model
    assert built == tool
    assert built.function.name == "f"


# The argument of from_dict


@pytest.mark.parametrize("name", ["chat_tools_nostream", "chat_logprobs"])
def test_reading_every_field_leaves_the_parsed_object_as_it_was(name: str) -> None:
    source = recorded_body(name)
    read_everything(ChatResponse.from_dict(source))
    assert source == recorded_body(name)
    assert type(source["message"]) is dict


def test_changing_a_model_leaves_the_parsed_object_as_it_was() -> None:
    source = recorded_body("chat_tools_nostream")
    response = ChatResponse.from_dict(source)
    assert response.message.tool_calls is not None
    response.model = "other"
    response["new"] = 1
    response.message.content = "other"
    response.message.tool_calls[0].function.name = "other"
    response.message.tool_calls.clear()
    del response["done"]
    assert source == recorded_body("chat_tools_nostream")


def test_changing_a_copy_leaves_the_model_as_it_was() -> None:
    response = ChatResponse.from_dict(recorded_body("chat_tools_nostream"))
    other = copy.deepcopy(response)
    assert other.message.tool_calls is not None
    other.message.tool_calls[0].function.arguments["city"] = "elsewhere"
    other.message.content = "other"
    assert response.to_dict() == recorded_body("chat_tools_nostream")


# Mistakes


def test_a_misspelt_argument_is_refused_with_a_suggestion() -> None:
    with pytest.raises(TypeError, match=r"Options\(\) has no field 'temprature'; did you mean 'temperature'\?"):
        Options(temprature=1)  # type: ignore[call-arg]  # wrong on purpose


def test_an_argument_that_is_like_no_field_is_refused() -> None:
    with pytest.raises(TypeError, match=r"UserResponse\(\) has no field 'xyzzy'$"):
        UserResponse(xyzzy=1)  # type: ignore[call-arg]  # wrong on purpose


def test_setting_a_misspelt_attribute_is_refused_with_a_suggestion() -> None:
    options = Options()
    with pytest.raises(AttributeError, match="has no field 'temprature'; did you mean 'temperature'"):
        options.temprature = 1  # type: ignore[attr-defined]  # wrong on purpose
    assert options.to_dict() == {}


def test_reading_a_misspelt_attribute_is_refused() -> None:
    with pytest.raises(AttributeError, match="temprature"):
        _ = Options().temprature  # type: ignore[attr-defined]  # wrong on purpose


def test_an_argument_by_position_is_refused() -> None:
    with pytest.raises(TypeError):
        Message("user", "hi")  # type: ignore[call-arg]  # wrong on purpose


def test_deleting_an_attribute_takes_it_away_once() -> None:
    options = Options(seed=1)
    del options.seed
    assert options.seed is None
    with pytest.raises(AttributeError, match="no field 'seed' that is set"):
        del options.seed


# What help and notebooks show


@pytest.mark.parametrize("model", MODELS)
def test_a_model_explains_its_fields(model: type[Model]) -> None:
    explained = re.findall(r"^        (\w+): \S", (model.__doc__ or "").partition("    Attributes:\n")[2], re.MULTILINE)
    assert set(explained) == model._field_names() == inspect.signature(model).parameters.keys()
