"""Functions become the tools that the official client makes of them; images are read as it reads them."""

from __future__ import annotations

import copy
import enum
import inspect
import pickle
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal, get_type_hints

import pytest

from ollama_sdk.overlay import Ollama, compat
from ollama_sdk.overlay.compat import _utils
from ollama_sdk.overlay.testing import Json, Line, OllamaServer


class Colour(enum.Enum):
    RED = "red"


def plain(x: int, y: str, z: float = 1.0, flag: bool = False) -> str:
    """Do it.

    Args:
        x (int): The first,
            over two lines
        y: The second: with a colon
        z(float) : The third (:thing)

    Returns:
        str: The result
    """
    return f"{x}{y}{z}{flag}"


def containers(
    a: list[int], b: dict[str, int], c: tuple[int, str], d: set[int], e: Sequence[str], f: Mapping[str, Any]
):
    """Take containers."""


def optional(a: int | None, b: int | None = None, c: str | None = "x"):
    """
    Take what may be None.

    Yields:
        nothing
    """


def special(a: Literal["x", "y"], b: Colour, c: Any, d: bytes, e: Annotated[int, "a number"], f: Path):
    """Take what is special."""


def untyped(a, b="x"): ...


def nothing():
    """Take nothing.
    Args:
        None
    """


FUNCTIONS = [plain, containers, optional, special, untyped, nothing]


def evaluated(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with types as annotations, which are text in this module."""
    function.__annotations__ = get_type_hints(function, include_extras=True)
    return function


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_a_function_is_described_as_by_the_official_client(function: Any, official: ModuleType) -> None:
    theirs = inspect.getmodule(official.Client).convert_function_to_tool(evaluated(function))
    assert _utils.convert_function_to_tool(evaluated(function)).model_dump() == theirs.model_dump()


def test_a_union_is_described_by_all_its_types_in_order() -> None:
    def unite(a: int | str | None): ...

    tool = _utils.convert_function_to_tool(evaluated(unite))
    assert tool.function.parameters.properties["a"].type == "integer, string"
    assert tool.function.parameters.required == []


def test_a_function_with_postponed_annotations_is_described() -> None:
    def postponed(a: UnknownToPydantic) -> None:
        """Do it.

        Args:
            a: The first.
        """

    class UnknownToPydantic(enum.Enum):
        X = "x"

    tool = _utils.convert_function_to_tool(postponed)
    assert tool.function.description == "Do it."
    assert tool.function.parameters.properties["a"].enum == ["x"]


def test_a_function_is_described_without_pydantic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydantic", None)
    tool = _utils.convert_function_to_tool(plain)
    assert tool.function.name == "plain"
    assert tool.function.parameters.required == ["x", "y"]
    assert tool.function.parameters.properties["x"].type == "integer"


def test_the_web_is_a_tool() -> None:
    client = compat.Client()
    for function in (client.web_search, compat.web_search):
        tool = _utils.convert_function_to_tool(function)
        assert tool.function.name == "web_search"
        assert tool.function.parameters.properties["max_results"].type == "integer"


@pytest.mark.parametrize("text", ["UE5H", "not a path or base64", "UE5H" * 5000])
def test_a_text_that_is_no_file_is_sent_as_it_is(text: str, official: ModuleType) -> None:
    assert compat.Image(value=text).model_dump() == official.Image(value=text).model_dump()


@pytest.mark.parametrize("text", ["no/such.PNG", "such.webp", "not an image", "x\0y"])
def test_a_text_that_cannot_be_an_image_is_an_error(text: str, official: ModuleType) -> None:
    for module in (official, compat):
        with pytest.raises(ValueError, match=r"does not exist|Invalid image data"):
            module.Image(value=text).model_dump()


@pytest.mark.parametrize("value", [5, {"value": "UE5H"}, ["UE5H"]])
def test_a_value_that_is_no_image_is_an_error(value: Any, official: ModuleType) -> None:
    for module in (official, compat):
        with pytest.raises(ValueError, match=r"Invalid image data|validation error"):
            module.Image(value=value).model_dump()


def test_bytes_and_paths_are_read(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"PNG")
    assert {compat.Image(value=value).model_dump() for value in (b"PNG", path, str(path))} == {"UE5H"}
    message = compat.Message(role="user", images=[compat.Image(value=b"PNG")])
    assert message.model_dump(exclude_none=True) == {"role": "user", "images": ["UE5H"]}
    assert message.images[0].value == b"PNG"


@pytest.mark.parametrize("stream", [False, True])
def test_a_server_cannot_have_a_file_sent_to_it(
    server: OllamaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    name = "password"  # which is base64, too
    Path(name).write_text("secret")
    written = {"role": "assistant", "content": "", "images": [name]}
    server.reply("POST", "/api/chat", Line({"message": written, "done": True}))
    server.reply("POST", "/api/show", Json({"messages": [written]}))
    with compat.Client(server.url) as client, Ollama(server.url) as ours:
        answered: Any = client.chat("m", stream=stream)
        message = (next(answered) if stream else answered).message
        for sent in (
            message,
            copy.deepcopy(message),
            pickle.loads(pickle.dumps(message)),
            {"role": "assistant", "images": message.images},
            client.show("m").messages[0],
            ours.chat("m").message,
        ):
            with pytest.raises(compat.RequestError, match="an answer has the path of a file"):
                client.chat("m", [sent])
        with pytest.raises(compat.RequestError, match="an answer has the path of a file"):
            message.model_dump()  # which can be sent, too
        Path(name).unlink()
        client.chat("m", [message.model_dump()])
        assert server.requests[-1].json["messages"][0]["images"] == [name]
    assert not any("c2VjcmV0" in str(request.json) for request in server.requests)
