"""Answers in IPython, Jupyter and pandas."""

from __future__ import annotations

from typing import Any

import pytest
from overlay.callers import Api
from spec.recorded import answers

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay import Message
from ollama_sdk.overlay.testing import Json, OllamaServer


@pytest.fixture
def displayed() -> Any:
    """What IPython shows of a value, by media type."""
    formatters = pytest.importorskip("IPython.core.formatters")
    return lambda value: formatters.DisplayFormatter().format(value)[0]


@pytest.mark.parametrize(("operation", "path"), [("list", "/api/tags"), ("ps", "/api/ps")])
def test_list_and_ps_are_shown_as_tables(api: Api, server: OllamaServer, displayed: Any, operation: str, path: str):
    server.reply("GET", path, Json({"models": [{"name": "smollm2:135m", "model": "smollm2:135m", "size": 98_362_432}]}))
    table = getattr(api, operation)()
    shown = displayed(table)
    assert shown["text/plain"] == str(table)
    assert shown["text/plain"].splitlines()[1].split()[:3] == ["smollm2:135m", "98", "MB"]
    assert shown["text/html"].startswith("<table>")


def test_a_model_is_shown_by_its_repr(displayed: Any):
    message = Message(role="user", content="Hi")
    assert displayed(message) == {"text/plain": repr(message)}


@pytest.mark.parametrize("answer", [pytest.param(answer, id=name) for name, answer in answers() if name.endswith(" 0")])
def test_an_answer_is_a_row_of_pandas(answer: Model):
    pandas = pytest.importorskip("pandas")
    for row in (answer.to_dict(), answer.model_dump(), answer):
        frame = pandas.DataFrame([row])
        assert set(frame.columns) == set(answer.keys())
        assert len(frame) == 1
