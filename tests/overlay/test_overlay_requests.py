"""From Python arguments to what is on the wire, and what is refused before anything is sent."""

from __future__ import annotations

import base64
import binascii
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from overlay.callers import Api
from overlay.scripts import HI

from ollama_sdk.overlay import ChatRequest, Message, Options, RequestError, Tool
from ollama_sdk.overlay.testing import Json, OllamaServer, Reply, answer

PNG = b"\x89PNG\r\n\x1a\n\x00\x01"
PNG_TEXT = base64.b64encode(PNG).decode()
NO_MODEL: dict[str, Any] = {"model": "m"}


@pytest.fixture(autouse=True)
def _answers(server: OllamaServer) -> None:
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))
    server.reply("POST", "/api/generate", answer("/api/generate", stream=False))
    server.reply("POST", "/api/embed", lambda asked: Reply(Json({"embeddings": [[1.0]] * len(asked.json["input"])})))
    server.reply("POST", "/api/show", Json({}))


@pytest.fixture
def sent(server: OllamaServer) -> Callable[[], Any]:
    """The body of the only request."""

    def only() -> Any:
        (request,) = server.requests
        return request.json

    return only


@pytest.fixture
def refused(api: Api, server: OllamaServer) -> Iterator[Callable[..., str]]:
    """The message of the RequestError of a call, which must not have reached the server."""

    def call(method: str, *args: object, **arguments: object) -> str:
        with pytest.raises(RequestError) as caught:
            getattr(api, method)(*args, **arguments)
        return str(caught.value)

    yield call
    assert server.requests == []


# What is sent


def test_chat_sends_what_was_given_and_stream(api: Api, sent: Callable[[], Any]):
    api.chat("m", HI)

    assert sent() == {"model": "m", "messages": HI, "stream": False}


def test_generate_sends_what_was_given_and_stream(api: Api, sent: Callable[[], Any]):
    api.generate("m", "Why?")

    assert sent() == {"model": "m", "prompt": "Why?", "stream": False}


@pytest.mark.parametrize(("method", "text"), [("chat", HI), ("generate", "Why?")])
def test_a_stream_is_asked_for_by_stream_true(api: Api, sent: Callable[[], Any], method: str, text: Any):
    getattr(api, method)("m", text, stream=True).final()

    assert sent()["stream"] is True


def test_embed_sends_one_text_as_text_and_several_as_a_list(api: Api, server: OllamaServer):
    api.embed("m", "a")
    api.embed("m", ("a", "b"))

    assert [request.json for request in server.requests] == [
        {"model": "m", "input": "a"},
        {"model": "m", "input": ["a", "b"]},
    ]


def test_show_sends_the_model(api: Api, sent: Callable[[], Any]):
    api.show("m", verbose=True)

    assert sent() == {"model": "m", "verbose": True}


def test_the_main_arguments_can_be_given_by_name(api: Api, server: OllamaServer):
    api.chat(model="m", messages=HI)
    api.generate(model="m", prompt="Why?")
    api.embed(model="m", input="a")
    api.show(model="m")

    assert [request.json["model"] for request in server.requests] == ["m"] * 4


def test_none_is_not_sent(api: Api, sent: Callable[[], Any]):
    api.chat(
        "m", HI, tools=None, format=None, options=None, think=None, extra_body=None, extra_headers=None, timeout=None
    )

    assert sent() == {"model": "m", "messages": HI, "stream": False}


@pytest.mark.parametrize(
    "field", [{"think": False}, {"keep_alive": 0}, {"format": ""}, {"tools": []}, {"options": {}}, {"logprobs": False}]
)
def test_an_empty_or_false_value_is_sent(api: Api, sent: Callable[[], Any], field: dict[str, Any]):
    api.chat("m", HI, **field)

    assert sent() == {"model": "m", "messages": HI, "stream": False, **field}


@pytest.mark.parametrize("think", [True, False, "low", "medium", "high", "max", "enormous"])
@pytest.mark.parametrize(("method", "text"), [("chat", HI), ("generate", "Why?")])
def test_think_is_sent_as_it_is(api: Api, sent: Callable[[], Any], method: str, text: Any, think: bool | str):
    getattr(api, method)("m", text, think=think)

    body = sent()
    assert (type(body["think"]), body["think"]) == (type(think), think)


@pytest.mark.parametrize(("method", "text"), [("chat", HI), ("generate", "Why?")])
def test_think_that_is_not_given_is_left_to_the_server(api: Api, sent: Callable[[], Any], method: str, text: Any):
    getattr(api, method)("m", text)

    assert "think" not in sent()


