"""An Ollama server for tests: real sockets, recorded and scripted answers, faults, and a real small model.

>>> from ollama_sdk.overlay.testing import Json, OllamaServer
>>> with OllamaServer() as server:
...     server.reply("GET", "/api/version", Json({"version": "0.12.0"}))
...     url = server.url  # the host for the program under test

`FAULTS` has the ways in which a server or the network fails, by name; `EmbeddedModel` runs a real model in this process
(extra `testing`); `python -m ollama_sdk.overlay.testing` serves from the command line; the pytest fixtures are in
`ollama_sdk.overlay.testing.pytest_plugin`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ollama_sdk.overlay.testing._exchange import Exchange, Framing, Responder
from ollama_sdk.overlay.testing._faults import FAULTS, Fault, answer, answer_lines
from ollama_sdk.overlay.testing._http import Headers, Received
from ollama_sdk.overlay.testing._recordings import Chunk, Recording, load_recordings
from ollama_sdk.overlay.testing._script import (
    Cut,
    Drip,
    Gate,
    Json,
    Line,
    Never,
    Pause,
    Raw,
    Reply,
    Reset,
    Send,
    Start,
    Step,
    Wait,
)
from ollama_sdk.overlay.testing._server import OllamaServer

if TYPE_CHECKING:
    from ollama_sdk.overlay.testing._model import EmbeddedModel
    from ollama_sdk.overlay.testing._model_api import ModelApi

__all__ = [
    "FAULTS",
    "Chunk",
    "Cut",
    "Drip",
    "EmbeddedModel",
    "Exchange",
    "Fault",
    "Framing",
    "Gate",
    "Headers",
    "Json",
    "Line",
    "ModelApi",
    "Never",
    "OllamaServer",
    "Pause",
    "Raw",
    "Received",
    "Recording",
    "Reply",
    "Reset",
    "Responder",
    "Send",
    "Start",
    "Step",
    "Wait",
    "answer",
    "answer_lines",
    "load_recordings",
]


def __getattr__(name: str) -> object:
    # Imported when they are used: the embedded model needs the extra `testing`.
    if name == "EmbeddedModel":
        from ollama_sdk.overlay.testing._model import EmbeddedModel

        return EmbeddedModel
    if name == "ModelApi":
        from ollama_sdk.overlay.testing._model_api import ModelApi

        return ModelApi
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
