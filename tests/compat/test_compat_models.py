"""The models have the manners of the official client's: each line is run on both."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pydantic
import pytest
from compat.faces import CHAT, DETAILS, GENERATE, MODEL, answer, blocking, shown

from ollama_sdk import overlay
from ollama_sdk.overlay import compat
from ollama_sdk.overlay.compat import _clients, _types
from ollama_sdk.overlay.testing import OllamaServer

SHOW = {"model_info": {"general.architecture": "llama"}, "license": "MIT", "details": DETAILS}

COMBINES = tuple(map(int, pydantic.VERSION.split(".")[:2])) >= (2, 10)
"""Whether an error can be a ValidationError of pydantic and one of ours."""

MANNERS: dict[str, Callable[[ModuleType], Any]] = {
    # making
    "keywords": lambda o: o.Message(role="user", content="Hi"),
    "unknown keywords": lambda o: o.ChatResponse(**CHAT, unknown=1),
    "nested models": lambda o: o.ChatResponse(message=o.Message(role="user"), model="m"),
    "numbers as text": lambda o: o.Options(num_ctx="4096", temperature="0.5", top_p=1, use_mmap="true", seed=4.0),
    "all options": lambda o: o.Options(**dict.fromkeys(o.Options.model_fields)),
    "validate a mapping": lambda o: o.Message.model_validate({"role": "user", "content": "Hi", "unknown": 1}),
    "validate JSON": lambda o: o.ChatResponse.model_validate_json(json.dumps(CHAT)),
    "validate a model": lambda o: (message := o.Message(role="user")) is o.Message.model_validate(message),
    "construct": lambda o: o.Message.model_construct(role="user", content="Hi"),
    "a default": lambda o: (o.Tool(), o.Tool.Function.Parameters(), o.SystemOneNoulQuestion(instructions="x")),
    "an alias": lambda o: o.Tool.Function.Parameters(**{"$defs": {"a": 1}, "properties": {"b": {"type": "string"}}}),
    "a name for an alias": lambda o: o.Tool.Function.Parameters(defs={"a": 1}),
    # reading
    "attributes": lambda o: (
        o.ChatResponse(**CHAT).message.tool_calls[0].function.arguments,
        o.ChatResponse(**CHAT).done,
    ),
    "items": lambda o: o.ChatResponse(**CHAT)["message"]["tool_calls"][0]["function"]["name"],
    "what is not set": lambda o: (o.Message(role="u").content, o.Message(role="u").get("content", "default")),
    "get": lambda o: (
        o.Message(role="u").get("role"),
        o.Message(role="u").get("unknown"),
        o.Message(role="u").get("x", 5),
    ),
    "in": lambda o: ["role" in o.Message(role="u"), "content" in o.Message(role="u"), "unknown" in o.Message(role="u")],
    "in, null": lambda o: ["content" in o.Message(role="u", content=None), "type" in o.Tool(), "function" in o.Tool()],
    "iteration": lambda o: (
        list(o.ModelDetails(**DETAILS)) if hasattr(o, "ModelDetails") else 0,
        dict(o.Message(role="u")),
    ),
    "pairs": lambda o: [name for name, _ in o.GenerateResponse(**GENERATE)],
    "created_at is text": lambda o: o.ChatResponse(**CHAT).created_at,
    "times": lambda o: o.ListResponse(models=[MODEL]).models[0].modified_at,
    "sizes": lambda o: [o.ListResponse(models=[MODEL]).models[0].size.human_readable(decimal=each) for each in (0, 1)],
    "a size in a unit": lambda o: o.ListResponse(models=[MODEL]).models[0].size.to("MiB"),
    "modelinfo": lambda o: (o.ShowResponse(**SHOW).modelinfo, o.ShowResponse(**SHOW)["modelinfo"]),
    "modelinfo in": lambda o: ["modelinfo" in o.ShowResponse(**SHOW), "model_info" in o.ShowResponse(**SHOW)],
    "fields that are set": lambda o: o.Message(role="u", content=None).model_fields_set,
    "is a": lambda o: issubclass(o.ProgressResponse, o.StatusResponse),
    # writing
    "set an attribute": lambda o: _set(o.Message(role="u"), content="Hi", tool_calls=None),
    "set to None": lambda o: (lambda m: ("content" in m, m))(_set(o.Message(role="u"), content=None)),
    # data
    "dump": lambda o: o.ChatResponse(**CHAT).model_dump(),
    "dump without None": lambda o: o.ChatResponse(**CHAT, total=None).model_dump(exclude_none=True),
    "dump without what is not set": lambda o: o.Tool(function={"name": "f"}).model_dump(exclude_unset=True),
    "dump without defaults": lambda o: o.Tool(type="function").model_dump(exclude_defaults=True),
    "dump a part": lambda o: o.ChatResponse(**CHAT).model_dump(include={"model": True, "message": {"content", "role"}}),
    "dump the rest": lambda o: o.ChatResponse(**CHAT).model_dump(exclude={"message": {"tool_calls"}, "model": True}),
    "dump by alias": lambda o: (o.ShowResponse(**SHOW).model_dump(by_alias=True), o.ShowResponse(**SHOW).model_dump()),
    "dump as JSON": lambda o: o.ListResponse(models=[MODEL]).model_dump(mode="json"),
    "JSON": lambda o: o.ChatResponse(**CHAT).model_dump_json(exclude_none=True),
    "JSON, indented": lambda o: o.Message(role="u", content="ü").model_dump_json(indent=2),
    "repr": lambda o: repr(o.ChatResponse(**CHAT)),
    "str": lambda o: f"{o.ChatResponse(**CHAT)}",
    "copy": lambda o: o.Message(role="u").model_copy(update={"content": "Hi"}),
    "deep copy": lambda o: copy.deepcopy(o.ChatResponse(**CHAT)),
    "pickle": lambda o: pickle.loads(pickle.dumps(o.ChatResponse(**CHAT))),
    "equal": lambda o: [o.Message(role="u") == o.Message(role="u", content=None), o.Message(role="u") == {"role": "u"}],
    "unequal": lambda o: [o.Message(role="u") == o.Message(role="v"), o.StatusResponse() == o.ProgressResponse()],
    "names of fields": lambda o: [
        list(getattr(o, name).model_fields) for name in ("Message", "Options", "ChatResponse")
    ],
    "required fields": lambda o: [field.is_required() for field in o.Message.model_fields.values()],
    "parameters": lambda o: [list(inspect.signature(kind).parameters) for kind in (o.Message, o.Options)],
}


def _set(model: Any, **values: Any) -> Any:
    for name, value in values.items():
        setattr(model, name, value)
        model[name] = value
    return model


@pytest.mark.parametrize("manner", MANNERS.values(), ids=MANNERS)
def test_a_manner_is_that_of_the_official_client(manner: Callable[[ModuleType], Any], official: ModuleType) -> None:
    assert shown(manner(compat)) == shown(manner(official))


@pytest.mark.parametrize(
    "mistake",
    [
        lambda o: o.Message(content="no role"),
        lambda o: o.Message(role=None),
        lambda o: o.Message(role="u", content=5),
        lambda o: o.Options(num_ctx="many"),
        lambda o: o.Options(stop="a text"),
        lambda o: o.ChatResponse(error="model not found"),
        lambda o: o.Message.model_validate("a text"),
        lambda o: setattr(o.Message(role="u"), "unknown", 1),
        lambda o: o.Message(role="u").__setitem__("unknown", 1),
        lambda o: o.Message(role="u")["content"],
        lambda o: o.Message(role="u").unknown,
        lambda o: hash(o.Message(role="u")),
        lambda o: {**o.Message(role="u")},
        lambda o: o.Message("user"),
    ],
)
def test_a_mistake_is_told_by_the_same_error(mistake: Callable[[ModuleType], Any], official: ModuleType) -> None:
    with pytest.raises(Exception) as theirs:  # noqa: PT011  # whatever it is
        mistake(official)
    is_invalid = isinstance(theirs.value, pydantic.ValidationError)
    with pytest.raises(ValueError if is_invalid and not COMBINES else theirs.type) as ours:
        mistake(compat)
    if is_invalid and COMBINES:
        assert isinstance(ours.value, overlay.RequestError)
        assert [each["loc"] for each in ours.value.errors()] == [each["loc"] for each in theirs.value.errors()]


def test_what_only_the_api_has_can_be_read_and_is_sent_but_does_not_show(server: OllamaServer) -> None:
    message = compat.Message(role="tool", content="5", tool_call_id="7")
    call = compat.Message.ToolCall(id="7", function={"name": "f", "arguments": {}})
    assert (message.tool_call_id, message["tool_call_id"], "tool_call_id" in message) == ("7", "7", True)
    assert "tool_call_id" not in message.model_dump()
    answer(server)
    conversation = [message, {"role": "assistant", "tool_calls": [call]}]
    _, _, sent = blocking(compat, server, lambda client, o: client.chat("m", conversation)).requests[0]
    assert sent["messages"][0]["tool_call_id"] == "7"
    assert sent["messages"][1]["tool_calls"][0]["id"] == "7"


def test_a_model_is_one_of_ours_too() -> None:
    response = compat.ChatResponse(**CHAT)
    assert isinstance(response, overlay.ChatResponse)
    assert isinstance(response.message, overlay.Message)
    assert response.to_dict() == CHAT
    assert response.tokens_per_second is None


@pytest.mark.parametrize("module", ["official", "compat"])
def test_a_program_declares_fields_of_its_own(module: str, request: pytest.FixtureRequest) -> None:
    ollama = compat if module == "compat" else request.getfixturevalue("official")

    class Version(inspect.getmro(ollama.Message)[1]):  # SubscriptableBaseModel
        version: str
        number: int = 3

    class Mood(ollama.Message):
        mood: str = "good"

    class Custom(ollama.Tool):
        pass

    assert Custom().type == "function"
    assert Version(version="1", other=2).model_dump() == {"version": "1", "number": 3}
    assert Mood(role="user", mood="bad")["mood"] == "bad"
    assert Mood(role="user").model_dump(exclude_none=True) == {"role": "user", "mood": "good"}
    with pytest.raises(ValueError, match="version"):
        Version(number=5)


def test_a_field_of_a_pydantic_model_takes_and_gives_them() -> None:
    class Turn(pydantic.BaseModel):
        message: compat.Message
        others: list[compat.Message] = []

    turn = Turn(message={"role": "user", "content": "Hi"}, others=[compat.Message(role="user")])
    assert turn.message == compat.Message(role="user", content="Hi")
    assert turn.model_dump(exclude_none=True)["message"] == {"role": "user", "content": "Hi"}
    assert Turn.model_validate_json(turn.model_dump_json()) == turn
    assert Turn.model_json_schema()["properties"]["message"]["required"] == ["role"]
    with pytest.raises(pydantic.ValidationError):
        Turn(message={"content": "no role"})


def test_the_json_schema_has_the_same_fields(official: ModuleType) -> None:
    for name in ("Message", "ChatResponse", "Tool", "ListResponse"):
        theirs, ours = getattr(official, name).model_json_schema(), getattr(compat, name).model_json_schema()
        assert list(ours["properties"]) == list(theirs["properties"])
        assert ours.get("required") == theirs.get("required")


@pytest.mark.parametrize("module", ["__init__", "_client", "_types", "_utils"])
def test_all_names_of_the_official_client_are_here(module: str, official: ModuleType) -> None:
    import ollama._client
    import ollama._types
    import ollama._utils

    theirs, ours = {
        "__init__": (official, compat),
        "_client": (inspect.getmodule(official.Client), _clients),
        "_types": (inspect.getmodule(official.Message), _types),
        "_utils": (ollama._utils, compat._utils),
    }[module]
    names = {
        name
        for name, value in vars(theirs).items()
        if str(getattr(value, "__module__", "")).startswith("ollama") or name in getattr(theirs, "__all__", ())
    }
    assert {name for name in names if not hasattr(ours, name)} <= {"_as_path", "T"}