def test_an_empty_prompt_and_no_images_are_sent(api: Api, sent: Callable[[], Any]):
    api.generate("m", "", images=[])

    assert sent() == {"model": "m", "prompt": "", "images": [], "stream": False}


def test_without_messages_the_model_is_loaded(api: Api, sent: Callable[[], Any]):
    api.chat("m")

    assert sent() == {"model": "m", "stream": False}


def test_extra_body_adds_fields_that_may_be_null_and_overrides_others(api: Api, sent: Callable[[], Any]):
    api.chat("m", HI, think=True, extra_body={"think": None, "new_field": {"a": None}})

    assert sent() == {"model": "m", "messages": HI, "stream": False, "think": None, "new_field": {"a": None}}


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": 0, "of_the_future": [1]},
        Options.from_dict({"temperature": 0, "of_the_future": [1]}),
        MappingProxyType({"temperature": 0, "of_the_future": [1]}),
        OrderedDict(temperature=0, of_the_future=[1]),
    ],
)
def test_options_are_a_mapping_or_a_model_and_may_be_unknown(api: Api, sent: Callable[[], Any], options: Any):
    api.chat("m", HI, options=options)

    assert sent()["options"] == {"temperature": 0, "of_the_future": [1]}


def test_a_null_in_options_is_sent_as_it_is(api: Api, sent: Callable[[], Any]):
    api.chat("m", HI, options={"seed": None})

    assert sent()["options"] == {"seed": None}


def test_messages_of_every_kind_can_be_mixed(api: Api, server: OllamaServer):
    response = api.chat("m", HI)
    api.chat("m", (*HI, Message(role="user", content="And?"), response.message, MappingProxyType(HI[0])))

    assert server.requests[1].json["messages"] == [
        HI[0],
        {"role": "user", "content": "And?"},
        {"role": "assistant", "content": response.message.content},
        HI[0],
    ]


def test_the_message_of_a_final_answer_can_be_sent_back(api: Api, server: OllamaServer):
    whole = api.chat("m", HI, stream=True).final()
    api.chat("m", [*HI, whole.message])

    assert server.requests[1].json["messages"][1]["content"] == whole.message.content


def test_unknown_fields_of_a_message_are_kept(api: Api, sent: Callable[[], Any]):
    message = {"role": "tool", "content": "20", "tool_name": "f", "of_the_future": 1}
    api.chat("m", [message, Message.from_dict(message)])

    assert sent()["messages"] == [message, message]


def test_messages_may_come_from_a_generator(api: Api, sent: Callable[[], Any]):
    api.chat("m", (message for message in HI))

    assert sent()["messages"] == HI


def test_tools_are_dicts_or_models(api: Api, sent: Callable[[], Any]):
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "x-odd": 1}}}
    api.chat("m", HI, tools=[tool, Tool.from_dict(tool)])

    assert sent()["tools"] == [tool, tool]


@pytest.mark.parametrize("format", ["json", {"type": "object", "properties": {"a": {"type": "integer"}}}])
def test_a_format_is_sent_as_it_is(api: Api, sent: Callable[[], Any], format: Any):
    api.chat("m", HI, format=format)

    assert sent()["format"] == format


def test_text_of_all_the_world_is_sent_as_utf_8(api: Api, server: OllamaServer):
    text = "grüß — 日本 🌍 \x00 \u2028"
    api.generate("m", text)

    assert server.requests[0].json["prompt"] == text


def test_a_lone_surrogate_does_not_break_a_call(api: Api, sent: Callable[[], Any]):
    api.generate("m", "a\ud800b")

    assert sent()["prompt"] == "a\ud800b"


def test_arguments_are_not_changed_by_a_call(api: Api):
    messages = [{"role": "user", "content": "?", "images": [PNG]}, Message(role="user", content="?", images=[PNG])]
    options = {"seed": 1}
    api.chat("m", messages, options=options)

    assert messages[0] == {"role": "user", "content": "?", "images": [PNG]}
    assert messages[1]["images"] == [PNG]
    assert options == {"seed": 1}


# Images


@pytest.fixture
def png(tmp_path: Path) -> Path:
    path = tmp_path / "an image.png"
    path.write_bytes(PNG)
    return path


