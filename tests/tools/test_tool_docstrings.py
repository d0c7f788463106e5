"""Docstrings are read as ollama-python reads them, and better where it reads nonsense."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from overlay.callers import Api, LoopThread

from ollama_sdk.overlay import AsyncOllama, Ollama
from ollama_sdk.overlay._tools.docstrings import read_docstring
from ollama_sdk.overlay.testing import Json, OllamaServer

AS_OLLAMA_PYTHON = [
    ("""Add two numbers.
    args:
        x (integer): The first number
        y (integer): The second number

    Returns:
        integer: The sum
    """, "Add two numbers.", {"x": "The first number", "y": "The second number"}),
    ("""ARGS:
        x: the x
    """, "", {"x": "the x"}),
    ("""Args:
        x: the x""", "", {"x": "the x"}),
    ("""Nothing.
    Args:
        None
    Returns:
        None
    """, "Nothing.", {}),
    ("""Add.

    Args:
        x (int): the x
        y: the y
        Both must be positive
    """, "Add.", {"x": "the x", "y": "the y Both must be positive"}),
    ("""Add.

    Args:
        x: the x,
            which goes on,

            and on
        y: the y
    """, "Add.", {"x": "the x, which goes on, and on", "y": "the y"}),
    ("""Add.

    Args:
        x (integer, optional): the x
        y (list[tuple[int, str]]): the y
        z: ratio, such as 1:2
    """, "Add.", {"x": "the x", "y": "the y", "z": "ratio, such as 1:2"}),
    ("""Add.
    args:
    x: the x
    y: the y
    yields:
    z: no parameter
    """, "Add.", {"x": "the x", "y": "the y"}),
    ("""Add.

    Args:
        This line is not understood
        x: the x
    Raises:
        ValueError: y: is wrong
    """, "Add.", {"x": "the x"}),
    ("""Add two
    numbers.

    In the second paragraph.

    Args:
        x: the x
    """, "Add two\nnumbers.\n\nIn the second paragraph.", {"x": "the x"}),
    ("Add.\n\nReturns: the sum\nof both", "Add.", {}),
    ("Add.", "Add.", {}),
    ("", "", {}),
]  # fmt: skip

BETTER = [
    ("Add.\n\nArguments:\n    x: the x\n\nExamples:\n    >>> add(1)\n", "Add.", {"x": "the x"}),
    ("Add.\n\nParameters:\n    x, y: both\n    *z: the rest", "Add.", {"x": "both", "y": "both", "z": "the rest"}),
    ("Add.\n\nArgs:\n    x: the x, as in\n        Format: 1:2\n", "Add.", {"x": "the x, as in Format: 1:2"}),
    ("Add.\n\nArgs:\n    f (Callable[[int], str], optional): the f", "Add.", {"f": "the f"}),
    ("Add.\n\nArgs:\n    f (tuple(int, int)): the f", "Add.", {"f": "the f"}),
    ("Add.\n\nArgs: x (int): the x\n", "Add.", {"x": "the x"}),
    ("Add.\n\nArgs:\n    x: the x\n\nIt is fast.\n", "Add.\n\nIt is fast.", {"x": "the x"}),
    ("Add.\n\nArgs:\n    args: the x\n    returns: the y\n", "Add.", {"args": "the x", "returns": "the y"}),
    ("Add.\n\nArgs:\n    x: the x\n\nKeyword Args:\n    y: the y\n", "Add.", {"x": "the x", "y": "the y"}),
    ("Add.\n\n:param x: the x,\n    and on\n:param int y: the y", "Add.", {"x": "the x, and on", "y": "the y"}),
    ("Add.\n\nParameters\n----------\nx : int\n    the x,\n    and on\n", "Add.", {"x": "the x, and on"}),
    ("Note: this adds.\n\nSee also: subtract", "Note: this adds.\n\nSee also: subtract", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "description", "parameters"), [*AS_OLLAMA_PYTHON, *BETTER])
def test_a_docstring_is_read(text: str, description: str, parameters: dict[str, str]):
    assert read_docstring(inspect.cleandoc(text)) == (description, parameters)


@pytest.mark.parametrize(("text", "description", "parameters"), AS_OLLAMA_PYTHON)
def test_ollama_python_reads_the_same(text: str, description: str, parameters: dict[str, str]):
    utils = pytest.importorskip("ollama._utils", reason="the official client is not on every platform")
    text = inspect.cleandoc(text)
    official = utils._parse_docstring(text)
    assert official[str(hash(text))].strip() == description
    assert {name: text for name, text in official.items() if name in parameters} == parameters


@pytest.mark.parametrize("client", [Ollama, AsyncOllama])
def test_it_is_what_the_model_is_told(client: type[Any]):
    def tool(x: int, y: int = 1) -> int:
        """Add.
        args:
            x (integer): the first
                number
            and more
            y: the second
        """
        return x + y

    loop = LoopThread()
    with OllamaServer() as server:
        server.reply("POST", "/api/chat", Json({"message": {"role": "assistant", "content": "Hi."}, "done": True}))
        api: Api[Any] = Api(client(server.url), loop)
        api.run_tools("m", [], tools=[tool])
        api.close()
        function = server.requests[0].json["tools"][0]["function"]
    loop.stop()
    assert function["description"] == "Add."
    properties = function["parameters"]["properties"]
    assert [properties[name]["description"] for name in "xy"] == ["the first number and more", "the second"]