def test_images_are_bytes_paths_or_base64(api: Api, sent: Callable[[], Any], png: Path):
    api.generate("m", "?", images=[PNG, bytearray(PNG), memoryview(PNG), png, PNG_TEXT])

    assert sent()["images"] == [PNG_TEXT] * 5


def test_images_of_messages_are_encoded_alike(api: Api, sent: Callable[[], Any], png: Path):
    images = [PNG, png, PNG_TEXT]
    api.chat("m", [{"role": "user", "images": images}, Message(role="user", content="?", images=images)])

    assert [message["images"] for message in sent()["messages"]] == [[PNG_TEXT] * 3] * 2


@pytest.mark.parametrize("text", ["YQ==", "YWI=", "YWJj", "YWJj\nYWI=\r\n", "+/+/"])
def test_base64_is_sent_as_it_is(api: Api, sent: Callable[[], Any], text: str):
    api.generate("m", "?", images=[text])
    assert sent()["images"] == [text]


def test_an_image_in_many_messages_is_encoded_once(
    api: Api, sent: Callable[[], Any], png: Path, monkeypatch: pytest.MonkeyPatch
):
    encoded: list[bytes] = []
    encode = binascii.b2a_base64

    def count(data: bytes, *, newline: bool) -> bytes:
        encoded.append(data)
        return encode(data, newline=newline)

    monkeypatch.setattr("binascii.b2a_base64", count)
    api.chat("m", [{"role": "user", "content": "?", "images": [PNG, png]}] * 3)
    assert encoded == [PNG, PNG]
    assert [message["images"] for message in sent()["messages"]] == [[PNG_TEXT] * 2] * 3


@pytest.mark.parametrize("size", [16_384, 300_000, 5_000_000])
def test_a_large_image_arrives_whole(api: Api, server: OllamaServer, sent: Callable[[], Any], size: int):
    image = bytes(range(256)) * (size // 256)
    api.generate("m", "?", images=[image])
    assert base64.b64decode(sent()["images"][0]) == image


def test_a_text_is_never_opened_as_a_file(refused: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "photo.png").write_bytes(PNG)
    monkeypatch.chdir(tmp_path)

    assert "Path(" in refused("generate", "m", "?", images=["photo.png"])


def test_a_text_that_is_base64_is_not_taken_for_a_file_of_that_name(
    api: Api, sent: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "abcd").write_bytes(PNG)
    monkeypatch.chdir(tmp_path)
    api.generate("m", "?", images=["abcd"])

    assert sent()["images"] == ["abcd"]


@pytest.mark.parametrize(
    ("image", "says"),
    [
        ("not base64!", "base64"),
        ("abc", "base64"),
        ("ab=cd", "base64"),
        ("====", "base64"),
        ("a===", "base64"),
        ("=abc", "base64"),
        ("abcde", "base64"),
        ("", "empty"),
        ("\n", "empty"),
        ("bücher", "base64"),
        (b"", "empty"),
        (memoryview(b""), "empty"),
        (Path("/nowhere/at/all.png"), "all.png"),
        (Path("/"), "cannot be read"),
        (5, "int"),
        (None, "NoneType"),
        (["nested"], "list"),
    ],
)
def test_an_image_that_cannot_be_sent_is_refused(refused: Callable[..., str], image: Any, says: str):
    assert says in refused("generate", "m", "?", images=[PNG, image])
    assert "messages[0].images[0]" in refused("chat", "m", [{"role": "user", "images": [image]}])
    assert "messages[1].images[1]" in refused("chat", "m", [HI[0], Message(role="user", images=[PNG, image])])


def test_an_empty_file_is_refused(refused: Callable[..., str], tmp_path: Path):
    empty = tmp_path / "empty.png"
    empty.touch()

    assert "empty" in refused("generate", "m", "?", images=[empty])


@pytest.mark.parametrize("images", [PNG, PNG_TEXT, Path("a.png"), 5])
def test_images_that_are_no_list_are_refused(refused: Callable[..., str], images: Any):
    assert "images must be a list" in refused("generate", "m", "?", images=images)


# The fields


def test_the_fields_of_a_request_model_are_all_taken_as_arguments(api: Api, server: OllamaServer):
    given_otherwise = {"model", "messages", "stream"}
    for name in sorted(ChatRequest._field_names() - given_otherwise):
        value: Any = [] if name == "tools" else {} if name == "options" else "json"
        api.chat("m", HI, **{name: value})

        (sent_name,) = set(server.requests[-1].json) - given_otherwise
        assert sent_name.lstrip("_") == name.removeprefix("field_").rstrip("_")
